//! Processes: starting, waiting, events.

use crate::io::Handle;
use crate::sys::{NONE, Nr, Text, call};
use crate::{Error, Result};
use alloc::vec;
use alloc::vec::Vec;

/// Events by number.
pub mod event {
    #![expect(missing_docs, reason = "plain words")]
    pub const KILL: u32 = 1;
    pub const TERMINATE: u32 = 2;
    pub const INTERRUPT: u32 = 3;
    pub const QUIT: u32 = 4;
    pub const HANG_UP: u32 = 5;
    pub const SUSPEND: u32 = 6;
    pub const STOP: u32 = 7;
    pub const CONTINUE: u32 = 8;
    pub const TERMINAL_READ: u32 = 9;
    pub const TERMINAL_WRITE: u32 = 10;
    pub const ALARM: u32 = 12;
    pub const BROKEN_PIPE: u32 = 13;
    pub const FAULT: u32 = 15;
    pub const ABORT: u32 = 16;

    /// Names as kill takes them, and their numbers.
    pub const NAMES: &[(&str, u32)] = &[
        ("kill", KILL),
        ("term", TERMINATE),
        ("int", INTERRUPT),
        ("quit", QUIT),
        ("hup", HANG_UP),
        ("tstp", SUSPEND),
        ("stop", STOP),
        ("cont", CONTINUE),
        ("alrm", ALARM),
        ("pipe", BROKEN_PIPE),
        ("abrt", ABORT),
    ];

    /// What a shell says of a process that this event ended.
    pub fn text(event: u32) -> &'static str {
        match event {
            KILL => "killed",
            TERMINATE => "terminated",
            INTERRUPT => "interrupted",
            QUIT => "quit",
            HANG_UP => "hung up",
            SUSPEND | STOP => "stopped",
            TERMINAL_READ => "stopped (terminal input)",
            TERMINAL_WRITE => "stopped (terminal output)",
            ALARM => "alarm",
            BROKEN_PIPE => "broken pipe",
            FAULT => "memory fault",
            ABORT => "aborted",
            _ => "ended by an event",
        }
    }
}

/// Ends the program.
pub fn exit(code: i32) -> ! {
    loop {
        let _ = call(Nr::Exit, [code as usize]);
    }
}

/// The own process id.
pub fn id() -> u32 {
    call(Nr::ProcessId, []).unwrap_or(0) as u32
}

/// The group that a new process joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The maker's.
    Same,
    /// A new one of its own.
    New,
    /// This one.
    Of(u32),
}

#[repr(C)]
struct SpawnArgs {
    path: Text,
    args: u64,
    args_count: u64,
    env: u64,
    env_count: u64,
    handles: u64,
    handles_count: u64,
    abi: Text,
    group: i64,
    flags: u64,
    tracer: u32,
    pad: u32,
}

/// A program to start.
#[derive(Clone, Debug)]
pub struct Command {
    path: Vec<u8>,
    args: Vec<Vec<u8>>,
    env: Vec<Vec<u8>>,
    handles: Vec<u32>,
    abi: Vec<u8>,
    group: Group,
    foreground: bool,
    tracer: u32,
}

impl Command {
    /// The program at `path`, with its path as first argument, the own environment, and handles 0, 1, 2.
    pub fn new(path: &[u8]) -> Command {
        Command {
            path: path.to_vec(),
            args: vec![path.to_vec()],
            env: crate::env::vars().into_iter().map(<[u8]>::to_vec).collect(),
            handles: vec![0, 1, 2],
            abi: Vec::new(),
            group: Group::Same,
            foreground: false,
            tracer: NONE,
        }
    }

    /// Sets all arguments, the first included.
    pub fn args(mut self, args: Vec<Vec<u8>>) -> Self {
        self.args = args;
        self
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: &[u8]) -> Self {
        self.args.push(arg.to_vec());
        self
    }

    /// Sets the environment.
    pub fn env(mut self, env: Vec<Vec<u8>>) -> Self {
        self.env = env;
        self
    }

    /// Sets the handles that become its 0, 1, 2... ([`NONE`] leaves one out).
    pub fn handles(mut self, handles: &[u32]) -> Self {
        self.handles = handles.to_vec();
        self
    }

    /// Forces an ABI.
    pub fn abi(mut self, name: &[u8]) -> Self {
        self.abi = name.to_vec();
        self
    }

    /// Sets the process group.
    pub fn group(mut self, group: Group) -> Self {
        self.group = group;
        self
    }

    /// Gives its group the terminal (its handle 0).
    pub fn foreground(mut self, on: bool) -> Self {
        self.foreground = on;
        self
    }

    /// Has its calls written to a tracer.
    pub fn tracer(mut self, tracer: &Handle) -> Self {
        self.tracer = tracer.number();
        self
    }

    fn with_args<R>(&self, run: impl FnOnce(&SpawnArgs) -> R) -> R {
        let texts = |list: &[Vec<u8>]| list.iter().map(|text| Text::new(text)).collect::<Vec<_>>();
        let (args, env) = (texts(&self.args), texts(&self.env));
        run(&SpawnArgs {
            path: Text::new(&self.path),
            args: args.as_ptr() as u64,
            args_count: args.len() as u64,
            env: env.as_ptr() as u64,
            env_count: env.len() as u64,
            handles: self.handles.as_ptr() as u64,
            handles_count: self.handles.len() as u64,
            abi: Text::new(&self.abi),
            group: match self.group {
                Group::Same => -1,
                Group::New => 0,
                Group::Of(group) => i64::from(group),
            },
            flags: u64::from(self.foreground),
            tracer: self.tracer,
            pad: 0,
        })
    }

    /// Starts it; gives its process id.
    pub fn spawn(&self) -> Result<u32> {
        self.with_args(|args| call(Nr::ProcessSpawn, [&raw const *args as usize]))
            .map(|id| id as u32)
    }

    /// Becomes it; only returns on failure.
    pub fn exec(&self) -> Error {
        match self.with_args(|args| call(Nr::ProcessExec, [&raw const *args as usize])) {
            Ok(_) => Error::Io,
            Err(error) => error,
        }
    }

    /// Starts it and waits for its end.
    pub fn status(&self) -> Result<Change> {
        let id = self.spawn()?;
        loop {
            match wait(i64::from(id), false, false) {
                Ok(Some(news)) => return Ok(news.change),
                Ok(None) | Err(Error::Interrupted) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// What a child did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Ended with this code.
    Exited(i32),
    /// Was ended by this event.
    Killed(u32),
    /// Was stopped by this event.
    Stopped(u32),
    /// Goes on.
    Continued,
}

impl Change {
    /// The status as a shell has it: the code's low byte, or 128 + a number for what ended it. The numbers are those that
    /// shells everywhere use.
    pub fn status(self) -> i32 {
        match self {
            Change::Exited(code) => code & 0xff,
            Change::Killed(event) | Change::Stopped(event) => 128 + conventional(event),
            Change::Continued => 0,
        }
    }
}

fn conventional(event: u32) -> i32 {
    match event {
        event::KILL => 9,
        event::TERMINATE => 15,
        event::INTERRUPT => 2,
        event::QUIT => 3,
        event::HANG_UP => 1,
        event::SUSPEND => 20,
        event::STOP => 19,
        event::CONTINUE => 18,
        event::TERMINAL_READ => 21,
        event::TERMINAL_WRITE => 22,
        event::ALARM => 14,
        event::BROKEN_PIPE => 13,
        event::FAULT => 11,
        event::ABORT => 6,
        64.. => (event - 64) as i32,
        _ => 0,
    }
}

/// News of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// Which.
    pub id: u32,
    /// What it did.
    pub change: Change,
    /// CPU time it used, ns.
    pub user_ns: u64,
    /// The kernel's part.
    pub system_ns: u64,
}

#[derive(Default)]
#[repr(C)]
struct RawNews {
    id: u32,
    what: u32,
    code: i32,
    pad: u32,
    user_ns: u64,
    system_ns: u64,
}

/// Waits for a child: -1 any, above 0 that one, below -1 of group -filter. `stopped`: also for stops. `no_wait`: only looks.
pub fn wait(filter: i64, stopped: bool, no_wait: bool) -> Result<Option<News>> {
    let mut raw = RawNews::default();
    let flags = usize::from(no_wait) | usize::from(stopped) << 1;
    if call(
        Nr::ProcessWait,
        [filter as usize, flags, &raw mut raw as usize],
    )? == 0
    {
        return Ok(None);
    }
    let change = match raw.what {
        0 => Change::Exited(raw.code),
        1 => Change::Killed(raw.code as u32),
        2 => Change::Stopped(raw.code as u32),
        _ => Change::Continued,
    };
    Ok(Some(News {
        id: raw.id,
        change,
        user_ns: raw.user_ns,
        system_ns: raw.system_ns,
    }))
}

/// Posts an event to a process, or to a group (-id).
pub fn post(id: i64, event: u32) -> Result<()> {
    call(Nr::ProcessPost, [id as usize, event as usize]).map(drop)
}

/// Ignores an event, or no longer.
pub fn ignore(event: u32, on: bool) -> Result<()> {
    call(Nr::EventIgnore, [event as usize, usize::from(on)]).map(drop)
}

/// Moves a process (0: the own) to a group (0: its own new one).
pub fn set_group(id: u32, group: u32) -> Result<()> {
    call(Nr::ProcessGroup, [id as usize, group as usize]).map(drop)
}

/// Makes a new session.
pub fn new_session() -> Result<u32> {
    call(Nr::ProcessNewSession, []).map(|id| id as u32)
}

/// Copies the process: 0 in the copy, its id in the original.
pub fn fork() -> Result<u32> {
    call(Nr::Fork, []).map(|id| id as u32)
}

/// Facts about a process.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
#[expect(missing_docs, reason = "plain words")]
pub struct Info {
    pub id: u32,
    pub parent: u32,
    pub group: u32,
    pub session: u32,
    /// A letter.
    pub state: u32,
    pub threads: u32,
    pub uid: u32,
    pub nice: i32,
    pub abi: [u8; 16],
    pub name: [u8; 16],
    /// Bytes.
    pub mapped: u64,
    pub resident: u64,
    pub user_ns: u64,
    pub system_ns: u64,
    pub start_ns: u64,
}

/// Facts about a process (0: the own).
pub fn info(id: u32) -> Result<Info> {
    let mut info = Info::default();
    call(Nr::ProcessInfo, [id as usize, &raw mut info as usize])?;
    Ok(info)
}

/// The ids of all processes.
pub fn list() -> Result<Vec<u32>> {
    let mut ids = vec![0_u32; 64];
    loop {
        let count = call(Nr::ProcessList, [ids.as_mut_ptr() as usize, ids.len()])?;
        if count <= ids.len() {
            ids.truncate(count);
            return Ok(ids);
        }
        ids.resize(count + 16, 0);
    }
}

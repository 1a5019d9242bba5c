//! The calls of the `process` group.

use crate::calls::handle::take_all;
use crate::errno::Errno;
use crate::types::{ChildNews, Handle, ProcessInfo, SpawnArgs, Text};
use crate::{event, state};
use alloc::vec::Vec;
use kapi::event::Event;
use kapi::exec::{self, Program};
use kapi::object::Rights;
use kapi::process::{
    self, ChildChange, ChildFilter, ChildWait, ExitStatus, ForkOptions, Process, SpawnOptions,
};
use kapi::tty::Request;
use kapi::{Call, Error, Replaced, UserPtr, user};

/// Longest path and most bytes of one argument.
const PATH_LIMIT: usize = 4096;
const ARGUMENT_LIMIT: usize = 128 << 10;
/// Most arguments or environment strings.
const COUNT_LIMIT: u64 = 32 << 10;
const FOREGROUND: u64 = 1;

pub(crate) fn exit(call: &mut Call<'_>, code: i32) -> Result<Replaced, Errno> {
    call.process().end(ExitStatus::Exited(code));
    Ok(Replaced)
}

pub(crate) fn process_spawn(call: &mut Call<'_>, args: UserPtr<SpawnArgs>) -> Result<u32, Errno> {
    let args = args.read()?;
    if args.flags & !FOREGROUND != 0 {
        return Err(Error::InvalidArgument.into());
    }
    let parent = call.process();
    let handles = take_all(call, args.handles, args.handles_count)?;
    let terminal = handles.first().cloned().flatten();
    let tracer = match Handle(args.tracer) {
        Handle::NONE => parent.tracer(),
        handle => Some(super::system::tracer(call, handle)?),
    };
    let group = match args.group {
        -1 => None,
        group => Some(u32::try_from(group).map_err(|_| Error::InvalidArgument)?),
    };
    let options = SpawnOptions {
        program: program(&args)?,
        handles,
        group,
        tracer,
    };
    let child = process::spawn(parent, options)?;
    if args.flags & FOREGROUND != 0
        && let Some(control) = terminal.as_ref().and_then(|handle| handle.object.control())
    {
        // The child may already be gone; then there is no group to give the terminal to.
        let _ = control.control(&mut Request::SetForeground(child.group_id()));
    }
    Ok(child.id())
}

pub(crate) fn process_exec(
    call: &mut Call<'_>,
    args: UserPtr<SpawnArgs>,
) -> Result<Replaced, Errno> {
    let args = args.read()?;
    if args.flags != 0 {
        return Err(Error::InvalidArgument.into());
    }
    let program = program(&args)?;
    exec::exec(call, program)?;
    Ok(Replaced)
}

fn program(args: &SpawnArgs) -> Result<Program, Errno> {
    let abi = match text(args.abi, 32)? {
        name if name.is_empty() => None,
        name => {
            let name = core::str::from_utf8(&name).map_err(|_| Error::InvalidArgument)?;
            Some(exec::abi_named(name).ok_or(Error::InvalidArgument)?)
        }
    };
    Ok(Program {
        path: text(args.path, PATH_LIMIT)?,
        file: None,
        args: texts(args.args, args.args_count)?,
        env: texts(args.env, args.env_count)?,
        abi,
    })
}

/// Copies a string in; longer than `limit` is an error.
pub(crate) fn text(text: Text, limit: usize) -> Result<Vec<u8>, Errno> {
    let len = usize::try_from(text.len).unwrap_or(usize::MAX);
    if len > limit {
        return Err(Error::NameTooLong.into());
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(Error::from)?;
    bytes.resize(len, 0);
    user::copy_in(&mut bytes, text.address as usize)?;
    Ok(bytes)
}

fn texts(address: u64, count: u64) -> Result<Vec<Vec<u8>>, Errno> {
    if count > COUNT_LIMIT {
        return Err(Error::ArgumentsTooLong.into());
    }
    let array = UserPtr::<Text>::new(address as usize);
    (0..count as usize)
        .map(|index| text(array.at(index).read()?, ARGUMENT_LIMIT))
        .collect()
}

pub(crate) fn process_wait(
    _call: &mut Call<'_>,
    filter: i64,
    flags: u32,
    news: UserPtr<ChildNews>,
) -> Result<u32, Errno> {
    if flags & !7 != 0 {
        return Err(Error::InvalidArgument.into());
    }
    let id = u32::try_from(filter.unsigned_abs()).map_err(|_| Error::InvalidArgument)?;
    let filter = match filter {
        -1 => ChildFilter::Any,
        0 => ChildFilter::Group(process::current().process().group_id()),
        1.. => ChildFilter::Process(id),
        _ => ChildFilter::Group(id),
    };
    let what = ChildWait {
        exited: true,
        no_wait: flags & 1 != 0,
        stopped: flags & 2 != 0,
        continued: flags & 4 != 0,
        keep: false,
    };
    let Some(child) = process::wait_child(filter, what)? else {
        return Ok(0);
    };
    let (what, code) = match child.change {
        ChildChange::Ended(ExitStatus::Exited(code)) => (0, code),
        ChildChange::Ended(ExitStatus::Killed(kind)) => (1, event::number(kind) as i32),
        ChildChange::Stopped(kind) => (2, event::number(kind) as i32),
        ChildChange::Continued => (3, 0),
    };
    news.write_opt(&ChildNews {
        id: child.id,
        what,
        code,
        pad: 0,
        user_ns: child.times.user,
        system_ns: child.times.system,
    })?;
    Ok(child.id)
}

pub(crate) fn process_id(call: &mut Call<'_>) -> Result<u32, Errno> {
    Ok(call.process().id())
}

pub(crate) fn process_parent(call: &mut Call<'_>) -> Result<u32, Errno> {
    Ok(call.process().parent_id())
}

pub(crate) fn process_post(call: &mut Call<'_>, id: i64, event: u32) -> Result<(), Errno> {
    let kind = event::kind(event).ok_or(Error::InvalidArgument)?;
    let target = u32::try_from(id.unsigned_abs()).map_err(|_| Error::InvalidArgument)?;
    let sender = call.process();
    let event = Event {
        sender: sender.id(),
        sender_uid: sender.credentials().uid,
        ..Event::new(kind)
    };
    if id < 0 {
        process::post_group(target, event)?;
    } else {
        process::find(target)
            .ok_or(Error::NoSuchProcess)?
            .post(event);
    }
    Ok(())
}

pub(crate) fn process_group(call: &mut Call<'_>, id: u32, group: u32) -> Result<(), Errno> {
    let id = if id == 0 { call.process().id() } else { id };
    let group = if group == 0 { id } else { group };
    Ok(call.process().set_group(id, group)?)
}

pub(crate) fn process_new_session(call: &mut Call<'_>) -> Result<u32, Errno> {
    Ok(call.process().new_session()?)
}

pub(crate) fn process_info(
    call: &mut Call<'_>,
    id: u32,
    info: UserPtr<ProcessInfo>,
) -> Result<(), Errno> {
    let process = match id {
        0 => call.process().clone(),
        id => process::find(id).ok_or(Error::NoSuchProcess)?,
    };
    Ok(info.write(&facts(&process))?)
}

fn facts(process: &Process) -> ProcessInfo {
    let times = process.times();
    let (mapped, resident) = process.memory().usage();
    ProcessInfo {
        id: process.id(),
        parent: process.parent_id(),
        group: process.group_id(),
        session: process.session_id(),
        state: u32::from(process.state_letter()),
        threads: process.threads().len() as u32,
        uid: process.credentials().uid,
        nice: process.nice(),
        abi: padded(process.abi().name.as_bytes()),
        name: padded(&process.name()),
        mapped: mapped as u64,
        resident: resident as u64,
        user_ns: times.user,
        system_ns: times.system,
        start_ns: process.start_time_ns(),
    }
}

/// The first 15 bytes, then zeros.
fn padded(bytes: &[u8]) -> [u8; 16] {
    let mut out = [0; 16];
    let len = bytes.len().min(15);
    out[..len].copy_from_slice(&bytes[..len]);
    out
}

pub(crate) fn process_list(
    _call: &mut Call<'_>,
    ids: UserPtr<u32>,
    count: usize,
) -> Result<usize, Errno> {
    let all = process::all();
    for (index, process) in all.iter().take(count).enumerate() {
        ids.at(index).write(&process.id())?;
    }
    Ok(all.len())
}

pub(crate) fn fork(call: &mut Call<'_>) -> Result<u32, Errno> {
    Ok(process::fork(call, ForkOptions::default(), |_, regs| {
        regs.set_reg(crate::convention::A0, 0);
        Ok(())
    })?)
}

pub(crate) fn event_ignore(call: &mut Call<'_>, number: u32, on: u32) -> Result<(), Errno> {
    if number >= 64 || event::kind(number).is_none() || on > 1 {
        return Err(Error::InvalidArgument.into());
    }
    state::set_ignored(call.process(), number, on == 1);
    Ok(())
}

/// Rights that a handle needs to be given to another process.
pub(crate) const GIVE: Rights = Rights::TRANSFER;

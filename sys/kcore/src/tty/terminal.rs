//! Terminals as objects: reading and writing programs, groups and sessions around a [`Discipline`].

use super::discipline::{Discipline, Signal};
use super::{Backend, Modes, Request, When, Window};
use crate::event::{Event, EventKind};
use crate::io::{Sink, Source};
use crate::object::{Control, IoFlags, Kind, Object, ObjectRef, Readiness, Stream, Wait};
use crate::process::{self, Process, post_group};
use crate::wait::{WaitOptions, WaitQueue};
use crate::{Error, Result};
use alloc::collections::VecDeque;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::any::Any;
use core::sync::atomic::{AtomicBool, Ordering};
use hal::sync::{IrqLock, SpinLock};

/// Output bytes kept for the device.
const OUTPUT: usize = 8192;
/// Bytes moved between user memory and the terminal in one step.
const CHUNK: usize = 512;

struct State {
    discipline: Discipline,
    window: Window,
    foreground: u32,
    session: u32,
    output: VecDeque<u8>,
}

/// A terminal.
pub struct Tty {
    backend: Arc<dyn Backend>,
    state: IrqLock<State>,
    /// One queue for readers and pollers, one for writers.
    readers: WaitQueue,
    writers: WaitQueue,
    /// Input is thrown away and output pretended: the line is gone.
    hung_up: AtomicBool,
}

/// All terminals, to find a session's.
static TERMINALS: SpinLock<Vec<Weak<Tty>>> = SpinLock::new(Vec::new());

/// The controlling terminal of a session.
pub fn controlling(session: u32) -> Option<Arc<Tty>> {
    let all: Vec<_> = TERMINALS.lock().iter().filter_map(Weak::upgrade).collect();
    all.into_iter()
        .find(|tty| session != 0 && tty.state.lock().session == session)
}

/// The leader of a session has ended: its terminal is free, those in the foreground are told.
pub fn hang_up(session: u32) {
    let Some(tty) = controlling(session) else {
        return;
    };
    let group = {
        let mut state = tty.state.lock();
        state.session = 0;
        core::mem::take(&mut state.foreground)
    };
    for kind in [EventKind::HangUp, EventKind::Continue] {
        // A group without members needs no telling.
        let _ = post_group(group, Event::new(kind));
    }
}

/// Prints a message on the controlling terminal of a process, or nowhere.
pub fn print_for(process: &Process, message: &[u8]) {
    if let Some(tty) = controlling(process.session_id()) {
        tty.print(message);
    }
}

impl Tty {
    /// A terminal over a device.
    pub fn new(backend: Arc<dyn Backend>, window: Window) -> Arc<Tty> {
        let state = State {
            discipline: Discipline::new(),
            window,
            foreground: 0,
            session: 0,
            output: VecDeque::with_capacity(OUTPUT),
        };
        let tty = Arc::new(Tty {
            backend,
            state: IrqLock::new(state),
            readers: WaitQueue::new(),
            writers: WaitQueue::new(),
            hung_up: AtomicBool::new(false),
        });
        TERMINALS.lock().push(Arc::downgrade(&tty));
        tty
    }

    /// Output goes to the device as it is, also by default.
    pub fn set_raw_output(&self) {
        self.state
            .lock()
            .discipline
            .settings
            .modes
            .remove(Modes::OUTPUT | Modes::NL_TO_CRNL);
    }

    /// Bytes came from the device. May be called in interrupt context.
    pub fn receive(&self, bytes: &[u8]) {
        let (mut readable, mut signals) = (false, Vec::new());
        let group = {
            let mut state = self.state.lock();
            for &byte in bytes {
                let out = state.discipline.input(byte);
                readable |= out.readable;
                signals.extend(out.signal);
                state.put_output(&out.echo);
            }
            self.send(&mut state);
            state.foreground
        };
        if readable {
            self.readers.wake_all();
        }
        for signal in signals {
            let kind = match signal {
                Signal::Interrupt => EventKind::Interrupt,
                Signal::Quit => EventKind::Quit,
                Signal::Suspend => EventKind::Suspend,
            };
            // Not in an interrupt handler: posting takes the process tree's lock.
            crate::sched::defer(move || {
                // Nobody in the foreground: the key means nothing.
                let _ = post_group(group, Event::new(kind));
            });
        }
    }

    /// The device can take more. May be called in interrupt context.
    pub fn output_ready(&self) {
        let room = {
            let mut state = self.state.lock();
            self.send(&mut state);
            state.output.len() < OUTPUT / 2
        };
        if room {
            self.writers.wake_all();
            // Who polls for room waits there, too.
            self.readers.wake_all();
        }
    }

    /// Gives the device what it takes.
    fn send(&self, state: &mut State) {
        while !state.output.is_empty() {
            let taken = self.backend.write(state.output.as_slices().0);
            if taken == 0 {
                break;
            }
            state.output.drain(..taken);
        }
    }

    /// Writes from the kernel; what does not fit is lost.
    fn print(&self, bytes: &[u8]) {
        let mut state = self.state.lock();
        state.put_output(bytes);
        self.send(&mut state);
    }

    /// The terminal as an object (what open of its device node gives).
    pub fn open(self: &Arc<Self>) -> ObjectRef {
        Arc::new(Open {
            tty: self.clone(),
            nonblocking: AtomicBool::new(false),
        })
    }

    /// Makes it the controlling terminal of the caller's session, if that has none and leads it.
    fn become_controlling(&self, steal: bool) -> Result<()> {
        let thread = process::current();
        let process = thread.process();
        let session = process.session_id();
        if session != process.id() {
            return Err(Error::NotPermitted);
        }
        if controlling(session).is_some_and(|own| !core::ptr::eq(Arc::as_ptr(&own), self)) {
            return Err(Error::NotPermitted);
        }
        let group = process.group_id();
        let mut state = self.state.lock();
        if state.session != 0 && state.session != session && !steal {
            return Err(Error::NotPermitted);
        }
        (state.session, state.foreground) = (session, group);
        Ok(())
    }

    /// A process of this terminal's session outside the foreground group must not use it: its group is told, and the call is to be
    /// tried again after that.
    fn check_foreground(&self, kind: EventKind) -> Result<()> {
        let thread = process::current();
        let process = thread.process();
        let (session, foreground) = {
            let state = self.state.lock();
            (state.session, state.foreground)
        };
        let group = process.group_id();
        if session == 0 || session != process.session_id() || group == foreground {
            return Ok(());
        }
        // The group has the caller in it.
        let _ = post_group(group, Event::new(kind));
        if thread.has_pending() {
            Err(Error::Interrupted)
        } else if kind == EventKind::TerminalWrite && !process::is_orphaned(group) {
            // Who ignores that event may write.
            Ok(())
        } else {
            Err(Error::Io)
        }
    }

    fn read(&self, to: &mut Sink<'_>, no_wait: bool) -> Result<usize> {
        loop {
            self.check_foreground(EventKind::TerminalRead)?;
            let most = to.remaining().min(CHUNK);
            let (ready, bytes, settings) = {
                let mut state = self.state.lock();
                let ready = state.discipline.is_ready();
                let bytes = if ready {
                    state.discipline.take(most)
                } else {
                    Vec::new()
                };
                (ready, bytes, state.discipline.settings)
            };
            if ready {
                return to.put(&bytes);
            }
            if self.hung_up.load(Ordering::Relaxed) || most == 0 {
                return Ok(0);
            }
            if no_wait {
                return Err(Error::WouldBlock);
            }
            let raw = !settings.modes.contains(Modes::CANONICAL);
            if raw && settings.min == 0 && settings.time == 0 {
                return Ok(0);
            }
            let limit = (raw && settings.min == 0)
                .then(|| crate::time::now() + u64::from(settings.time) * 100_000_000);
            let options = WaitOptions {
                deadline: limit,
                uninterruptible: false,
            };
            let waited = self.readers.wait(options, || {
                self.state.lock().discipline.is_ready().then_some(())
            });
            match waited {
                Err(Error::TimedOut) => return Ok(0),
                other => other?,
            }
        }
    }

    fn write(&self, from: &mut Source<'_>, no_wait: bool) -> Result<usize> {
        if self
            .state
            .lock()
            .discipline
            .settings
            .modes
            .contains(Modes::STOP_BACKGROUND)
        {
            self.check_foreground(EventKind::TerminalWrite)?;
        }
        let (mut done, mut chunk) = (0, [0; CHUNK]);
        while from.remaining() > 0 {
            if let Err(error) = self.wait_for_room(no_wait) {
                return if done > 0 { Ok(done) } else { Err(error) };
            }
            let len = from.remaining().min(CHUNK);
            let taken = match from.take(&mut chunk[..len]) {
                Ok(taken) => taken,
                Err(error) if done == 0 => return Err(error),
                Err(_) => break,
            };
            let mut state = self.state.lock();
            state.put_output(&chunk[..taken]);
            self.send(&mut state);
            done += taken;
        }
        Ok(done)
    }

    /// Waits until a chunk fits, each byte of it doubled.
    fn wait_for_room(&self, no_wait: bool) -> Result<()> {
        let has_room = || (self.state.lock().output.len() + 2 * CHUNK <= OUTPUT).then_some(());
        if has_room().is_some() {
            return Ok(());
        }
        if no_wait {
            return Err(Error::WouldBlock);
        }
        self.writers.wait(WaitOptions::default(), has_room)
    }

    fn drain(&self) -> Result<()> {
        let sent = || self.state.lock().output.is_empty().then_some(());
        self.writers.wait(WaitOptions::default(), sent)
    }

    fn request(&self, request: &mut Request) -> Result<()> {
        match request {
            Request::GetSettings(settings) => {
                *settings = Some(self.state.lock().discipline.settings)
            }
            Request::SetSettings(settings, when) => {
                if *when != When::Now {
                    self.drain()?;
                }
                let mut state = self.state.lock();
                if *when == When::Flushed {
                    state.discipline.flush();
                }
                state.discipline.set(*settings);
                drop(state);
                self.readers.wake_all();
            }
            Request::GetWindow(window) => *window = self.state.lock().window,
            Request::SetWindow(window) => {
                let mut state = self.state.lock();
                let changed = core::mem::replace(&mut state.window, *window) != *window;
                let group = state.foreground;
                drop(state);
                if changed {
                    let _ = post_group(group, Event::new(EventKind::WindowChange));
                }
            }
            Request::GetForeground(group) => {
                self.check_session()?;
                *group = self.state.lock().foreground;
            }
            Request::SetForeground(group) => {
                self.check_session()?;
                self.state.lock().foreground = *group;
            }
            Request::GetSession(session) => {
                self.check_session()?;
                *session = self.state.lock().session;
            }
            Request::BecomeControlling { steal } => self.become_controlling(*steal)?,
            Request::GiveUpControlling => {
                self.check_session()?;
                let thread = process::current();
                if thread.process().session_id() == thread.process().id() {
                    hang_up(thread.process().id());
                }
            }
            Request::Available(bytes) => *bytes = self.state.lock().discipline.available(),
            Request::Flush { input, output } => {
                let mut state = self.state.lock();
                if *input {
                    state.discipline.flush();
                }
                if *output {
                    state.output.clear();
                }
                drop(state);
                self.writers.wake_all();
            }
            Request::Drain => self.drain()?,
        }
        Ok(())
    }

    /// Only the terminal's own session asks about its groups.
    fn check_session(&self) -> Result<()> {
        let session = self.state.lock().session;
        let own = process::current().process().session_id();
        if session == own {
            Ok(())
        } else {
            Err(Error::NotTerminal)
        }
    }
}

impl State {
    fn put_output(&mut self, bytes: &[u8]) {
        let mut processed = Vec::new();
        self.discipline.output(bytes, &mut processed);
        // Echo beyond the limit is lost; writers have waited for room.
        let room = OUTPUT.saturating_sub(self.output.len());
        self.output.extend(&processed[..processed.len().min(room)]);
    }
}

/// An open terminal.
struct Open {
    tty: Arc<Tty>,
    nonblocking: AtomicBool,
}

impl Object for Open {
    fn kind(&self) -> Kind {
        Kind::Terminal
    }
    fn stream(&self) -> Option<&dyn Stream> {
        Some(self)
    }
    fn wait(&self) -> Option<&dyn Wait> {
        Some(self)
    }
    fn control(&self) -> Option<&dyn Control> {
        Some(self)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for Open {
    fn read(&self, to: &mut Sink<'_>, flags: IoFlags) -> Result<usize> {
        self.tty.read(to, flags.no_wait || self.nonblocking())
    }
    fn write(&self, from: &mut Source<'_>, flags: IoFlags) -> Result<usize> {
        self.tty.write(from, flags.no_wait || self.nonblocking())
    }
    fn nonblocking(&self) -> bool {
        self.nonblocking.load(Ordering::Relaxed)
    }
    fn set_nonblocking(&self, on: bool) -> Result<()> {
        self.nonblocking.store(on, Ordering::Relaxed);
        Ok(())
    }
}

impl Wait for Open {
    fn readiness(&self) -> Readiness {
        let state = self.tty.state.lock();
        let mut ready = Readiness::empty();
        ready.set(Readiness::READ, state.discipline.is_ready());
        ready.set(Readiness::WRITE, state.output.len() + 2 * CHUNK <= OUTPUT);
        ready
    }
    fn queue(&self) -> &WaitQueue {
        &self.tty.readers
    }
}

impl Control for Open {
    fn control(&self, request: &mut Request) -> Result<()> {
        self.tty.request(request)
    }
}

//! An open terminal as an object, and the requests it answers.

use super::session::tell;
use super::terminal::Tty;
use super::{Request, Settings, When, Window};
use crate::Result;
use crate::event::EventKind;
use crate::io::{Sink, Source};
use crate::object::{Control, IoFlags, Kind, Object, ObjectRef, Readiness, Stream, Wait};
use crate::wait::WaitQueue;
use alloc::sync::Arc;
use core::any::Any;
use core::sync::atomic::{AtomicBool, Ordering};

/// An open terminal.
struct Open {
    tty: Arc<Tty>,
    nonblocking: AtomicBool,
}

impl Tty {
    /// The terminal as an object (what open of its device node gives).
    pub fn open(self: &Arc<Self>) -> ObjectRef {
        Arc::new(Open {
            tty: self.clone(),
            nonblocking: AtomicBool::new(false),
        })
    }

    fn request(&self, request: &mut Request) -> Result<()> {
        match request {
            Request::GetSettings(settings) => {
                *settings = Some(self.state.lock().discipline.settings);
            }
            Request::SetSettings(settings, when) => self.set_settings(*settings, *when)?,
            Request::GetWindow(window) => *window = self.state.lock().window,
            Request::SetWindow(window) => self.set_window(*window),
            Request::GetForeground(group) => {
                self.check_session()?;
                *group = self.state.lock().foreground;
            }
            Request::SetForeground(group) => self.set_foreground(*group)?,
            Request::GetSession(session) => *session = self.check_session()?,
            Request::BecomeControlling { steal } => self.become_controlling(*steal)?,
            Request::GiveUpControlling => self.give_up_controlling()?,
            Request::Available(bytes) => *bytes = self.state.lock().discipline.available(),
            Request::Flush { input, output } => self.flush(*input, *output),
            Request::Drain => self.drain()?,
        }
        Ok(())
    }

    fn set_settings(&self, settings: Settings, when: When) -> Result<()> {
        if when != When::Now {
            self.drain()?;
        }
        {
            let mut state = self.state.lock();
            if when == When::Flushed {
                state.discipline.flush();
            }
            state.discipline.set(settings);
        }
        // Readers look at the new rules, and output may go on.
        self.readers.wake_all();
        self.output_ready();
        Ok(())
    }

    fn set_window(&self, window: Window) {
        let (old, group) = {
            let mut state = self.state.lock();
            let old = core::mem::replace(&mut state.window, window);
            (old, state.foreground)
        };
        if old != window {
            tell(group, EventKind::WindowChange);
        }
    }

    fn flush(&self, input: bool, output: bool) {
        {
            let mut state = self.state.lock();
            if input {
                state.discipline.flush();
            }
            if output {
                state.output.clear();
            }
        }
        if output {
            self.output_ready();
        }
    }
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
        ready.set(Readiness::WRITE, state.has_room());
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

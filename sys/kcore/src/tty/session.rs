//! Terminals and sessions: whose terminal it is, and who may use it now.

use super::terminal::Tty;
use crate::event::{Event, EventKind};
use crate::process::{self, Process, post_group};
use crate::{Error, Result};
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use hal::sync::SpinLock;

/// All terminals, to find a session's.
static TERMINALS: SpinLock<Vec<Weak<Tty>>> = SpinLock::new(Vec::new());

/// Enters a terminal; those that are gone leave.
pub(super) fn enter(tty: &Arc<Tty>) {
    let mut all = TERMINALS.lock();
    all.retain(|tty| tty.strong_count() > 0);
    all.push(Arc::downgrade(tty));
}

/// The controlling terminal of a session.
pub fn controlling(session: u32) -> Option<Arc<Tty>> {
    if session == 0 {
        return None;
    }
    // Those not wanted must not end under the lock.
    let all: Vec<_> = TERMINALS.lock().iter().filter_map(Weak::upgrade).collect();
    all.into_iter()
        .find(|tty| tty.state.lock().session == session)
}

/// The leader of a session has ended: its terminal is free, those in the foreground are told.
pub fn hang_up(session: u32) {
    let Some(tty) = controlling(session) else {
        return;
    };
    let group = {
        let mut state = tty.state.lock();
        if state.session != session {
            return;
        }
        state.session = 0;
        // Nobody may be left who could let it go on.
        state.discipline.stopped = false;
        core::mem::take(&mut state.foreground)
    };
    tty.output_ready();
    for kind in [EventKind::HangUp, EventKind::Continue] {
        tell(group, kind);
    }
}

/// Prints a message on the controlling terminal of a process, or nowhere.
pub fn print_for(process: &Process, message: &[u8]) {
    if let Some(tty) = controlling(process.session_id()) {
        tty.print(message);
    }
}

/// Posts to a group. One without members needs no telling.
pub(super) fn tell(group: u32, kind: EventKind) {
    if group != 0 {
        let _ = post_group(group, Event::new(kind));
    }
}

impl Tty {
    /// Makes it the controlling terminal of the caller's session, if that has none and the caller leads it.
    pub(super) fn become_controlling(&self, steal: bool) -> Result<()> {
        let thread = process::current();
        let process = thread.process();
        let session = process.session_id();
        if session != process.id() {
            return Err(Error::NotPermitted);
        }
        if let Some(own) = controlling(session) {
            return if core::ptr::eq(Arc::as_ptr(&own), self) {
                Ok(())
            } else {
                Err(Error::NotPermitted)
            };
        }
        let may_steal = steal && process.credentials().euid == 0;
        let group = process.group_id();
        let mut state = self.state.lock();
        if state.session != 0 && !may_steal {
            return Err(Error::NotPermitted);
        }
        (state.session, state.foreground) = (session, group);
        Ok(())
    }

    /// Frees it when the caller leads the session that it controls.
    pub(super) fn give_up_controlling(&self) -> Result<()> {
        let session = self.check_session()?;
        if session == process::current().process().id() {
            hang_up(session);
        }
        Ok(())
    }

    /// Puts a group of the caller's session into the foreground.
    pub(super) fn set_foreground(&self, group: u32) -> Result<()> {
        let session = self.check_session()?;
        let all = process::all();
        let member = all.iter().find(|process| process.group_id() == group);
        let member = member.ok_or(Error::NoSuchProcess)?;
        if member.session_id() != session {
            return Err(Error::NotPermitted);
        }
        let mut state = self.state.lock();
        // It may have been given up in between.
        if state.session != session {
            return Err(Error::NotTerminal);
        }
        state.foreground = group;
        Ok(())
    }

    /// Only the terminal's own session asks about its groups; gives that session.
    pub(super) fn check_session(&self) -> Result<u32> {
        let own = process::current().process().session_id();
        let session = self.state.lock().session;
        if session == own && session != 0 {
            Ok(session)
        } else {
            Err(Error::NotTerminal)
        }
    }

    /// A process of this terminal's session outside the foreground group must not use it: its group is told, and the call is to be
    /// tried again after that.
    pub(super) fn check_foreground(&self, kind: EventKind) -> Result<()> {
        let thread = process::current();
        let process = thread.process();
        let (session, foreground) = {
            let state = self.state.lock();
            (state.session, state.foreground)
        };
        if session == 0 || session != process.session_id() {
            return Ok(());
        }
        let group = process.group_id();
        if group == foreground {
            return Ok(());
        }
        tell(group, kind);
        if thread.has_pending() {
            Err(Error::Interrupted)
        } else if kind == EventKind::TerminalWrite && !process::is_orphaned(group) {
            // Who ignores that event may write.
            Ok(())
        } else {
            Err(Error::Io)
        }
    }
}

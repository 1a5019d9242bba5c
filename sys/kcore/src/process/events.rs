//! Events: posting them, stopping and going on.

use super::{END, EVENT, ExitStatus, Process, STOP, Thread, tree};
use crate::event::{Event, EventKind, Reaction};
use crate::wait::WaitOptions;
use crate::{Error, Result};
use alloc::sync::Arc;
use core::sync::atomic::Ordering;

impl Process {
    /// Posts an event from outside (kill): the ABI reacts, threads are interrupted.
    pub fn post(self: &Arc<Self>, event: Event) {
        if self.ended.load(Ordering::Relaxed) {
            return;
        }
        let reaction = (self.abi().post)(self, None, &event);
        self.react(reaction, None, event.kind);
    }

    fn react(self: &Arc<Self>, reaction: Reaction, thread: Option<&Arc<Thread>>, kind: EventKind) {
        match reaction {
            Reaction::None => {}
            Reaction::Interrupt => match thread {
                Some(thread) => thread.raise(EVENT),
                None => self.threads().iter().for_each(|thread| thread.raise(EVENT)),
            },
            Reaction::Kill => self.end(ExitStatus::Killed(kind)),
            Reaction::Stop => self.stop(kind),
            Reaction::Continue => self.go_on(),
        }
    }

    /// Ends the process: all its threads end at their next chance; the first status given counts.
    pub fn end(self: &Arc<Self>, status: ExitStatus) {
        self.status.lock().get_or_insert(status);
        self.threads().iter().for_each(|thread| thread.raise(END));
        self.resumed.wake_all();
    }

    /// Stops it: its threads wait before they go to user mode again. Not where nobody could let it go on.
    fn stop(self: &Arc<Self>, kind: EventKind) {
        let by_terminal = matches!(
            kind,
            EventKind::Suspend | EventKind::TerminalRead | EventKind::TerminalWrite
        );
        if by_terminal && tree::is_orphaned(self.group_id()) {
            return;
        }
        if self.stopped.swap(true, Ordering::SeqCst) {
            return;
        }
        tree::note_stop(self.id, Some(kind));
        self.threads().iter().for_each(|thread| thread.raise(STOP));
        self.tell_parent();
    }

    /// Lets it go on.
    fn go_on(self: &Arc<Self>) {
        for thread in self.threads() {
            thread.flags.fetch_and(!STOP, Ordering::SeqCst);
        }
        if self.stopped.swap(false, Ordering::SeqCst) {
            tree::note_stop(self.id, None);
            self.resumed.wake_all();
            self.tell_parent();
        }
        // The ABI may have stored the event for a handler.
        self.threads().iter().for_each(|thread| thread.raise(EVENT));
    }

    /// Tells the parent that there is news.
    pub(super) fn tell_parent(&self) {
        if let Some(parent) = tree::parent_of(self.id) {
            self.tell(&parent);
        }
    }

    pub(super) fn tell(&self, parent: &Arc<Process>) {
        let event = Event {
            sender: self.id,
            sender_uid: self.credentials().uid,
            value: u64::from(self.id),
            code: i32::from(self.exit_note()),
            ..Event::new(EventKind::ChildChanged)
        };
        parent.post(event);
        parent.news.wake_all();
    }
}

impl Thread {
    /// Posts an event to this thread alone (tgkill, own fault).
    pub fn post(self: &Arc<Self>, event: Event) {
        let process = self.process();
        let reaction = (process.abi().post)(process, Some(self), &event);
        process.react(reaction, Some(self), event.kind);
    }

    /// Waits while the process is stopped.
    pub(super) fn wait_while_stopped(&self) {
        let process = self.process();
        let options = WaitOptions {
            deadline: None,
            uninterruptible: true,
        };
        let goes_on = || (!process.stopped.load(Ordering::SeqCst)).then_some(());
        // The only other way out is the end, which the caller looks at next.
        let _ = process.resumed.wait(options, goes_on);
    }
}

/// Posts to every member of a process group; [`Error::NoSuchProcess`] when there is none.
pub fn post_group(group: u32, event: Event) -> Result<()> {
    let members = tree::members(group);
    if members.is_empty() {
        return Err(Error::NoSuchProcess);
    }
    members.iter().for_each(|process| process.post(event));
    Ok(())
}

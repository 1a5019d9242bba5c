//! Ending threads and processes.

use super::{END, ExitStatus, Process, Thread, tree};
use crate::{Error, Result, sched};
use alloc::sync::Arc;
use core::sync::atomic::Ordering;

impl Thread {
    /// Ends this thread for ever, and with the last one the process. Nothing else may be held by the calling flow.
    pub(super) fn finish(self: Arc<Self>) -> ! {
        let process = self.process.clone();
        (process.abi().thread_exit)(&self);
        let last = {
            let mut threads = process.threads.lock();
            threads.retain(|thread| !Arc::ptr_eq(thread, &self));
            threads.is_empty()
        };
        sched::charge_current();
        process
            .past_run_time
            .fetch_add(self.entity.run_time(), Ordering::Relaxed);
        tree::remove_thread(self.id);
        if last {
            process.finish();
        }
        process.fewer_threads.wake_all();
        drop(process);
        sched::leave(self)
    }
}

impl Process {
    /// After the last thread's end: gives everything back and tells the parent.
    fn finish(self: &Arc<Self>) {
        let status = *self.status.lock().get_or_insert(ExitStatus::Exited(0));
        if self.id == tree::FIRST {
            log::error!("the first process ended: {status:?}");
            let code = match status {
                ExitStatus::Exited(code) => code as u8,
                ExitStatus::Killed(_) => 255,
            };
            crate::system::power_off(code);
        }
        let (memory, handles, fs, tracer) = {
            let mut parts = self.parts.lock();
            (
                parts.memory.take(),
                parts.handles.take(),
                parts.fs.take(),
                parts.tracer.take(),
            )
        };
        if let Some(handles) = handles
            && Arc::strong_count(&handles) == 1
        {
            handles.close_all();
        }
        hal::paging::activate(None);
        drop((memory, fs, tracer));
        self.released();
        if self.session_id() == self.id {
            crate::tty::hang_up(self.id);
        }
        self.ended.store(true, Ordering::SeqCst);
        for told in tree::note_end(self.id, status) {
            self.tell(&told);
        }
    }

    /// Its maker's memory is no longer used.
    pub(super) fn released(&self) {
        self.released.store(true, Ordering::SeqCst);
        self.release.wake_all();
    }

    /// Ends all threads but the caller's, for exec. [`Error::Interrupted`] when the caller itself is to end.
    pub(crate) fn end_other_threads(&self, keep: &Arc<Thread>) -> Result<()> {
        let others = || {
            self.threads()
                .into_iter()
                .filter(|thread| !Arc::ptr_eq(thread, keep))
        };
        if others().next().is_none() {
            return Ok(());
        }
        for thread in others() {
            thread.raise(END);
        }
        let options = crate::wait::WaitOptions {
            deadline: None,
            uninterruptible: true,
        };
        let alone = || (self.threads.lock().len() <= 1).then_some(());
        self.fewer_threads
            .wait(options, alone)
            .map_err(|_| Error::Interrupted)
    }
}

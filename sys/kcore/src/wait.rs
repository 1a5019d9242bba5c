//! Wait queues: the only way to block.
//!
//! No wake-up is lost: a thread first says that it is about to sleep and stands in the queues, then asks once more, then sleeps;
//! a wake-up in between keeps it awake (see [`crate::sched`]).

use crate::process::{self, Thread};
use crate::{Error, Result, sched, time};
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};
use hal::sync::IrqLock;

/// Threads that wait for something, longest first.
pub struct WaitQueue {
    waiters: IrqLock<VecDeque<Arc<Thread>>>,
    /// How many; read without the lock.
    count: AtomicUsize,
}

/// How a wait may end early.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaitOptions {
    /// Kernel time in ns after which it ends with [`Error::TimedOut`].
    pub deadline: Option<u64>,
    /// Only a kill ends it, no other event (vfork, disk).
    pub uninterruptible: bool,
}

impl WaitQueue {
    /// Nobody waits.
    pub const fn new() -> Self {
        WaitQueue {
            waiters: IrqLock::new(VecDeque::new()),
            count: AtomicUsize::new(0),
        }
    }

    /// Wakes the one that waits longest; false when nobody waits.
    pub fn wake_one(&self) -> bool {
        while !self.is_empty() {
            let Some(thread) = self.waiters.lock().pop_front() else {
                return false;
            };
            self.count.fetch_sub(1, Ordering::SeqCst);
            // One that is awake already takes itself out; it has not used this wake-up up.
            if sched::wake(&thread) {
                return true;
            }
        }
        false
    }

    /// Wakes all.
    pub fn wake_all(&self) {
        while !self.is_empty() {
            let Some(thread) = self.waiters.lock().pop_front() else {
                return;
            };
            self.count.fetch_sub(1, Ordering::SeqCst);
            sched::wake(&thread);
        }
    }

    /// Whether nobody waits: cheap, for skipping the wake-up.
    #[inline]
    pub fn is_empty(&self) -> bool {
        // Ordered with the waiter's counting itself in before it asks again.
        core::sync::atomic::fence(Ordering::SeqCst);
        self.count.load(Ordering::SeqCst) == 0
    }

    /// Waits until `ready` gives a value; it is asked before sleeping and after each wake-up, without any lock held.
    /// No wake-up between the asking and the sleeping is lost.
    pub fn wait<T>(&self, options: WaitOptions, ready: impl FnMut() -> Option<T>) -> Result<T> {
        wait_any(&[self], options, ready)
    }

    fn add(&self, thread: &Arc<Thread>) {
        self.waiters.lock().push_back(thread.clone());
        self.count.fetch_add(1, Ordering::SeqCst);
        core::sync::atomic::fence(Ordering::SeqCst);
    }

    fn remove(&self, thread: &Arc<Thread>) {
        let mut waiters = self.waiters.lock();
        if let Some(at) = waiters
            .iter()
            .position(|waiter| Arc::ptr_eq(waiter, thread))
        {
            waiters.remove(at);
            self.count.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Default for WaitQueue {
    fn default() -> Self {
        Self::new()
    }
}

/// Waits on several queues at once (poll, select). [`Error::Interrupted`]: an event for the thread came; [`Error::TimedOut`].
pub fn wait_any<T>(
    queues: &[&WaitQueue],
    options: WaitOptions,
    mut ready: impl FnMut() -> Option<T>,
) -> Result<T, Error> {
    hal::sync::assert_may_block();
    if let Some(value) = ready() {
        return Ok(value);
    }
    let thread = process::current();
    loop {
        sched::about_to_sleep(&thread);
        queues.iter().for_each(|queue| queue.add(&thread));
        let outcome = step(&thread, options, &mut ready);
        queues.iter().for_each(|queue| queue.remove(&thread));
        sched::stay_awake(&thread);
        if let Some(result) = outcome {
            return result;
        }
    }
}

/// Asks once more, then sleeps. `None`: woken, ask again.
fn step<T>(
    thread: &Arc<Thread>,
    options: WaitOptions,
    ready: &mut impl FnMut() -> Option<T>,
) -> Option<Result<T>> {
    if let Some(value) = ready() {
        return Some(Ok(value));
    }
    if thread.must_stop_waiting(options.uninterruptible) {
        return Some(Err(Error::Interrupted));
    }
    match options.deadline {
        None => sched::sleep(thread),
        Some(deadline) if deadline <= time::now() => return Some(Err(Error::TimedOut)),
        Some(deadline) => {
            let alarm = time::wake_at(thread, deadline);
            sched::sleep(thread);
            alarm.cancel();
        }
    }
    None
}

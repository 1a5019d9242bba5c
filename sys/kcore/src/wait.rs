//! Wait queues: the only way to block.

use crate::{Error, Result};
use hal::sync::IrqLock;

/// Threads that wait for something.
pub struct WaitQueue {
    _waiters: IrqLock<()>,
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
    pub const fn new() -> Self {
        WaitQueue {
            _waiters: IrqLock::new(()),
        }
    }
    /// Wakes the one that waits longest; false when nobody waits.
    pub fn wake_one(&self) -> bool {
        todo!()
    }
    pub fn wake_all(&self) {
        todo!()
    }
    /// Whether nobody waits: cheap, for skipping the wake-up.
    pub fn is_empty(&self) -> bool {
        todo!()
    }
    /// Waits until `ready` gives a value; it is asked before sleeping and after each wake-up, without any lock held.
    /// No wake-up between the asking and the sleeping is lost.
    pub fn wait<T>(&self, options: WaitOptions, ready: impl FnMut() -> Option<T>) -> Result<T> {
        wait_any(&[self], options, ready)
    }
}

impl Default for WaitQueue {
    fn default() -> Self {
        Self::new()
    }
}

/// Waits on several queues at once (poll, select).
pub fn wait_any<T>(
    queues: &[&WaitQueue],
    options: WaitOptions,
    ready: impl FnMut() -> Option<T>,
) -> Result<T, Error> {
    todo!()
}

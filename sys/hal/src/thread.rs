//! Kernel threads: a stack, saved registers, and the switch between two of them.
//!
//! The kernel is not preempted: a thread runs until it calls [`switch_to`]. A thread that is still leaving another
//! processor is waited for, so no thread ever runs twice.

use crate::OutOfMemory;
use alloc::sync::Arc;
use core::any::Any;

/// A kernel thread with what the kernel above hangs on it.
pub struct Thread {
    _private: (),
}

impl Thread {
    /// A thread that starts in `entry` when first switched to. Its stack has a guard page.
    /// `entry` never returns: the last thing a thread does is [`exit_to`].
    pub fn new(
        entry: fn() -> !,
        body: Arc<dyn Any + Send + Sync>,
    ) -> Result<Arc<Thread>, OutOfMemory> {
        todo!()
    }
    /// What was given at creation.
    pub fn body(&self) -> &Arc<dyn Any + Send + Sync> {
        todo!()
    }
}

/// Makes the boot flow of this CPU into a thread (the CPU's idle thread), so that it can be switched away from.
pub fn adopt_boot_flow(body: Arc<dyn Any + Send + Sync>) -> Arc<Thread> {
    todo!()
}
/// The thread that runs here. Cheap: no count is touched while the closure runs.
pub fn with_current<R>(f: impl FnOnce(&Arc<Thread>) -> R) -> R {
    todo!()
}
/// Leaves this thread for `next`; returns when somebody switches back. Interrupts off or on stay as they were.
/// Saves and restores floating-point state of user programs as needed.
pub fn switch_to(next: &Arc<Thread>) {
    todo!()
}
/// Leaves this thread for ever; its stack is freed once it is off the CPU.
pub fn exit_to(next: &Arc<Thread>) -> ! {
    todo!()
}

//! Processors.

use crate::MAX_CPUS;

/// The number of this processor, from 0; 0 is the one that booted.
pub fn id() -> usize {
    todo!()
}
/// How many processors run.
pub fn count() -> usize {
    todo!()
}
/// Starts the others; each runs `entry` on its own boot stack with interrupts off.
pub fn start_others(entry: fn() -> !) {
    todo!()
}
/// Waits for an interrupt. Called with interrupts off (so that no wake-up is lost); returns with interrupts on, after it was handled.
pub fn wait_for_interrupt() {
    todo!()
}
/// Interrupts another processor, which then calls [`crate::upcall::Upcalls::reschedule`].
pub fn kick(cpu: usize) {
    todo!()
}
/// Turns interrupts on or off here; gives what it was.
pub fn set_interrupts(on: bool) -> bool {
    todo!()
}
/// Random bits for seeding (hardware or timing; not for keys by itself).
pub fn entropy() -> u64 {
    todo!()
}

/// A value per processor.
pub struct PerCpu<T>([T; MAX_CPUS]);

impl<T> PerCpu<T> {
    pub const fn new(values: [T; MAX_CPUS]) -> Self {
        PerCpu(values)
    }
    /// This processor's. The kernel is not preempted, so it stays this processor's until the thread blocks.
    pub fn get(&self) -> &T {
        &self.0[id()]
    }
    pub fn of(&self, cpu: usize) -> &T {
        &self.0[cpu]
    }
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

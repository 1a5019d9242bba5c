//! Processors.

use crate::MAX_CPUS;
use crate::arch::cpu;

/// The number of this processor, from 0; 0 is the one that booted.
#[inline]
pub fn id() -> usize {
    cpu::id()
}

/// How many processors run.
pub fn count() -> usize {
    cpu::count()
}

/// Starts the others; each runs `entry` on its own boot stack with interrupts off.
pub fn start_others(entry: fn() -> !) {
    cpu::start_others(entry);
}

/// Waits for an interrupt. Called with interrupts off (so that no wake-up is lost); returns with interrupts on, after it was handled.
pub fn wait_for_interrupt() {
    cpu::wait_for_interrupt();
}

/// Interrupts another processor, which then calls [`crate::upcall::Upcalls::reschedule`].
pub fn kick(cpu: usize) {
    cpu::kick(cpu);
}

/// Turns interrupts on or off here; gives what it was.
#[inline]
pub fn set_interrupts(on: bool) -> bool {
    cpu::set_interrupts(on)
}

/// Random bits for seeding (hardware or timing; not for keys by itself).
pub fn entropy() -> u64 {
    cpu::entropy()
}

/// Stops this processor for ever.
pub fn halt() -> ! {
    cpu::halt()
}

/// A value per processor.
pub struct PerCpu<T>([T; MAX_CPUS]);

impl<T> PerCpu<T> {
    /// One value for each, by number.
    pub const fn new(values: [T; MAX_CPUS]) -> Self {
        PerCpu(values)
    }

    /// This processor's. The kernel is not preempted, so it stays this processor's until the thread blocks.
    #[inline]
    pub fn get(&self) -> &T {
        &self.0[id()]
    }

    /// Another's.
    pub fn of(&self, cpu: usize) -> &T {
        &self.0[cpu]
    }

    /// All, by number.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

//! Interrupt controllers as the kernel sees them.

/// Lets external interrupts in on this CPU (its enable bit), off at boot.
pub fn enable_external() {
    crate::arch::cpu::enable_external();
}

//! Control and status registers, and the bits of them that are used.

/// Interrupts are on in supervisor mode.
pub(crate) const STATUS_SIE: u64 = 1 << 1;
/// Interrupts were on before the trap.
pub(crate) const STATUS_SPIE: u64 = 1 << 5;
/// Floating point: off, initial, clean, dirty in bits 13 and 14.
pub(crate) const STATUS_FS: u64 = 3 << 13;
/// Floating-point registers hold what memory holds.
pub(crate) const STATUS_FS_CLEAN: u64 = 2 << 13;
/// Floating-point registers were written.
pub(crate) const STATUS_FS_DIRTY: u64 = 3 << 13;
/// The supervisor may touch user pages.
pub(crate) const STATUS_SUM: u64 = 1 << 18;
/// User mode has 64-bit registers.
pub(crate) const STATUS_UXL_64: u64 = 2 << 32;
/// Enable or pending bit of the software interrupt.
pub(crate) const SOFT: u64 = 1 << 1;
/// Of the timer interrupt.
pub(crate) const TIMER: u64 = 1 << 5;
/// Of the external interrupt.
pub(crate) const EXTERNAL: u64 = 1 << 9;

/// Reads a register.
macro_rules! read {
    ($name:literal) => {{
        let value: u64;
        // SAFETY: reading this register has no effect.
        unsafe { core::arch::asm!(concat!("csrr {}, ", $name), out(reg) value, options(nomem, nostack)) };
        value
    }};
}
/// Writes, sets or clears bits of a register: `write!("csrw", "sie", value)`. Unsafe: the caller says why it is right.
macro_rules! write {
    ($op:literal, $name:literal, $value:expr) => {{
        let value: u64 = $value;
        core::arch::asm!(concat!($op, " ", $name, ", {}"), in(reg) value, options(nostack))
    }};
}
pub(crate) use {read, write};

//! Time.

/// Nanoseconds since power-on; the same on all processors.
pub fn now_ns() -> u64 {
    todo!()
}
/// Has this CPU interrupted at or soon after `deadline_ns` ([`crate::upcall::Upcalls::timer`]); `u64::MAX`: never.
pub fn set_deadline(deadline_ns: u64) {
    todo!()
}
/// Ticks per second of the counter that programs may read themselves, and its present value.
pub fn counter() -> (u64, u64) {
    todo!()
}

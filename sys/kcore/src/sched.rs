//! The scheduler: per-CPU run queues, fair by weighted virtual run time.

/// Gives the CPU away if somebody else is due.
pub fn yield_now() {
    todo!()
}
/// Whether this CPU should reschedule soon: long kernel loops ask and call [`yield_now`].
pub fn should_yield() -> bool {
    todo!()
}
/// Load averages over 1, 5, 15 minutes, in 1/65536.
pub fn load_averages() -> [u32; 3] {
    todo!()
}
/// Idle ns per CPU since boot.
pub fn idle_ns() -> u64 {
    todo!()
}

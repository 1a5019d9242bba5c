//! Time: the host's monotonic clock in ns.

use std::sync::OnceLock;
use std::time::Instant;

static START: OnceLock<Instant> = OnceLock::new();

/// Ticks since the first call.
pub fn now() -> u64 {
    START.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

/// Ticks per second.
pub fn frequency() -> u64 {
    1_000_000_000
}

/// There is no timer interrupt.
pub fn set(_ticks: u64) {}

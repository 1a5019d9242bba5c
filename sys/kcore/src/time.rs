//! Clocks, sleeping, timers.

use crate::Result;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};

/// What the wall clock shows at power-on, in ns since 1970.
static WALL_OFFSET: AtomicU64 = AtomicU64::new(0);

/// ns since power-on.
pub fn now() -> u64 {
    hal::time::now_ns()
}
/// ns since 1970-01-01 UTC.
pub fn wall() -> u64 {
    now().wrapping_add(WALL_OFFSET.load(Ordering::Relaxed))
}
/// Sets the wall clock.
pub fn set_wall(ns: u64) {
    WALL_OFFSET.store(ns.wrapping_sub(now()), Ordering::Relaxed);
}
/// Sleeps until `deadline` (ns since power-on); ends early with Interrupted.
pub fn sleep_until(deadline: u64) -> Result<()> {
    todo!()
}

/// A one-shot or periodic timer that calls back in interrupt context (interrupts off): keep the callback short.
pub struct Timer {
    _p: (),
}
impl Timer {
    pub fn new(callback: impl Fn() + Send + Sync + 'static) -> Arc<Timer> {
        todo!()
    }
    /// Arms it for `deadline`; then every `period` ns if not 0. Replaces an earlier setting.
    pub fn arm(self: &Arc<Self>, deadline: u64, period: u64) {
        todo!()
    }
    pub fn disarm(&self) {
        todo!()
    }
    /// The next deadline and the period, when armed.
    pub fn state(&self) -> Option<(u64, u64)> {
        todo!()
    }
}

/// Ticks per second of the counter that programs can read themselves, and its value now.
pub fn counter() -> (u64, u64) {
    hal::time::counter()
}

//! Clocks, sleeping, timers.

use crate::Result;
use alloc::sync::Arc;

/// ns since power-on.
pub fn now() -> u64 {
    hal::time::now_ns()
}
/// ns since 1970-01-01 UTC.
pub fn wall() -> u64 {
    todo!()
}
/// Sets the wall clock.
pub fn set_wall(ns: u64) {
    todo!()
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

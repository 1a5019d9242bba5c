//! Time.

use crate::arch::timer;
use core::sync::atomic::{AtomicU64, Ordering};

const NS: u64 = 1_000_000_000;
const SHIFT: u32 = 32;

/// ns per tick times 2^32; 0: not known yet.
static SCALE: AtomicU64 = AtomicU64::new(0);

fn scale() -> u64 {
    match SCALE.load(Ordering::Relaxed) {
        0 => {
            let scale = (u128::from(NS) << SHIFT) / u128::from(timer::frequency());
            SCALE.store(scale as u64, Ordering::Relaxed);
            scale as u64
        }
        scale => scale,
    }
}

/// Nanoseconds since power-on; the same on all processors.
#[inline]
pub fn now_ns() -> u64 {
    ((u128::from(timer::now()) * u128::from(scale())) >> SHIFT) as u64
}

/// Has this CPU interrupted at or soon after `deadline_ns` ([`crate::upcall::Upcalls::timer`]); `u64::MAX`: never.
pub fn set_deadline(deadline_ns: u64) {
    if deadline_ns == u64::MAX {
        timer::set(u64::MAX);
    } else {
        // One more tick than rounded down: never early.
        let ticks = (u128::from(deadline_ns) << SHIFT) / u128::from(scale());
        timer::set((ticks as u64).saturating_add(1));
    }
}

/// Ticks per second of the counter that programs may read themselves, and its present value.
pub fn counter() -> (u64, u64) {
    (timer::frequency(), timer::now())
}

//! The time counter and this processor's timer: its own comparator (Sstc) if it has one, else the firmware's.

use super::csr;
use core::sync::atomic::{AtomicBool, Ordering};

static HAS_COMPARATOR: AtomicBool = AtomicBool::new(false);

pub(crate) fn use_comparator() {
    HAS_COMPARATOR.store(true, Ordering::Relaxed);
}

/// Ticks since power-on; the same on all processors.
#[inline]
pub fn now() -> u64 {
    csr::read!("time")
}

/// Ticks per second.
pub fn frequency() -> u64 {
    super::boot::info().timebase_hz
}

/// Has this processor interrupted when [`now`] reaches `ticks`; `u64::MAX`: never.
pub fn set(ticks: u64) {
    if HAS_COMPARATOR.load(Ordering::Relaxed) {
        // SAFETY: stimecmp (0x14d) exists by the ISA string; it only decides when the timer interrupt comes.
        unsafe { csr::write!("csrw", "0x14d", ticks) }
    } else {
        sbi_rt::set_timer(ticks);
    }
}

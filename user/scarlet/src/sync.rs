//! Locks that sleep in the kernel.

use crate::sys::{Nr, call};
use core::sync::atomic::{AtomicU32, Ordering};

const FREE: u32 = 0;
const HELD: u32 = 1;
/// Held, and somebody waits.
const CONTENDED: u32 = 2;

/// The lock below [`Mutex`].
#[derive(Debug)]
pub struct RawMutex(AtomicU32);

// SAFETY: only the one who changed FREE to something else holds it, until it stores FREE.
unsafe impl lock_api::RawMutex for RawMutex {
    #[expect(clippy::declare_interior_mutable_const, reason = "the trait's form")]
    const INIT: RawMutex = RawMutex(AtomicU32::new(FREE));
    type GuardMarker = lock_api::GuardSend;

    fn lock(&self) {
        if self.try_lock() {
            return;
        }
        while self.0.swap(CONTENDED, Ordering::Acquire) != FREE {
            let words = [self.0.as_ptr() as usize, CONTENDED as usize, usize::MAX];
            // Woken, changed or interrupted: look again in any case.
            let _ = call(Nr::FutexWait, words);
        }
    }

    fn try_lock(&self) -> bool {
        self.0
            .compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    unsafe fn unlock(&self) {
        if self.0.swap(FREE, Ordering::Release) == CONTENDED {
            let _ = call(Nr::FutexWake, [self.0.as_ptr() as usize, 1]);
        }
    }
}

/// A mutex.
pub type Mutex<T> = lock_api::Mutex<RawMutex, T>;

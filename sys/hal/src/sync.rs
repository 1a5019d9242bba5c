//! Locks. Which to take:
//!
//! | lock | for | while held |
//! |---|---|---|
//! | [`SpinLock`] | leaf data that no interrupt handler touches | no blocking, no user memory |
//! | [`IrqLock`] | data that interrupt handlers touch too | same, and interrupts are off |
//! | [`Mutex`] | anything held over blocking or user-memory access | anything |
//!
//! A debug build checks that nothing blocks under a spin lock (see [`assert_may_block`]).

use crate::arch::cpu;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

pub use spin::{LazyLock, Once};

/// Spins; interrupts stay as they are.
pub type SpinLock<T> = lock_api::Mutex<RawSpin, T>;
/// Spins with interrupts off.
pub type IrqLock<T> = lock_api::Mutex<RawIrq, T>;
/// Sleeps, through [`crate::upcall::Upcalls::park`].
pub type Mutex<T> = lock_api::Mutex<RawSleep, T>;
/// Readers share, writers wait; spins, short sections only.
pub type RwSpinLock<T> = lock_api::RwLock<RawRwSpin, T>;

/// How many spin locks this processor holds, in debug builds.
#[cfg(all(debug_assertions, target_os = "none"))]
mod held {
    use crate::{MAX_CPUS, arch::cpu};
    use core::sync::atomic::{AtomicU32, Ordering};

    static HELD: [AtomicU32; MAX_CPUS] = [const { AtomicU32::new(0) }; MAX_CPUS];

    pub(super) fn add() {
        HELD[cpu::id()].fetch_add(1, Ordering::Relaxed);
    }
    pub(super) fn sub() {
        HELD[cpu::id()].fetch_sub(1, Ordering::Relaxed);
    }
    pub(super) fn any() -> bool {
        HELD[cpu::id()].load(Ordering::Relaxed) != 0
    }
}

/// The same for the host, where a thread of the kernel is a thread of the host.
#[cfg(all(debug_assertions, not(target_os = "none")))]
mod held {
    use core::cell::Cell;

    std::thread_local! {
        static HELD: Cell<u32> = const { Cell::new(0) };
    }

    pub(super) fn add() {
        HELD.with(|held| held.set(held.get() + 1));
    }
    pub(super) fn sub() {
        HELD.with(|held| held.set(held.get() - 1));
    }
    pub(super) fn any() -> bool {
        HELD.with(|held| held.get() != 0)
    }
}

#[cfg(not(debug_assertions))]
mod held {
    #[inline(always)]
    pub(super) fn add() {}
    #[inline(always)]
    pub(super) fn sub() {}
    #[inline(always)]
    pub(super) fn any() -> bool {
        false
    }
}

/// Panics in debug builds when a spin lock is held here: call it first in everything that can block.
#[inline]
pub fn assert_may_block() {
    debug_assert!(!held::any(), "blocking under a spin lock");
}

/// The lock below [`SpinLock`].
pub struct RawSpin(AtomicBool);

// SAFETY: an exchange from false takes the lock; only its holder stores false.
unsafe impl lock_api::RawMutex for RawSpin {
    const INIT: RawSpin = RawSpin(AtomicBool::new(false));
    type GuardMarker = lock_api::GuardNoSend;

    #[inline]
    fn lock(&self) {
        while self.0.swap(true, Ordering::Acquire) {
            while self.0.load(Ordering::Relaxed) {
                core::hint::spin_loop();
            }
        }
        held::add();
    }

    #[inline]
    fn try_lock(&self) -> bool {
        let taken = !self.0.swap(true, Ordering::Acquire);
        if taken {
            held::add();
        }
        taken
    }

    #[inline]
    unsafe fn unlock(&self) {
        held::sub();
        self.0.store(false, Ordering::Release);
    }
}

/// The lock below [`IrqLock`]: 0 free, 1 held and interrupts were off before, 2 held and they were on.
pub struct RawIrq(AtomicU32);

const WERE_OFF: u32 = 1;
const WERE_ON: u32 = 2;

// SAFETY: an exchange from 0 takes the lock; only its holder stores 0. Interrupts stay off from before it is taken until
// after it is released, so no handler of this processor can find it held.
unsafe impl lock_api::RawMutex for RawIrq {
    const INIT: RawIrq = RawIrq(AtomicU32::new(0));
    type GuardMarker = lock_api::GuardNoSend;

    #[inline]
    fn lock(&self) {
        let were = if cpu::set_interrupts(false) {
            WERE_ON
        } else {
            WERE_OFF
        };
        while self
            .0
            .compare_exchange(0, were, Ordering::Acquire, Ordering::Relaxed)
            .is_err()
        {
            core::hint::spin_loop();
        }
        held::add();
    }

    #[inline]
    fn try_lock(&self) -> bool {
        let on = cpu::set_interrupts(false);
        let were = if on { WERE_ON } else { WERE_OFF };
        let taken = self
            .0
            .compare_exchange(0, were, Ordering::Acquire, Ordering::Relaxed)
            .is_ok();
        if taken {
            held::add();
        } else {
            cpu::set_interrupts(on);
        }
        taken
    }

    #[inline]
    unsafe fn unlock(&self) {
        held::sub();
        let were = self.0.load(Ordering::Relaxed);
        self.0.store(0, Ordering::Release);
        if were == WERE_ON {
            cpu::set_interrupts(true);
        }
    }
}

/// The lock below [`Mutex`].
pub struct RawSleep(AtomicU32);

const FREE: u32 = 0;
const HELD: u32 = 1;
/// Held, and somebody sleeps.
const CONTENDED: u32 = 2;

// SAFETY: only the one who changed FREE to something else holds it, until it stores FREE.
unsafe impl lock_api::RawMutex for RawSleep {
    const INIT: RawSleep = RawSleep(AtomicU32::new(FREE));
    type GuardMarker = lock_api::GuardSend;

    #[inline]
    fn lock(&self) {
        assert_may_block();
        if self
            .0
            .compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed)
            .is_err()
        {
            self.lock_slowly();
        }
    }

    #[inline]
    fn try_lock(&self) -> bool {
        self.0
            .compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    #[inline]
    unsafe fn unlock(&self) {
        if self.0.swap(FREE, Ordering::Release) == CONTENDED {
            crate::upcall::unpark(&self.0);
        }
    }
}

impl RawSleep {
    #[cold]
    fn lock_slowly(&self) {
        while self.0.swap(CONTENDED, Ordering::Acquire) != FREE {
            crate::upcall::park(&self.0, CONTENDED);
        }
    }
}

/// The lock below [`RwSpinLock`]: the number of readers, or all ones for a writer.
pub struct RawRwSpin(AtomicU32);

const WRITER: u32 = u32::MAX;

// SAFETY: a writer has it alone by an exchange from 0; readers count themselves in while no writer has it.
unsafe impl lock_api::RawRwLock for RawRwSpin {
    const INIT: RawRwSpin = RawRwSpin(AtomicU32::new(0));
    type GuardMarker = lock_api::GuardNoSend;

    #[inline]
    fn lock_shared(&self) {
        while !self.try_lock_shared() {
            core::hint::spin_loop();
        }
    }

    #[inline]
    fn try_lock_shared(&self) -> bool {
        let readers = self.0.load(Ordering::Relaxed);
        let taken = readers != WRITER
            && self
                .0
                .compare_exchange(readers, readers + 1, Ordering::Acquire, Ordering::Relaxed)
                .is_ok();
        if taken {
            held::add();
        }
        taken
    }

    #[inline]
    unsafe fn unlock_shared(&self) {
        held::sub();
        self.0.fetch_sub(1, Ordering::Release);
    }

    #[inline]
    fn lock_exclusive(&self) {
        while !self.try_lock_exclusive() {
            core::hint::spin_loop();
        }
    }

    #[inline]
    fn try_lock_exclusive(&self) -> bool {
        let taken = self
            .0
            .compare_exchange(0, WRITER, Ordering::Acquire, Ordering::Relaxed)
            .is_ok();
        if taken {
            held::add();
        }
        taken
    }

    #[inline]
    unsafe fn unlock_exclusive(&self) {
        held::sub();
        self.0.store(0, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::{IrqLock, RwSpinLock, SpinLock};
    use std::sync::Arc;

    #[test]
    fn counts_under_every_lock_come_out_right() {
        let spin = Arc::new(SpinLock::new(0));
        let irq = Arc::new(IrqLock::new(0));
        let rw = Arc::new(RwSpinLock::new(0));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (spin, irq, rw) = (spin.clone(), irq.clone(), rw.clone());
                std::thread::spawn(move || {
                    for _ in 0..10_000 {
                        *spin.lock() += 1;
                        *irq.lock() += 1;
                        *rw.write() += 1;
                        assert!(*rw.read() > 0);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(
            (*spin.lock(), *irq.lock(), *rw.read()),
            (40_000, 40_000, 40_000)
        );
    }

    #[test]
    #[cfg(debug_assertions)]
    fn blocking_under_a_spin_lock_is_found() {
        let lock = SpinLock::new(());
        super::assert_may_block();
        let guard = lock.lock();
        assert!(std::panic::catch_unwind(super::assert_may_block).is_err());
        drop(guard);
        super::assert_may_block();
    }
}

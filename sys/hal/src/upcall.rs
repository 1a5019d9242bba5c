//! What the machine asks of the kernel above. Installed once at boot.

use crate::arch::{trap, user as raw};
use crate::paging;
use crate::sync::Once;
use crate::user::Access;
use core::sync::atomic::AtomicU32;

/// The functions that the kernel gives.
pub struct Upcalls {
    /// The kernel touched user memory at this address and the page is not there or lacks rights: bring it in.
    /// False: it cannot be. Called with interrupts on, may block.
    pub page_fault: fn(va: usize, access: Access) -> bool,
    /// The timer of this CPU came due. Interrupts off.
    pub timer: fn(),
    /// Another CPU kicked this one. Interrupts off.
    pub reschedule: fn(),
    /// An external interrupt is pending: claim and handle. Interrupts off.
    pub external: fn(),
    /// Sleeps while `*word == expected`, until unparked (may return early).
    pub park: fn(word: &AtomicU32, expected: u32),
    /// Wakes one thread parked on `word`.
    pub unpark: fn(word: &AtomicU32),
    /// Memory ran out: free something that can be had again (caches). False: nothing to free.
    pub reclaim: fn() -> bool,
}

static UPCALLS: Once<&'static Upcalls> = Once::new();

/// Installs the kernel's functions.
pub fn install(upcalls: &'static Upcalls) {
    UPCALLS.call_once(|| upcalls);
}

static HOOKS: trap::Hooks = trap::Hooks {
    page_fault,
    timer,
    kick,
    external,
};

/// Has the traps come here.
pub(crate) fn init() {
    trap::install(&HOOKS);
}

fn page_fault(va: usize, access: raw::RawAccess) -> bool {
    let access = match access {
        raw::RawAccess::Read => Access::Read,
        raw::RawAccess::Write => Access::Write,
        raw::RawAccess::Execute => Access::Execute,
    };
    UPCALLS
        .get()
        .is_some_and(|upcalls| (upcalls.page_fault)(va, access))
}

fn timer() {
    if let Some(upcalls) = UPCALLS.get() {
        (upcalls.timer)();
    }
}

fn kick() {
    paging::kicked();
    if let Some(upcalls) = UPCALLS.get() {
        (upcalls.reschedule)();
    }
}

fn external() {
    if let Some(upcalls) = UPCALLS.get() {
        (upcalls.external)();
    }
}

/// Sleeps; before there are threads, spins.
pub(crate) fn park(word: &AtomicU32, expected: u32) {
    match UPCALLS.get() {
        Some(upcalls) => (upcalls.park)(word, expected),
        None => core::hint::spin_loop(),
    }
}

pub(crate) fn unpark(word: &AtomicU32) {
    if let Some(upcalls) = UPCALLS.get() {
        (upcalls.unpark)(word);
    }
}

pub(crate) fn reclaim() -> bool {
    UPCALLS.get().is_some_and(|upcalls| (upcalls.reclaim)())
}

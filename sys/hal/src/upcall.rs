//! What the machine asks of the kernel above. Installed once at boot.

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

/// Installs the kernel's functions.
pub fn install(upcalls: &'static Upcalls) {
    todo!()
}

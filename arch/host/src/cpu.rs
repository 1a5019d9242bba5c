//! Processors: one, without interrupts.

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher, RandomState};

std::thread_local! {
    static INTERRUPTS: Cell<bool> = const { Cell::new(true) };
}

/// The number of this processor.
pub fn id() -> usize {
    0
}

/// How many processors run.
pub fn count() -> usize {
    1
}

/// There are no others.
pub fn start_others(_entry: fn() -> !) {}

/// No interrupt ever comes: gives the host's processor away instead.
pub fn wait_for_interrupt() {
    std::thread::yield_now();
    set_interrupts(true);
}

/// There is nobody to interrupt.
pub fn kick(_cpu: usize) {}

/// Notes whether interrupts are on; gives what was noted.
pub fn set_interrupts(on: bool) -> bool {
    INTERRUPTS.with(|state| state.replace(on))
}

/// There are no external interrupts.
pub fn enable_external() {}

/// Random bits.
pub fn entropy() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Stops for ever.
pub fn halt() -> ! {
    loop {
        std::thread::park();
    }
}

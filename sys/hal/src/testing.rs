//! The machine for tests on the host.

use crate::sync::Once;
use std::sync::{Mutex, MutexGuard, PoisonError};

static ONE: Mutex<()> = Mutex::new(());
static UP: Once<()> = Once::new();

/// Has the machine to itself until dropped: tests that count frames must not run side by side.
pub struct Machine {
    _alone: MutexGuard<'static, ()>,
}

/// Sets the machine up (the first time; `memory` bytes at least are there) and takes it.
pub fn boot(_cpus: usize, memory: usize) -> Machine {
    let alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    UP.call_once(crate::init);
    assert!(
        crate::frame::stats().total >= memory as u64,
        "the host machine is too small"
    );
    Machine { _alone: alone }
}

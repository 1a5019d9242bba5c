//! What the xv6 ABI keeps per process: how much of its heap counts against the quota.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};
use kapi::process::{AbiState, Process};

/// Per-process state.
#[derive(Default)]
pub(crate) struct State {
    /// Bytes grown eagerly.
    pub(crate) eager: AtomicUsize,
}

pub(crate) fn new_process() -> AbiState {
    Arc::new(State::default())
}

pub(crate) fn new_thread() -> AbiState {
    Arc::new(())
}

pub(crate) fn fork_process(from: &AbiState) -> AbiState {
    let eager = from
        .downcast_ref::<State>()
        .map_or(0, |state| state.eager.load(Ordering::Relaxed));
    Arc::new(State {
        eager: AtomicUsize::new(eager),
    })
}

pub(crate) fn fork_thread(_from: &AbiState, _new_process: bool) -> AbiState {
    new_thread()
}

/// Runs with the state of a process; the default when it has none of ours.
pub(crate) fn with<R>(process: &Process, run: impl FnOnce(&State) -> R) -> R {
    match process.abi_state().downcast_ref::<State>() {
        Some(state) => run(state),
        None => run(&State::default()),
    }
}

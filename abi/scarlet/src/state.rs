//! What the native ABI keeps per process: the events it ignores.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};
use kapi::process::{AbiState, Process};

/// Per-process state.
#[derive(Default)]
pub(crate) struct State {
    /// One bit per event number below 64.
    pub(crate) ignored: AtomicU64,
}

pub(crate) fn new_process() -> AbiState {
    Arc::new(State::default())
}

pub(crate) fn new_thread() -> AbiState {
    Arc::new(())
}

pub(crate) fn fork_process(from: &AbiState) -> AbiState {
    let ignored = from
        .downcast_ref::<State>()
        .map_or(0, |state| state.ignored.load(Ordering::Relaxed));
    Arc::new(State {
        ignored: AtomicU64::new(ignored),
    })
}

pub(crate) fn fork_thread(_from: &AbiState, _new_process: bool) -> AbiState {
    new_thread()
}

/// The events that a process ignores, one bit each.
pub(crate) fn ignored(process: &Process) -> u64 {
    process
        .abi_state()
        .downcast_ref::<State>()
        .map_or(0, |state| state.ignored.load(Ordering::Relaxed))
}

/// Starts or stops ignoring one event.
pub(crate) fn set_ignored(process: &Process, number: u32, on: bool) {
    let state = process.abi_state();
    let Some(state) = state.downcast_ref::<State>() else {
        return;
    };
    if on {
        state.ignored.fetch_or(1 << number, Ordering::Relaxed);
    } else {
        state.ignored.fetch_and(!(1 << number), Ordering::Relaxed);
    }
}

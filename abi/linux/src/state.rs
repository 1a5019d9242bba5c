//! What this ABI keeps per process and per thread.
//!
//! Signals may be posted in interrupt context, so what posting touches is behind interrupt-safe locks, held briefly and
//! without allocation. Order: a process' signals, then a thread's pending set.

use crate::event::pending::Pending;
use crate::types::process::RLimit;
use crate::types::signal::{AltStack, SigAction};
use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use kapi::process::{AbiState, Process, Thread};
use kapi::sync::{IrqLock, SpinLock};
use kapi::time::Timer;

/// Numbers of signals: 1 to this.
pub(crate) const SIGNALS: usize = 64;
/// Kinds of resource limits.
pub(crate) const LIMITS: usize = 16;

/// Actions and what is pending for any thread.
pub(crate) struct Signals {
    /// By number - 1.
    pub(crate) actions: [SigAction; SIGNALS],
    pub(crate) pending: Pending,
}

/// Per-process state.
pub(crate) struct ProcessState {
    pub(crate) signals: IrqLock<Signals>,
    /// The kernel itself knows only soft limits; these are the hard ones, and the soft ones that it does not know.
    pub(crate) limits: SpinLock<[RLimit; LIMITS]>,
    /// setitimer(ITIMER_REAL).
    pub(crate) timer: SpinLock<Option<Arc<Timer>>>,
    /// Children that ended and that nobody will wait for are to be collected.
    pub(crate) reap: AtomicBool,
    /// Address of the vdso.
    pub(crate) vdso: AtomicUsize,
    /// prctl: PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE, PR_SET_KEEPCAPS.
    pub(crate) no_new_privileges: AtomicBool,
    pub(crate) dumpable: AtomicU32,
    pub(crate) keep_caps: AtomicBool,
}

/// Per-thread state.
pub(crate) struct ThreadState {
    /// Blocked signals, bit number - 1.
    pub(crate) mask: AtomicU64,
    pub(crate) pending: IrqLock<Pending>,
    /// The mask to come back to after a call that changed it for its own time.
    pub(crate) saved_mask: SpinLock<Option<u64>>,
    /// What rt_sigtimedwait waits for.
    pub(crate) waits_for: AtomicU64,
    pub(crate) alt_stack: SpinLock<AltStack>,
    /// Word to clear and wake when the thread ends; 0: none.
    pub(crate) clear_tid: AtomicUsize,
    /// Head of the list of robust futexes; 0: none.
    pub(crate) robust_list: AtomicUsize,
    /// A wait that goes on: the stack pointer of the call that began it, and its deadline.
    pub(crate) resume: SpinLock<Option<(usize, u64)>>,
}

impl ProcessState {
    fn fresh() -> ProcessState {
        ProcessState {
            signals: IrqLock::new(Signals {
                actions: [SigAction::default(); SIGNALS],
                pending: Pending::new(),
            }),
            limits: SpinLock::new(default_limits()),
            timer: SpinLock::new(None),
            reap: AtomicBool::new(false),
            vdso: AtomicUsize::new(crate::image::VDSO),
            no_new_privileges: AtomicBool::new(false),
            dumpable: AtomicU32::new(1),
            keep_caps: AtomicBool::new(false),
        }
    }
}

impl ThreadState {
    fn fresh() -> ThreadState {
        ThreadState {
            mask: AtomicU64::new(0),
            pending: IrqLock::new(Pending::new()),
            saved_mask: SpinLock::new(None),
            waits_for: AtomicU64::new(0),
            alt_stack: SpinLock::new(AltStack::NONE),
            clear_tid: AtomicUsize::new(0),
            robust_list: AtomicUsize::new(0),
            resume: SpinLock::new(None),
        }
    }
}

/// As a shell finds them on Linux.
fn default_limits() -> [RLimit; LIMITS] {
    let none = RLimit {
        soft: u64::MAX,
        hard: u64::MAX,
    };
    let mut limits = [none; LIMITS];
    // CORE: no core files; NOFILE; MEMLOCK; SIGPENDING; MSGQUEUE; NICE; RTPRIO.
    limits[4].soft = 0;
    limits[7].hard = 524_288;
    limits[11] = RLimit {
        soft: crate::event::pending::QUEUE as u64,
        hard: crate::event::pending::QUEUE as u64,
    };
    for index in [12, 13, 14] {
        limits[index] = RLimit { soft: 0, hard: 0 };
    }
    limits
}

pub(crate) fn new_process() -> AbiState {
    Arc::new(ProcessState::fresh())
}

pub(crate) fn new_thread() -> AbiState {
    Arc::new(ThreadState::fresh())
}

pub(crate) fn fork_process(from: &AbiState) -> AbiState {
    let new = ProcessState::fresh();
    if let Some(old) = from.downcast_ref::<ProcessState>() {
        new.signals.lock().actions = old.signals.lock().actions;
        *new.limits.lock() = *old.limits.lock();
        copy_flags(old, &new);
    }
    Arc::new(new)
}

fn copy_flags(old: &ProcessState, new: &ProcessState) {
    let relaxed = Ordering::Relaxed;
    new.no_new_privileges
        .store(old.no_new_privileges.load(relaxed), relaxed);
    new.dumpable.store(old.dumpable.load(relaxed), relaxed);
}

pub(crate) fn fork_thread(from: &AbiState, new_process: bool) -> AbiState {
    let new = ThreadState::fresh();
    if let Some(old) = from.downcast_ref::<ThreadState>() {
        new.mask
            .store(old.mask.load(Ordering::Relaxed), Ordering::Relaxed);
        if new_process {
            *new.alt_stack.lock() = *old.alt_stack.lock();
        }
    }
    Arc::new(new)
}

/// What an exec of this ABI by this ABI keeps.
pub(crate) struct Kept {
    process: AbiState,
    thread: AbiState,
}

/// Takes hold of the states before an exec.
pub(crate) fn before_exec(thread: &Arc<Thread>) -> Kept {
    Kept {
        process: thread.process().abi_state(),
        thread: thread.abi_state(),
    }
}

/// Carries over, after an exec: ignored and pending signals, the mask, limits, the running timer.
pub(crate) fn after_exec(kept: &Kept, thread: &Arc<Thread>) {
    let (new_process, new_thread) = (thread.process().abi_state(), thread.abi_state());
    let (Some(old), Some(new)) = (
        kept.process.downcast_ref::<ProcessState>(),
        new_process.downcast_ref::<ProcessState>(),
    ) else {
        // The new image is of another ABI: nothing of this one's is left, not even its timer.
        if let Some(old) = kept.process.downcast_ref::<ProcessState>() {
            stop_timer(old);
        }
        return;
    };
    {
        let old = old.signals.lock();
        let mut new = new.signals.lock();
        for (new, old) in new.actions.iter_mut().zip(&old.actions) {
            if old.handler == SigAction::IGNORE {
                new.handler = SigAction::IGNORE;
            }
        }
        new.pending.clone_from(&old.pending);
    }
    *new.limits.lock() = *old.limits.lock();
    *new.timer.lock() = old.timer.lock().take();
    copy_flags(old, new);
    if let (Some(old), Some(new)) = (
        kept.thread.downcast_ref::<ThreadState>(),
        new_thread.downcast_ref::<ThreadState>(),
    ) {
        new.mask
            .store(old.mask.load(Ordering::Relaxed), Ordering::Relaxed);
        let pending = old.pending.lock().clone();
        *new.pending.lock() = pending;
    }
}

/// Ends the process' timer.
pub(crate) fn stop_timer(state: &ProcessState) {
    let timer = state.timer.lock().take();
    if let Some(timer) = timer {
        timer.disarm();
    }
}

/// Runs `use_it` on a process' state, if it is of this ABI.
pub(crate) fn with_process<R>(
    process: &Process,
    use_it: impl FnOnce(&ProcessState) -> R,
) -> Option<R> {
    let state = process.abi_state();
    state.downcast_ref::<ProcessState>().map(use_it)
}

/// Runs `use_it` on a thread's state, if it is of this ABI.
pub(crate) fn with_thread<R>(thread: &Thread, use_it: impl FnOnce(&ThreadState) -> R) -> Option<R> {
    let state = thread.abi_state();
    state.downcast_ref::<ThreadState>().map(use_it)
}

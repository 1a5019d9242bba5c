//! Signals: what an event becomes when it is posted, and what happens to a pending one on the way back to the program.
//!
//! Posting decides at once what needs no flow of the program (ending, stopping, ignoring) and stores the rest. Delivery runs in the
//! receiving thread: it pushes the frames of handlers.

pub(crate) mod frame;
pub(crate) mod number;
pub(crate) mod pending;

use crate::convention::A0;
use crate::errno::Errno;
use crate::state::{ProcessState, ThreadState, with_process, with_thread};
use crate::types::signal::SigAction;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::sync::atomic::Ordering::Relaxed;
use kapi::event::{Event, EventKind, Reaction};
use kapi::process::{self, ChildFilter, ChildWait, ExitStatus, Process, Thread};
use kapi::user::{Fault, FaultKind, UserContext};
use kapi::{Call, ErrorWord};
use number::{Default, SIGCHLD, SIGCONT, SIGSTOP, STOPPING, UNBLOCKABLE, bit};
use pending::Info;

/// The first process: signals do to it only what it has handlers for.
const FIRST_PROCESS: u32 = 1;
/// si_code of a child that ended, and the first of those for one that only stopped or went on.
const CLD_EXITED: i32 = 1;
const CLD_STOPPED: i32 = 5;

pub(crate) fn post(
    process: &Arc<Process>,
    thread: Option<&Arc<Thread>>,
    event: &Event,
) -> Reaction {
    let signal = match event {
        // A child's news: the number that its maker chose for that.
        Event {
            kind: EventKind::ChildChanged,
            code: note @ 1..=64,
            ..
        } => *note as u32,
        _ => number::of(event.kind),
    };
    let known = with_process(process, |state| match (event.kind, signal) {
        (_, 0) => Reaction::None,
        (EventKind::Kill, _) => Reaction::Kill,
        (EventKind::Fault(kind), _) => match thread {
            Some(thread) => post_fault(state, thread, kind, event),
            None => Reaction::Kill,
        },
        _ => post_signal(state, process, thread, signal, event),
    });
    known.unwrap_or(Reaction::None)
}

fn info_of(signal: u32, event: &Event) -> Info {
    let news = event.kind == EventKind::ChildChanged && event.code > 0;
    Info {
        number: signal,
        // What the child did is looked up when a handler is to know.
        code: if news { 0 } else { event.code },
        pid: event.sender,
        uid: event.sender_uid,
        value: event.value,
    }
}

fn post_signal(
    state: &ProcessState,
    process: &Arc<Process>,
    thread: Option<&Arc<Thread>>,
    signal: u32,
    event: &Event,
) -> Reaction {
    let info = info_of(signal, event);
    let one = bit(signal);
    let threads = match thread {
        Some(_) => Vec::new(),
        None => process.threads(),
    };
    let targets = || thread.into_iter().chain(&threads);
    let blocked = targets().all(|t| blocks(t, one));
    if one & (STOPPING | bit(SIGCONT)) != 0 {
        // The one kind takes the other back, whoever it was sent to.
        let other = if signal == SIGCONT {
            STOPPING
        } else {
            bit(SIGCONT)
        };
        state.signals.lock().pending.discard(other);
        for thread in process.threads() {
            with_thread(&thread, |t| t.pending.lock().discard(other));
        }
    }
    let mut signals = state.signals.lock();
    let action = signals.actions[signal as usize - 1];
    let default = number::default(signal);
    if signal == SIGCHLD && reaps(&action) {
        state.reap.store(true, Relaxed);
        if action.handler <= SigAction::IGNORE && !blocked {
            return Reaction::Interrupt;
        }
    }
    let awaited = targets().any(|t| awaits(t, one));
    if !blocked && !awaited && signal != SIGSTOP {
        match (action.handler, default) {
            (SigAction::IGNORE, _) | (SigAction::DEFAULT, Default::Ignore) => {
                return plain(signal);
            }
            (SigAction::DEFAULT, Default::Continue) => return Reaction::Continue,
            (SigAction::DEFAULT, _) if process.id() == FIRST_PROCESS => return Reaction::None,
            (SigAction::DEFAULT, Default::Stop) => return Reaction::Stop,
            (SigAction::DEFAULT, Default::End) => return Reaction::Kill,
            _ => {}
        }
    }
    if signal == SIGSTOP {
        return Reaction::Stop;
    }
    match thread {
        Some(thread) => {
            with_thread(thread, |t| t.pending.lock().add(info));
        }
        None => {
            signals.pending.add(info);
        }
    }
    drop(signals);
    // Somebody who can take it must look, not just anybody.
    for thread in targets()
        .filter(|t| awaits(t, one) || !blocks(t, one))
        .take(1)
    {
        thread.interrupt();
    }
    match (signal, blocked && !awaited) {
        (SIGCONT, _) => Reaction::Continue,
        (_, true) => Reaction::None,
        (_, false) => Reaction::Interrupt,
    }
}

/// What an ignored signal still does.
fn plain(signal: u32) -> Reaction {
    if signal == SIGCONT {
        Reaction::Continue
    } else {
        Reaction::None
    }
}

fn blocks(thread: &Arc<Thread>, one: u64) -> bool {
    with_thread(thread, |t| t.mask.load(Relaxed) & one != 0).unwrap_or(false)
}

fn awaits(thread: &Arc<Thread>, one: u64) -> bool {
    with_thread(thread, |t| t.waits_for.load(Relaxed) & one != 0).unwrap_or(false)
}

/// Whether children vanish when they end.
fn reaps(action: &SigAction) -> bool {
    action.handler == SigAction::IGNORE || action.flags & SigAction::NO_CHILD_WAIT != 0
}

/// The thread's own fault: it is handled at once or ends the process, for the program cannot go on.
fn post_fault(
    state: &ProcessState,
    thread: &Arc<Thread>,
    kind: FaultKind,
    event: &Event,
) -> Reaction {
    let (signal, code) = fault_signal(kind, event.code != 0);
    let info = Info {
        number: signal,
        code,
        pid: 0,
        uid: 0,
        value: event.value,
    };
    let handler = state.signals.lock().actions[signal as usize - 1].handler;
    if handler <= SigAction::IGNORE || blocks(thread, bit(signal)) {
        return Reaction::Kill;
    }
    with_thread(thread, |t| {
        let mut pending = t.pending.lock();
        pending.discard(bit(signal));
        pending.add(info)
    });
    Reaction::Interrupt
}

/// Signal and si_code of a fault; `denied`: something is mapped there, but not for this.
fn fault_signal(kind: FaultKind, denied: bool) -> (u32, i32) {
    const SEGV_MAPERR: i32 = 1;
    const SEGV_ACCERR: i32 = 2;
    const BUS_ADRERR: i32 = 2;
    let signal = number::of(EventKind::Fault(kind));
    let code = match kind {
        FaultKind::Access => BUS_ADRERR,
        FaultKind::Read | FaultKind::Write | FaultKind::Execute if denied => SEGV_ACCERR,
        FaultKind::Read | FaultKind::Write | FaultKind::Execute => SEGV_MAPERR,
        // ILL_ILLOPC, TRAP_BRKPT, BUS_ADRALN.
        FaultKind::Illegal | FaultKind::Breakpoint | FaultKind::Misaligned => 1,
    };
    (signal, code)
}

/// Takes the next signal that the thread may have.
fn next(process: &ProcessState, thread: &ThreadState, mask: u64) -> Option<(Info, SigAction)> {
    let mut signals = process.signals.lock();
    let info = thread
        .pending
        .lock()
        .take(!mask)
        .or_else(|| signals.pending.take(!mask))?;
    let slot = &mut signals.actions[info.number as usize - 1];
    let action = *slot;
    if action.handler > SigAction::IGNORE && action.flags & SigAction::RESET != 0 {
        slot.handler = SigAction::DEFAULT;
    }
    Some((info, action))
}

pub(crate) fn deliver(call: &mut Call<'_>) {
    let (process, thread) = (call.process().abi_state(), call.thread.abi_state());
    let (Some(process), Some(thread)) = (
        process.downcast_ref::<ProcessState>(),
        thread.downcast_ref::<ThreadState>(),
    ) else {
        return;
    };
    if process.reap.swap(false, Relaxed) {
        reap();
    }
    loop {
        let mask = thread.mask.load(Relaxed);
        let Some((mut info, action)) = next(process, thread, mask) else {
            // A call that changed the mask for its own time is over.
            if let Some(saved) = thread.saved_mask.lock().take() {
                thread.mask.store(saved, Relaxed);
                if saved & mask != mask {
                    continue;
                }
            }
            return;
        };
        match (action.handler, number::default(info.number)) {
            (SigAction::IGNORE, _) | (SigAction::DEFAULT, Default::Ignore | Default::Continue) => {}
            (SigAction::DEFAULT, _) if call.process().id() == FIRST_PROCESS => {}
            (SigAction::DEFAULT, Default::Stop) => {
                // It is not blocked any more, so that posting it again stops the process.
                call.process().post(Event::new(number::kind(info.number)));
            }
            (SigAction::DEFAULT, Default::End) => {
                let status = ExitStatus::Killed(number::kind(info.number));
                return call.process().end(status);
            }
            _ => {
                if info.number == SIGCHLD && info.code == 0 && info.value != 0 {
                    describe_child(&mut info);
                    if info.code >= CLD_STOPPED && action.flags & SigAction::NO_CHILD_STOP != 0 {
                        continue;
                    }
                }
                if frame::push(call.regs, process, thread, &info, &action).is_err() {
                    // No stack to run the handler on.
                    let kind = EventKind::Fault(FaultKind::Write);
                    return call.process().end(ExitStatus::Killed(kind));
                }
            }
        }
    }
}

/// Collects children that nobody will wait for.
fn reap() {
    let what = ChildWait {
        exited: true,
        no_wait: true,
        ..ChildWait::default()
    };
    while let Ok(Some(_)) = process::wait_child(ChildFilter::Any, what) {}
}

/// Fills in what the child did, from its present state.
fn describe_child(info: &mut Info) {
    let what = ChildWait {
        exited: true,
        stopped: true,
        continued: true,
        no_wait: true,
        keep: true,
    };
    info.code = CLD_EXITED;
    if let Ok(Some(news)) = process::wait_child(ChildFilter::Process(info.pid), what) {
        let (code, status) = crate::types::signal::child_code(news.change, number::of);
        info.code = code;
        info.uid = news.uid;
        info.value = u64::from(status as u32);
    }
}

/// A call was interrupted: goes back onto it if nothing stands against that, else makes it fail with EINTR.
pub(crate) fn interrupted(call: &mut Call<'_>, error: Errno, first_word: u64) {
    let again = match pending_handler(call) {
        None => true,
        Some(action) => error == Errno::RESTART && action.flags & SigAction::RESTART != 0,
    };
    if again {
        call.regs.set_reg(A0, first_word);
        call.regs.rewind_call();
    } else {
        call.regs.set_reg(A0, Errno::EINTR.word());
    }
    deliver(call);
}

/// The action of the handler that will run before the program goes on, if one will.
pub(crate) fn pending_handler(call: &Call<'_>) -> Option<SigAction> {
    first_pending(call, |_, action| action.handler > SigAction::IGNORE)
}

/// Whether a pending signal will do something before the program goes on: run a handler, end it, stop it.
pub(crate) fn is_pending(call: &Call<'_>) -> bool {
    let acts = |signal, action: &SigAction| match action.handler {
        SigAction::IGNORE => false,
        SigAction::DEFAULT => {
            matches!(number::default(signal), Default::End | Default::Stop)
        }
        _ => true,
    };
    first_pending(call, acts).is_some()
}

/// The action of the first pending and unblocked signal that `wanted` wants.
fn first_pending(call: &Call<'_>, wanted: impl Fn(u32, &SigAction) -> bool) -> Option<SigAction> {
    with_process(call.process(), |process| {
        with_thread(call.thread, |thread| {
            let signals = process.signals.lock();
            let set = thread.pending.lock().set() | signals.pending.set();
            let mut here = set & !thread.mask.load(Relaxed);
            while here != 0 {
                let number = here.trailing_zeros() + 1;
                let action = signals.actions[number as usize - 1];
                if wanted(number, &action) {
                    return Some(action);
                }
                here &= here - 1;
            }
            None
        })
    })
    .flatten()
    .flatten()
}

/// Sets the thread's mask; what is unblocked by that must then be delivered by the caller.
pub(crate) fn set_mask(thread: &ThreadState, mask: u64) {
    thread.mask.store(mask & !UNBLOCKABLE, Relaxed);
}

pub(crate) fn thread_exit(thread: &Arc<Thread>) {
    crate::calls::thread::on_exit(thread);
}

/// What Linux logs when a signal of a fault ends a program.
pub(crate) fn fault_message(
    process: &Process,
    fault: &Fault,
    pc: usize,
    out: &mut dyn Write,
) -> fmt::Result {
    let _ = (process, fault, pc, out);
    // The parent tells the user (wait status); the kernel's own log has the fault.
    Ok(())
}

/// The registers as they were before a handler ran.
pub(crate) fn restore(
    regs: &mut UserContext,
    thread: &ThreadState,
) -> Result<(), kapi::user::BadAddress> {
    frame::pop(regs, thread)
}

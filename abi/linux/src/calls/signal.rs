//! The calls of the `signal` group.

use crate::calls::process::own_thread;
use crate::convention::finish;
use crate::errno::Errno;
use crate::event::number::{UNBLOCKABLE, bit};
use crate::event::{self, number};
use crate::state::{ProcessState, SIGNALS, ThreadState, with_process};
use crate::types::signal::{AltStack, SI_TKILL, SI_USER, SigAction, SigInfo};
use crate::types::time::TimeSpec;
use alloc::sync::Arc;
use core::sync::atomic::Ordering::Relaxed;
use kapi::event::{Event, EventKind};
use kapi::process::{self, ExitStatus, Process};
use kapi::user::FaultKind;
use kapi::wait::{WaitOptions, WaitQueue};
use kapi::{Call, Error, Outcome, Replaced, UserPtr, time};

/// Every signal set is this long.
const SET_SIZE: usize = 8;

/// The number of a signal to send; 0 only asks whether it could be sent.
fn checked(signal: u32) -> Result<u32, Errno> {
    if signal as usize <= SIGNALS {
        Ok(signal)
    } else {
        Err(Errno::EINVAL)
    }
}

fn set_size(size: usize) -> Result<(), Errno> {
    if size == SET_SIZE {
        Ok(())
    } else {
        Err(Errno::EINVAL)
    }
}

/// Whether the caller may send this signal to that process. Source: kill(2).
fn may_send(call: &Call<'_>, target: &Process, signal: u32) -> bool {
    let (own, other) = (call.process().credentials(), target.credentials());
    let same = |id: u32| id == other.uid || id == other.suid;
    own.euid == 0
        || same(own.uid)
        || same(own.euid)
        || signal == number::SIGCONT && call.process().session_id() == target.session_id()
}

fn event(call: &Call<'_>, signal: u32, code: i32, value: u64) -> Event {
    Event {
        sender: call.process().id(),
        sender_uid: call.process().credentials().uid,
        code,
        value,
        ..Event::new(number::kind(signal))
    }
}

fn send(call: &Call<'_>, target: &Arc<Process>, signal: u32) -> Result<(), Errno> {
    if !may_send(call, target, signal) {
        return Err(Errno::EPERM);
    }
    if signal != 0 {
        target.post(event(call, signal, SI_USER, 0));
    }
    Ok(())
}

/// Sends to all of `targets`: well if one of them could be sent to.
fn send_all(
    call: &Call<'_>,
    targets: impl Iterator<Item = Arc<Process>>,
    signal: u32,
) -> Result<(), Errno> {
    let mut result = Err(Errno::ESRCH);
    for target in targets {
        match send(call, &target, signal) {
            Ok(()) => result = Ok(()),
            Err(error) if result.is_err() => result = Err(error),
            Err(_) => {}
        }
    }
    result
}

pub(crate) fn kill(call: &mut Call<'_>, pid: i32, signal: u32) -> Result<(), Errno> {
    let signal = checked(signal)?;
    let own = call.process().id();
    match pid {
        1.. => {
            let target = process::find(pid as u32).ok_or(Errno::ESRCH)?;
            send(call, &target, signal)
        }
        i32::MIN => Err(Errno::ESRCH),
        -1 => {
            let others = process::all().into_iter();
            let others = others.filter(|p| p.id() != 1 && p.id() != own);
            send_all(call, others, signal)
        }
        _ => {
            let group = match pid {
                0 => call.process().group_id(),
                _ => pid.unsigned_abs(),
            };
            let all = process::all().into_iter();
            let members = all.filter(|p| p.group_id() == group && p.state_letter() != 'Z');
            send_all(call, members, signal)
        }
    }
}

fn send_to_thread(
    call: &Call<'_>,
    pid: Option<i32>,
    tid: i32,
    event: Event,
    signal: u32,
) -> Result<(), Errno> {
    if tid <= 0 || pid.is_some_and(|pid| pid <= 0) {
        return Err(Errno::EINVAL);
    }
    let thread = process::find_thread(tid as u32).ok_or(Errno::ESRCH)?;
    if pid.is_some_and(|pid| pid as u32 != thread.process().id()) {
        return Err(Errno::ESRCH);
    }
    if !may_send(call, thread.process(), signal) {
        return Err(Errno::EPERM);
    }
    if signal != 0 {
        thread.post(event);
    }
    Ok(())
}

pub(crate) fn tkill(call: &mut Call<'_>, tid: i32, signal: u32) -> Result<(), Errno> {
    let signal = checked(signal)?;
    send_to_thread(call, None, tid, event(call, signal, SI_TKILL, 0), signal)
}

pub(crate) fn tgkill(call: &mut Call<'_>, pid: i32, tid: i32, signal: u32) -> Result<(), Errno> {
    let signal = checked(signal)?;
    let event = event(call, signal, SI_TKILL, 0);
    send_to_thread(call, Some(pid), tid, event, signal)
}

/// The event that a program describes itself; only to itself may it claim to be the kernel.
fn queued(call: &Call<'_>, pid: i32, signal: u32, info: UserPtr<SigInfo>) -> Result<Event, Errno> {
    let info = info.read()?;
    if (info.code >= 0 || info.code == SI_TKILL) && pid as u32 != call.process().id() {
        return Err(Errno::EPERM);
    }
    Ok(Event {
        sender: info.words[0] as u32,
        sender_uid: (info.words[0] >> 32) as u32,
        ..event(call, signal, info.code, info.words[1])
    })
}

pub(crate) fn rt_sigqueueinfo(
    call: &mut Call<'_>,
    pid: i32,
    signal: u32,
    info: UserPtr<SigInfo>,
) -> Result<(), Errno> {
    let signal = checked(signal)?;
    let event = queued(call, pid, signal, info)?;
    let target = u32::try_from(pid).ok().and_then(process::find);
    let target = target.ok_or(Errno::ESRCH)?;
    if !may_send(call, &target, signal) {
        return Err(Errno::EPERM);
    }
    if signal != 0 {
        target.post(event);
    }
    Ok(())
}

pub(crate) fn rt_tgsigqueueinfo(
    call: &mut Call<'_>,
    pid: i32,
    tid: i32,
    signal: u32,
    info: UserPtr<SigInfo>,
) -> Result<(), Errno> {
    let signal = checked(signal)?;
    let event = queued(call, pid, signal, info)?;
    send_to_thread(call, Some(pid), tid, event, signal)
}

pub(crate) fn rt_sigaction(
    call: &mut Call<'_>,
    signal: u32,
    new: UserPtr<SigAction>,
    old: UserPtr<SigAction>,
    size: usize,
) -> Result<(), Errno> {
    set_size(size)?;
    if signal == 0 || signal as usize > SIGNALS {
        return Err(Errno::EINVAL);
    }
    let new = match new.some() {
        Some(new) => Some(new.read()?),
        None => None,
    };
    if new.is_some() && UNBLOCKABLE & bit(signal) != 0 {
        return Err(Errno::EINVAL);
    }
    let state = call.process().abi_state();
    let state = state.downcast_ref::<ProcessState>().ok_or(Errno::EINVAL)?;
    let mut signals = state.signals.lock();
    let slot = &mut signals.actions[signal as usize - 1];
    let was = *slot;
    if let Some(new) = new {
        *slot = SigAction {
            mask: new.mask & !UNBLOCKABLE,
            ..new
        };
        let ignored = number::default(signal) == number::Default::Ignore;
        if new.handler == SigAction::IGNORE || new.handler == SigAction::DEFAULT && ignored {
            signals.pending.discard(bit(signal));
            drop(signals);
            own_thread(call, |t| t.pending.lock().discard(bit(signal)))?;
        }
    }
    Ok(old.write_opt(&was)?)
}

pub(crate) fn rt_sigprocmask(
    call: &mut Call<'_>,
    how: u32,
    new: UserPtr<u64>,
    old: UserPtr<u64>,
    size: usize,
) -> Result<Replaced, Errno> {
    set_size(size)?;
    let state = call.thread.abi_state();
    let state = state.downcast_ref::<ThreadState>().ok_or(Errno::EINVAL)?;
    let was = state.mask.load(Relaxed);
    let Some(new) = new.some() else {
        old.write_opt(&was)?;
        return Ok(finish(call, Ok(0)));
    };
    let set = new.read()?;
    let mask = match how {
        0 => was | set,
        1 => was & !set,
        2 => set,
        _ => return Err(Errno::EINVAL),
    };
    event::set_mask(state, mask);
    let result = old.write_opt(&was).map(|()| 0).map_err(Errno::from);
    let done = finish(call, result);
    if was & !mask != 0 {
        // What waited for this comes before anything else.
        event::deliver(call);
    }
    Ok(done)
}

pub(crate) fn rt_sigpending(
    call: &mut Call<'_>,
    set: UserPtr<u64>,
    size: usize,
) -> Result<(), Errno> {
    set_size(size)?;
    let own = own_thread(call, |t| (t.pending.lock().set(), t.mask.load(Relaxed)))?;
    let all = with_process(call.process(), |p| p.signals.lock().pending.set()).unwrap_or(0);
    Ok(set.write(&((own.0 | all) & own.1))?)
}

/// Puts another mask in place until a handler has run or the call is over.
pub(crate) fn borrow_mask(call: &Call<'_>, mask: u64) -> Result<(), Errno> {
    own_thread(call, |t| {
        let was = t.mask.load(Relaxed);
        t.saved_mask.lock().get_or_insert(was);
        event::set_mask(t, mask);
    })
}

/// Puts the borrowed mask back.
pub(crate) fn give_mask_back(call: &Call<'_>) {
    // Of another ABI's state there is nothing to put back.
    let _ = own_thread(call, |t| {
        if let Some(saved) = t.saved_mask.lock().take() {
            t.mask.store(saved, Relaxed);
        }
    });
}

pub(crate) fn rt_sigsuspend(
    call: &mut Call<'_>,
    mask: UserPtr<u64>,
    size: usize,
) -> Result<(), Errno> {
    set_size(size)?;
    borrow_mask(call, mask.read()?)?;
    let queue = WaitQueue::new();
    // Nobody wakes this queue: only a signal ends the wait.
    let waited: Result<(), Error> = queue.wait(WaitOptions::default(), || {
        event::is_pending(call).then_some(())
    });
    match waited {
        // Delivery, which comes next, puts the mask back.
        Ok(()) | Err(Error::Interrupted) => Err(Errno::RESTART_NO_HANDLER),
        Err(error) => {
            give_mask_back(call);
            Err(error.into())
        }
    }
}

pub(crate) fn rt_sigtimedwait(
    call: &mut Call<'_>,
    set: UserPtr<u64>,
    info: UserPtr<SigInfo>,
    timeout: UserPtr<TimeSpec>,
    size: usize,
) -> Result<u32, Errno> {
    set_size(size)?;
    let set = set.read()? & !UNBLOCKABLE;
    let deadline = match timeout.some() {
        Some(timeout) => Some(time::now().saturating_add(timeout.read()?.ns()?)),
        None => None,
    };
    let (process, thread) = (call.process().abi_state(), call.thread.abi_state());
    let (Some(process), Some(thread)) = (
        process.downcast_ref::<ProcessState>(),
        thread.downcast_ref::<ThreadState>(),
    ) else {
        return Err(Errno::EINVAL);
    };
    let take = || {
        let mut signals = process.signals.lock();
        let own = thread.pending.lock().take(set);
        own.or_else(|| signals.pending.take(set))
    };
    thread.waits_for.store(set, Relaxed);
    let options = WaitOptions {
        deadline,
        ..WaitOptions::default()
    };
    let waited = WaitQueue::new().wait(options, take);
    thread.waits_for.store(0, Relaxed);
    // An awaited signal interrupts the wait as any does.
    let got = match waited {
        Ok(got) => got,
        Err(Error::Interrupted) => take().ok_or(Errno::EINTR)?,
        Err(Error::TimedOut) => take().ok_or(Errno::EAGAIN)?,
        Err(error) => return Err(error.into()),
    };
    info.write_opt(&got.siginfo())?;
    Ok(got.number)
}

pub(crate) fn rt_sigreturn(call: &mut Call<'_>) -> Result<Replaced, Errno> {
    let state = call.thread.abi_state();
    let restored = match state.downcast_ref::<ThreadState>() {
        Some(thread) => event::restore(call.regs, thread),
        None => Ok(()),
    };
    if restored.is_err() {
        let kind = EventKind::Fault(FaultKind::Read);
        call.process().end(ExitStatus::Killed(kind));
        return Ok(Replaced);
    }
    event::deliver(call);
    Ok(Replaced)
}

pub(crate) fn sigaltstack(
    call: &mut Call<'_>,
    new: UserPtr<AltStack>,
    old: UserPtr<AltStack>,
) -> Result<(), Errno> {
    /// SS_AUTODISARM.
    const AUTO_DISARM: i32 = 1 << 31;
    let sp = call.regs.sp() as u64;
    let was = own_thread(call, |t| *t.alt_stack.lock())?;
    let active = was.holds(sp);
    if let Some(new) = new.some() {
        let new = new.read()?;
        if active {
            return Err(Errno::EPERM);
        }
        let kept = match new.flags & !AUTO_DISARM {
            AltStack::DISABLED => AltStack::NONE,
            0 | AltStack::ACTIVE if new.size < AltStack::LEAST => return Err(Errno::ENOMEM),
            0 | AltStack::ACTIVE => AltStack {
                flags: 0,
                pad: 0,
                ..new
            },
            _ => return Err(Errno::EINVAL),
        };
        own_thread(call, |t| *t.alt_stack.lock() = kept)?;
    }
    let told = AltStack {
        flags: if active { AltStack::ACTIVE } else { was.flags },
        ..was
    };
    Ok(old.write_opt(&told)?)
}

pub(crate) fn restart_syscall(_call: &mut Call<'_>) -> Result<Outcome, Errno> {
    Err(Errno::EINTR)
}

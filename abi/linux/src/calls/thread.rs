//! The calls of the `thread` group: futexes, thread ids, scheduling.

use crate::calls::process::{own_thread, process_of};
use crate::errno::Errno;
use crate::event;
use crate::state::with_thread;
use crate::types::time::TimeSpec;
use alloc::sync::Arc;
use core::sync::atomic::Ordering::Relaxed;
use kapi::process::{self, Thread};
use kapi::{Address, Call, Error, UserPtr, mm, sched, system, time, user};

/// Bytes of struct robust_list_head.
const ROBUST_HEAD: usize = 24;
/// Most locks that are looked at when a thread ends, as Linux.
const ROBUST_LIMIT: usize = 2048;
const FUTEX_WAITERS: u32 = 0x8000_0000;
const FUTEX_OWNER_DIED: u32 = 0x4000_0000;
const FUTEX_OWNER: u32 = 0x3fff_ffff;

pub(crate) fn set_tid_address(call: &mut Call<'_>, address: Address) -> Result<u32, Errno> {
    own_thread(call, |t| t.clear_tid.store(address.0, Relaxed))?;
    Ok(call.thread.id())
}

pub(crate) fn set_robust_list(
    call: &mut Call<'_>,
    head: Address,
    size: usize,
) -> Result<(), Errno> {
    if size != ROBUST_HEAD {
        return Err(Errno::EINVAL);
    }
    own_thread(call, |t| t.robust_list.store(head.0, Relaxed))
}

pub(crate) fn get_robust_list(
    call: &mut Call<'_>,
    tid: u32,
    head: UserPtr<u64>,
    size: UserPtr<u64>,
) -> Result<(), Errno> {
    let thread = match tid {
        0 => call.thread.clone(),
        tid => process::find_thread(tid).ok_or(Errno::ESRCH)?,
    };
    if thread.process().credentials().uid != call.process().credentials().euid {
        return Err(Errno::EPERM);
    }
    let list = with_thread(&thread, |t| t.robust_list.load(Relaxed)).unwrap_or(0);
    head.write(&(list as u64))?;
    Ok(size.write(&(ROBUST_HEAD as u64))?)
}

/// What the kernel does for a thread that ends: robust locks are marked, its id word is cleared and waited for no more.
pub(crate) fn on_exit(thread: &Arc<Thread>) {
    let Some((list, word)) = with_thread(thread, |t| {
        (t.robust_list.swap(0, Relaxed), t.clear_tid.swap(0, Relaxed))
    }) else {
        return;
    };
    if list != 0 {
        // A damaged list is the program's own loss.
        let _ = release_robust(list, thread.id());
    }
    if word != 0 && user::copy_out(word, &0_u32.to_le_bytes()).is_ok() {
        let _ = mm::futex_wake(word, true, 1, u32::MAX);
        let _ = mm::futex_wake(word, false, 1, u32::MAX);
    }
}

/// Marks the locks of a list that this thread held. Source: Documentation/locking/robust-futex-ABI.rst.
fn release_robust(head: usize, tid: u32) -> Result<(), Errno> {
    let list = UserPtr::<u64>::new(head);
    let offset = UserPtr::<i64>::new(head + 8).read()?;
    let pending = list.at(2).read()?;
    let mut entry = list.read()?;
    for _ in 0..ROBUST_LIMIT {
        if entry & !1 == head as u64 {
            break;
        }
        let next = UserPtr::<u64>::new((entry & !1) as usize).read()?;
        if entry != pending {
            release(lock_word(entry, offset), tid)?;
        }
        entry = next;
    }
    if pending != 0 {
        release(lock_word(pending, offset), tid)?;
    }
    Ok(())
}

fn lock_word(entry: u64, offset: i64) -> usize {
    (entry & !1).wrapping_add(offset as u64) as usize
}

/// Marks one lock word as left by a dead owner, if `tid` owned it, and wakes a waiter.
fn release(word: usize, tid: u32) -> Result<(), Errno> {
    if !word.is_multiple_of(4) {
        return Err(Errno::EINVAL);
    }
    loop {
        let value = user::load_u32(word)?;
        if value & FUTEX_OWNER != tid {
            return Ok(());
        }
        let new = value & FUTEX_WAITERS | FUTEX_OWNER_DIED;
        if user::compare_exchange_u32(word, value, new)? == value {
            if value & FUTEX_WAITERS != 0 {
                mm::futex_wake(word, false, 1, u32::MAX)?;
            }
            return Ok(());
        }
    }
}

const PRIVATE: u32 = 128;
const REAL_TIME: u32 = 256;
const WAIT: u32 = 0;
const WAKE: u32 = 1;
const REQUEUE: u32 = 3;
const CMP_REQUEUE: u32 = 4;
const WAKE_OP: u32 = 5;
const WAIT_BITSET: u32 = 9;
const WAKE_BITSET: u32 = 10;

pub(crate) fn futex(
    call: &mut Call<'_>,
    word: Address,
    operation: u32,
    value: u32,
    timeout: Address,
    word2: Address,
    value3: u32,
) -> Result<usize, Errno> {
    let private = operation & PRIVATE != 0;
    let command = operation & !(PRIVATE | REAL_TIME);
    if operation & REAL_TIME != 0 && !matches!(command, WAIT | WAIT_BITSET) {
        return Err(Errno::ENOSYS);
    }
    let address = word.0;
    if !address.is_multiple_of(4) {
        return Err(Errno::EINVAL);
    }
    let count = |count: u64| (count as u32 as i32).max(0) as usize;
    match command {
        WAIT | WAIT_BITSET => {
            let deadline = futex_deadline(call, operation, timeout)?;
            let bits = if command == WAIT { u32::MAX } else { value3 };
            if bits == 0 {
                return Err(Errno::EINVAL);
            }
            wait(call, address, private, (value, bits), deadline)?;
            Ok(0)
        }
        WAKE => Ok(mm::futex_wake(address, private, value as usize, u32::MAX)?),
        WAKE_BITSET if value3 == 0 => Err(Errno::EINVAL),
        WAKE_BITSET => Ok(mm::futex_wake(address, private, value as usize, value3)?),
        REQUEUE | CMP_REQUEUE => {
            let expected = (command == CMP_REQUEUE).then_some(value3);
            let (wake, move_) = (value as usize, count(timeout.0 as u64));
            Ok(mm::futex_requeue(
                address, word2.0, private, wake, move_, expected,
            )?)
        }
        WAKE_OP => {
            let second = wake_op(word2.0, value3)?;
            let mut woken = mm::futex_wake(address, private, value as usize, u32::MAX)?;
            if second {
                let most = count(timeout.0 as u64);
                woken += mm::futex_wake(word2.0, private, most, u32::MAX)?;
            }
            Ok(woken)
        }
        _ => Err(Errno::ENOSYS),
    }
}

/// When a wait ends: relative for WAIT, absolute for WAIT_BITSET, by the monotonic or the wall clock.
fn futex_deadline(call: &Call<'_>, operation: u32, timeout: Address) -> Result<Option<u64>, Errno> {
    if timeout.0 == 0 {
        return Ok(None);
    }
    let ns = UserPtr::<TimeSpec>::new(timeout.0).read()?.ns()?;
    let absolute = operation & !(PRIVATE | REAL_TIME) == WAIT_BITSET;
    Ok(Some(match (absolute, operation & REAL_TIME != 0) {
        (false, _) => resumed(call).unwrap_or_else(|| time::now().saturating_add(ns)),
        (true, false) => ns,
        (true, true) => from_wall(ns),
    }))
}

/// The kernel time at which the wall clock shows `ns`.
pub(crate) fn from_wall(ns: u64) -> u64 {
    let left = ns.saturating_sub(time::wall());
    time::now().saturating_add(left)
}

fn wait(
    call: &Call<'_>,
    address: usize,
    private: bool,
    (expected, bits): (u32, u32),
    deadline: Option<u64>,
) -> Result<(), Errno> {
    match mm::futex_wait(address, private, expected, bits, deadline) {
        Err(Error::Interrupted) => match deadline {
            None => Err(Errno::RESTART),
            Some(deadline) => Err(interrupted(call, deadline)),
        },
        other => Ok(other?),
    }
}

/// The deadline of the wait that this call goes on with, if it was interrupted without a handler having run.
pub(crate) fn resumed(call: &Call<'_>) -> Option<u64> {
    let sp = call.regs.sp();
    let resume = with_thread(call.thread, |t| t.resume.lock().take()).flatten()?;
    (resume.0 == sp).then_some(resume.1)
}

/// A wait with this deadline was interrupted: it goes on afterwards unless a handler runs.
pub(crate) fn interrupted(call: &Call<'_>, deadline: u64) -> Errno {
    if event::pending_handler(call).is_none() {
        let sp = call.regs.sp();
        with_thread(call.thread, |t| *t.resume.lock() = Some((sp, deadline)));
    }
    Errno::RESTART_NO_HANDLER
}

/// FUTEX_WAKE_OP: changes the second word, and says whether its old value calls for waking there. Source: futex(2).
fn wake_op(word: usize, encoded: u32) -> Result<bool, Errno> {
    if !word.is_multiple_of(4) {
        return Err(Errno::EINVAL);
    }
    let sign = |bits: u32| ((bits << 20) as i32) >> 20;
    let (operation, compare) = (encoded >> 28 & 7, encoded >> 24 & 0xf);
    let mut argument = sign(encoded >> 12 & 0xfff) as u32;
    let against = sign(encoded & 0xfff);
    if encoded >> 31 != 0 {
        argument = 1_u32.wrapping_shl(argument);
    }
    let old = loop {
        let old = user::load_u32(word)?;
        let new = match operation {
            0 => argument,
            1 => old.wrapping_add(argument),
            2 => old | argument,
            3 => old & !argument,
            4 => old ^ argument,
            _ => return Err(Errno::ENOSYS),
        };
        if user::compare_exchange_u32(word, old, new)? == old {
            break old as i32;
        }
    };
    Ok(match compare {
        0 => old == against,
        1 => old != against,
        2 => old < against,
        3 => old <= against,
        4 => old > against,
        5 => old >= against,
        _ => return Err(Errno::ENOSYS),
    })
}

pub(crate) fn sched_yield(_call: &mut Call<'_>) -> Result<(), Errno> {
    sched::yield_now();
    Ok(())
}

/// ESRCH unless there is a thread of that id; 0 is the caller.
fn exists(tid: u32) -> Result<(), Errno> {
    if tid == 0 || process::find_thread(tid).is_some() {
        Ok(())
    } else {
        Err(Errno::ESRCH)
    }
}

fn all_cpus() -> u64 {
    u64::MAX >> (64 - system::cpus().clamp(1, 64))
}

pub(crate) fn sched_setaffinity(
    _call: &mut Call<'_>,
    tid: u32,
    size: usize,
    mask: Address,
) -> Result<(), Errno> {
    exists(tid)?;
    let mut bytes = [0; 8];
    user::copy_in(&mut bytes[..size.min(8)], mask.0)?;
    if u64::from_le_bytes(bytes) & all_cpus() == 0 {
        return Err(Errno::EINVAL);
    }
    Ok(())
}

pub(crate) fn sched_getaffinity(
    _call: &mut Call<'_>,
    tid: u32,
    size: usize,
    mask: Address,
) -> Result<usize, Errno> {
    if size < 8 || !size.is_multiple_of(8) {
        return Err(Errno::EINVAL);
    }
    exists(tid)?;
    user::copy_out(mask.0, &all_cpus().to_le_bytes())?;
    Ok(8)
}

pub(crate) fn sched_setscheduler(
    _call: &mut Call<'_>,
    tid: u32,
    policy: u32,
    param: UserPtr<u32>,
) -> Result<(), Errno> {
    exists(tid)?;
    match (policy, param.read()?) {
        (0, 0) => Ok(()),
        (1 | 2, 1..=99) => Err(Errno::EPERM),
        _ => Err(Errno::EINVAL),
    }
}

pub(crate) fn sched_getscheduler(_call: &mut Call<'_>, tid: u32) -> Result<u32, Errno> {
    exists(tid)?;
    Ok(0)
}

pub(crate) fn sched_setparam(
    _call: &mut Call<'_>,
    tid: u32,
    param: UserPtr<u32>,
) -> Result<(), Errno> {
    exists(tid)?;
    match param.read()? {
        0 => Ok(()),
        _ => Err(Errno::EINVAL),
    }
}

pub(crate) fn sched_getparam(
    _call: &mut Call<'_>,
    tid: u32,
    param: UserPtr<u32>,
) -> Result<(), Errno> {
    exists(tid)?;
    Ok(param.write(&0)?)
}

pub(crate) fn sched_get_priority_max(_call: &mut Call<'_>, policy: u32) -> Result<u32, Errno> {
    match policy {
        0 | 3 | 5 => Ok(0),
        1 | 2 => Ok(99),
        _ => Err(Errno::EINVAL),
    }
}

pub(crate) fn sched_get_priority_min(_call: &mut Call<'_>, policy: u32) -> Result<u32, Errno> {
    match policy {
        0 | 3 | 5 => Ok(0),
        1 | 2 => Ok(1),
        _ => Err(Errno::EINVAL),
    }
}

pub(crate) fn sched_rr_get_interval(
    _call: &mut Call<'_>,
    tid: u32,
    interval: UserPtr<TimeSpec>,
) -> Result<(), Errno> {
    /// The scheduler's slice, ns.
    const SLICE: u64 = 4_000_000;
    exists(tid)?;
    Ok(interval.write(&TimeSpec::from_ns(SLICE))?)
}

/// The one process that a priority call means.
fn target(call: &Call<'_>, which: u32, who: u32) -> Result<Arc<process::Process>, Errno> {
    match which {
        0 => process_of(call, who),
        1 | 2 => Ok(call.process().clone()),
        _ => Err(Errno::EINVAL),
    }
}

pub(crate) fn setpriority(
    call: &mut Call<'_>,
    which: u32,
    who: u32,
    nice: i32,
) -> Result<(), Errno> {
    let target = target(call, which, who)?;
    let nice = nice.clamp(-20, 19);
    if nice < target.nice() && call.process().credentials().euid != 0 {
        return Err(Errno::EACCES);
    }
    target.set_nice(nice);
    Ok(())
}

pub(crate) fn getpriority(call: &mut Call<'_>, which: u32, who: u32) -> Result<i32, Errno> {
    // 40 (most) to 1 (least): so that no value looks like an error.
    Ok(20 - target(call, which, who)?.nice())
}

pub(crate) fn getcpu(
    _call: &mut Call<'_>,
    cpu: UserPtr<u32>,
    node: UserPtr<u32>,
) -> Result<(), Errno> {
    cpu.write_opt(&0)?;
    Ok(node.write_opt(&0)?)
}

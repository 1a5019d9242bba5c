//! The calls of the `time` group.

use crate::calls::path::privileged;
use crate::calls::thread::{from_wall, interrupted, resumed};
use crate::errno::Errno;
use crate::state::{ProcessState, stop_timer};
use crate::types::time::{ITimerVal, TimeSpec, TimeVal, TimeZone, Tms};
use crate::vdso;
use alloc::sync::Arc;
use kapi::event::{Event, EventKind};
use kapi::time::Timer;
use kapi::{Call, Error, UserPtr, time};

const REAL: i32 = 0;
const MONOTONIC: i32 = 1;
const PROCESS: i32 = 2;
const THREAD: i32 = 3;
const MONOTONIC_RAW: i32 = 4;
const REAL_COARSE: i32 = 5;
const MONOTONIC_COARSE: i32 = 6;
const BOOT: i32 = 7;
/// Clock tick of times, ns.
const TICK: u64 = 10_000_000;

/// What a clock shows, ns. Negative numbers are the CPU clocks of processes; only the caller's own is known.
fn read(call: &Call<'_>, clock: i32) -> Result<u64, Errno> {
    Ok(match clock {
        REAL | REAL_COARSE => time::wall(),
        MONOTONIC | MONOTONIC_RAW | MONOTONIC_COARSE | BOOT => time::now(),
        PROCESS | THREAD => {
            let times = call.process().times();
            times.user + times.system
        }
        _ => return Err(Errno::EINVAL),
    })
}

pub(crate) fn clock_gettime(
    call: &mut Call<'_>,
    clock: i32,
    time: UserPtr<TimeSpec>,
) -> Result<(), Errno> {
    Ok(time.write(&TimeSpec::from_ns(read(call, clock)?))?)
}

pub(crate) fn clock_getres(
    call: &mut Call<'_>,
    clock: i32,
    resolution: UserPtr<TimeSpec>,
) -> Result<(), Errno> {
    read(call, clock)?;
    Ok(resolution.write_opt(&TimeSpec::from_ns(1))?)
}

fn set_wall(call: &Call<'_>, ns: u64) -> Result<(), Errno> {
    privileged(call)?;
    time::set_wall(ns);
    Ok(vdso::update()?)
}

pub(crate) fn clock_settime(
    call: &mut Call<'_>,
    clock: i32,
    time: UserPtr<TimeSpec>,
) -> Result<(), Errno> {
    let ns = time.read()?.ns()?;
    match clock {
        REAL => set_wall(call, ns),
        _ => Err(Errno::EINVAL),
    }
}

pub(crate) fn gettimeofday(
    _call: &mut Call<'_>,
    time: UserPtr<TimeVal>,
    zone: UserPtr<TimeZone>,
) -> Result<(), Errno> {
    time.write_opt(&TimeVal::from_ns(time::wall()))?;
    Ok(zone.write_opt(&TimeZone::default())?)
}

pub(crate) fn settimeofday(
    call: &mut Call<'_>,
    time: UserPtr<TimeVal>,
    zone: UserPtr<TimeZone>,
) -> Result<(), Errno> {
    privileged(call)?;
    if let Some(zone) = zone.some() {
        let zone = zone.read()?;
        // The kernel's clock is in UTC: no zone can be kept.
        if (zone.minutes_west, zone.summer_time) != (0, 0) {
            return Err(Errno::EINVAL);
        }
    }
    match time.some() {
        Some(time) => set_wall(call, time.read()?.ns()?),
        None => Ok(()),
    }
}

pub(crate) fn clock_nanosleep(
    call: &mut Call<'_>,
    clock: i32,
    flags: u32,
    time: UserPtr<TimeSpec>,
    rest: UserPtr<TimeSpec>,
) -> Result<(), Errno> {
    const ABSOLUTE: u32 = 1;
    if !matches!(clock, REAL | MONOTONIC | BOOT) {
        return Err(match clock {
            PROCESS => Errno::EOPNOTSUPP,
            _ => Errno::EINVAL,
        });
    }
    let ns = time.read()?.ns()?;
    if flags & ABSOLUTE == 0 {
        return sleep(call, ns, rest);
    }
    let deadline = if clock == REAL { from_wall(ns) } else { ns };
    match time::sleep_until(deadline) {
        Err(Error::Interrupted) => Err(Errno::RESTART_NO_HANDLER),
        other => Ok(other?),
    }
}

pub(crate) fn nanosleep(
    call: &mut Call<'_>,
    time: UserPtr<TimeSpec>,
    rest: UserPtr<TimeSpec>,
) -> Result<(), Errno> {
    sleep(call, time.read()?.ns()?, rest)
}

fn sleep(call: &Call<'_>, ns: u64, rest: UserPtr<TimeSpec>) -> Result<(), Errno> {
    let deadline = resumed(call).unwrap_or_else(|| time::now().saturating_add(ns));
    match time::sleep_until(deadline) {
        Err(Error::Interrupted) => {
            let left = deadline.saturating_sub(time::now());
            rest.write_opt(&TimeSpec::from_ns(left))?;
            Err(interrupted(call, deadline))
        }
        other => Ok(other?),
    }
}

pub(crate) fn times(call: &mut Call<'_>, times: UserPtr<Tms>) -> Result<u64, Errno> {
    let used = call.process().times();
    let ticks = |ns: u64| (ns / TICK) as i64;
    times.write_opt(&Tms {
        user: ticks(used.user),
        system: ticks(used.system),
        children_user: ticks(used.children_user),
        children_system: ticks(used.children_system),
    })?;
    Ok(time::now() / TICK)
}

/// What the process' timer shows.
fn timer_value(state: &ProcessState) -> ITimerVal {
    let armed = state.timer.lock().as_ref().and_then(|timer| timer.state());
    armed.map_or_else(ITimerVal::default, |(deadline, period)| ITimerVal {
        interval: TimeVal::from_ns(period),
        // Never 0 while it is armed.
        value: TimeVal::from_ns(deadline.saturating_sub(time::now()).max(1000)),
    })
}

fn only_real(which: u32) -> Result<(), Errno> {
    if which == 0 {
        Ok(())
    } else {
        Err(Errno::EINVAL)
    }
}

pub(crate) fn getitimer(
    call: &mut Call<'_>,
    which: u32,
    value: UserPtr<ITimerVal>,
) -> Result<(), Errno> {
    only_real(which)?;
    let state = call.process().abi_state();
    let state = state.downcast_ref::<ProcessState>().ok_or(Errno::EINVAL)?;
    Ok(value.write(&timer_value(state))?)
}

pub(crate) fn setitimer(
    call: &mut Call<'_>,
    which: u32,
    new: UserPtr<ITimerVal>,
    old: UserPtr<ITimerVal>,
) -> Result<(), Errno> {
    only_real(which)?;
    let new = match new.some() {
        Some(new) => new.read()?,
        None => ITimerVal::default(),
    };
    let (first, period) = (new.value.ns()?, new.interval.ns()?);
    let state = call.process().abi_state();
    let state = state.downcast_ref::<ProcessState>().ok_or(Errno::EINVAL)?;
    let was = timer_value(state);
    if first == 0 {
        stop_timer(state);
    } else {
        let timer = own_timer(call, state);
        timer.arm(time::now().saturating_add(first), period);
    }
    Ok(old.write_opt(&was)?)
}

/// The process' timer, made when first needed.
fn own_timer(call: &Call<'_>, state: &ProcessState) -> Arc<Timer> {
    if let Some(timer) = state.timer.lock().clone() {
        return timer;
    }
    // The timer must not keep the process alive.
    let process = Arc::downgrade(call.process());
    let timer = Timer::new(move || {
        if let Some(process) = process.upgrade() {
            process.post(Event {
                code: crate::types::signal::SI_KERNEL,
                ..Event::new(EventKind::Alarm)
            });
        }
    });
    state.timer.lock().get_or_insert(timer).clone()
}

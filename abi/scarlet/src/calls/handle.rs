//! The calls of the `handle` group.

use crate::calls::process::GIVE;
use crate::errno::Errno;
use crate::types::{self, Handle, HandleInfo, Poll, Settings, Window};
use alloc::vec::Vec;
use kapi::object::{ObjectRef, Readiness, Rights};
use kapi::tty::{self, Modes, Request, When};
use kapi::wait::{self, WaitOptions, WaitQueue};
use kapi::{Address, Call, Error, UserPtr, handle, time};
use zerocopy::{FromBytes, Immutable, IntoBytes};

const CLOSE_ON_EXEC: u32 = 1;
const NONBLOCKING: u32 = 2;
/// Most handles in one wait or spawn.
const COUNT_LIMIT: usize = 1024;

pub(crate) fn handle_close(call: &mut Call<'_>, handle: Handle) -> Result<(), Errno> {
    drop(call.process().handles().remove(handle.0)?);
    Ok(())
}

pub(crate) fn handle_duplicate(
    call: &mut Call<'_>,
    handle: Handle,
    rights: u32,
    at: Handle,
) -> Result<u32, Errno> {
    let table = call.process().handles();
    let mut new = table.get(handle.0, Rights::DUPLICATE)?;
    if rights != u32::MAX {
        new.rights &= Rights::from_bits(rights).ok_or(Error::InvalidArgument)?;
    }
    new.close_on_exec = false;
    if at == Handle::NONE {
        return Ok(table.insert(new, 0)?);
    }
    drop(table.replace(at.0, new)?);
    Ok(at.0)
}

pub(crate) fn handle_info(
    call: &mut Call<'_>,
    handle: Handle,
    info: UserPtr<HandleInfo>,
) -> Result<(), Errno> {
    let handle = call.process().handles().get(handle.0, Rights::empty())?;
    let nonblocking = handle
        .object
        .stream()
        .is_some_and(|stream| stream.nonblocking());
    let flags =
        u32::from(handle.close_on_exec) * CLOSE_ON_EXEC + u32::from(nonblocking) * NONBLOCKING;
    Ok(info.write(&HandleInfo {
        kind: types::kind_number(handle.object.kind()),
        rights: handle.rights.bits(),
        flags,
        pad: 0,
    })?)
}

pub(crate) fn handle_flags(
    call: &mut Call<'_>,
    handle: Handle,
    mask: u32,
    value: u32,
) -> Result<(), Errno> {
    if (mask | value) & !(CLOSE_ON_EXEC | NONBLOCKING) != 0 {
        return Err(Error::InvalidArgument.into());
    }
    let table = call.process().handles();
    if mask & CLOSE_ON_EXEC != 0 {
        table.set_close_on_exec(handle.0, value & CLOSE_ON_EXEC != 0)?;
    }
    if mask & NONBLOCKING != 0 {
        let object = table.object(handle.0, Rights::empty())?;
        let stream = object.stream().ok_or(Error::NotSupported)?;
        stream.set_nonblocking(value & NONBLOCKING != 0)?;
    }
    Ok(())
}

/// The caller's handles for a new process, in its order.
pub(crate) fn take_all(
    call: &Call<'_>,
    address: u64,
    count: u64,
) -> Result<Vec<Option<handle::Handle>>, Errno> {
    if count > COUNT_LIMIT as u64 {
        return Err(Error::InvalidArgument.into());
    }
    let numbers = UserPtr::<u32>::new(address as usize);
    let table = call.process().handles();
    (0..count as usize)
        .map(|index| match numbers.at(index).read()? {
            u32::MAX => Ok(None),
            number => {
                let handle = table.get(number, GIVE)?;
                Ok(Some(handle::Handle {
                    close_on_exec: false,
                    ..handle
                }))
            }
        })
        .collect()
}

pub(crate) fn wait_many(
    call: &mut Call<'_>,
    polls: UserPtr<Poll>,
    count: usize,
    timeout_ns: i64,
) -> Result<usize, Errno> {
    if count > COUNT_LIMIT {
        return Err(Error::InvalidArgument.into());
    }
    let table = call.process().handles();
    let mut list = Vec::new();
    for index in 0..count {
        let poll = polls.at(index).read()?;
        let interest = types::readiness(poll.interest).ok_or(Error::InvalidArgument)?;
        list.push((poll, interest, table.object(poll.handle, Rights::WAIT)?));
    }
    let queues: Vec<&WaitQueue> = list
        .iter()
        .filter_map(|(_, _, object)| object.wait().map(|wait| wait.queue()))
        .collect();
    let deadline = u64::try_from(timeout_ns)
        .ok()
        .map(|ns| time::now().saturating_add(ns));
    let options = WaitOptions {
        deadline,
        ..WaitOptions::default()
    };
    let waited = wait::wait_any(&queues, options, || {
        let ready = list
            .iter()
            .filter(|(_, interest, object)| !ready_of(object, *interest).is_empty());
        match ready.count() {
            0 => None,
            count => Some(count),
        }
    });
    let ready = match waited {
        Err(Error::TimedOut) => 0,
        other => other?,
    };
    for (index, (poll, interest, object)) in list.iter().enumerate() {
        let ready = ready_of(object, *interest).bits();
        polls.at(index).write(&Poll { ready, ..*poll })?;
    }
    Ok(ready)
}

/// What of `interest` is so now; errors and hang-ups always count. What cannot be waited for is always ready.
fn ready_of(object: &ObjectRef, interest: Readiness) -> Readiness {
    let now = object
        .wait()
        .map_or(Readiness::READ | Readiness::WRITE, |wait| wait.readiness());
    now & (interest | Readiness::ERROR | Readiness::HANG_UP)
}

pub(crate) fn control(
    call: &mut Call<'_>,
    handle: Handle,
    request: u32,
    data: Address,
    len: usize,
) -> Result<(), Errno> {
    let object = call.process().handles().object(handle.0, Rights::empty())?;
    let control = object.control().ok_or(Error::NotTerminal)?;
    let mut typed = decode(request, data, len)?;
    control.control(&mut typed)?;
    encode(request, &typed, data, len)
}

fn decode(request: u32, data: Address, len: usize) -> Result<Request, Errno> {
    Ok(match request {
        1 => Request::GetSettings(None),
        2 | 9 => {
            let settings: Settings = take(data, len)?;
            let modes = Modes::from_bits(settings.modes).ok_or(Error::InvalidArgument)?;
            let when = if request == 2 {
                When::Now
            } else {
                When::Drained
            };
            let Settings {
                characters,
                min,
                time,
                ..
            } = settings;
            Request::SetSettings(
                tty::Settings {
                    modes,
                    characters,
                    min,
                    time,
                },
                when,
            )
        }
        3 => Request::GetWindow(tty::Window::default()),
        4 => {
            let Window {
                rows,
                columns,
                width,
                height,
            } = take(data, len)?;
            Request::SetWindow(tty::Window {
                rows,
                columns,
                width,
                height,
            })
        }
        5 => Request::GetForeground(0),
        6 => Request::SetForeground(take(data, len)?),
        7 => Request::BecomeControlling { steal: false },
        8 => Request::Available(0),
        _ => return Err(Error::InvalidArgument.into()),
    })
}

fn encode(request: u32, answer: &Request, data: Address, len: usize) -> Result<(), Errno> {
    match (request, answer) {
        (1, Request::GetSettings(Some(settings))) => {
            let tty::Settings {
                modes,
                characters,
                min,
                time,
            } = *settings;
            give(
                data,
                len,
                &Settings {
                    modes: modes.bits(),
                    characters,
                    min,
                    time,
                },
            )
        }
        (3, Request::GetWindow(window)) => {
            let tty::Window {
                rows,
                columns,
                width,
                height,
            } = *window;
            give(
                data,
                len,
                &Window {
                    rows,
                    columns,
                    width,
                    height,
                },
            )
        }
        (5, Request::GetForeground(group)) => give(data, len, group),
        (8, Request::Available(bytes)) => give(data, len, &(*bytes as u64)),
        _ => Ok(()),
    }
}

fn take<T: FromBytes + IntoBytes>(data: Address, len: usize) -> Result<T, Errno> {
    if len != size_of::<T>() {
        return Err(Error::InvalidArgument.into());
    }
    Ok(UserPtr::<T>::new(data.0).read()?)
}

fn give<T: IntoBytes + Immutable>(data: Address, len: usize, value: &T) -> Result<(), Errno> {
    if len != size_of::<T>() {
        return Err(Error::InvalidArgument.into());
    }
    Ok(UserPtr::<T>::new(data.0).write(value)?)
}

//! The calls of the `poll` group.

use crate::calls::signal::{borrow_mask, give_mask_back};
use crate::errno::Errno;
use crate::event;
use crate::types::Fd;
use crate::types::time::TimeSpec;
use alloc::vec::Vec;
use kapi::object::{ObjectRef, Readiness, Rights};
use kapi::wait::{self, WaitOptions, WaitQueue};
use kapi::{Address, Call, Error, UserPtr, time};
use smallvec::SmallVec;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Most descriptors of one call.
const MOST: usize = 65_536;
/// Most descriptors of a set, FD_SETSIZE.
const SET: usize = 1024;

const IN: u16 = 1;
const PRIORITY: u16 = 2;
const OUT: u16 = 4;
const ERROR: u16 = 8;
const HANG_UP: u16 = 0x10;
const INVALID: u16 = 0x20;
const READ_NORMAL: u16 = 0x40;
const WRITE_NORMAL: u16 = 0x100;

/// struct pollfd.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct PollFd {
    fd: i32,
    events: u16,
    ready: u16,
}

/// One thing to wait for.
struct Entry {
    object: Option<ObjectRef>,
    events: u16,
    /// The descriptor is not open.
    invalid: bool,
}

impl Entry {
    fn new(call: &Call<'_>, fd: i32, events: u16) -> Entry {
        let object = (fd >= 0).then(|| Fd(fd).object(call, Rights::empty()).ok());
        Entry {
            invalid: matches!(object, Some(None)),
            object: object.flatten(),
            events,
        }
    }

    /// What is so now; errors and hang-ups always count.
    fn ready(&self) -> u16 {
        if self.invalid {
            return INVALID;
        }
        let Some(object) = &self.object else {
            return 0;
        };
        let now = object
            .wait()
            .map_or(Readiness::READ | Readiness::WRITE, |wait| wait.readiness());
        bits(now) & (self.events | ERROR | HANG_UP)
    }
}

/// Readiness as poll tells it.
fn bits(ready: Readiness) -> u16 {
    [
        (Readiness::READ, IN | READ_NORMAL),
        (Readiness::WRITE, OUT | WRITE_NORMAL),
        (Readiness::ERROR, ERROR),
        (Readiness::HANG_UP, HANG_UP),
        (Readiness::PRIORITY, PRIORITY),
    ]
    .iter()
    .filter(|(bit, _)| ready.contains(*bit))
    .fold(0, |all, (_, bits)| all | bits)
}

type Entries = SmallVec<[Entry; 8]>;

/// Waits until something is ready; false when the time was over first.
fn wait_for(call: &Call<'_>, entries: &Entries, deadline: Option<u64>) -> Result<bool, Errno> {
    let ready = || entries.iter().any(|entry| entry.ready() != 0);
    if ready() {
        return Ok(true);
    }
    if event::is_pending(call) {
        return Err(Errno::RESTART_NO_HANDLER);
    }
    let queues: SmallVec<[&WaitQueue; 8]> = entries
        .iter()
        .filter_map(|entry| entry.object.as_ref()?.wait().map(|wait| wait.queue()))
        .collect();
    let nobody = WaitQueue::new();
    // Nothing to wait for is a sleep.
    let queues: &[&WaitQueue] = if queues.is_empty() {
        &[&nobody]
    } else {
        &queues
    };
    let options = WaitOptions {
        deadline,
        ..WaitOptions::default()
    };
    match wait::wait_any(queues, options, || ready().then_some(())) {
        Ok(()) => Ok(true),
        Err(Error::TimedOut) => Ok(false),
        Err(Error::Interrupted) => Err(Errno::RESTART_NO_HANDLER),
        Err(error) => Err(error.into()),
    }
}

fn deadline_of(timeout: UserPtr<TimeSpec>) -> Result<Option<u64>, Errno> {
    Ok(match timeout.some() {
        Some(timeout) => Some(time::now().saturating_add(timeout.read()?.ns()?)),
        None => None,
    })
}

/// Tells the program how much time was left; a restarted wait goes on with that.
fn write_rest(timeout: UserPtr<TimeSpec>, deadline: Option<u64>) {
    if let Some(deadline) = deadline {
        let left = TimeSpec::from_ns(deadline.saturating_sub(time::now()));
        // A time-out in read-only memory is legal.
        let _ = timeout.write(&left);
    }
}

/// Waits with the caller's own mask in place, if it gave one.
fn wait_masked(
    call: &Call<'_>,
    mask: Option<u64>,
    entries: &Entries,
    timeout: UserPtr<TimeSpec>,
) -> Result<bool, Errno> {
    let deadline = deadline_of(timeout)?;
    if let Some(mask) = mask {
        borrow_mask(call, mask)?;
    }
    let result = wait_for(call, entries, deadline);
    if mask.is_some() && result != Err(Errno::RESTART_NO_HANDLER) {
        // No handler is to run with this mask. Otherwise delivery, which comes next, puts it back.
        give_mask_back(call);
    }
    write_rest(timeout, deadline);
    result
}

pub(crate) fn ppoll(
    call: &mut Call<'_>,
    fds: Address,
    count: usize,
    timeout: UserPtr<TimeSpec>,
    mask: UserPtr<u64>,
    size: usize,
) -> Result<usize, Errno> {
    if count > MOST || count > call.process().handles().limit().max(1024) {
        return Err(Errno::EINVAL);
    }
    let mask = match mask.some() {
        Some(_) if size != 8 => return Err(Errno::EINVAL),
        Some(mask) => Some(mask.read()?),
        None => None,
    };
    let list = UserPtr::<PollFd>::new(fds.0);
    let mut entries = Entries::new();
    for index in 0..count {
        let asked = list.at(index).read()?;
        entries.push(Entry::new(call, asked.fd, asked.events));
    }
    wait_masked(call, mask, &entries, timeout)?;
    let mut ready = 0;
    for (index, entry) in entries.iter().enumerate() {
        let now = entry.ready();
        ready += usize::from(now != 0);
        let place = list.at(index).address() + core::mem::offset_of!(PollFd, ready);
        UserPtr::<u16>::new(place).write(&now)?;
    }
    Ok(ready)
}

/// The three sets of select.
type Sets = [Vec<u64>; 3];
/// What makes a descriptor ready in each set.
const WANTED: [u16; 3] = [
    IN | READ_NORMAL | HANG_UP | ERROR,
    OUT | WRITE_NORMAL | ERROR,
    PRIORITY,
];

fn read_sets(addresses: [Address; 3], words: usize) -> Result<Sets, Errno> {
    let mut sets = Sets::default();
    for (set, address) in sets.iter_mut().zip(addresses) {
        if address.0 != 0 {
            for index in 0..words {
                set.push(UserPtr::<u64>::new(address.0).at(index).read()?);
            }
        }
    }
    Ok(sets)
}

fn has(set: &[u64], fd: usize) -> bool {
    set.get(fd / 64)
        .is_some_and(|word| word >> (fd % 64) & 1 != 0)
}

pub(crate) fn pselect6(
    call: &mut Call<'_>,
    count: u32,
    read: Address,
    write: Address,
    except: Address,
    timeout: UserPtr<TimeSpec>,
    mask: UserPtr<[u64; 2]>,
) -> Result<usize, Errno> {
    let count = count as usize;
    if count > SET {
        return Err(Errno::EINVAL);
    }
    let mask = match mask.some() {
        Some(mask) => match mask.read()? {
            [0, _] => None,
            [_, size] if size != 8 => return Err(Errno::EINVAL),
            [address, _] => Some(UserPtr::<u64>::new(address as usize).read()?),
        },
        None => None,
    };
    let addresses = [read, write, except];
    let sets = read_sets(addresses, count.div_ceil(64))?;
    let mut entries = Entries::new();
    let mut numbers = Vec::new();
    for fd in 0..count {
        let wanted = (0..3).filter(|&set| has(&sets[set], fd));
        let events = wanted.fold(0, |events, set| events | WANTED[set]);
        if events == 0 {
            continue;
        }
        let entry = Entry::new(call, fd as i32, events);
        if entry.invalid {
            return Err(Errno::EBADF);
        }
        entries.push(entry);
        numbers.push(fd);
    }
    wait_masked(call, mask, &entries, timeout)?;
    let mut ready = 0;
    let mut results = sets.clone().map(|set| alloc::vec![0_u64; set.len()]);
    for (entry, &fd) in entries.iter().zip(&numbers) {
        let now = entry.ready();
        for set in 0..3 {
            if has(&sets[set], fd) && now & WANTED[set] != 0 {
                results[set][fd / 64] |= 1 << (fd % 64);
                ready += 1;
            }
        }
    }
    for (result, address) in results.iter().zip(addresses) {
        for (index, word) in result.iter().enumerate() {
            UserPtr::<u64>::new(address.0).at(index).write(word)?;
        }
    }
    Ok(ready)
}

#[cfg(test)]
mod tests {
    use super::{HANG_UP, IN, OUT, READ_NORMAL, WRITE_NORMAL, bits, has};
    use kapi::object::Readiness;

    #[test]
    fn readiness_is_told_in_both_spellings() {
        assert_eq!(bits(Readiness::READ), IN | READ_NORMAL);
        let both = Readiness::WRITE | Readiness::HANG_UP;
        assert_eq!(bits(both), OUT | WRITE_NORMAL | HANG_UP);
    }

    #[test]
    fn sets_are_words_of_bits_and_may_be_absent() {
        assert!(has(&[0, 2], 65) && !has(&[0, 2], 64));
        assert!(!has(&[], 0));
    }
}

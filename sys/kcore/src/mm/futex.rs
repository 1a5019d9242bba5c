//! Waiting on words of user memory (futex).
//!
//! A waiter enters its bucket before it looks at the word, so a waker that changed the word first finds either the waiter
//! in the bucket or a waiter that will see the change: no wake-up is lost, and user memory is never touched under the lock.

use super::AddressSpace;
use crate::wait::{WaitOptions, WaitQueue};
use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use hal::sync::SpinLock;

/// Buckets of waiters, by key.
const BUCKETS: usize = 128;

/// What a futex word is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FutexKey {
    /// Address space and address.
    Private(u64, usize),
    /// Object and offset in it.
    Shared((u64, u64), u64),
}

impl FutexKey {
    fn bucket(&self) -> usize {
        let (a, b) = match *self {
            FutexKey::Private(space, addr) => (space, addr as u64),
            FutexKey::Shared((device, inode), offset) => (device ^ inode, offset),
        };
        let mixed = (a ^ (b >> 2)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 57) as usize % BUCKETS
    }
}

struct Waiter {
    /// The bucket it is in; changed only with both buckets locked.
    bucket: AtomicUsize,
    woken: AtomicBool,
    bits: u32,
    queue: WaitQueue,
}

impl Waiter {
    fn wake(&self) {
        self.woken.store(true, Ordering::Release);
        self.queue.wake_all();
    }
}

type Bucket = SpinLock<Vec<(FutexKey, Arc<Waiter>)>>;

static TABLE: [Bucket; BUCKETS] = [const { SpinLock::new(Vec::new()) }; BUCKETS];

fn key_of(addr: usize, private: bool) -> Result<FutexKey> {
    let memory: Arc<AddressSpace> = crate::process::current().process().memory();
    memory.futex_key(addr, private)
}

/// Waits on a user word while it is `expected`. [`Error::WouldBlock`] when it differs; Interrupted, TimedOut (`deadline` in
/// kernel ns) as any wait.
pub fn futex_wait(
    addr: usize,
    private: bool,
    expected: u32,
    bits: u32,
    deadline: Option<u64>,
) -> Result<()> {
    let key = key_of(addr, private)?;
    let waiter = Arc::new(Waiter {
        bucket: AtomicUsize::new(key.bucket()),
        woken: AtomicBool::new(false),
        bits,
        queue: WaitQueue::new(),
    });
    TABLE[key.bucket()].lock().push((key, waiter.clone()));
    let result = match hal::user::load_u32(addr) {
        Ok(value) if value == expected => sleep(&waiter, deadline),
        Ok(_) => Err(Error::WouldBlock),
        Err(bad) => Err(bad.into()),
    };
    // One that is no longer in its bucket was woken: that counts, or the wake-up would be lost.
    if result.is_err() && !leave(&waiter) {
        return Ok(());
    }
    result
}

fn sleep(waiter: &Waiter, deadline: Option<u64>) -> Result<()> {
    let options = WaitOptions {
        deadline,
        ..WaitOptions::default()
    };
    waiter.queue.wait(options, || {
        waiter.woken.load(Ordering::Acquire).then_some(())
    })
}

/// Takes a waiter out of its bucket; false when a waker did already.
fn leave(waiter: &Arc<Waiter>) -> bool {
    loop {
        let at = waiter.bucket.load(Ordering::Acquire);
        let mut bucket = TABLE[at].lock();
        if let Some(index) = bucket.iter().position(|(_, w)| Arc::ptr_eq(w, waiter)) {
            bucket.remove(index);
            return true;
        }
        if waiter.bucket.load(Ordering::Acquire) == at {
            return false;
        }
    }
}

/// Takes up to `count` waiters on `key` whose bits meet `bits` out of a bucket, oldest first.
fn take(
    bucket: &mut Vec<(FutexKey, Arc<Waiter>)>,
    key: FutexKey,
    count: usize,
    bits: u32,
) -> Vec<Arc<Waiter>> {
    let mut taken = Vec::new();
    bucket.retain(|(of, waiter)| {
        let take = taken.len() < count && *of == key && waiter.bits & bits != 0;
        if take {
            taken.push(waiter.clone());
        }
        !take
    });
    taken
}

/// Wakes up to `count` waiters whose bits meet `bits`; gives how many.
pub fn futex_wake(addr: usize, private: bool, count: usize, bits: u32) -> Result<usize> {
    let key = key_of(addr, private)?;
    let mut bucket = TABLE[key.bucket()].lock();
    if bucket.is_empty() {
        return Ok(0);
    }
    let woken = take(&mut bucket, key, count, bits);
    drop(bucket);
    woken.iter().for_each(|waiter| waiter.wake());
    Ok(woken.len())
}

/// Wakes `wake`, moves up to `requeue` others to `to`; with `expected`, only if the word is that, else WouldBlock.
/// Gives how many were woken or moved.
pub fn futex_requeue(
    addr: usize,
    to: usize,
    private: bool,
    wake: usize,
    requeue: usize,
    expected: Option<u32>,
) -> Result<usize> {
    let (from_key, to_key) = (key_of(addr, private)?, key_of(to, private)?);
    if let Some(expected) = expected
        && hal::user::load_u32(addr)? != expected
    {
        return Err(Error::WouldBlock);
    }
    let (from, into) = (from_key.bucket(), to_key.bucket());
    let woken;
    let moved;
    if from == into {
        let mut bucket = TABLE[from].lock();
        woken = take(&mut bucket, from_key, wake, u32::MAX);
        let rest = bucket.iter_mut().filter(|(of, _)| *of == from_key);
        moved = rest.take(requeue).map(|entry| entry.0 = to_key).count();
    } else {
        // Two buckets are locked in the order of their numbers.
        let low = TABLE[from.min(into)].lock();
        let high = TABLE[from.max(into)].lock();
        let (mut source, mut target) = if from < into {
            (low, high)
        } else {
            (high, low)
        };
        woken = take(&mut source, from_key, wake, u32::MAX);
        let going = take(&mut source, from_key, requeue, u32::MAX);
        moved = going.len();
        for waiter in going {
            waiter.bucket.store(into, Ordering::Release);
            target.push((to_key, waiter));
        }
    }
    woken.iter().for_each(|waiter| waiter.wake());
    Ok(woken.len() + moved)
}

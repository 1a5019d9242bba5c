//! Sleeping on a word, for sleeping locks: a table of queues by the word's address.

use crate::wait::{WaitOptions, WaitQueue};
use core::sync::atomic::{AtomicU32, Ordering};

/// Queues in the table. Words that share one wake each other now and then, which only costs.
const QUEUES: usize = 64;

static TABLE: [WaitQueue; QUEUES] = [const { WaitQueue::new() }; QUEUES];

fn queue(word: &AtomicU32) -> &'static WaitQueue {
    let address = core::ptr::from_ref(word) as usize;
    &TABLE[(address >> 2).wrapping_mul(0x9e37_79b9) >> 7 & (QUEUES - 1)]
}

/// Sleeps while the word is `expected`; may return early.
pub(crate) fn park(word: &AtomicU32, expected: u32) {
    let options = WaitOptions {
        deadline: None,
        uninterruptible: true,
    };
    let changed = || (word.load(Ordering::SeqCst) != expected).then_some(());
    if queue(word).wait(options, changed).is_err() {
        // This thread is to end; it must get its lock all the same, to let go of what it holds.
        crate::sched::yield_now();
    }
}

/// Wakes those that sleep on the word (others of the same queue look and sleep on).
pub(crate) fn unpark(word: &AtomicU32) {
    queue(word).wake_all();
}

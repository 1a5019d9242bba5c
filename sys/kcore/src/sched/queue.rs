//! A run queue: ready threads, least virtual run time first; first come, first served among equals.

use crate::process::Thread;
use alloc::collections::BinaryHeap;
use alloc::sync::Arc;
use core::cmp::{Ordering, Reverse};

struct Entry<T> {
    /// Virtual time, then order of arrival.
    key: (u64, u64),
    item: T,
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl<T> Eq for Entry<T> {}
impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

/// A queue.
pub(super) struct Queue<T = Arc<Thread>> {
    heap: BinaryHeap<Reverse<Entry<T>>>,
    arrivals: u64,
    least: u64,
}

impl<T> Queue<T> {
    pub(super) const fn new() -> Self {
        Queue {
            heap: BinaryHeap::new(),
            arrivals: 0,
            least: 0,
        }
    }

    pub(super) fn push(&mut self, virtual_time: u64, item: T) {
        self.arrivals += 1;
        self.heap.push(Reverse(Entry {
            key: (virtual_time, self.arrivals),
            item,
        }));
    }

    /// The one that has run least.
    pub(super) fn pop(&mut self) -> Option<T> {
        let Reverse(entry) = self.heap.pop()?;
        self.least = self.least.max(entry.key.0);
        Some(entry.item)
    }

    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    /// Virtual time that all who were served had at least; never goes back.
    pub(super) fn least(&self) -> u64 {
        self.least
    }
}

#[cfg(test)]
mod tests {
    use super::Queue;

    #[test]
    fn least_first_then_first_come() {
        let mut queue = Queue::new();
        for (time, name) in [(5, 'a'), (3, 'b'), (5, 'c'), (1, 'd')] {
            queue.push(time, name);
        }
        let order: Vec<_> = core::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, ['d', 'b', 'a', 'c']);
        assert_eq!(queue.least(), 5);
    }

    #[test]
    fn shares_follow_the_weights() {
        // Three threads, one with half the weight: it gets half the turns.
        let mut queue = Queue::new();
        let mut turns = [0_u32; 3];
        for index in 0..3 {
            queue.push(0, (index, 0));
        }
        for _ in 0..1000 {
            let (index, time): (usize, u64) = queue.pop().unwrap();
            turns[index] += 1;
            let time = time + if index == 2 { 8 } else { 4 };
            queue.push(time, (index, time));
        }
        assert!(
            turns[0].abs_diff(400) < 5 && turns[1].abs_diff(400) < 5 && turns[2].abs_diff(200) < 5,
            "{turns:?}"
        );
    }
}

//! A set of pending signals with their circumstances. Bounded, without allocation.

use super::number::{SYNCHRONOUS, bit};
use crate::types::signal::{SI_KERNEL, SI_USER, SigInfo};
use arrayvec::ArrayVec;

/// Most signals of which the circumstances are kept in one set.
pub(crate) const QUEUE: usize = 16;
/// First real-time signal: from here on each one sent counts.
const REAL_TIME: u32 = 32;

/// A signal with its circumstances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Info {
    pub(crate) number: u32,
    /// si_code.
    pub(crate) code: i32,
    /// Who sent it.
    pub(crate) pid: u32,
    pub(crate) uid: u32,
    /// Fault address, child id, or value given by the sender.
    pub(crate) value: u64,
}

impl Info {
    /// As programs see it.
    pub(crate) fn siginfo(&self) -> SigInfo {
        let mut words = [0; 14];
        if SYNCHRONOUS & bit(self.number) != 0 && self.code > SI_USER && self.code != SI_KERNEL {
            words[0] = self.value;
        } else {
            words[0] = u64::from(self.pid) | u64::from(self.uid) << 32;
            words[1] = self.value;
        }
        SigInfo {
            signal: self.number as i32,
            errno: 0,
            code: self.code,
            pad: 0,
            words,
        }
    }
}

/// Pending signals.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    set: u64,
    queue: ArrayVec<Info, QUEUE>,
}

impl Pending {
    pub(crate) const fn new() -> Pending {
        Pending {
            set: 0,
            queue: ArrayVec::new_const(),
        }
    }

    /// All that are pending, bit number - 1.
    pub(crate) fn set(&self) -> u64 {
        self.set
    }

    /// Adds a signal. A standard signal that is pending already is not added again. False: a real-time signal found no room.
    pub(crate) fn add(&mut self, info: Info) -> bool {
        let there = self.set & bit(info.number) != 0;
        if info.number < REAL_TIME {
            if !there {
                // Without room it is delivered all the same, with nothing known about it.
                let _ = self.queue.try_push(info);
            }
        } else if self.queue.try_push(info).is_err() {
            return false;
        }
        self.set |= bit(info.number);
        true
    }

    /// Takes signals out without a trace.
    pub(crate) fn discard(&mut self, set: u64) {
        if self.set & set != 0 {
            self.set &= !set;
            self.queue.retain(|info| bit(info.number) & set == 0);
        }
    }

    /// The first signal of `set` to deliver: those of faults first, then by number.
    pub(crate) fn first(&self, set: u64) -> Option<u32> {
        let here = self.set & set;
        let here = match here & SYNCHRONOUS {
            0 => here,
            faults => faults,
        };
        (here != 0).then(|| here.trailing_zeros() + 1)
    }

    /// Takes the first signal of `set` out.
    pub(crate) fn take(&mut self, set: u64) -> Option<Info> {
        let number = self.first(set)?;
        let at = self.queue.iter().position(|info| info.number == number);
        let info = match at {
            Some(at) => self.queue.remove(at),
            None => Info {
                number,
                code: SI_USER,
                pid: 0,
                uid: 0,
                value: 0,
            },
        };
        if !self.queue.iter().any(|info| info.number == number) {
            self.set &= !bit(number);
        }
        Some(info)
    }
}

#[cfg(test)]
mod tests {
    use super::{Info, Pending, QUEUE, bit};

    fn info(number: u32, value: u64) -> Info {
        Info {
            number,
            code: 0,
            pid: 7,
            uid: 8,
            value,
        }
    }

    #[test]
    fn standard_signals_merge_and_real_time_ones_queue() {
        let mut pending = Pending::new();
        assert!(pending.add(info(10, 1)) && pending.add(info(10, 2)));
        assert!(pending.add(info(40, 1)) && pending.add(info(40, 2)));
        assert_eq!(pending.take(!0), Some(info(10, 1)));
        assert_eq!(pending.take(!0), Some(info(40, 1)));
        assert_eq!(pending.set(), bit(40));
        assert_eq!(pending.take(!0), Some(info(40, 2)));
        assert_eq!((pending.take(!0), pending.set()), (None, 0));
    }

    #[test]
    fn faults_come_first_and_blocked_ones_stay() {
        let mut pending = Pending::new();
        pending.add(info(2, 0));
        pending.add(info(11, 0));
        assert_eq!(pending.first(!0), Some(11));
        assert_eq!(pending.first(!bit(11)), Some(2));
        assert_eq!(pending.take(bit(5)), None);
        pending.discard(bit(2));
        assert_eq!(pending.set(), bit(11));
    }

    #[test]
    fn a_full_queue_loses_circumstances_but_no_standard_signal() {
        let mut pending = Pending::new();
        for value in 0..QUEUE as u64 {
            assert!(pending.add(info(34, value)));
        }
        assert!(!pending.add(info(34, 99)));
        assert!(pending.add(info(15, 0)));
        assert_eq!(pending.take(bit(15)).map(|info| info.pid), Some(0));
    }

    #[test]
    fn the_sender_or_the_address_stands_where_programs_look() {
        let sent = info(10, 5).siginfo();
        assert_eq!((sent.words[0], sent.words[1]), (8 << 32 | 7, 5));
        let fault = Info {
            code: 1,
            ..info(11, 0x1234)
        };
        assert_eq!(fault.siginfo().words[0], 0x1234);
    }
}

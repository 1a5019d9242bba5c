//! Structures of time. Source: include/uapi/linux/{time,time_types}.h.

use crate::errno::Errno;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

const SECOND: u64 = 1_000_000_000;

/// struct timespec.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub(crate) struct TimeSpec {
    pub(crate) seconds: i64,
    pub(crate) nanoseconds: i64,
}

impl TimeSpec {
    /// From ns.
    pub(crate) fn from_ns(ns: u64) -> TimeSpec {
        TimeSpec {
            seconds: (ns / SECOND) as i64,
            nanoseconds: (ns % SECOND) as i64,
        }
    }

    /// In ns, at most `u64::MAX`; EINVAL when negative or not normal.
    pub(crate) fn ns(self) -> Result<u64, Errno> {
        let (Ok(seconds), Ok(rest)) =
            (u64::try_from(self.seconds), u64::try_from(self.nanoseconds))
        else {
            return Err(Errno::EINVAL);
        };
        if rest >= SECOND {
            return Err(Errno::EINVAL);
        }
        Ok(seconds.saturating_mul(SECOND).saturating_add(rest))
    }
}

/// struct timeval.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub(crate) struct TimeVal {
    pub(crate) seconds: i64,
    pub(crate) microseconds: i64,
}

impl TimeVal {
    /// From ns, rounded down.
    pub(crate) fn from_ns(ns: u64) -> TimeVal {
        TimeVal {
            seconds: (ns / SECOND) as i64,
            microseconds: (ns % SECOND / 1000) as i64,
        }
    }

    /// In ns; as [`TimeSpec::ns`].
    pub(crate) fn ns(self) -> Result<u64, Errno> {
        TimeSpec {
            seconds: self.seconds,
            nanoseconds: self.microseconds.checked_mul(1000).ok_or(Errno::EINVAL)?,
        }
        .ns()
    }
}

/// struct itimerval.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub(crate) struct ITimerVal {
    pub(crate) interval: TimeVal,
    pub(crate) value: TimeVal,
}

/// struct timezone: kept as all zero.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct TimeZone {
    pub(crate) minutes_west: i32,
    pub(crate) summer_time: i32,
}

/// struct tms, in 1/100 s.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Tms {
    pub(crate) user: i64,
    pub(crate) system: i64,
    pub(crate) children_user: i64,
    pub(crate) children_system: i64,
}

#[cfg(test)]
mod tests {
    use super::{TimeSpec, TimeVal};

    #[test]
    fn times_convert_both_ways_and_bad_ones_are_refused() {
        let time = TimeSpec::from_ns(2_500_000_001);
        assert_eq!((time.seconds, time.nanoseconds), (2, 500_000_001));
        assert_eq!(time.ns(), Ok(2_500_000_001));
        let bad = |seconds, nanoseconds| TimeSpec {
            seconds,
            nanoseconds,
        };
        assert!(bad(-1, 0).ns().is_err());
        assert!(bad(0, 1_000_000_000).ns().is_err());
        assert_eq!(bad(i64::MAX, 0).ns(), Ok(u64::MAX));
        assert_eq!(TimeVal::from_ns(1_000_999).microseconds, 1000);
    }
}

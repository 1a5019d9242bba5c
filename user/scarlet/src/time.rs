//! Clocks and sleeping.

use crate::sys::{Nr, call};
use crate::{Error, Result};

/// ns since power-on.
pub fn now() -> u64 {
    call(Nr::Clock, [0]).unwrap_or(0) as u64
}

/// ns since 1970-01-01 UTC.
pub fn wall() -> u64 {
    call(Nr::Clock, [1]).unwrap_or(0) as u64
}

/// Sleeps the whole time, whatever interrupts it.
pub fn sleep(ns: u64) -> Result<()> {
    let end = now().saturating_add(ns);
    loop {
        match call(Nr::Sleep, [end.saturating_sub(now()) as usize]) {
            Err(Error::Interrupted) if now() < end => {}
            other => return other.map(drop),
        }
    }
}

/// A date of the Gregorian calendar, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain words")]
pub struct Date {
    pub year: u64,
    pub month: u64,
    pub day: u64,
    pub hour: u64,
    pub minute: u64,
    pub second: u64,
}

/// The date of a time in seconds since 1970. Method: days counted from 1 March 0000, in eras of 400 years.
pub fn date(seconds: u64) -> Date {
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    Date {
        year: era * 400 + year_of_era + u64::from(month <= 2),
        month,
        day: day_of_year - (153 * shifted + 2) / 5 + 1,
        hour: seconds / 3600 % 24,
        minute: seconds / 60 % 60,
        second: seconds % 60,
    }
}

//! xv6 has one error: -1.

use kapi::{Error, ErrorWord};

/// The error, whatever went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errno;

impl From<Error> for Errno {
    fn from(_: Error) -> Self {
        Errno
    }
}

impl From<kapi::user::BadAddress> for Errno {
    fn from(_: kapi::user::BadAddress) -> Self {
        Errno
    }
}

impl ErrorWord for Errno {
    fn word(self) -> u64 {
        u64::MAX
    }
}

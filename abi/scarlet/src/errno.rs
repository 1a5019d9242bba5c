//! The native error codes. The result register holds minus the code.

use kapi::{Error, ErrorWord};

/// An error on its way to a native program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errno(pub(crate) Error);

impl From<Error> for Errno {
    fn from(error: Error) -> Self {
        Errno(error)
    }
}

impl From<kapi::user::BadAddress> for Errno {
    fn from(_: kapi::user::BadAddress) -> Self {
        Errno(Error::BadAddress)
    }
}

impl ErrorWord for Errno {
    fn word(self) -> u64 {
        (-i64::from(code(self.0))) as u64
    }
}

impl Errno {
    /// The error that a result word holds, if it holds one.
    pub(crate) fn from_word(word: i64) -> Option<Errno> {
        ALL.iter()
            .copied()
            .find(|&error| -i64::from(code(error)) == word)
            .map(Errno)
    }
}

/// Every error, by ascending code from 1 on. Codes never change; new ones are appended.
const ALL: &[Error] = &[
    Error::NotFound,
    Error::AlreadyExists,
    Error::NotDirectory,
    Error::IsDirectory,
    Error::NotEmpty,
    Error::AccessDenied,
    Error::NotPermitted,
    Error::BadHandle,
    Error::BadAddress,
    Error::InvalidArgument,
    Error::OutOfMemory,
    Error::NoSpace,
    Error::TooManyHandles,
    Error::LimitReached,
    Error::ArgumentsTooLong,
    Error::NameTooLong,
    Error::SymlinkLoop,
    Error::CrossDevice,
    Error::ReadOnly,
    Error::Busy,
    Error::WouldBlock,
    Error::Interrupted,
    Error::TimedOut,
    Error::BrokenPipe,
    Error::NotSupported,
    Error::NoSuchCall,
    Error::NotExecutable,
    Error::NoSuchProcess,
    Error::NoChild,
    Error::NotTerminal,
    Error::NotSeekable,
    Error::Overflow,
    Error::OutOfRange,
    Error::Io,
    Error::NoDevice,
    Error::FileTooBig,
    Error::TextBusy,
    Error::TooManyLinks,
    Error::Deadlock,
];

/// The code of an error. Exhaustive: a new error needs a code.
fn code(error: Error) -> u16 {
    match error {
        Error::NotFound => 1,
        Error::AlreadyExists => 2,
        Error::NotDirectory => 3,
        Error::IsDirectory => 4,
        Error::NotEmpty => 5,
        Error::AccessDenied => 6,
        Error::NotPermitted => 7,
        Error::BadHandle => 8,
        Error::BadAddress => 9,
        Error::InvalidArgument => 10,
        Error::OutOfMemory => 11,
        Error::NoSpace => 12,
        Error::TooManyHandles => 13,
        Error::LimitReached => 14,
        Error::ArgumentsTooLong => 15,
        Error::NameTooLong => 16,
        Error::SymlinkLoop => 17,
        Error::CrossDevice => 18,
        Error::ReadOnly => 19,
        Error::Busy => 20,
        Error::WouldBlock => 21,
        Error::Interrupted => 22,
        Error::TimedOut => 23,
        Error::BrokenPipe => 24,
        Error::NotSupported => 25,
        Error::NoSuchCall => 26,
        Error::NotExecutable => 27,
        Error::NoSuchProcess => 28,
        Error::NoChild => 29,
        Error::NotTerminal => 30,
        Error::NotSeekable => 31,
        Error::Overflow => 32,
        Error::OutOfRange => 33,
        Error::Io => 34,
        Error::NoDevice => 35,
        Error::FileTooBig => 36,
        Error::TextBusy => 37,
        Error::TooManyLinks => 38,
        Error::Deadlock => 39,
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, Errno, code};
    use kapi::ErrorWord;

    #[test]
    fn codes_are_dense_and_in_order() {
        for (index, &error) in ALL.iter().enumerate() {
            assert_eq!(usize::from(code(error)), index + 1);
            assert_eq!(
                Errno::from_word(Errno(error).word() as i64),
                Some(Errno(error))
            );
        }
        assert_eq!(Errno::from_word(-40), None);
        assert_eq!(Errno::from_word(0), None);
    }
}

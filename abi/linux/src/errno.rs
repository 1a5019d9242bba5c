//! Linux error numbers. Source: include/uapi/asm-generic/errno-base.h and errno.h; 512 and up: include/linux/errno.h.

use kapi::user::BadAddress;
use kapi::{Error, ErrorWord};

/// An error on its way to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errno(pub(crate) u16);

impl Errno {
    pub(crate) const EPERM: Errno = Errno(1);
    pub(crate) const ENOENT: Errno = Errno(2);
    pub(crate) const ESRCH: Errno = Errno(3);
    pub(crate) const EINTR: Errno = Errno(4);
    pub(crate) const E2BIG: Errno = Errno(7);
    pub(crate) const EBADF: Errno = Errno(9);
    pub(crate) const ENXIO: Errno = Errno(6);
    pub(crate) const EACCES: Errno = Errno(13);
    pub(crate) const EAGAIN: Errno = Errno(11);
    pub(crate) const ENOMEM: Errno = Errno(12);
    pub(crate) const EFAULT: Errno = Errno(14);
    pub(crate) const EEXIST: Errno = Errno(17);
    pub(crate) const ENODEV: Errno = Errno(19);
    pub(crate) const ENOTDIR: Errno = Errno(20);
    pub(crate) const EINVAL: Errno = Errno(22);
    pub(crate) const ENOTTY: Errno = Errno(25);
    pub(crate) const ESPIPE: Errno = Errno(29);
    pub(crate) const ERANGE: Errno = Errno(34);
    pub(crate) const ENOSYS: Errno = Errno(38);
    pub(crate) const ENODATA: Errno = Errno(61);
    pub(crate) const ENOTSOCK: Errno = Errno(88);
    pub(crate) const EOPNOTSUPP: Errno = Errno(95);
    pub(crate) const EAFNOSUPPORT: Errno = Errno(97);
    /// Internal: start again after a handler with SA_RESTART, or without any handler; else EINTR.
    pub(crate) const RESTART: Errno = Errno(512);
    /// Internal: start again only when no handler runs; else EINTR.
    pub(crate) const RESTART_NO_HANDLER: Errno = Errno(514);

    /// Whether it never reaches a program as it is.
    pub(crate) fn is_restart(self) -> bool {
        self.0 >= 512
    }
}

impl From<Error> for Errno {
    fn from(error: Error) -> Errno {
        Errno(match error {
            Error::NotPermitted => 1,
            Error::NotFound => 2,
            Error::NoSuchProcess => 3,
            Error::Io => 5,
            Error::ArgumentsTooLong => 7,
            Error::NotExecutable => 8,
            Error::BadHandle => 9,
            Error::NoChild => 10,
            Error::WouldBlock | Error::LimitReached => 11,
            Error::OutOfMemory => 12,
            Error::AccessDenied => 13,
            Error::BadAddress => 14,
            Error::Busy => 16,
            Error::AlreadyExists => 17,
            Error::CrossDevice => 18,
            Error::NoDevice => 19,
            Error::NotDirectory => 20,
            Error::IsDirectory => 21,
            Error::InvalidArgument => 22,
            Error::TooManyHandles => 24,
            Error::NotTerminal => 25,
            Error::TextBusy => 26,
            Error::FileTooBig => 27,
            Error::NoSpace => 28,
            Error::NotSeekable => 29,
            Error::ReadOnly => 30,
            Error::TooManyLinks => 31,
            Error::BrokenPipe => 32,
            Error::OutOfRange => 34,
            Error::Deadlock => 35,
            Error::NameTooLong => 36,
            Error::NoSuchCall => 38,
            Error::NotEmpty => 39,
            Error::SymlinkLoop => 40,
            Error::Overflow => 75,
            Error::NotSupported => 95,
            Error::TimedOut => 110,
            Error::Interrupted => 512,
        })
    }
}

impl From<BadAddress> for Errno {
    fn from(_: BadAddress) -> Errno {
        Errno::EFAULT
    }
}

impl ErrorWord for Errno {
    fn word(self) -> u64 {
        (-i64::from(self.0)) as u64
    }
}

/// The name of an error number, for the tracer.
pub(crate) fn name(number: u16) -> &'static str {
    NAMES
        .iter()
        .find(|(n, _)| *n == number)
        .map_or("E?", |(_, name)| name)
}

const NAMES: &[(u16, &str)] = &[
    (1, "EPERM"),
    (2, "ENOENT"),
    (3, "ESRCH"),
    (4, "EINTR"),
    (5, "EIO"),
    (7, "E2BIG"),
    (8, "ENOEXEC"),
    (9, "EBADF"),
    (10, "ECHILD"),
    (11, "EAGAIN"),
    (12, "ENOMEM"),
    (13, "EACCES"),
    (14, "EFAULT"),
    (16, "EBUSY"),
    (17, "EEXIST"),
    (18, "EXDEV"),
    (19, "ENODEV"),
    (20, "ENOTDIR"),
    (21, "EISDIR"),
    (22, "EINVAL"),
    (24, "EMFILE"),
    (25, "ENOTTY"),
    (26, "ETXTBSY"),
    (27, "EFBIG"),
    (28, "ENOSPC"),
    (29, "ESPIPE"),
    (30, "EROFS"),
    (31, "EMLINK"),
    (32, "EPIPE"),
    (34, "ERANGE"),
    (35, "EDEADLK"),
    (36, "ENAMETOOLONG"),
    (38, "ENOSYS"),
    (39, "ENOTEMPTY"),
    (40, "ELOOP"),
    (61, "ENODATA"),
    (75, "EOVERFLOW"),
    (88, "ENOTSOCK"),
    (95, "EOPNOTSUPP"),
    (97, "EAFNOSUPPORT"),
    (110, "ETIMEDOUT"),
];

#[cfg(test)]
mod tests {
    use super::{Errno, NAMES, name};
    use kapi::{Error, ErrorWord};

    #[test]
    fn errors_become_negative_words() {
        assert_eq!(Errno::from(Error::NotFound).word() as i64, -2);
        assert_eq!(Errno::from(Error::NoSuchCall), Errno::ENOSYS);
        assert!(Errno::from(Error::Interrupted).is_restart());
    }

    #[test]
    fn names_ascend_and_are_found() {
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!((name(2), name(110), name(6)), ("ENOENT", "ETIMEDOUT", "E?"));
    }
}

//! Argument types of the Linux table; structures by topic in the files below.

pub(crate) mod file;
pub(crate) mod process;
pub(crate) mod signal;
pub(crate) mod system;
pub(crate) mod time;

use crate::errno::Errno;
use core::fmt::{self, Write};
use kapi::object::{ObjectRef, Rights};
use kapi::{Arg, BadArg, Call, Error};

/// A file descriptor: the number of a handle. Negative ones name nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fd(pub(crate) i32);

impl Fd {
    /// The handle's number.
    pub(crate) fn number(self) -> Result<u32, Errno> {
        u32::try_from(self.0).map_err(|_| Errno::EBADF)
    }

    /// The object, if the descriptor is open for these rights.
    #[inline]
    pub(crate) fn object(self, call: &Call<'_>, rights: Rights) -> Result<ObjectRef, Errno> {
        call.process()
            .handles()
            .object(self.number()?, rights)
            .map_err(not_open)
    }

    /// The whole handle, as [`Fd::object`].
    pub(crate) fn handle(
        self,
        call: &Call<'_>,
        rights: Rights,
    ) -> Result<kapi::handle::Handle, Errno> {
        call.process()
            .handles()
            .get(self.number()?, rights)
            .map_err(not_open)
    }
}

/// A descriptor that is not open for something is a bad one.
fn not_open(error: Error) -> Errno {
    match error {
        Error::AccessDenied => Errno::EBADF,
        error => error.into(),
    }
}

impl Arg for Fd {
    #[inline(always)]
    fn decode(word: u64) -> Result<Self, BadArg> {
        Ok(Fd(word as i32))
    }

    fn show(words: &[u64; 6], index: usize, out: &mut dyn Write) -> fmt::Result {
        write!(out, "{}", words[index] as i32)
    }
}

/// A directory's descriptor that relative paths start from, or the working directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dir(pub(crate) i32);

impl Dir {
    /// AT_FDCWD.
    pub(crate) const WORKING: Dir = Dir(-100);
}

impl Arg for Dir {
    #[inline(always)]
    fn decode(word: u64) -> Result<Self, BadArg> {
        Ok(Dir(word as i32))
    }

    fn show(words: &[u64; 6], index: usize, out: &mut dyn Write) -> fmt::Result {
        match words[index] as i32 {
            -100 => out.write_str("AT_FDCWD"),
            number => write!(out, "{number}"),
        }
    }
}

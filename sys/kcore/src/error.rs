//! The one kernel error: ABI-neutral, closed, without numbers. Each ABI converts it at its edge, exhaustively.

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Error {
    /// No such file or directory.
    NotFound,
    AlreadyExists,
    NotDirectory,
    IsDirectory,
    NotEmpty,
    /// The file's permissions or the handle's rights forbid it.
    AccessDenied,
    /// Only a privileged program may do it.
    NotPermitted,
    /// The handle does not exist or is not open for this.
    BadHandle,
    BadAddress,
    InvalidArgument,
    OutOfMemory,
    /// The device or file system is full.
    NoSpace,
    /// The handle table is full.
    TooManyHandles,
    /// A system-wide or per-user count is exhausted (processes, open files); may work later.
    LimitReached,
    ArgumentsTooLong,
    NameTooLong,
    SymlinkLoop,
    CrossDevice,
    ReadOnly,
    Busy,
    /// It would have to wait, and may not.
    WouldBlock,
    /// An event for the program came while it waited.
    Interrupted,
    TimedOut,
    /// Nobody reads.
    BrokenPipe,
    /// The object cannot do it.
    NotSupported,
    /// The ABI has no such call.
    NoSuchCall,
    /// The file is no program that any ABI recognises, or a damaged one.
    NotExecutable,
    NoSuchProcess,
    NoChild,
    NotTerminal,
    /// The object has no position.
    NotSeekable,
    /// A value does not fit its type.
    Overflow,
    /// A result does not fit the caller's buffer.
    OutOfRange,
    Io,
    NoDevice,
    FileTooBig,
    /// The file is being executed or written.
    TextBusy,
    TooManyLinks,
    Deadlock,
}

/// A kernel result.
pub type Result<T, E = Error> = core::result::Result<T, E>;

impl From<hal::OutOfMemory> for Error {
    fn from(_: hal::OutOfMemory) -> Error {
        Error::OutOfMemory
    }
}

impl From<hal::BadAddress> for Error {
    fn from(_: hal::BadAddress) -> Error {
        Error::BadAddress
    }
}

impl From<alloc::collections::TryReserveError> for Error {
    fn from(_: alloc::collections::TryReserveError) -> Error {
        Error::OutOfMemory
    }
}

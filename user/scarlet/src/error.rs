//! Errors of native calls.

use core::fmt;

macro_rules! errors {
    ($($code:literal $name:ident $text:literal),* $(,)?) => {
        /// Why a call failed. The numbers are the ABI's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        #[expect(missing_docs, reason = "the texts below say it")]
        pub enum Error { $($name = $code),* }

        impl Error {
            /// The error of a code.
            pub fn from_code(code: usize) -> Error {
                match code {
                    $($code => Error::$name,)*
                    _ => Error::Io,
                }
            }

            /// What it means.
            pub fn text(self) -> &'static str {
                match self { $(Error::$name => $text),* }
            }
        }
    };
}

errors! {
    1 NotFound "no such file or directory",
    2 AlreadyExists "exists already",
    3 NotDirectory "not a directory",
    4 IsDirectory "is a directory",
    5 NotEmpty "directory not empty",
    6 AccessDenied "permission denied",
    7 NotPermitted "not permitted",
    8 BadHandle "bad handle",
    9 BadAddress "bad address",
    10 InvalidArgument "invalid argument",
    11 OutOfMemory "out of memory",
    12 NoSpace "no space left",
    13 TooManyHandles "too many open handles",
    14 LimitReached "limit reached, try again later",
    15 ArgumentsTooLong "arguments too long",
    16 NameTooLong "name too long",
    17 SymlinkLoop "too many symbolic links",
    18 CrossDevice "on another file system",
    19 ReadOnly "read-only file system",
    20 Busy "busy",
    21 WouldBlock "would block",
    22 Interrupted "interrupted",
    23 TimedOut "timed out",
    24 BrokenPipe "broken pipe",
    25 NotSupported "not supported",
    26 NoSuchCall "no such call",
    27 NotExecutable "not a program that any ABI recognises",
    28 NoSuchProcess "no such process",
    29 NoChild "no child",
    30 NotTerminal "not a terminal",
    31 NotSeekable "has no position",
    32 Overflow "value too large",
    33 OutOfRange "result too large",
    34 Io "input/output error",
    35 NoDevice "no such device",
    36 FileTooBig "file too large",
    37 TextBusy "file is in use as a program",
    38 TooManyLinks "too many links",
    39 Deadlock "would deadlock",
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// A result of a native call.
pub type Result<T> = core::result::Result<T, Error>;

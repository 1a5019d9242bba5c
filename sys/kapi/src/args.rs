//! Types that can stand in a call table: how a word becomes a value, how the tracer shows it, how a result becomes a word.

use crate::{Error, Outcome, Replaced};
use core::fmt::{self, Write};

/// An argument word that does not decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadArg;

impl From<BadArg> for Error {
    fn from(_: BadArg) -> Error {
        Error::InvalidArgument
    }
}

/// A type that can stand in a table's argument list.
pub trait Arg: Sized {
    /// The value of a register.
    fn decode(word: u64) -> Result<Self, BadArg>;

    /// Writes argument `index` of `words` as the tracer shows it.
    fn show(words: &[u64; 6], index: usize, out: &mut dyn Write) -> fmt::Result {
        write!(out, "{:#x}", words[index])
    }
}

/// A type that can stand after a table's arrow.
pub trait Ret {
    /// What goes to the program.
    fn outcome(self) -> Outcome;
}

impl Ret for () {
    fn outcome(self) -> Outcome {
        Outcome::Value(0)
    }
}

impl Ret for Replaced {
    fn outcome(self) -> Outcome {
        Outcome::Replaced
    }
}

impl Ret for Outcome {
    fn outcome(self) -> Outcome {
        self
    }
}

macro_rules! integers {
    ($($ty:ty),*) => { $(
        impl Arg for $ty {
            #[inline(always)]
            fn decode(word: u64) -> Result<Self, BadArg> {
                Ok(word as $ty)
            }
            fn show(words: &[u64; 6], index: usize, out: &mut dyn Write) -> fmt::Result {
                write!(out, "{}", words[index] as $ty)
            }
        }
        impl Ret for $ty {
            #[inline(always)]
            fn outcome(self) -> Outcome {
                Outcome::Value(self as u64)
            }
        }
    )* };
}
integers!(i16, i32, u32, i64, u64, usize, isize);

/// Writes bytes as a quoted string with escapes, as strace does; `cut`: more bytes follow that are not shown.
pub fn show_bytes(bytes: &[u8], cut: bool, out: &mut dyn Write) -> fmt::Result {
    write!(
        out,
        "\"{}\"{}",
        bytes.escape_ascii(),
        if cut { "..." } else { "" }
    )
}

#[cfg(test)]
mod tests {
    use super::{Arg, show_bytes};

    #[test]
    fn integers_are_cut_to_their_width() {
        assert_eq!(i32::decode(0xffff_ffff), Ok(-1));
        assert_eq!(u32::decode(0x1_0000_0002), Ok(2));
        let mut text = String::new();
        i32::show(&[0, u64::MAX, 0, 0, 0, 0], 1, &mut text).unwrap();
        assert_eq!(text, "-1");
    }

    #[test]
    fn bytes_are_escaped_and_marked_when_cut() {
        let mut text = String::new();
        show_bytes(b"a\n\"", true, &mut text).unwrap();
        assert_eq!(text, "\"a\\n\\\"\"...");
    }
}

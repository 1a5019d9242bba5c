//! User addresses as arguments. An address is an allegation: it proves nothing until a checked copy succeeded.

use crate::args::{Arg, BadArg, show_bytes};
use crate::user::{self, BadAddress};
use crate::{Error, Result};
use core::fmt::{self, Write};
use core::marker::PhantomData;
use smallvec::SmallVec;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// Most bytes of a string or buffer that the tracer shows.
const SHOWN: usize = 32;

/// Bytes of a path, without the NUL.
pub type PathBytes = SmallVec<[u8; 128]>;

/// An address of nothing in particular (mmap, brk).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(pub usize);

impl Arg for Address {
    #[inline(always)]
    fn decode(word: u64) -> Result<Self, BadArg> {
        Ok(Address(word as usize))
    }
}

impl crate::Ret for Address {
    fn outcome(self) -> crate::Outcome {
        crate::Outcome::Value(self.0 as u64)
    }
}

/// The address of a `T`, or of the first of several.
pub struct UserPtr<T> {
    address: usize,
    of: PhantomData<T>,
}

impl<T> Clone for UserPtr<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for UserPtr<T> {}

impl<T> UserPtr<T> {
    /// The pointer with this address.
    pub fn new(address: usize) -> Self {
        UserPtr {
            address,
            of: PhantomData,
        }
    }

    /// The address alone.
    pub fn address(self) -> usize {
        self.address
    }

    /// Whether it is 0.
    pub fn is_null(self) -> bool {
        self.address == 0
    }

    /// Itself, unless it is 0.
    pub fn some(self) -> Option<Self> {
        (!self.is_null()).then_some(self)
    }

    /// The `index`th element's address.
    pub fn at(self, index: usize) -> Self {
        UserPtr::new(
            self.address
                .wrapping_add(index.wrapping_mul(size_of::<T>())),
        )
    }
}

impl<T: FromBytes + IntoBytes> UserPtr<T> {
    /// Copies the value in.
    pub fn read(self) -> Result<T, BadAddress> {
        let mut value = T::new_zeroed();
        user::copy_in(value.as_mut_bytes(), self.address)?;
        Ok(value)
    }
}

impl<T: IntoBytes + Immutable> UserPtr<T> {
    /// Copies a value out.
    pub fn write(self, value: &T) -> Result<(), BadAddress> {
        user::copy_out(self.address, value.as_bytes())
    }

    /// Copies a value out unless the pointer is 0.
    pub fn write_opt(self, value: &T) -> Result<(), BadAddress> {
        if self.is_null() {
            Ok(())
        } else {
            self.write(value)
        }
    }
}

impl<T> Arg for UserPtr<T> {
    #[inline(always)]
    fn decode(word: u64) -> Result<Self, BadArg> {
        Ok(UserPtr::new(word as usize))
    }

    fn show(words: &[u64; 6], index: usize, out: &mut dyn Write) -> fmt::Result {
        match words[index] {
            0 => out.write_str("NULL"),
            address => write!(out, "{address:#x}"),
        }
    }
}

/// The address of a string that ends with NUL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserStr(pub usize);

impl UserStr {
    /// Copies the string in, without the NUL; one of `limit` bytes or more is [`Error::NameTooLong`].
    pub fn read(self, limit: usize) -> Result<PathBytes> {
        let mut bytes = PathBytes::new();
        let mut chunk = [0; 128];
        while bytes.len() < limit {
            let at = self.0.wrapping_add(bytes.len());
            // Up to the next boundary only: the string may end just before a page that is not there.
            let room = (128 - at % 128).min(limit - bytes.len());
            match user::copy_in_str(&mut chunk[..room], at)? {
                Some(len) => {
                    bytes.extend_from_slice(&chunk[..len]);
                    return Ok(bytes);
                }
                None => bytes.extend_from_slice(&chunk[..room]),
            }
        }
        Err(Error::NameTooLong)
    }
}

impl Arg for UserStr {
    #[inline(always)]
    fn decode(word: u64) -> Result<Self, BadArg> {
        Ok(UserStr(word as usize))
    }

    fn show(words: &[u64; 6], index: usize, out: &mut dyn Write) -> fmt::Result {
        let address = words[index] as usize;
        if address == 0 {
            return out.write_str("NULL");
        }
        match UserStr(address).read(4096) {
            Ok(bytes) => show_bytes(&bytes, false, out),
            Err(_) => write!(out, "{address:#x}"),
        }
    }
}

/// The address of bytes that the kernel reads; the next argument word is their length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InBuffer(pub usize);

impl Arg for InBuffer {
    #[inline(always)]
    fn decode(word: u64) -> Result<Self, BadArg> {
        Ok(InBuffer(word as usize))
    }

    fn show(words: &[u64; 6], index: usize, out: &mut dyn Write) -> fmt::Result {
        let address = words[index] as usize;
        let len = words.get(index + 1).map_or(0, |&len| len as usize);
        let mut bytes = [0; SHOWN];
        let shown = len.min(SHOWN);
        match user::copy_in(&mut bytes[..shown], address) {
            Ok(()) => show_bytes(&bytes[..shown], len > shown, out),
            Err(_) => write!(out, "{address:#x}"),
        }
    }
}

//! Where the bytes of a transfer go to or come from: user memory or kernel memory, in one or many pieces.
//!
//! A [`Sink`] or [`Source`] keeps its position, so that an object can fill it in several steps. User memory is the
//! current program's: transfers to it may fault pages in, so hold no spin lock over them.

use crate::{Error, Result};
pub use hal::frame::{Frame, pinned};

/// One piece of user memory: address and length in bytes.
pub type Piece = (usize, usize);

enum Target<'a> {
    User(&'a [Piece]),
    Kernel(&'a mut [u8]),
}

/// Takes the bytes of a read.
pub struct Sink<'a> {
    target: Target<'a>,
    /// Bytes already taken from the first piece of `User`, or from `Kernel`.
    at: usize,
    done: usize,
    limit: usize,
}

impl<'a> Sink<'a> {
    /// User memory in pieces (one for read, many for readv). The pieces' total must not overflow.
    pub fn user(pieces: &'a [Piece]) -> Self {
        let limit = pieces.iter().map(|p| p.1).sum();
        Sink {
            target: Target::User(pieces),
            at: 0,
            done: 0,
            limit,
        }
    }

    /// A kernel buffer.
    pub fn kernel(buffer: &'a mut [u8]) -> Self {
        let limit = buffer.len();
        Sink {
            target: Target::Kernel(buffer),
            at: 0,
            done: 0,
            limit,
        }
    }

    /// Bytes that still fit.
    pub fn remaining(&self) -> usize {
        self.limit - self.done
    }

    /// Bytes taken so far.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Takes bytes; as many as fit. Fails when the very first byte cannot be stored.
    pub fn put(&mut self, mut bytes: &[u8]) -> Result<usize> {
        let start = self.done;
        while !bytes.is_empty() && self.remaining() > 0 {
            let n = self.step(bytes.len(), |to| match to {
                Place::User(va, n) => Ok(hal::user::copy_out(va, &bytes[..n])?),
                Place::Kernel(buffer) => {
                    buffer.copy_from_slice(&bytes[..buffer.len()]);
                    Ok(())
                }
            });
            match n {
                Ok(n) => bytes = &bytes[n..],
                Err(error) if self.done == start => return Err(error),
                Err(_) => break,
            }
        }
        Ok(self.done - start)
    }

    /// Takes `len` bytes of a frame from `offset` on; as [`Sink::put`], without a bounce buffer.
    pub fn put_frame(&mut self, frame: &Frame, mut offset: usize, mut len: usize) -> Result<usize> {
        let start = self.done;
        while len > 0 && self.remaining() > 0 {
            let n = self.step(len, |to| match to {
                Place::User(va, n) => Ok(frame.copy_to_user(offset, va, n)?),
                Place::Kernel(buffer) => {
                    frame.read(offset, buffer);
                    Ok(())
                }
            });
            match n {
                Ok(n) => {
                    offset += n;
                    len -= n;
                }
                Err(error) if self.done == start => return Err(error),
                Err(_) => break,
            }
        }
        Ok(self.done - start)
    }

    /// Takes `len` zeros.
    pub fn put_zeros(&mut self, mut len: usize) -> Result<usize> {
        let start = self.done;
        while len > 0 && self.remaining() > 0 {
            let n = self.step(len, |to| match to {
                Place::User(va, n) => Ok(hal::user::zero(va, n)?),
                Place::Kernel(buffer) => {
                    buffer.fill(0);
                    Ok(())
                }
            });
            match n {
                Ok(n) => len -= n,
                Err(error) if self.done == start => return Err(error),
                Err(_) => break,
            }
        }
        Ok(self.done - start)
    }

    fn step(&mut self, want: usize, copy: impl FnOnce(Place<'_>) -> Result<()>) -> Result<usize> {
        match &mut self.target {
            Target::Kernel(buffer) => {
                let n = want.min(buffer.len() - self.at);
                copy(Place::Kernel(&mut buffer[self.at..self.at + n]))?;
                self.at += n;
                self.done += n;
                Ok(n)
            }
            Target::User(pieces) => {
                skip_full(pieces, &mut self.at);
                let (va, len) = *pieces.first().ok_or(Error::InvalidArgument)?;
                let n = want.min(len - self.at);
                copy(Place::User(va.wrapping_add(self.at), n))?;
                self.at += n;
                self.done += n;
                Ok(n)
            }
        }
    }
}

enum Place<'a> {
    User(usize, usize),
    Kernel(&'a mut [u8]),
}

fn skip_full(pieces: &mut &[Piece], at: &mut usize) {
    while let Some(first) = pieces.first() {
        if *at < first.1 {
            break;
        }
        *at = 0;
        *pieces = &pieces[1..];
    }
}

enum Origin<'a> {
    User(&'a [Piece]),
    Kernel(&'a [u8]),
}

/// Gives the bytes of a write.
pub struct Source<'a> {
    origin: Origin<'a>,
    at: usize,
    done: usize,
    limit: usize,
}

impl<'a> Source<'a> {
    /// User memory in pieces.
    pub fn user(pieces: &'a [Piece]) -> Self {
        let limit = pieces.iter().map(|p| p.1).sum();
        Source {
            origin: Origin::User(pieces),
            at: 0,
            done: 0,
            limit,
        }
    }

    /// A kernel buffer.
    pub fn kernel(bytes: &'a [u8]) -> Self {
        Source {
            origin: Origin::Kernel(bytes),
            at: 0,
            done: 0,
            limit: bytes.len(),
        }
    }

    /// Bytes not yet given.
    pub fn remaining(&self) -> usize {
        self.limit - self.done
    }

    /// Bytes given so far.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Fills `into`; as many bytes as there are. Fails when the very first byte cannot be read.
    pub fn take(&mut self, into: &mut [u8]) -> Result<usize> {
        let start = self.done;
        let mut filled = 0;
        while filled < into.len() && self.remaining() > 0 {
            let rest = &mut into[filled..];
            let n = self.step(rest.len(), |from| match from {
                From::User(va, n) => Ok(hal::user::copy_in(&mut rest[..n], va)?),
                From::Kernel(bytes) => {
                    rest[..bytes.len()].copy_from_slice(bytes);
                    Ok(())
                }
            });
            match n {
                Ok(n) => filled += n,
                Err(error) if self.done == start => return Err(error),
                Err(_) => break,
            }
        }
        Ok(self.done - start)
    }

    /// Fills `len` bytes of a frame from `offset` on; as [`Source::take`], without a bounce buffer.
    pub fn take_frame(
        &mut self,
        frame: &Frame,
        mut offset: usize,
        mut len: usize,
    ) -> Result<usize> {
        let start = self.done;
        while len > 0 && self.remaining() > 0 {
            let n = self.step(len, |from| match from {
                From::User(va, n) => Ok(frame.copy_from_user(offset, va, n)?),
                From::Kernel(bytes) => {
                    frame.write(offset, bytes);
                    Ok(())
                }
            });
            match n {
                Ok(n) => {
                    offset += n;
                    len -= n;
                }
                Err(error) if self.done == start => return Err(error),
                Err(_) => break,
            }
        }
        Ok(self.done - start)
    }

    fn step(&mut self, want: usize, copy: impl FnOnce(From<'_>) -> Result<()>) -> Result<usize> {
        let n = match &mut self.origin {
            Origin::Kernel(bytes) => {
                let n = want.min(bytes.len() - self.at);
                copy(From::Kernel(&bytes[self.at..self.at + n]))?;
                n
            }
            Origin::User(pieces) => {
                skip_full(pieces, &mut self.at);
                let (va, len) = *pieces.first().ok_or(Error::InvalidArgument)?;
                let n = want.min(len - self.at);
                copy(From::User(va.wrapping_add(self.at), n))?;
                n
            }
        };
        self.at += n;
        self.done += n;
        Ok(n)
    }
}

enum From<'a> {
    User(usize, usize),
    Kernel(&'a [u8]),
}

#[cfg(test)]
mod tests {
    use super::{Sink, Source};

    #[test]
    fn a_kernel_sink_takes_what_fits() {
        let mut buffer = [0; 4];
        let mut sink = Sink::kernel(&mut buffer);
        assert_eq!(sink.put(b"ab"), Ok(2));
        assert_eq!(sink.put(b"cdef"), Ok(2));
        assert_eq!((sink.remaining(), sink.done()), (0, 4));
        assert_eq!(&buffer, b"abcd");
    }

    #[test]
    fn a_kernel_source_gives_what_it_has() {
        let mut source = Source::kernel(b"abc");
        let mut two = [0; 2];
        assert_eq!(source.take(&mut two), Ok(2));
        assert_eq!(source.take(&mut two), Ok(1));
        assert_eq!(source.take(&mut two), Ok(0));
        assert_eq!(&two, b"cb");
    }
}

//! Handles, reading and writing.

use crate::sys::{NONE, Nr, call};
use crate::{Error, Result};
use alloc::vec::Vec;
use core::fmt;

/// An owned handle; closed when dropped.
#[derive(Debug)]
pub struct Handle(u32);

impl Handle {
    /// Takes over an open handle number.
    pub fn from_number(number: u32) -> Handle {
        Handle(number)
    }

    /// The number.
    pub fn number(&self) -> u32 {
        self.0
    }

    /// Gives the number away; it stays open.
    pub fn into_number(self) -> u32 {
        let number = self.0;
        core::mem::forget(self);
        number
    }

    /// Another handle to the same object.
    pub fn duplicate(&self) -> Result<Handle> {
        duplicate(self.0)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // Nothing can be done about a handle that will not close.
        let _ = call(Nr::HandleClose, [self.0 as usize]);
    }
}

/// Another handle to the object at `number`.
pub fn duplicate(number: u32) -> Result<Handle> {
    call(
        Nr::HandleDuplicate,
        [number as usize, NONE as usize, NONE as usize],
    )
    .map(|n| Handle(n as u32))
}

/// Makes `to` a handle to the object at `number`.
pub fn duplicate_to(number: u32, to: u32) -> Result<()> {
    call(
        Nr::HandleDuplicate,
        [number as usize, NONE as usize, to as usize],
    )
    .map(drop)
}

/// Says whether exec and spawn keep it from the new program.
pub fn set_close_on_exec(number: u32, on: bool) -> Result<()> {
    call(Nr::HandleFlags, [number as usize, 1, usize::from(on)]).map(drop)
}

/// Reads once; 0 at the end.
pub fn read(number: u32, into: &mut [u8]) -> Result<usize> {
    call(
        Nr::Read,
        [number as usize, into.as_mut_ptr() as usize, into.len()],
    )
}

/// Writes once; may be short.
pub fn write(number: u32, from: &[u8]) -> Result<usize> {
    call(
        Nr::Write,
        [number as usize, from.as_ptr() as usize, from.len()],
    )
}

/// Writes all.
pub fn write_all(number: u32, mut from: &[u8]) -> Result<()> {
    while !from.is_empty() {
        match write(number, from) {
            Ok(0) => return Err(Error::Io),
            Ok(n) => from = &from[n..],
            Err(Error::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads to the end.
pub fn read_to_end(number: u32) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match read(number, &mut chunk) {
            Ok(0) => return Ok(all),
            Ok(n) => all.extend_from_slice(&chunk[..n]),
            Err(Error::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Makes a pipe: its reader and its writer.
pub fn pipe() -> Result<(Handle, Handle)> {
    let mut ends = [0_u32; 2];
    call(Nr::Pipe, [ends.as_mut_ptr() as usize])?;
    Ok((Handle(ends[0]), Handle(ends[1])))
}

/// Calls `each` with every line of a stream (without its newline) until it says false.
pub fn for_lines(number: u32, mut each: impl FnMut(&[u8]) -> Result<bool>) -> Result<()> {
    let mut held: Vec<u8> = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let n = match read(number, &mut chunk) {
            Err(Error::Interrupted) => continue,
            other => other?,
        };
        if n == 0 {
            if !held.is_empty() {
                each(&held)?;
            }
            return Ok(());
        }
        held.extend_from_slice(&chunk[..n]);
        let mut from = 0;
        while let Some(len) = held[from..].iter().position(|&byte| byte == b'\n') {
            if !each(&held[from..from + len])? {
                return Ok(());
            }
            from += len + 1;
        }
        held.drain(..from);
    }
}

/// Output gathered up to 4 KiB, then written at once. Written out when dropped, too.
pub struct Buffered {
    number: u32,
    held: Vec<u8>,
    /// The first failure; reported by [`Buffered::flush`].
    failed: Option<Error>,
}

impl Buffered {
    /// A buffer before a handle.
    pub fn new(number: u32) -> Buffered {
        Buffered {
            number,
            held: Vec::new(),
            failed: None,
        }
    }

    /// Adds bytes.
    pub fn put(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= 4096 {
            self.write_out();
        }
    }

    fn write_out(&mut self) {
        let held = core::mem::take(&mut self.held);
        if let Err(error) = write_all(self.number, &held) {
            self.failed.get_or_insert(error);
        }
    }

    /// Writes all out; the first error since the last flush.
    pub fn flush(&mut self) -> Result<()> {
        self.write_out();
        self.failed.take().map_or(Ok(()), Err)
    }

    /// Whether writing has failed: no use going on.
    pub fn has_failed(&self) -> bool {
        self.failed.is_some()
    }
}

impl fmt::Write for Buffered {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}

impl Drop for Buffered {
    fn drop(&mut self) {
        self.write_out();
    }
}

/// What `print!` calls.
pub fn print(args: fmt::Arguments<'_>) {
    // As elsewhere, output that nobody takes is lost.
    let _ = fmt::Write::write_fmt(&mut Buffered::new(1), args);
}

/// What `eprintln!` calls.
pub fn eprint(args: fmt::Arguments<'_>) {
    let _ = fmt::Write::write_fmt(&mut Buffered::new(2), args);
}

/// A handle to wait for, and what for: 1 read, 2 write.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Poll {
    /// The handle's number.
    pub handle: u32,
    /// What to wait for.
    pub interest: u32,
    /// What came: the interest's bits, 4 error, 8 hang-up.
    pub ready: u32,
    /// Unused.
    pub pad: u32,
}

/// Waits until one is ready, at most `timeout_ns` (below 0: for ever); gives how many are.
pub fn wait_many(polls: &mut [Poll], timeout_ns: i64) -> Result<usize> {
    call(
        Nr::WaitMany,
        [
            polls.as_mut_ptr() as usize,
            polls.len(),
            timeout_ns as usize,
        ],
    )
}

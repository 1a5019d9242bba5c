//! A ring of bytes.

use alloc::boxed::Box;
use alloc::vec;

/// Bytes that the ring holds at most.
pub(crate) const SIZE: usize = 8192;

/// First in, first out.
pub(crate) struct Ring {
    bytes: Box<[u8]>,
    start: usize,
    len: usize,
}

impl Ring {
    pub(crate) fn new() -> Ring {
        Ring {
            bytes: vec![0; SIZE].into_boxed_slice(),
            start: 0,
            len: 0,
        }
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// Bytes that fit.
    pub(crate) fn room(&self) -> usize {
        SIZE - self.len
    }
    /// Adds a byte; a full ring loses it: ask for room first.
    pub(crate) fn push(&mut self, byte: u8) {
        if self.len < SIZE {
            self.bytes[(self.start + self.len) % SIZE] = byte;
            self.len += 1;
        }
    }
    pub(crate) fn pop(&mut self) -> Option<u8> {
        self.len = self.len.checked_sub(1)?;
        let byte = self.bytes[self.start];
        self.start = (self.start + 1) % SIZE;
        Some(byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_around() {
        let mut ring = Ring::new();
        for turn in 0..5 {
            for at in 0..SIZE - 100 {
                ring.push((at + turn) as u8);
            }
            assert_eq!(ring.room(), 100);
            for at in 0..SIZE - 100 {
                assert_eq!(ring.pop(), Some((at + turn) as u8));
            }
        }
        assert!(ring.is_empty() && ring.pop().is_none());
    }
}

//! Physical memory as owned, counted 4 KiB frames.
//!
//! Per-CPU caches over a buddy allocator. A [`Frame`] is one reference to a frame: `clone` adds one, `drop`
//! takes one away, the last gives the frame back. Frames hold untyped bytes only (user memory, file pages,
//! page tables): they are read and written by copying, never borrowed, so user programs may share them.

use crate::{BadAddress, OutOfMemory};

/// One counted reference to a physical frame.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    number: u32,
}

impl Frame {
    /// A frame whose contents are whatever they were: fill it whole before a program can see it.
    pub fn alloc() -> Result<Frame, OutOfMemory> {
        todo!()
    }
    /// A frame of zeros.
    pub fn zeroed() -> Result<Frame, OutOfMemory> {
        todo!()
    }
    /// A new frame with the same contents.
    pub fn duplicate(&self) -> Result<Frame, OutOfMemory> {
        todo!()
    }
    /// Whether this is not the only reference.
    pub fn is_shared(&self) -> bool {
        todo!()
    }
    /// The frame number: physical address / 4096.
    pub fn number(&self) -> u32 {
        self.number
    }
    /// Copies bytes out of the frame; `offset + into.len() <= 4096`, else panics.
    pub fn read(&self, offset: usize, into: &mut [u8]) {
        todo!()
    }
    /// Copies bytes into the frame; bounds as [`Frame::read`].
    pub fn write(&self, offset: usize, from: &[u8]) {
        todo!()
    }
    /// Sets bytes to zero; bounds as [`Frame::read`].
    pub fn zero(&self, offset: usize, len: usize) {
        todo!()
    }
    /// Copies straight to the current program's memory at `user`; bounds as [`Frame::read`].
    pub fn copy_to_user(&self, offset: usize, user: usize, len: usize) -> Result<(), BadAddress> {
        todo!()
    }
    /// Copies straight from the current program's memory at `user`; bounds as [`Frame::read`].
    pub fn copy_from_user(&self, offset: usize, user: usize, len: usize) -> Result<(), BadAddress> {
        todo!()
    }
}

impl Clone for Frame {
    fn clone(&self) -> Self {
        todo!()
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        todo!()
    }
}

/// The frames behind a page-aligned part of a boot-time region (the initrd), for zero-copy mapping.
/// `bytes` must lie in such a region; `None` when it does not or is not page-aligned.
/// The frames are pinned: they never go back to the allocator.
pub fn pinned(bytes: &'static [u8]) -> Option<Frame> {
    todo!()
}

/// How the machine's memory is used, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryStats {
    /// All memory that the kernel manages.
    pub total: u64,
    /// Free frames.
    pub free: u64,
    /// Taken by the kernel heap.
    pub heap: u64,
    /// Bytes of the heap really in use.
    pub heap_used: u64,
    /// Taken by page tables.
    pub page_tables: u64,
    /// Kernel image, frame table and per-CPU areas.
    pub image: u64,
}

/// The present figures.
pub fn stats() -> MemoryStats {
    todo!()
}

/// Whether memory is so short that new work should be refused (the heap's own reserve is touched).
pub fn is_short() -> bool {
    todo!()
}

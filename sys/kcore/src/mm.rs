//! Memory of programs: address spaces of mapped areas, demand paging, copy on write.

use crate::Result;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;
use hal::frame::Frame;
pub use hal::paging::Prot;
use hal::user::{Access, Fault};

/// Pages of something that can be mapped (file contents, shared memory).
pub trait Pages: Send + Sync {
    /// The frame of page `index`. `write`: the caller will write to it through a shared mapping. Beyond the end: [`crate::Error::OutOfRange`].
    fn page(&self, index: u64, write: bool) -> Result<Frame>;
    /// Length in bytes.
    fn len(&self) -> u64;
    /// Tells two of them apart (shared futexes, /proc maps): (device, inode).
    fn identity(&self) -> (u64, u64);
}

/// What stands behind an area.
#[derive(Clone)]
pub enum Backing {
    Anonymous,
    /// Contents from `offset` (page-aligned) on. For a private mapping of a file's last partial page, bytes past the end are zero.
    Pages {
        pages: Arc<dyn Pages>,
        offset: u64,
    },
}

/// A request to map.
#[derive(Clone)]
pub struct Map {
    /// Wanted address; 0: anywhere.
    pub addr: usize,
    /// `addr` is a must and replaces what is there; with `no_replace` it fails with AlreadyExists instead.
    pub fixed: bool,
    pub no_replace: bool,
    pub len: usize,
    pub prot: Prot,
    pub shared: bool,
    pub backing: Backing,
    pub grows_down: bool,
    /// Bring the pages in at once.
    pub populate: bool,
    /// Shown in maps: `[stack]`, `[heap]`, a path.
    pub name: Arc<[u8]>,
}

/// One area, for listings.
#[derive(Clone)]
pub struct Area {
    pub range: Range<usize>,
    pub prot: Prot,
    pub shared: bool,
    pub name: Arc<[u8]>,
    pub offset: u64,
    pub identity: (u64, u64),
    pub resident: usize,
}

/// Where an ABI wants things to lie.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /** Mappings without a wish go below this, downwards. */
    pub map_top: usize,
    /** Lowest address a program may map. */
    pub bottom: usize,
    /** First address that can not be mapped. */
    pub top: usize,
}

/// An address space. Shared by the threads of a process; kept alive by whoever runs in it.
pub struct AddressSpace {
    _p: (),
}

impl AddressSpace {
    pub fn new(layout: Layout) -> Result<Arc<AddressSpace>> {
        todo!()
    }
    /// A copy-on-write copy (fork).
    pub fn fork(&self) -> Result<Arc<AddressSpace>> {
        todo!()
    }
    /// Maps; gives the address.
    pub fn map(&self, request: &Map) -> Result<usize> {
        todo!()
    }
    pub fn unmap(&self, addr: usize, len: usize) -> Result<()> {
        todo!()
    }
    pub fn protect(&self, addr: usize, len: usize, prot: Prot) -> Result<()> {
        todo!()
    }
    /// Grows, shrinks or moves a mapping; gives its address.
    pub fn remap(
        &self,
        addr: usize,
        old_len: usize,
        new_len: usize,
        may_move: bool,
        to: Option<usize>,
    ) -> Result<usize> {
        todo!()
    }
    /// Throws contents away: anonymous pages read as zero again, file pages as the file.
    pub fn discard(&self, addr: usize, len: usize) -> Result<()> {
        todo!()
    }
    /// The end of the heap, set by the loader with [`AddressSpace::set_heap`].
    pub fn break_end(&self) -> usize {
        todo!()
    }
    pub fn set_heap(&self, start: usize) {
        todo!()
    }
    /// Moves the break; gives the new one, or the old one unchanged with the error.
    pub fn set_break(&self, to: usize) -> Result<usize> {
        todo!()
    }
    /// Brings a page in, or says that the access is a fault of the program. Used by the trap loop and by [`hal::upcall::Upcalls::page_fault`].
    pub fn resolve(&self, va: usize, access: Access) -> Result<()> {
        todo!()
    }
    /// Writes into it while it is not current (loaders).
    pub fn write(&self, addr: usize, bytes: &[u8]) -> Result<()> {
        todo!()
    }
    /// Reads from it while it is not current (/proc, tracer).
    pub fn read(&self, addr: usize, into: &mut [u8]) -> Result<()> {
        todo!()
    }
    pub fn areas(&self) -> Vec<Area> {
        todo!()
    }
    /// Mapped and resident bytes.
    pub fn usage(&self) -> (usize, usize) {
        todo!()
    }
    /// Identity of a futex word: process-private or by the object behind a shared mapping.
    pub fn futex_key(&self, addr: usize, private: bool) -> Result<FutexKey> {
        todo!()
    }
    pub fn root(&self) -> hal::paging::Root {
        todo!()
    }
}

/// What a futex word is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FutexKey {
    Private(usize, usize),
    Shared((u64, u64), u64),
}

/// Waits on a user word while it is `expected` (futex): Ok(true) woken, [`crate::Error::WouldBlock`] when it differs.
pub fn futex_wait(
    addr: usize,
    private: bool,
    expected: u32,
    bits: u32,
    deadline: Option<u64>,
) -> Result<()> {
    todo!()
}
/// Wakes up to `count` waiters whose bits meet `bits`; gives how many.
pub fn futex_wake(addr: usize, private: bool, count: usize, bits: u32) -> Result<usize> {
    todo!()
}
/// Wakes `wake`, moves up to `requeue` others to `to`, if the word is `expected` (when given).
pub fn futex_requeue(
    addr: usize,
    to: usize,
    private: bool,
    wake: usize,
    requeue: usize,
    expected: Option<u32>,
) -> Result<usize> {
    todo!()
}

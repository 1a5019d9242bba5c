//! Memory of programs: address spaces of mapped areas, demand paging, copy on write.
//!
//! Lock order here: an address space's own lock, then whatever [`Pages::page`] takes (page cache), then frames.
//! The futex buckets are leaves: nothing is taken and no user memory is touched while one is held.

mod area;
mod edit;
mod fault;
mod futex;
mod heap;
mod oom;
mod remap;
mod remote;
mod shared;
mod space;
#[cfg(test)]
mod tests;

use crate::Result;
use alloc::sync::Arc;
use core::ops::Range;
use hal::PAGE_SIZE;
use hal::frame::Frame;
pub use hal::paging::Prot;

pub use fault::page_fault;
pub use futex::{FutexKey, futex_requeue, futex_wait, futex_wake};
pub use shared::SharedMemory;
pub use space::AddressSpace;

/// Pages of something that can be mapped (file contents, shared memory).
pub trait Pages: Send + Sync {
    /// The frame of page `index`: the very one that reads and writes of the object use from now on, so a hole is filled.
    /// Bytes past the object's end are zero. `write`: the caller will write to it through a shared mapping.
    /// Wholly beyond the end: [`crate::Error::OutOfRange`]. Called with an
    /// address space locked: it must not touch user memory, nor take a lock that anybody holds while touching user memory.
    fn page(&self, index: u64, write: bool) -> Result<Frame>;
    /// Gives those of the pages `first..first + count` to `each` that are there already and cost nothing to get
    /// (mapping around a fault). None need be given.
    fn resident(&self, first: u64, count: u64, each: &mut dyn FnMut(u64, Frame)) {
        let _ = (first, count, each);
    }
    /// Length in bytes.
    fn len(&self) -> u64;
    /// Whether it has no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Tells two of them apart (shared futexes, /proc maps): (device, inode).
    fn identity(&self) -> (u64, u64);
}

/// What stands behind an area.
#[derive(Clone)]
pub enum Backing {
    /// Zeros until written.
    Anonymous,
    /// Contents from `offset` (page-aligned) on. For a private mapping of a file's last partial page, bytes past the end are zero.
    Pages {
        /// The object.
        pages: Arc<dyn Pages>,
        /// Where in it the area starts, in bytes.
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
    /// See `fixed`.
    pub no_replace: bool,
    /// Bytes; rounded up to whole pages.
    pub len: usize,
    /// WRITE implies READ.
    pub prot: Prot,
    /// Writes reach the object and every other mapping of it; else they are this address space's own.
    pub shared: bool,
    /// Where the contents come from.
    pub backing: Backing,
    /// A touch below its start makes it grow downwards (stack), up to the stack limit.
    pub grows_down: bool,
    /// Bring the pages in at once.
    pub populate: bool,
    /// Shown in maps: `[stack]`, `[heap]`, a path.
    pub name: Arc<[u8]>,
}

impl Map {
    /// Private zeroed memory of `len` bytes anywhere; change fields as needed.
    pub fn anonymous(len: usize, prot: Prot) -> Map {
        Map {
            addr: 0,
            fixed: false,
            no_replace: false,
            len,
            prot,
            shared: false,
            backing: Backing::Anonymous,
            grows_down: false,
            populate: false,
            name: Arc::from(&b""[..]),
        }
    }
}

/// One area, for listings.
#[derive(Clone)]
pub struct Area {
    /// Addresses.
    pub range: Range<usize>,
    /// Rights.
    pub prot: Prot,
    /// Shared or private.
    pub shared: bool,
    /// As given to [`Map`].
    pub name: Arc<[u8]>,
    /// Offset in the object, in bytes.
    pub offset: u64,
    /// The object, (0, 0) for anonymous memory.
    pub identity: (u64, u64),
    /// Bytes present.
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

/// The start of the page that holds `va`.
const fn page_floor(va: usize) -> usize {
    va & !(PAGE_SIZE - 1)
}

/// `value` rounded up to whole pages, unless that overflows.
const fn page_ceil(value: usize) -> Option<usize> {
    match value.checked_add(PAGE_SIZE - 1) {
        Some(sum) => Some(page_floor(sum)),
        None => None,
    }
}

/// Rights as the hardware can give them: writing needs reading.
fn normal(prot: Prot) -> Prot {
    if prot.contains(Prot::WRITE) {
        prot | Prot::READ
    } else {
        prot
    }
}

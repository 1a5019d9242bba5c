//! Page tables of user address spaces. The kernel half is shared by all and never seen here.
//!
//! A table owns the frames mapped in it. Every change that takes rights away has reached all processors
//! (by ASID and batched shoot-down) before the frames concerned are given back.

use crate::OutOfMemory;
use crate::frame::Frame;
use core::ops::Range;

bitflags::bitflags! {
    /// What a program may do with a page.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Prot: u8 {
        const READ = 1;
        const WRITE = 2;
        const EXECUTE = 4;
    }
}

/// One present page.
#[derive(Debug)]
pub struct Mapped {
    pub frame: Frame,
    pub prot: Prot,
    pub dirty: bool,
}

/// One present page, without a reference to its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peek {
    /// The frame's number.
    pub number: u32,
    pub prot: Prot,
    /// The frame has other references than this table's (pinned frames always have).
    pub shared: bool,
}

/// The user half of an address space.
pub struct PageTable {
    _root: Frame,
}

impl PageTable {
    pub fn new() -> Result<PageTable, OutOfMemory> {
        todo!()
    }
    /// Maps `frame` at `va` (page-aligned, below [`crate::user::TOP`]); a page already there is replaced.
    /// An empty `prot` keeps the page for [`PageTable::query`] but lets nobody touch it.
    pub fn map(&mut self, va: usize, frame: Frame, prot: Prot) -> Result<(), OutOfMemory> {
        todo!()
    }
    /// The page at `va`, with a new reference to its frame.
    pub fn query(&self, va: usize) -> Option<Mapped> {
        todo!()
    }
    /// As [`PageTable::query`], without touching the frame's count: cheap.
    pub fn peek(&self, va: usize) -> Option<Peek> {
        todo!()
    }
    /// Gives the present pages of `range` the rights `prot` (shared frames stay as the caller says: see `keep_read_only`).
    /// With `cow`, WRITE is withheld from pages whose frame is shared, so that the fault can copy them.
    /// An empty `prot` keeps the pages (and their contents) but lets nobody touch them.
    pub fn protect(&mut self, range: Range<usize>, prot: Prot, cow: bool) {
        todo!()
    }
    /// Takes the pages of `range` out.
    pub fn unmap(&mut self, range: Range<usize>) {
        todo!()
    }
    /// Shares the present pages of `range` with `child` (fork). With `cow`, both sides lose WRITE.
    pub fn share(
        &mut self,
        child: &mut PageTable,
        range: Range<usize>,
        cow: bool,
    ) -> Result<(), OutOfMemory> {
        todo!()
    }
    /// Moves the present pages of `range` to `to` (mremap); the target range must be empty.
    pub fn relocate(&mut self, range: Range<usize>, to: usize) -> Result<(), OutOfMemory> {
        todo!()
    }
    /// Present pages of `range`.
    pub fn count(&self, range: Range<usize>) -> usize {
        todo!()
    }
    /// A handle that can be made current without holding the lock around this table.
    pub fn root(&self) -> Root {
        todo!()
    }
}

/// What a processor needs to run in an address space. The table must outlive its use: `activate` keeps
/// the hardware on it until another root (or the kernel's own) is activated on that CPU; dropping a
/// [`PageTable`] first moves every CPU off it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root(pub(crate) u64);

/// Switches this processor to `root` (`None`: kernel only). Cheap when it is already there.
pub fn activate(root: Option<Root>) {
    todo!()
}

//! The current page table. Nothing is remembered of it, so there is nothing to flush.

use crate::paging::Entry;
use std::cell::Cell;
use std::ops::Range;

std::thread_local! {
    static ROOT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Makes the table whose root is frame `root` current.
///
/// # Safety
/// The table stays until another is activated here.
pub unsafe fn activate(root: Option<u32>, _asid: u16) {
    ROOT.with(|current| current.set(root));
}

pub(crate) fn root() -> Option<u32> {
    ROOT.with(Cell::get)
}

/// How many identifiers there are.
pub fn asid_limit() -> usize {
    1 << 16
}

/// Nothing to forget.
pub fn flush_page(_va: usize, _asid: u16) {}
/// Nothing to forget.
pub fn flush_range(_range: Range<usize>, _asid: u16) {}
/// Nothing to forget.
pub fn remote_flush(_cpus: u64, _range: Range<usize>, _asid: u16) {}
/// Nothing to forget.
pub fn flush_icache() {}

/// There is no kernel half.
///
/// # Safety
/// None needed.
pub unsafe fn copy_kernel_half(_root: *mut Entry) {}

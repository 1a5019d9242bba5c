//! Physical memory: an arena whose pages the host commits as they are touched. Address 0 is not part of it.

use std::alloc::{Layout, alloc_zeroed};
use std::sync::OnceLock;

const PAGE: usize = 4096;
/// Bytes of the machine's memory.
const SIZE: usize = 256 << 20;
/// Where physical memory begins.
const START: u64 = 1 << 20;

struct Arena(*mut u8);
// SAFETY: the arena lives for ever; who may touch what is the frame allocator's business.
unsafe impl Send for Arena {}
// SAFETY: as above.
unsafe impl Sync for Arena {}

static ARENA: OnceLock<Arena> = OnceLock::new();

fn arena() -> *mut u8 {
    ARENA
        .get_or_init(|| {
            let layout = Layout::from_size_align(SIZE, PAGE).expect("a sound layout");
            // SAFETY: the size is not 0.
            let at = unsafe { alloc_zeroed(layout) };
            assert!(!at.is_null(), "no memory for the machine");
            Arena(at)
        })
        .0
}

/// The address of physical address `pa`.
pub fn direct(pa: u64) -> *mut u8 {
    let offset = pa.checked_sub(START).expect("below physical memory") as usize;
    assert!(offset < SIZE, "above physical memory");
    // SAFETY: inside the arena.
    unsafe { arena().add(offset) }
}

/// The physical address behind a pointer into the arena.
pub fn physical(pointer: *const u8) -> u64 {
    (pointer as usize - arena() as usize) as u64 + START
}

/// Free memory at boot.
pub fn regions() -> &'static [(u64, u64)] {
    const { &[(START, START + SIZE as u64)] }
}

/// All memory in bytes, and what the kernel image takes of it.
pub fn totals() -> (u64, u64) {
    (SIZE as u64, 0)
}

/// First frame number and count of all frames of the machine, free or not.
pub fn span(first: u64, last: u64) -> (u32, usize) {
    (
        (first / PAGE as u64) as u32,
        ((last - first) / PAGE as u64) as usize,
    )
}

/// Whether bytes lie in a boot-time region: there is none.
pub fn is_boot_region(_bytes: &'static [u8]) -> bool {
    false
}

/// Copies a page.
///
/// # Safety
/// Both point to whole pages of the arena, apart.
pub unsafe fn copy_page(to: *mut u8, from: *const u8) {
    // SAFETY: as the caller says.
    unsafe { to.copy_from_nonoverlapping(from, PAGE) }
}

/// Clears a page.
///
/// # Safety
/// `page` points to a whole page of the arena.
pub unsafe fn zero_page(page: *mut u8) {
    // SAFETY: as the caller says.
    unsafe { page.write_bytes(0, PAGE) }
}

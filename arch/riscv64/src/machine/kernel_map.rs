//! The kernel's own page table: the direct map, the stack area, the image with least rights.

use super::boot::Info;
use super::memory;
use crate::layout::{
    DIRECT, DIRECT_GIB, IMAGE_OFFSET, MAX_CPUS, STACK_SIZE, STACK_SLOT, STACKS, STACKS_GIB,
};
use crate::paging::{self, EXECUTE, Entry, READ, WRITE, index, kernel_leaf};
use core::cell::UnsafeCell;

const GIB: u64 = 1 << 30;
/// Most 2 MiB pieces that the image may cover.
const IMAGE_TABLES: usize = 16;

/// One table. Written at boot by one processor; later only the stack area's, under its lock.
#[repr(C, align(4096))]
pub(crate) struct Table(UnsafeCell<[Entry; 512]>);
// SAFETY: written only as the type's description says.
unsafe impl Sync for Table {}

impl Table {
    const EMPTY: Table = Table(UnsafeCell::new([0; 512]));
    pub(crate) fn entries(&self) -> *mut Entry {
        self.0.get().cast()
    }
    fn frame(&self) -> u32 {
        (memory::physical(self.entries().cast()) >> 12) as u32
    }
    /// # Safety
    /// Nobody else writes this table now.
    unsafe fn set(&self, at: usize, entry: Entry) {
        assert!(at < 512, "index into a page table");
        // SAFETY: within the table; exclusive as the caller says.
        unsafe { self.entries().add(at).write_volatile(entry) }
    }
}

static ROOT: Table = Table::EMPTY;
static IMAGE_MIDDLE: Table = Table::EMPTY;
static IMAGE_LEAVES: [Table; IMAGE_TABLES] = [const { Table::EMPTY }; IMAGE_TABLES];
/// The middle tables of the stack area: made once, so that every root can point to them for ever.
pub(crate) static STACK_MIDDLE: [Table; STACKS_GIB] = [const { Table::EMPTY }; STACKS_GIB];

unsafe extern "C" {
    static __text_start: u8;
    static __text_end: u8;
    static __rodata_end: u8;
    static __image_end: u8;
    static __boot_stacks: u8;
}

/// Start, end of text, end of constants, end: virtual addresses.
fn bounds() -> [usize; 4] {
    [
        &raw const __text_start as usize,
        &raw const __text_end as usize,
        &raw const __rodata_end as usize,
        &raw const __image_end as usize,
    ]
}

/// Physical start and end of the image.
pub(crate) fn image() -> (u64, u64) {
    let [start, .., end] = bounds();
    ((start - IMAGE_OFFSET) as u64, (end - IMAGE_OFFSET) as u64)
}

/// Whether `pc` lies in the kernel's text.
pub(crate) fn is_text(pc: usize) -> bool {
    let [start, end, ..] = bounds();
    (start..end).contains(&pc)
}

/// The top of a processor's boot stack.
pub(crate) fn boot_stack_top(cpu: usize) -> usize {
    (&raw const __boot_stacks as usize) + (cpu + 1) * STACK_SLOT
}

/// The kernel's root table.
pub(crate) fn root() -> *mut Entry {
    ROOT.entries()
}

/// The value of satp for the kernel's own table.
pub(crate) fn satp() -> u64 {
    8 << 60 | u64::from(ROOT.frame())
}

/// Builds the kernel's table from what the board has.
///
/// # Safety
/// Once, at boot, on one processor.
pub(crate) unsafe fn build(info: &Info) {
    // SAFETY: exclusive as the caller says.
    unsafe {
        for &(start, end) in info
            .memory
            .as_slice()
            .iter()
            .chain(info.registers.as_slice())
        {
            map_direct(start, end);
        }
        for (gib, table) in STACK_MIDDLE.iter().enumerate() {
            ROOT.set(index(STACKS, 2) + gib, paging::table(table.frame()));
        }
        map_image();
    }
}

/// # Safety
/// As [`build`].
unsafe fn map_direct(start: u64, end: u64) {
    for gib in start / GIB..end.div_ceil(GIB).min(DIRECT_GIB as u64) {
        let entry = kernel_leaf(gib * GIB, READ | WRITE);
        // SAFETY: as the caller says.
        unsafe { ROOT.set(index(DIRECT, 2) + gib as usize, entry) }
    }
}

/// # Safety
/// As [`build`].
unsafe fn map_image() {
    let [start, text_end, rodata_end, end] = bounds();
    let first = start >> 21;
    assert!(
        (end - 1 >> 21) - first < IMAGE_TABLES,
        "kernel image too large"
    );
    let stacks = &raw const __boot_stacks as usize;
    for va in (start..end).step_by(4096) {
        let guard = (stacks..stacks + MAX_CPUS * STACK_SLOT).contains(&va)
            && va % STACK_SLOT < STACK_SLOT - STACK_SIZE;
        if guard {
            continue;
        }
        let rights = match va {
            va if va < text_end => READ | EXECUTE,
            va if va < rodata_end => READ,
            _ => READ | WRITE,
        };
        let entry = kernel_leaf((va - IMAGE_OFFSET) as u64, rights);
        // SAFETY: as the caller says.
        unsafe { IMAGE_LEAVES[(va >> 21) - first].set(index(va, 0), entry) }
    }
    // SAFETY: as the caller says.
    unsafe {
        for (at, leaves) in IMAGE_LEAVES.iter().enumerate() {
            let va = (first + at) << 21;
            IMAGE_MIDDLE.set(index(va, 1), paging::table(leaves.frame()));
        }
        ROOT.set(index(start, 2), paging::table(IMAGE_MIDDLE.frame()));
    }
}

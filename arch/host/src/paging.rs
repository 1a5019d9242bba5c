//! Page-table entries: three levels of 512, as the software walk of this architecture reads them.

/// A page-table entry; 0: nothing.
pub type Entry = u64;

/// Levels of a table; the root is level 2.
pub const LEVELS: usize = 3;
/// First address above user space.
pub const USER_TOP: usize = 1 << 38;
/// Entries of the root that belong to the user half.
pub const USER_ROOT_ENTRIES: usize = 256;

const PRESENT: Entry = 1;
const READ: Entry = 2;
const WRITE: Entry = 4;
const EXECUTE: Entry = 8;
const LEAF: Entry = 16;
const DIRTY: Entry = 32;
const FRAME_SHIFT: u32 = 12;

/// The index of `va` in a table of `level`.
pub const fn index(va: usize, level: usize) -> usize {
    (va >> (12 + 9 * level)) & 511
}

/// A user page.
pub const fn leaf(frame: u32, read: bool, write: bool, execute: bool) -> Entry {
    let rights = (if read || write { READ } else { 0 })
        | (if write { WRITE | DIRTY } else { 0 })
        | (if execute { EXECUTE } else { 0 });
    ((frame as Entry) << FRAME_SHIFT) | rights | LEAF | PRESENT
}

/// A pointer to the table of the next lower level.
pub const fn table(frame: u32) -> Entry {
    ((frame as Entry) << FRAME_SHIFT) | PRESENT
}

/// Whether the entry holds a page or a table.
pub const fn is_present(entry: Entry) -> bool {
    entry & PRESENT != 0
}

/// Whether the entry holds a page.
pub const fn is_leaf(entry: Entry) -> bool {
    entry & LEAF != 0
}

/// The frame number of the page or table.
pub const fn frame_of(entry: Entry) -> u32 {
    (entry >> FRAME_SHIFT) as u32
}

/// What a program may do with the page: read, write, execute.
pub const fn rights(entry: Entry) -> (bool, bool, bool) {
    (entry & READ != 0, entry & WRITE != 0, entry & EXECUTE != 0)
}

/// Whether the page may have been written since it was mapped.
pub const fn is_dirty(entry: Entry) -> bool {
    entry & DIRTY != 0
}

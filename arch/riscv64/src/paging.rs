//! Sv39 page-table entries: three levels of 512 entries, 4 KiB pages.

/// A page-table entry as the processor reads it.
pub type Entry = u64;

/// Levels of a table; the root is level 2, a page's own entry is in level 0.
pub const LEVELS: usize = 3;
/// First address above user space.
pub const USER_TOP: usize = 1 << 38;
/// Entries of the root that belong to the user half; the others are the kernel's.
pub const USER_ROOT_ENTRIES: usize = 256;

pub(crate) const VALID: Entry = 1;
pub(crate) const READ: Entry = 1 << 1;
pub(crate) const WRITE: Entry = 1 << 2;
pub(crate) const EXECUTE: Entry = 1 << 3;
const USER: Entry = 1 << 4;
#[cfg(all(target_arch = "riscv64", target_os = "none"))]
pub(crate) const GLOBAL: Entry = 1 << 5;
pub(crate) const ACCESSED: Entry = 1 << 6;
pub(crate) const DIRTY: Entry = 1 << 7;
/// Software bit: the entry holds a page that nobody may touch now (the valid bit is off).
const KEPT: Entry = 1 << 8;
const FRAME_SHIFT: u32 = 10;
const FRAME_MASK: Entry = (1 << 44) - 1;

/// The index of `va` in a table of `level`.
#[inline]
pub const fn index(va: usize, level: usize) -> usize {
    (va >> (12 + 9 * level)) & 511
}

/// A user page. Without any right the page is kept but not reachable. Write implies read (the format has no other way).
/// The dirty bit is set at once for writable pages, so that hardware without its own dirty tracking never faults for it.
#[inline]
pub const fn leaf(frame: u32, read: bool, write: bool, execute: bool) -> Entry {
    let base = ((frame as Entry) << FRAME_SHIFT) | USER | ACCESSED;
    let rights = match (read, write, execute) {
        (false, false, false) => return base | KEPT,
        (_, true, x) => READ | WRITE | DIRTY | if x { EXECUTE } else { 0 },
        (r, false, x) => (if r { READ } else { 0 }) | if x { EXECUTE } else { 0 },
    };
    base | rights | VALID
}

/// A pointer to the table of the next lower level.
#[inline]
pub const fn table(frame: u32) -> Entry {
    ((frame as Entry) << FRAME_SHIFT) | VALID
}

/// Whether the entry holds a page or a table (also a page that nobody may touch).
#[inline]
pub const fn is_present(entry: Entry) -> bool {
    entry & (VALID | KEPT) != 0
}

/// Whether the entry holds a page (as opposed to a table).
#[inline]
pub const fn is_leaf(entry: Entry) -> bool {
    entry & KEPT != 0 || (entry & VALID != 0 && entry & (READ | WRITE | EXECUTE) != 0)
}

/// The frame number of the page or table.
#[inline]
pub const fn frame_of(entry: Entry) -> u32 {
    ((entry >> FRAME_SHIFT) & FRAME_MASK) as u32
}

/// What a program may do with the page: read, write, execute.
#[inline]
pub const fn rights(entry: Entry) -> (bool, bool, bool) {
    if entry & VALID == 0 {
        return (false, false, false);
    }
    (entry & READ != 0, entry & WRITE != 0, entry & EXECUTE != 0)
}

/// Whether the page may have been written since it was mapped.
#[inline]
pub const fn is_dirty(entry: Entry) -> bool {
    entry & DIRTY != 0
}

/// A kernel page or large page of physical address `pa` with these right bits.
#[cfg(all(target_arch = "riscv64", target_os = "none"))]
pub(crate) const fn kernel_leaf(pa: u64, rights: Entry) -> Entry {
    ((pa >> 12) << FRAME_SHIFT) | rights | VALID | GLOBAL | ACCESSED | DIRTY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_survive_the_round_trip() {
        for bits in 0..8 {
            let (r, w, x) = (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0);
            let entry = leaf(0x1234_5678, r, w, x);
            assert!(is_present(entry) && is_leaf(entry));
            assert_eq!(frame_of(entry), 0x1234_5678);
            assert_eq!(rights(entry), (r || w, w, x));
            assert_eq!(is_dirty(entry), w);
        }
    }

    #[test]
    fn the_processor_sees_no_page_without_rights() {
        assert_eq!(leaf(7, false, false, false) & VALID, 0);
        assert!(!is_present(0));
    }

    #[test]
    fn tables_are_not_pages() {
        let entry = table(42);
        assert!(is_present(entry) && !is_leaf(entry));
        assert_eq!(frame_of(entry), 42);
    }

    #[test]
    fn indices_of_the_levels() {
        let va = (5 << 30) | (6 << 21) | (7 << 12) | 0x123;
        assert_eq!((index(va, 2), index(va, 1), index(va, 0)), (5, 6, 7));
        assert_eq!(index(USER_TOP - 1, 2), USER_ROOT_ENTRIES - 1);
        assert_eq!(index(crate::layout::DIRECT, 2), USER_ROOT_ENTRIES);
    }
}

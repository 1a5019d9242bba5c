//! Address-space identifiers, and which processors may remember translations of each.

use crate::arch::{cpu, tlb};
use crate::sync::SpinLock;
use crate::{MAX_CPUS, OutOfMemory};
use core::sync::atomic::{AtomicU64, Ordering};

/// Most address spaces at once. Identifier 0 is the kernel's.
const LIMIT: usize = 4096;
const WORDS: usize = LIMIT / 64;

struct Table {
    live: [u64; WORDS],
    next: usize,
    /// How many the processor tells apart; 0: not asked yet.
    usable: usize,
}

static TABLE: SpinLock<Table> = SpinLock::new(Table {
    live: [0; WORDS],
    next: 1,
    usable: 0,
});

/// A bit for each processor that has run with the identifier since it was last flushed there.
static SEEN: [AtomicU64; LIMIT] = [const { AtomicU64::new(0) }; LIMIT];

/// Takes an identifier that no processor remembers anything of.
pub(crate) fn take() -> Result<u16, OutOfMemory> {
    let mut table = TABLE.lock();
    if table.usable == 0 {
        table.usable = tlb::asid_limit().min(LIMIT);
    }
    let free = |table: &Table, from: usize, to: usize| {
        (from..to).find(|&asid| table.live[asid / 64] >> (asid % 64) & 1 == 0)
    };
    let found = free(&table, table.next, table.usable)
        .or_else(|| free(&table, 1, table.next.min(table.usable)));
    let asid = found.ok_or(OutOfMemory)?;
    table.live[asid / 64] |= 1 << (asid % 64);
    table.next = asid + 1;
    Ok(asid as u16)
}

/// Gives it back, forgotten by all processors.
pub(crate) fn give(asid: u16) {
    flush(asid, 0..usize::MAX);
    SEEN[usize::from(asid)].store(0, Ordering::Relaxed);
    TABLE.lock().live[usize::from(asid) / 64] &= !(1 << (asid % 64));
}

/// Notes that this processor runs with it from now on.
pub(crate) fn note(asid: u16) {
    let bit = 1 << cpu::id();
    let seen = &SEEN[usize::from(asid)];
    // Ordered with the page-table changes: who changes first flushes here, who notes first sees the change.
    if seen.load(Ordering::SeqCst) & bit == 0 {
        seen.fetch_or(bit, Ordering::SeqCst);
    }
}

/// Has all processors forget a range of an address space. Returns when they have.
pub(crate) fn flush(asid: u16, range: core::ops::Range<usize>) {
    core::sync::atomic::fence(Ordering::SeqCst);
    let seen = SEEN[usize::from(asid)].load(Ordering::SeqCst);
    let own = 1 << cpu::id();
    if seen & own != 0 {
        tlb::flush_range(range.clone(), asid);
    }
    let others = seen & !own;
    if others != 0 {
        debug_assert!(others < 1 << MAX_CPUS);
        tlb::remote_flush(others, range, asid);
    }
}

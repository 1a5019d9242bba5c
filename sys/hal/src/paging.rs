//! Page tables of user address spaces. The kernel half is shared by all and never seen here.
//!
//! A table owns the frames mapped in it. Every change that takes rights away has reached all processors
//! (by ASID and batched shoot-down) before the frames concerned are given back.

use crate::arch::paging::{self as entry, Entry};
use crate::arch::{cpu, tlb};
use crate::cpu::PerCpu;
use crate::frame::{self, Frame, PAGE_TABLES};
use crate::sync::SpinLock;
use crate::{MAX_CPUS, OutOfMemory, PAGE_SIZE, asid};
use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};

bitflags::bitflags! {
    /// What a program may do with a page.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Prot: u8 {
        /// Load.
        const READ = 1;
        /// Store.
        const WRITE = 2;
        /// Fetch.
        const EXECUTE = 4;
    }
}

/// One present page.
#[derive(Debug)]
pub struct Mapped {
    /// A reference of its own.
    pub frame: Frame,
    /// What the program may do.
    pub prot: Prot,
    /// It may have been written.
    pub dirty: bool,
}

/// One present page, without a reference to its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peek {
    /// The frame's number.
    pub number: u32,
    /// What the program may do.
    pub prot: Prot,
    /// The frame has other references than this table's (pinned frames always have).
    pub shared: bool,
}

/// Entries of a table.
const ENTRIES: usize = 512;
/// Bytes that one table of the lowest level covers.
const LEAF_SPAN: usize = PAGE_SIZE * ENTRIES;

/// The user half of an address space.
pub struct PageTable {
    root: Frame,
    asid: u16,
}

fn prot_of(leaf: Entry) -> Prot {
    let (read, write, execute) = entry::rights(leaf);
    let mut prot = Prot::empty();
    prot.set(Prot::READ, read);
    prot.set(Prot::WRITE, write);
    prot.set(Prot::EXECUTE, execute);
    prot
}

fn leaf(number: u32, prot: Prot) -> Entry {
    entry::leaf(
        number,
        prot.contains(Prot::READ),
        prot.contains(Prot::WRITE),
        prot.contains(Prot::EXECUTE),
    )
}

/// The entries of a table in a frame.
fn entries(frame: u32) -> *mut Entry {
    frame::bytes_of(frame).cast()
}

/// A new table, all empty.
fn new_table() -> Result<Frame, OutOfMemory> {
    let frame = Frame::zeroed()?;
    PAGE_TABLES.fetch_add(1, Ordering::Relaxed);
    Ok(frame)
}

fn free_table(number: u32) {
    PAGE_TABLES.fetch_sub(1, Ordering::Relaxed);
    // SAFETY: the table's entry held the reference, and is gone.
    drop(unsafe { Frame::from_raw(number) });
}

impl PageTable {
    /// An empty one.
    pub fn new() -> Result<PageTable, OutOfMemory> {
        let asid = asid::take()?;
        let root = new_table().inspect_err(|_| asid::give(asid))?;
        // SAFETY: a fresh, whole frame.
        unsafe { tlb::copy_kernel_half(root.pointer().cast()) };
        Ok(PageTable { root, asid })
    }

    /// The lowest-level entries that hold `va`'s; `None` when there is no such table.
    #[inline]
    fn leaves(&self, va: usize) -> Option<*mut Entry> {
        let mut table = self.root.number();
        for level in (1..entry::LEVELS).rev() {
            // SAFETY: an index inside a table that this one owns.
            let next = unsafe { entries(table).add(entry::index(va, level)).read() };
            if !entry::is_present(next) {
                return None;
            }
            table = entry::frame_of(next);
        }
        Some(entries(table))
    }

    /// As [`PageTable::leaves`], making the tables that are missing.
    fn leaves_or_new(&mut self, va: usize) -> Result<*mut Entry, OutOfMemory> {
        assert!(va < entry::USER_TOP, "a user address");
        let mut table = self.root.number();
        for level in (1..entry::LEVELS).rev() {
            // SAFETY: an index inside a table that this one owns.
            let place = unsafe { entries(table).add(entry::index(va, level)) };
            // SAFETY: as above.
            let next = unsafe { place.read() };
            table = if entry::is_present(next) {
                entry::frame_of(next)
            } else {
                let number = new_table()?.into_raw();
                // SAFETY: as above; the table is zeroed before the processor can see it (the store is ordered by the fence of
                // whoever flushes, and an absent entry may be believed absent for ever).
                unsafe { place.write_volatile(entry::table(number)) };
                number
            };
        }
        Ok(entries(table))
    }

    /// Calls `each` with the place of every present page in `range`.
    fn for_each(&self, range: Range<usize>, mut each: impl FnMut(usize, *mut Entry)) {
        let (mut va, end) = (range.start, range.end.min(entry::USER_TOP));
        while va < end {
            let next = (va / LEAF_SPAN + 1) * LEAF_SPAN;
            match self.leaves(va) {
                Some(leaves) => {
                    let stop = next.min(end);
                    while va < stop {
                        // SAFETY: an index inside the table.
                        let place = unsafe { leaves.add(entry::index(va, 0)) };
                        // SAFETY: as above.
                        if unsafe { place.read() } != 0 {
                            each(va, place);
                        }
                        va += PAGE_SIZE;
                    }
                }
                None => va = self.skip_absent(va).min(end),
            }
        }
    }

    /// The first address behind the largest absent table that covers `va`.
    fn skip_absent(&self, va: usize) -> usize {
        let mut table = self.root.number();
        for level in (1..entry::LEVELS).rev() {
            // SAFETY: an index inside a table that this one owns.
            let next = unsafe { entries(table).add(entry::index(va, level)).read() };
            if !entry::is_present(next) {
                let span = LEAF_SPAN << (9 * (level - 1));
                return (va / span + 1) * span;
            }
            table = entry::frame_of(next);
        }
        va
    }

    /// Maps `frame` at `va` (page-aligned, below [`crate::user::TOP`]); a page already there is replaced.
    /// An empty `prot` keeps the page for [`PageTable::query`] but lets nobody touch it.
    pub fn map(&mut self, va: usize, frame: Frame, prot: Prot) -> Result<(), OutOfMemory> {
        let leaves = self.leaves_or_new(va)?;
        // SAFETY: an index inside a table that this one owns.
        let place = unsafe { leaves.add(entry::index(va, 0)) };
        // SAFETY: as above.
        let old = unsafe { place.read() };
        let new = leaf(frame.into_raw(), prot);
        // SAFETY: as above.
        unsafe { place.write_volatile(new) };
        if old == 0 {
            // Some processors remember absent pages; they fault once more and come to the next case.
        } else if entry::frame_of(old) == entry::frame_of(new) && prot.contains(prot_of(old)) {
            // Rights only grew: whoever remembers the old ones faults and flushes here.
            tlb::flush_page(va, self.asid);
        } else {
            asid::flush(self.asid, va..va + PAGE_SIZE);
        }
        if old != 0 {
            // SAFETY: the old entry held a reference; no processor uses it any more.
            drop(unsafe { Frame::from_raw(entry::frame_of(old)) });
        }
        Ok(())
    }

    fn entry_at(&self, va: usize) -> Option<Entry> {
        if va >= entry::USER_TOP {
            return None;
        }
        let leaves = self.leaves(va)?;
        // SAFETY: an index inside the table.
        let found = unsafe { leaves.add(entry::index(va, 0)).read_volatile() };
        (found != 0).then_some(found)
    }

    /// The page at `va`, with a new reference to its frame.
    pub fn query(&self, va: usize) -> Option<Mapped> {
        let found = self.entry_at(va)?;
        let number = entry::frame_of(found);
        frame::add_reference(number);
        // SAFETY: the reference just added.
        let frame = unsafe { Frame::from_raw(number) };
        Some(Mapped {
            frame,
            prot: prot_of(found),
            dirty: entry::is_dirty(found),
        })
    }

    /// As [`PageTable::query`], without touching the frame's count: cheap.
    pub fn peek(&self, va: usize) -> Option<Peek> {
        let found = self.entry_at(va)?;
        let number = entry::frame_of(found);
        Some(Peek {
            number,
            prot: prot_of(found),
            shared: frame::is_shared(number),
        })
    }

    /// Gives the present pages of `range` the rights `prot`. With `cow`, WRITE is withheld from pages whose frame is shared,
    /// so that the fault can copy them. An empty `prot` keeps the pages (and their contents) but lets nobody touch them.
    pub fn protect(&mut self, range: Range<usize>, prot: Prot, cow: bool) {
        let mut changed = false;
        self.for_each(range.clone(), |_, place| {
            // SAFETY: a place in a table that this one owns.
            let old = unsafe { place.read() };
            let number = entry::frame_of(old);
            let withheld = cow && prot.contains(Prot::WRITE) && frame::is_shared(number);
            let new = leaf(number, if withheld { prot - Prot::WRITE } else { prot });
            if new != old {
                // SAFETY: as above.
                unsafe { place.write_volatile(new) };
                changed = true;
            }
        });
        if changed {
            asid::flush(self.asid, range);
        }
    }

    /// Takes the pages of `range` out.
    pub fn unmap(&mut self, range: Range<usize>) {
        let mut taken = Taken {
            asid: self.asid,
            range: range.clone(),
            frames: [0; Taken::ROOM],
            len: 0,
        };
        self.for_each(range, |_, place| {
            // SAFETY: a place in a table that this one owns.
            let old = unsafe { place.read() };
            // SAFETY: as above.
            unsafe { place.write_volatile(0) };
            taken.push(entry::frame_of(old));
        });
        taken.release();
    }

    /// Shares the present pages of `range` with `child` (fork). With `cow`, both sides lose WRITE.
    pub fn share(
        &mut self,
        child: &mut PageTable,
        range: Range<usize>,
        cow: bool,
    ) -> Result<(), OutOfMemory> {
        let (mut result, mut changed) = (Ok(()), false);
        // The child's table for the span at hand: one descent for each.
        let (mut span, mut leaves) = (usize::MAX, core::ptr::null_mut::<Entry>());
        self.for_each(range.clone(), |va, place| {
            if result.is_err() {
                return;
            }
            if va / LEAF_SPAN != span {
                match child.leaves_or_new(va) {
                    Ok(found) => (span, leaves) = (va / LEAF_SPAN, found),
                    Err(error) => {
                        result = Err(error);
                        return;
                    }
                }
            }
            // SAFETY: a place in a table that this one owns.
            let old = unsafe { place.read() };
            let number = entry::frame_of(old);
            let (_, write, _) = entry::rights(old);
            let new = if cow && write {
                leaf(number, prot_of(old) - Prot::WRITE)
            } else {
                old
            };
            frame::add_reference(number);
            if new != old {
                // SAFETY: as above.
                unsafe { place.write_volatile(new) };
                changed = true;
            }
            // SAFETY: a place in the child's table, which is not in use yet and holds nothing there.
            unsafe { leaves.add(entry::index(va, 0)).write_volatile(new) };
        });
        if changed {
            asid::flush(self.asid, range);
        }
        result
    }

    /// Moves the present pages of `range` to `to` (mremap); the target range must be empty.
    pub fn relocate(&mut self, range: Range<usize>, to: usize) -> Result<(), OutOfMemory> {
        let mut present = Vec::new();
        self.for_each(range.clone(), |va, _| present.push(va));
        // All tables first, so that nothing can fail half-way.
        for va in &present {
            self.leaves_or_new(va - range.start + to)?;
        }
        for va in &present {
            let (Some(from), Some(into)) = (self.leaves(*va), self.leaves(va - range.start + to))
            else {
                continue;
            };
            // SAFETY: places in tables that this one owns; the target is empty.
            unsafe {
                let place = from.add(entry::index(*va, 0));
                let old = place.read();
                place.write_volatile(0);
                into.add(entry::index(va - range.start + to, 0))
                    .write_volatile(old);
            }
        }
        asid::flush(self.asid, range);
        Ok(())
    }

    /// Present pages of `range`.
    pub fn count(&self, range: Range<usize>) -> usize {
        let mut count = 0;
        self.for_each(range, |_, _| count += 1);
        count
    }

    /// A handle that can be made current without holding the lock around this table.
    pub fn root(&self) -> Root {
        Root(u64::from(self.asid) << 32 | u64::from(self.root.number()))
    }
}

/// Frames taken out of a table, given back once no processor uses them.
struct Taken {
    asid: u16,
    range: Range<usize>,
    frames: [u32; Taken::ROOM],
    len: usize,
}

impl Taken {
    const ROOM: usize = 128;

    fn push(&mut self, number: u32) {
        if self.len == Taken::ROOM {
            self.release();
        }
        self.frames[self.len] = number;
        self.len += 1;
    }

    fn release(&mut self) {
        if self.len == 0 {
            return;
        }
        asid::flush(self.asid, self.range.clone());
        for &number in &self.frames[..self.len] {
            // SAFETY: the entry held the reference and is gone from all processors.
            drop(unsafe { Frame::from_raw(number) });
        }
        self.len = 0;
    }
}

impl Drop for PageTable {
    fn drop(&mut self) {
        leave_everywhere(self.root());
        asid::give(self.asid);
        free_level(
            self.root.number(),
            entry::LEVELS - 1,
            entry::USER_ROOT_ENTRIES,
        );
        PAGE_TABLES.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Frees what the first `count` entries of a table hold. No processor uses it any more.
fn free_level(table: u32, level: usize, count: usize) {
    for index in 0..count {
        // SAFETY: an index inside a table that is being freed.
        let found = unsafe { entries(table).add(index).read() };
        if found == 0 {
            continue;
        }
        let number = entry::frame_of(found);
        if level == 0 {
            // SAFETY: the entry held the reference.
            drop(unsafe { Frame::from_raw(number) });
        } else {
            free_level(number, level - 1, ENTRIES);
            free_table(number);
        }
    }
}

/// What a processor needs to run in an address space. The table must outlive its use: `activate` keeps
/// the hardware on it until another root (or the kernel's own) is activated on that CPU; dropping a
/// [`PageTable`] first moves every CPU off it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root(pub(crate) u64);

/// No user table: the kernel's own.
const KERNEL: u64 = 0;

/// The root that each processor is on.
static CURRENT: PerCpu<AtomicU64> = PerCpu::new([const { AtomicU64::new(KERNEL) }; MAX_CPUS]);
/// The root that is being given up, for processors that are kicked off it.
static DYING: AtomicU64 = AtomicU64::new(KERNEL);
static DYING_LOCK: SpinLock<()> = SpinLock::new(());

/// Switches this processor to `root` (`None`: kernel only). Cheap when it is already there.
pub fn activate(root: Option<Root>) {
    let wanted = root.map_or(KERNEL, |root| root.0);
    let current = CURRENT.get();
    if current.load(Ordering::Relaxed) == wanted {
        return;
    }
    let asid = (wanted >> 32) as u16;
    if wanted != KERNEL {
        asid::note(asid);
    }
    let on = cpu::set_interrupts(false);
    // SAFETY: the root's kernel half was copied when it was made; it stays until `leave_everywhere` has moved this processor off.
    unsafe { tlb::activate((wanted != KERNEL).then_some(wanted as u32), asid) };
    current.store(wanted, Ordering::SeqCst);
    cpu::set_interrupts(on);
}

/// Moves every processor off a root that is being given up: an idle one may still be on it.
fn leave_everywhere(root: Root) {
    if CURRENT.get().load(Ordering::Relaxed) == root.0 {
        activate(None);
    }
    if CURRENT
        .iter()
        .all(|current| current.load(Ordering::SeqCst) != root.0)
    {
        return;
    }
    let _one = DYING_LOCK.lock();
    DYING.store(root.0, Ordering::SeqCst);
    for id in 0..cpu::count() {
        if CURRENT.of(id).load(Ordering::SeqCst) == root.0 {
            cpu::kick(id);
            while CURRENT.of(id).load(Ordering::SeqCst) == root.0 {
                core::hint::spin_loop();
            }
        }
    }
    DYING.store(KERNEL, Ordering::SeqCst);
}

/// This processor was kicked: leaves a root that is being given up.
pub(crate) fn kicked() {
    let dying = DYING.load(Ordering::SeqCst);
    if dying != KERNEL && CURRENT.get().load(Ordering::Relaxed) == dying {
        activate(None);
    }
}

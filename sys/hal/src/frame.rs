//! Physical memory as owned, counted 4 KiB frames.
//!
//! Per-CPU caches over a buddy allocator. A [`Frame`] is one reference to a frame: `clone` adds one, `drop`
//! takes one away, the last gives the frame back. Frames hold untyped bytes only (user memory, file pages,
//! page tables): they are read and written by copying, never borrowed, so user programs may share them.
//!
//! One 32-bit word per frame of the machine holds its count, or while it is free, how large a free block begins there.

use crate::arch::{memory, user};
use crate::buddy::{Buddy, Frames};
use crate::cpu::PerCpu;
use crate::sync::{IrqLock, Once};
use crate::{BadAddress, MAX_CPUS, OutOfMemory, PAGE_SHIFT, PAGE_SIZE};
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Set in the word of the first frame of a free block; the order is in the low bits.
const FREE: u32 = 1 << 31;
/// Count of frames that are never given back, so high that no use reaches it.
const PINNED: u32 = 1 << 29;
/// Frames that a processor keeps for itself, and how many move at once.
const CACHE: usize = 64;
const BATCH: usize = 32;
/// Free frames below which new work is refused: the reserve for work under way.
const RESERVE: usize = 256;

/// The word of every frame, and the buddy allocator.
struct Pool {
    /// Number of the frame that the first word is for.
    base: u32,
    words: &'static [AtomicU32],
    buddy: IrqLock<Stock>,
}

static POOL: Once<Pool> = Once::new();
static TOTAL: AtomicU64 = AtomicU64::new(0);
static IMAGE: AtomicU64 = AtomicU64::new(0);
pub(crate) static PAGE_TABLES: AtomicU64 = AtomicU64::new(0);
pub(crate) static HEAP: AtomicU64 = AtomicU64::new(0);

struct Cache {
    frames: [u32; CACHE],
    len: usize,
}

static CACHES: PerCpu<IrqLock<Cache>> = PerCpu::new(
    [const {
        IrqLock::new(Cache {
            frames: [0; CACHE],
            len: 0,
        })
    }; MAX_CPUS],
);

fn pool() -> &'static Pool {
    POOL.get().expect("frames are set up first")
}

/// Takes over the machine's free memory; the words go into its first region that has room.
pub(crate) fn init() {
    let regions = memory::regions();
    let first = regions
        .iter()
        .map(|region| region.0)
        .min()
        .expect("some memory is free");
    let last = regions.iter().map(|region| region.1).max().unwrap_or(first);
    let (total, image) = memory::totals();
    // Frames of boot regions (the initrd) can lie outside the free ones: the words cover all between, and what `totals` adds.
    let (base, count) = memory::span(first, last);
    let bytes = (count as u64 * 4).next_multiple_of(PAGE_SIZE as u64);
    let place = regions
        .iter()
        .position(|region| region.1 - region.0 >= bytes)
        .expect("room for the frame table");
    // SAFETY: free memory that nobody else uses; zeroed, it is an array of atomic words.
    let words = unsafe {
        let at = memory::direct(regions[place].0);
        at.write_bytes(0, bytes as usize);
        core::slice::from_raw_parts(at.cast::<AtomicU32>(), count)
    };
    TOTAL.store(total, Ordering::Relaxed);
    IMAGE.store(image + bytes, Ordering::Relaxed);
    let pool = POOL.call_once(|| Pool {
        base,
        words,
        buddy: IrqLock::new(Stock {
            lists: Buddy::new(),
            fresh: [(0, 0); FRESH],
            untouched: 0,
        }),
    });
    let mut buddy = pool.buddy.lock();
    for (index, region) in regions.iter().enumerate() {
        let start = if index == place {
            region.0 + bytes
        } else {
            region.0
        };
        buddy.add_fresh(
            (start >> PAGE_SHIFT) as u32,
            (region.1 >> PAGE_SHIFT) as u32,
        );
    }
}

/// Ranges of free memory that the machine can have.
const FRESH: usize = 64;

/// Free memory: the lists of the buddy allocator, and what was never used yet. That is entered into the lists only when they
/// run out, because entering a block touches it, and touching memory for the first time is dear on a virtual machine.
struct Stock {
    lists: Buddy,
    /// Ranges of frame numbers, start and end.
    fresh: [(u32, u32); FRESH],
    /// Frames in them.
    untouched: usize,
}

impl Stock {
    /// Adds a range that was never used; what is one too many is lost.
    fn add_fresh(&mut self, start: u32, end: u32) {
        let place = self.fresh.iter_mut().find(|range| range.0 == range.1);
        if let Some(place) = place
            && start < end
        {
            *place = (start, end);
            self.untouched += (end - start) as usize;
        }
    }

    /// Enters one block of at least 2^order frames, if that is to be had, into the lists.
    fn feed(&mut self, frames: &mut InMemory, order: usize) -> bool {
        for range in &mut self.fresh {
            while range.0 < range.1 {
                let aligned = range.0.trailing_zeros().min((range.1 - range.0).ilog2());
                let size = (aligned as usize).min(crate::buddy::ORDERS - 1);
                let block = range.0;
                range.0 += 1 << size;
                self.untouched -= 1 << size;
                self.lists.give(frames, block, size);
                if size >= order {
                    return true;
                }
            }
        }
        false
    }

    fn take(&mut self, frames: &mut InMemory, order: usize) -> Option<u32> {
        loop {
            if let Some(block) = self.lists.take(frames, order) {
                return Some(block);
            }
            if !self.feed(frames, order) {
                // What was fed last may have joined with a neighbour.
                return self.lists.take(frames, order);
            }
        }
    }

    fn give(&mut self, frames: &mut InMemory, block: u32, order: usize) {
        self.lists.give(frames, block, order);
    }

    /// Free frames.
    fn free(&self) -> usize {
        self.lists.free() + self.untouched
    }
}

/// Keeps the free lists in the words and in the free frames themselves.
struct InMemory(&'static Pool);

impl Frames for InMemory {
    fn free_order(&self, frame: u32) -> Option<u8> {
        let word = self.0.word(frame).load(Ordering::Relaxed);
        (word & FREE != 0).then_some(word as u8)
    }
    fn set_free_order(&mut self, frame: u32, order: Option<u8>) {
        let word = order.map_or(0, |order| FREE | u32::from(order));
        self.0.word(frame).store(word, Ordering::Relaxed);
    }
    fn links(&self, frame: u32) -> (u32, u32) {
        let at = pointer(frame).cast::<u32>();
        // SAFETY: a free frame belongs to the allocator; links were stored before they are read.
        unsafe { (at.read(), at.add(1).read()) }
    }
    fn set_links(&mut self, frame: u32, (previous, next): (u32, u32)) {
        let at = pointer(frame).cast::<u32>();
        // SAFETY: a free frame belongs to the allocator.
        unsafe {
            at.write(previous);
            at.add(1).write(next);
        }
    }
    fn contains(&self, frame: u32) -> bool {
        frame
            .checked_sub(self.0.base)
            .is_some_and(|index| (index as usize) < self.0.words.len())
    }
}

impl Pool {
    #[inline]
    fn word(&self, frame: u32) -> &AtomicU32 {
        &self.words[(frame - self.base) as usize]
    }
}

#[inline]
fn pointer(frame: u32) -> *mut u8 {
    memory::direct(u64::from(frame) << PAGE_SHIFT)
}

/// A frame by number, not counted; from this processor's cache.
fn take_one() -> Option<u32> {
    let mut cache = CACHES.get().lock();
    if cache.len == 0 {
        let pool = pool();
        let mut buddy = pool.buddy.lock();
        while cache.len < BATCH {
            let Some(frame) = buddy.take(&mut InMemory(pool), 0) else {
                break;
            };
            let at = cache.len;
            cache.frames[at] = frame;
            cache.len += 1;
        }
    }
    cache.len = cache.len.checked_sub(1)?;
    Some(cache.frames[cache.len])
}

fn give_one(frame: u32) {
    let mut cache = CACHES.get().lock();
    if cache.len == CACHE {
        let pool = pool();
        let mut buddy = pool.buddy.lock();
        for index in CACHE - BATCH..CACHE {
            buddy.give(&mut InMemory(pool), cache.frames[index], 0);
        }
        cache.len -= BATCH;
    }
    let at = cache.len;
    cache.frames[at] = frame;
    cache.len += 1;
}

/// A block of 2^order frames for the kernel's heap; `None` when there is none.
#[cfg(target_os = "none")]
pub(crate) fn take_block(order: usize) -> Option<*mut u8> {
    let pool = pool();
    pool.buddy
        .lock()
        .take(&mut InMemory(pool), order)
        .map(pointer)
}

/// A frame for the kernel's own use, by number.
pub(crate) fn take_raw() -> Option<u32> {
    take_one()
}

/// Gives back what [`take_raw`] gave.
pub(crate) fn give_raw(frame: u32) {
    give_one(frame);
}

/// One counted reference to a physical frame.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    number: u32,
}

impl Frame {
    /// A frame whose contents are whatever they were: fill it whole before a program can see it.
    pub fn alloc() -> Result<Frame, OutOfMemory> {
        let number = take_one()
            .or_else(|| crate::upcall::reclaim().then(take_one)?)
            .ok_or(OutOfMemory)?;
        pool().word(number).store(1, Ordering::Relaxed);
        Ok(Frame { number })
    }

    /// A frame of zeros.
    pub fn zeroed() -> Result<Frame, OutOfMemory> {
        let frame = Frame::alloc()?;
        // SAFETY: this is the only reference.
        unsafe { memory::zero_page(pointer(frame.number)) };
        Ok(frame)
    }

    /// A new frame with the same contents.
    pub fn duplicate(&self) -> Result<Frame, OutOfMemory> {
        let copy = Frame::alloc()?;
        // SAFETY: both are whole frames in the direct map and not the same; bytes may change meanwhile, they are plain data.
        unsafe { memory::copy_page(pointer(copy.number), pointer(self.number)) };
        Ok(copy)
    }

    /// Whether this is not the only reference.
    #[inline]
    pub fn is_shared(&self) -> bool {
        is_shared(self.number)
    }

    /// The frame number: physical address / 4096.
    #[inline]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Copies bytes out of the frame; `offset + into.len() <= 4096`, else panics.
    pub fn read(&self, offset: usize, into: &mut [u8]) {
        check(offset, into.len());
        // SAFETY: inside the frame; `into` is the kernel's own and no frame.
        unsafe {
            pointer(self.number)
                .add(offset)
                .copy_to_nonoverlapping(into.as_mut_ptr(), into.len())
        }
    }

    /// Copies bytes into the frame; bounds as [`Frame::read`].
    pub fn write(&self, offset: usize, from: &[u8]) {
        check(offset, from.len());
        // SAFETY: as in `read`.
        unsafe {
            pointer(self.number)
                .add(offset)
                .copy_from_nonoverlapping(from.as_ptr(), from.len())
        }
    }

    /// Sets bytes to zero; bounds as [`Frame::read`].
    pub fn zero(&self, offset: usize, len: usize) {
        check(offset, len);
        // SAFETY: inside the frame.
        unsafe { pointer(self.number).add(offset).write_bytes(0, len) }
    }

    /// Copies straight to the current program's memory at `user`; bounds as [`Frame::read`].
    pub fn copy_to_user(&self, offset: usize, user: usize, len: usize) -> Result<(), BadAddress> {
        check(offset, len);
        // SAFETY: inside the frame, which this reference keeps.
        unsafe { user::copy_out(user, pointer(self.number).add(offset), len) }
            .map_err(|_| BadAddress)
    }

    /// Copies straight from the current program's memory at `user`; bounds as [`Frame::read`].
    pub fn copy_from_user(&self, offset: usize, user: usize, len: usize) -> Result<(), BadAddress> {
        check(offset, len);
        // SAFETY: inside the frame, which this reference keeps.
        unsafe { user::copy_in(pointer(self.number).add(offset), user, len) }
            .map_err(|_| BadAddress)
    }

    /// Gives the reference away as a number.
    pub(crate) fn into_raw(self) -> u32 {
        let number = self.number;
        core::mem::forget(self);
        number
    }

    /// Takes a reference over.
    ///
    /// # Safety
    /// `number` came from [`Frame::into_raw`] and is taken over once.
    pub(crate) unsafe fn from_raw(number: u32) -> Frame {
        Frame { number }
    }

    /// The frame's bytes.
    pub(crate) fn pointer(&self) -> *mut u8 {
        pointer(self.number)
    }
}

/// The bytes of a frame by number.
pub(crate) fn bytes_of(number: u32) -> *mut u8 {
    pointer(number)
}

/// Whether a frame has more than one reference.
#[inline]
pub(crate) fn is_shared(number: u32) -> bool {
    pool().word(number).load(Ordering::Acquire) != 1
}

/// Adds a reference to a frame that has one.
#[inline]
pub(crate) fn add_reference(number: u32) {
    // Relaxed: whoever adds has a reference already, which was passed on with its own ordering.
    pool().word(number).fetch_add(1, Ordering::Relaxed);
}

#[inline]
fn check(offset: usize, len: usize) {
    assert!(
        offset <= PAGE_SIZE && len <= PAGE_SIZE - offset,
        "beyond the frame"
    );
}

impl Clone for Frame {
    #[inline]
    fn clone(&self) -> Self {
        add_reference(self.number);
        Frame {
            number: self.number,
        }
    }
}

impl Drop for Frame {
    #[inline]
    fn drop(&mut self) {
        // Release: uses through this reference come before the frame is given back; Acquire: by whoever does that.
        if pool().word(self.number).fetch_sub(1, Ordering::AcqRel) == 1 {
            give_one(self.number);
        }
    }
}

/// The frames behind a page-aligned part of a boot-time region (the initrd), for zero-copy mapping.
/// `bytes` must lie in such a region; `None` when it does not or is not page-aligned.
/// The frame is pinned: it never goes back to the allocator.
pub fn pinned(bytes: &'static [u8]) -> Option<Frame> {
    let at = bytes.as_ptr();
    if !(at as usize).is_multiple_of(PAGE_SIZE) || !memory::is_boot_region(bytes) {
        return None;
    }
    let number = (memory::physical(at) >> PAGE_SHIFT) as u32;
    let pool = pool();
    let word = pool.words.get(number.checked_sub(pool.base)? as usize)?;
    // Only the first use pins it; a second changes nothing.
    let _ = word.compare_exchange(0, PINNED, Ordering::Relaxed, Ordering::Relaxed);
    word.fetch_add(1, Ordering::Relaxed);
    Some(Frame { number })
}

/// How the machine's memory is used, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryStats {
    /// All memory of the machine.
    pub total: u64,
    /// Free frames.
    pub free: u64,
    /// Taken by the kernel heap.
    pub heap: u64,
    /// Bytes of the heap really in use.
    pub heap_used: u64,
    /// Taken by page tables.
    pub page_tables: u64,
    /// Kernel image, frame table and per-CPU areas.
    pub image: u64,
}

fn free_frames() -> usize {
    let cached: usize = CACHES.iter().map(|cache| cache.lock().len).sum();
    pool().buddy.lock().free() + cached
}

/// The present figures.
pub fn stats() -> MemoryStats {
    #[cfg(target_os = "none")]
    let heap_used = crate::heap::used();
    #[cfg(not(target_os = "none"))]
    let heap_used = 0;
    MemoryStats {
        total: TOTAL.load(Ordering::Relaxed),
        free: (free_frames() * PAGE_SIZE) as u64,
        heap: HEAP.load(Ordering::Relaxed),
        heap_used,
        page_tables: PAGE_TABLES.load(Ordering::Relaxed) * PAGE_SIZE as u64,
        image: IMAGE.load(Ordering::Relaxed),
    }
}

/// Whether memory is so short that new work should be refused (the kernel's own reserve is touched).
pub fn is_short() -> bool {
    // The caches are left out: the answer is a hint, and it is asked often.
    pool().buddy.lock().free() < RESERVE
}

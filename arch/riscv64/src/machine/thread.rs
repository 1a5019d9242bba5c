//! Kernel threads: stacks with guards, and the switch.

use super::kernel_map::{STACK_MIDDLE, Table};
use super::{cpu, memory, tlb};
use crate::layout::{STACK_SIZE, STACK_SLOT, STACKS, STACKS_GIB};
use crate::paging::{self, Entry, READ, WRITE, index, kernel_leaf};
use core::arch::naked_asm;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// A thread that does not run: the registers that a function must keep.
#[repr(C)]
#[derive(Debug, Default)]
pub struct Saved {
    ra: usize,
    sp: usize,
    s: [usize; 12],
}

impl Saved {
    /// A thread that will start in `entry` on the stack that ends at `top`.
    pub fn new(entry: extern "C" fn() -> !, top: usize) -> Saved {
        Saved {
            ra: entry as usize,
            sp: top,
            s: [0; 12],
        }
    }
}

/// Leaves the running thread, storing it in `from`, for `to`. Interrupts stay as they are.
///
/// # Safety
/// `to` was stored by this function or made by [`Saved::new`], runs nowhere, and its stack is whole; both pointers stay
/// valid until they are switched back to.
#[unsafe(naked)]
pub unsafe extern "C" fn switch(from: *mut Saved, to: *const Saved) {
    naked_asm!(
        "sd ra, 0(a0)",
        "sd sp, 8(a0)",
        "sd s0, 16(a0)",
        "sd s1, 24(a0)",
        "sd s2, 32(a0)",
        "sd s3, 40(a0)",
        "sd s4, 48(a0)",
        "sd s5, 56(a0)",
        "sd s6, 64(a0)",
        "sd s7, 72(a0)",
        "sd s8, 80(a0)",
        "sd s9, 88(a0)",
        "sd s10, 96(a0)",
        "sd s11, 104(a0)",
        "ld ra, 0(a1)",
        "ld sp, 8(a1)",
        "ld s0, 16(a1)",
        "ld s1, 24(a1)",
        "ld s2, 32(a1)",
        "ld s3, 40(a1)",
        "ld s4, 48(a1)",
        "ld s5, 56(a1)",
        "ld s6, 64(a1)",
        "ld s7, 72(a1)",
        "ld s8, 80(a1)",
        "ld s9, 88(a1)",
        "ld s10, 96(a1)",
        "ld s11, 104(a1)",
        "ret",
    )
}

/// Where stacks get their frames from.
pub struct Frames {
    /// A frame of unknown contents, by number.
    pub alloc: fn() -> Option<u32>,
    /// Gives one back.
    pub free: fn(u32),
}

static FRAMES: AtomicPtr<Frames> = AtomicPtr::new(core::ptr::null_mut());

/// Says where stacks get their frames from; before the first [`Stack::new`].
pub fn use_frames(frames: &'static Frames) {
    FRAMES.store(&raw const *frames as *mut Frames, Ordering::Release);
}

fn frames() -> &'static Frames {
    // SAFETY: null or a reference that lives for ever.
    unsafe { FRAMES.load(Ordering::Acquire).as_ref() }.expect("frames for stacks are set up")
}

const PAGES: usize = STACK_SIZE / 4096;
const SLOTS: usize = (STACKS_GIB << 30) / STACK_SLOT;
/// Free stacks kept whole for the next threads.
const KEEP: usize = 32;

/// Which slots are free. A stack from `kept` is mapped already.
struct Area {
    kept: [u32; KEEP],
    kept_len: usize,
    /// Slots below it were used before.
    fresh: usize,
    /// A bit for each used-before slot that is free and not mapped.
    unmapped: [u64; SLOTS / 64],
    unmapped_len: usize,
}

static BUSY: AtomicBool = AtomicBool::new(false);
struct Shared(core::cell::UnsafeCell<Area>);
// SAFETY: only touched by `with_area`, under the lock.
unsafe impl Sync for Shared {}
static AREA: Shared = Shared(core::cell::UnsafeCell::new(Area {
    kept: [0; KEEP],
    kept_len: 0,
    fresh: 0,
    unmapped: [0; SLOTS / 64],
    unmapped_len: 0,
}));

fn with_area<R>(f: impl FnOnce(&mut Area) -> R) -> R {
    let on = cpu::set_interrupts(false);
    while BUSY.swap(true, Ordering::Acquire) {
        core::hint::spin_loop();
    }
    // SAFETY: the lock is held.
    let result = f(unsafe { &mut *AREA.0.get() });
    BUSY.store(false, Ordering::Release);
    cpu::set_interrupts(on);
    result
}

/// A kernel stack with a guard below; freed when dropped (never by the thread that runs on it).
#[derive(Debug)]
pub struct Stack {
    slot: u32,
}

impl Stack {
    /// A stack; `None` when memory or room has run out.
    pub fn new() -> Option<Stack> {
        let (slot, mapped) = with_area(Area::take)?;
        if !mapped && !with_area(|_| map(slot)) {
            with_area(|area| area.give_unmapped(slot));
            return None;
        }
        Some(Stack { slot: slot as u32 })
    }
    /// The first address above it, 16-byte aligned.
    pub fn top(&self) -> usize {
        STACKS + (self.slot as usize + 1) * STACK_SLOT
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let slot = self.slot as usize;
        if with_area(|area| area.keep(slot)) {
            return;
        }
        with_area(|_| unmap(slot));
        with_area(|area| area.give_unmapped(slot));
    }
}

impl Area {
    fn take(&mut self) -> Option<(usize, bool)> {
        if self.kept_len > 0 {
            self.kept_len -= 1;
            return Some((self.kept[self.kept_len] as usize, true));
        }
        if self.unmapped_len > 0 {
            let word = self.unmapped.iter().position(|&bits| bits != 0)?;
            let bit = self.unmapped[word].trailing_zeros() as usize;
            self.unmapped[word] &= !(1 << bit);
            self.unmapped_len -= 1;
            return Some((word * 64 + bit, false));
        }
        (self.fresh < SLOTS).then(|| {
            self.fresh += 1;
            (self.fresh - 1, false)
        })
    }
    fn keep(&mut self, slot: usize) -> bool {
        let room = self.kept_len < KEEP;
        if room {
            self.kept[self.kept_len] = slot as u32;
            self.kept_len += 1;
        }
        room
    }
    fn give_unmapped(&mut self, slot: usize) {
        self.unmapped[slot / 64] |= 1 << (slot % 64);
        self.unmapped_len += 1;
    }
}

/// The lowest mapped address of a slot.
fn bottom(slot: usize) -> usize {
    STACKS + slot * STACK_SLOT + (STACK_SLOT - STACK_SIZE)
}

/// The leaf entries of a slot's stack (they lie in one table); makes the table if asked to.
fn entries(slot: usize, make: bool) -> Option<*mut Entry> {
    let va = bottom(slot);
    let middle: &Table = &STACK_MIDDLE[(va - STACKS) >> 30];
    // SAFETY: an index of the table; under the area's lock.
    unsafe {
        let place = middle.entries().add(index(va, 1));
        if place.read() == 0 {
            let frame = make.then(|| (frames().alloc)()).flatten()?;
            memory::zero_page(memory::direct(u64::from(frame) << 12));
            place.write_volatile(paging::table(frame));
        }
        let leaves = memory::direct(u64::from(paging::frame_of(place.read())) << 12);
        Some(leaves.cast::<Entry>().add(index(va, 0)))
    }
}

/// Maps a slot's stack; false when memory ran out. Under the area's lock.
fn map(slot: usize) -> bool {
    let Some(entries) = entries(slot, true) else {
        return false;
    };
    for page in 0..PAGES {
        let Some(frame) = (frames().alloc)() else {
            unmap(slot);
            return false;
        };
        // SAFETY: this slot's entries, which nobody else writes.
        unsafe {
            let entry = kernel_leaf(u64::from(frame) << 12, READ | WRITE);
            entries.add(page).write_volatile(entry);
        }
    }
    // Processors may remember that nothing was here, and a stack cannot fault its way out of that.
    tlb::flush_all();
    tlb::remote_flush_kernel(cpu::all_but_this(), bottom(slot)..bottom(slot) + STACK_SIZE);
    true
}

/// Takes a slot's pages away, from all processors before the frames are given back. Under the area's lock.
fn unmap(slot: usize) {
    let Some(entries) = entries(slot, false) else {
        return;
    };
    let mut taken = [0; PAGES];
    for (page, taken) in taken.iter_mut().enumerate() {
        // SAFETY: this slot's entries, which nobody else writes.
        unsafe {
            *taken = entries.add(page).read();
            entries.add(page).write_volatile(0);
        }
    }
    tlb::flush_all();
    tlb::remote_flush_kernel(cpu::all_but_this(), bottom(slot)..bottom(slot) + STACK_SIZE);
    for entry in taken.into_iter().filter(|&entry| entry != 0) {
        (frames().free)(paging::frame_of(entry));
    }
}

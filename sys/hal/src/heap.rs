//! The kernel heap: free lists per processor for small sizes, over one general allocator that takes blocks of frames.

use crate::cpu::PerCpu;
use crate::sync::{IrqLock, RawIrq};
use crate::{MAX_CPUS, PAGE_SIZE, frame};
use core::alloc::{GlobalAlloc, Layout};
use core::sync::atomic::Ordering;
use talc::base::{Talc, binning::Binning};
use talc::{TalcLock, source::Source};

/// Sizes that have lists of their own.
const SIZES: [usize; 10] = [16, 32, 48, 64, 96, 128, 192, 256, 384, 512];
/// Largest of them.
const LARGEST: usize = 512;
/// Alignment of everything on a list.
const ALIGN: usize = 16;
/// Objects that a list keeps.
const KEEP: usize = 64;
/// Least block taken from the frames: 2^4 frames, 64 KiB.
const LEAST_ORDER: usize = 4;

/// For each size in units of 16 bytes, the list that serves it.
const CLASS: [u8; LARGEST / 16 + 1] = {
    let mut classes = [0; LARGEST / 16 + 1];
    let mut units = 0;
    while units < classes.len() {
        let mut class = 0;
        while SIZES[class] < units * 16 {
            class += 1;
        }
        classes[units] = class as u8;
        units += 1;
    }
    classes
};

#[derive(Debug)]
struct Blocks;

// SAFETY: only `talc` itself is touched; frames allocate nothing on the heap.
unsafe impl Source for Blocks {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        // Room for the allocator's own data and the alignment.
        let pages = (layout.size() + layout.align() + PAGE_SIZE).div_ceil(PAGE_SIZE);
        let order = (pages.next_power_of_two().trailing_zeros() as usize).max(LEAST_ORDER);
        if order >= crate::buddy::ORDERS {
            return Err(());
        }
        let block = frame::take_block(order).ok_or(())?;
        let len = PAGE_SIZE << order;
        frame::HEAP.fetch_add(len as u64, Ordering::Relaxed);
        // SAFETY: a block of frames that nobody else uses.
        unsafe { talc.claim(block, len) }.map(|_| ()).ok_or(())
    }
}

static GENERAL: TalcLock<RawIrq, Blocks> = TalcLock::new(Blocks);

/// Free objects of one size; each holds the address of the next.
struct List {
    head: *mut u8,
    len: usize,
}

// SAFETY: the objects on a list belong to whoever holds its lock.
unsafe impl Send for List {}

type Lists = [List; SIZES.len()];

static LISTS: PerCpu<IrqLock<Lists>> = PerCpu::new(
    [const {
        IrqLock::new(
            [const {
                List {
                    head: core::ptr::null_mut(),
                    len: 0,
                }
            }; SIZES.len()],
        )
    }; MAX_CPUS],
);

struct Heap;

#[global_allocator]
static HEAP: Heap = Heap;

fn class_of(layout: &Layout) -> Option<usize> {
    let small = layout.size() <= LARGEST && layout.align() <= ALIGN;
    small.then(|| CLASS[layout.size().div_ceil(16)] as usize)
}

fn class_layout(class: usize) -> Layout {
    Layout::from_size_align(SIZES[class], ALIGN).expect("a small size")
}

// SAFETY: memory comes from the general allocator; a list hands out what was freed with the same class.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(class) = class_of(&layout) else {
            // SAFETY: as the caller says.
            return unsafe { GENERAL.alloc(layout) };
        };
        let mut lists = LISTS.get().lock();
        let list = &mut lists[class];
        if list.head.is_null() {
            drop(lists);
            // SAFETY: the class' size is not 0.
            return unsafe { GENERAL.alloc(class_layout(class)) };
        }
        let object = list.head;
        // SAFETY: an object on the list holds the next one's address in its first word.
        list.head = unsafe { object.cast::<*mut u8>().read() };
        list.len -= 1;
        object
    }

    unsafe fn dealloc(&self, object: *mut u8, layout: Layout) {
        let Some(class) = class_of(&layout) else {
            // SAFETY: as the caller says.
            return unsafe { GENERAL.dealloc(object, layout) };
        };
        let mut lists = LISTS.get().lock();
        let list = &mut lists[class];
        if list.len == KEEP {
            drop(lists);
            // SAFETY: it was allocated with the class' layout.
            return unsafe { GENERAL.dealloc(object, class_layout(class)) };
        }
        // SAFETY: the object is free now and at least 16 bytes long.
        unsafe { object.cast::<*mut u8>().write(list.head) };
        list.head = object;
        list.len += 1;
    }
}

/// Bytes in use: handed out and not on a list.
pub(crate) fn used() -> u64 {
    let kept: usize = LISTS
        .iter()
        .map(|lists| {
            lists
                .lock()
                .iter()
                .zip(SIZES)
                .map(|(list, size)| list.len * size)
                .sum::<usize>()
        })
        .sum();
    let counters = GENERAL.lock().counters().clone();
    (counters.allocated_bytes as u64).saturating_sub(kept as u64)
}

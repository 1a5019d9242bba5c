//! Kernel threads: a stack, saved registers, and the switch between two of them.
//!
//! The kernel is not preempted: a thread runs until it calls [`switch_to`]. A thread that is still leaving another
//! processor is waited for, so no thread ever runs twice.

use crate::arch::thread::{self as raw, Saved, Stack};
use crate::cpu::PerCpu;
use crate::{MAX_CPUS, OutOfMemory, frame};
use alloc::sync::Arc;
use core::any::Any;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// A kernel thread with what the kernel above hangs on it.
pub struct Thread {
    saved: UnsafeCell<Saved>,
    /// `None` for the flow that booted a processor.
    _stack: Option<Stack>,
    entry: fn() -> !,
    /// It runs, or its registers are not all saved yet.
    on_cpu: AtomicBool,
    body: Arc<dyn Any + Send + Sync>,
}

// SAFETY: `saved` is touched only by the processor that has `on_cpu`.
unsafe impl Sync for Thread {}
// SAFETY: as above; a stack may be used by any processor.
unsafe impl Send for Thread {}

/// What a processor remembers about its threads. Pointers are from `Arc::into_raw`; null: none.
struct Slot {
    current: AtomicPtr<Thread>,
    /// The thread just left: to be marked as off the processor by the one that runs now.
    left: AtomicPtr<Thread>,
    /// Whether that thread has ended: its reference is dropped then.
    ended: AtomicBool,
}

static SLOTS: PerCpu<Slot> = PerCpu::new(
    [const {
        Slot {
            current: AtomicPtr::new(core::ptr::null_mut()),
            left: AtomicPtr::new(core::ptr::null_mut()),
            ended: AtomicBool::new(false),
        }
    }; MAX_CPUS],
);

static FRAMES: raw::Frames = raw::Frames {
    alloc: frame::take_raw,
    free: frame::give_raw,
};

/// Tells stacks where frames come from.
pub(crate) fn init() {
    raw::use_frames(&FRAMES);
}

impl Thread {
    /// A thread that starts in `entry` when first switched to. Its stack has a guard page.
    /// `entry` never returns: the last thing a thread does is [`exit_to`].
    pub fn new(
        entry: fn() -> !,
        body: Arc<dyn Any + Send + Sync>,
    ) -> Result<Arc<Thread>, OutOfMemory> {
        let stack = Stack::new().ok_or(OutOfMemory)?;
        let saved = UnsafeCell::new(Saved::new(start, stack.top()));
        Ok(Arc::new(Thread {
            saved,
            _stack: Some(stack),
            entry,
            on_cpu: AtomicBool::new(false),
            body,
        }))
    }

    /// What was given at creation.
    pub fn body(&self) -> &Arc<dyn Any + Send + Sync> {
        &self.body
    }

    /// Whether it runs on a processor, or one is still leaving it. Two processors that each switch to the thread which
    /// the other is leaving wait for each other for ever: a scheduler does not take such threads from elsewhere.
    pub fn is_on_cpu(&self) -> bool {
        self.on_cpu.load(Ordering::Acquire)
    }
}

/// The first code of every thread.
extern "C" fn start() -> ! {
    arrived();
    let entry = with_current(|thread| thread.entry);
    entry()
}

/// Makes the boot flow of this CPU into a thread (the CPU's idle thread), so that it can be switched away from.
pub fn adopt_boot_flow(body: Arc<dyn Any + Send + Sync>) -> Arc<Thread> {
    let thread = Arc::new(Thread {
        saved: UnsafeCell::new(Saved::default()),
        _stack: None,
        entry: never,
        on_cpu: AtomicBool::new(true),
        body,
    });
    SLOTS
        .get()
        .current
        .store(Arc::into_raw(thread.clone()).cast_mut(), Ordering::Relaxed);
    thread
}

fn never() -> ! {
    unreachable!("the boot flow is not started")
}

/// The thread that runs here. Cheap: no count is touched while the closure runs.
#[inline]
pub fn with_current<R>(f: impl FnOnce(&Arc<Thread>) -> R) -> R {
    let pointer = SLOTS.get().current.load(Ordering::Relaxed);
    assert!(!pointer.is_null(), "threads are set up");
    // SAFETY: the slot holds a reference for as long as the thread runs, and it runs this.
    let thread = core::mem::ManuallyDrop::new(unsafe { Arc::from_raw(pointer) });
    f(&thread)
}

/// Leaves this thread for `next`; returns when somebody switches back. Interrupts off or on stay as they were.
pub fn switch_to(next: &Arc<Thread>) {
    leave_for(next.clone(), false);
}

/// Leaves this thread for ever; its stack is freed once it is off the CPU.
pub fn exit_to(next: Arc<Thread>) -> ! {
    leave_for(next, true);
    unreachable!("an ended thread runs")
}

fn leave_for(next: Arc<Thread>, ended: bool) {
    crate::sync::assert_may_block();
    let slot = SLOTS.get();
    let from = slot.current.load(Ordering::Relaxed);
    if core::ptr::eq(from, Arc::as_ptr(&next)) {
        return;
    }
    let on = crate::arch::cpu::set_interrupts(false);
    // It may still be storing its registers on another processor.
    while next.on_cpu.swap(true, Ordering::Acquire) {
        core::hint::spin_loop();
    }
    let to = Arc::into_raw(next);
    slot.current.store(to.cast_mut(), Ordering::Relaxed);
    slot.left.store(from, Ordering::Relaxed);
    slot.ended.store(ended, Ordering::Relaxed);
    // SAFETY: both threads are kept by references in the slot; `next` was off all processors and is this one's now, `from` is
    // this processor's until `arrived` says otherwise.
    unsafe { raw::switch((*from).saved.get(), (*to).saved.get()) };
    arrived();
    crate::arch::cpu::set_interrupts(on);
}

/// On the stack of the thread switched to: lets go of the one left.
fn arrived() {
    let slot = SLOTS.get();
    let left = slot.left.swap(core::ptr::null_mut(), Ordering::Relaxed);
    let ended = slot.ended.load(Ordering::Relaxed);
    if left.is_null() {
        return;
    }
    // SAFETY: the reference that `current` held until the switch.
    let left = unsafe { Arc::from_raw(left) };
    if !ended {
        left.on_cpu.store(false, Ordering::Release);
    }
    drop(left);
}

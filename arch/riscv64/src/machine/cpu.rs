//! Processors: which one this is, starting the others, interrupting them.

use super::boot::info;
use super::{csr, kernel_map, memory, timer, user};
use crate::layout::MAX_CPUS;
use core::arch::asm;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use sbi_rt::HartMask;

/// What each processor has for itself; `tp` points to it while the kernel runs.
#[repr(C)]
pub(crate) struct Cpu {
    // The first two words are read by the start code.
    stack_top: UnsafeCell<usize>,
    satp: UnsafeCell<u64>,
    id: UnsafeCell<usize>,
    /// Whose floating-point state the registers hold.
    pub(crate) fp: UnsafeCell<user::FpTag>,
    /// The stack for reporting that the own one ran over.
    pub(crate) emergency: UnsafeCell<[u64; 512]>,
}
// SAFETY: each is written by its own processor only, or before that runs.
unsafe impl Sync for Cpu {}

pub(crate) static CPUS: [Cpu; MAX_CPUS] = [const {
    Cpu {
        stack_top: UnsafeCell::new(0),
        satp: UnsafeCell::new(0),
        id: UnsafeCell::new(0),
        fp: UnsafeCell::new(0),
        emergency: UnsafeCell::new([0; 512]),
    }
}; MAX_CPUS];

static COUNT: AtomicUsize = AtomicUsize::new(1);
static ENTRY: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());

/// # Safety
/// Once, first thing at boot, with `tp` on the first processor's struct.
pub(crate) unsafe fn set_up_boot(_hart: usize) {
    for (id, cpu) in CPUS.iter().enumerate() {
        // SAFETY: nobody else runs.
        unsafe {
            *cpu.id.get() = id;
            *cpu.fp.get() = user::first_tag(id);
        }
    }
}

/// This processor's own struct.
#[inline]
pub(crate) fn this() -> &'static Cpu {
    let cpu: *const Cpu;
    // SAFETY: in the kernel `tp` always points to this processor's struct, which lives for ever.
    unsafe {
        asm!("mv {}, tp", out(reg) cpu, options(nomem, nostack, preserves_flags));
        &*cpu
    }
}

/// The number of this processor, from 0; 0 is the one that booted.
#[inline]
pub fn id() -> usize {
    // SAFETY: written only before the processor runs.
    unsafe { *this().id.get() }
}

/// How many processors run.
#[inline]
pub fn count() -> usize {
    COUNT.load(Ordering::Relaxed)
}

/// The processor with this hardware number.
pub(crate) fn of_hart(hart: usize) -> Option<usize> {
    info()
        .harts
        .as_slice()
        .iter()
        .position(|&other| other == hart)
}

/// Lets the timer and other processors interrupt this one, once its interrupts are on.
pub(crate) fn set_up_hart() {
    timer::set(u64::MAX);
    // SAFETY: the trap handler stands. The supervisor may touch user pages from here on, for ever: only the user copy
    // routines do, and QEMU 7 forgets all translations whenever that bit changes.
    unsafe {
        csr::write!("csrs", "sie", csr::SOFT | csr::TIMER);
        csr::write!("csrs", "sstatus", csr::STATUS_SUM);
        csr::write!("csrs", "scounteren", 0b111);
    }
}

/// Lets external interrupts in here.
pub fn enable_external() {
    // SAFETY: the trap handler stands.
    unsafe { csr::write!("csrs", "sie", csr::EXTERNAL) }
}

/// Starts the other processors; each runs `entry` on its own boot stack with interrupts off. Returns when all that
/// the firmware starts are there.
pub fn start_others(entry: fn() -> !) {
    unsafe extern "C" {
        static __secondary_start: u8;
    }
    ENTRY.store(entry as *mut (), Ordering::Release);
    let start = memory::physical(&raw const __secondary_start) as usize;
    for (id, &hart) in info().harts.as_slice().iter().enumerate().skip(1) {
        let cpu = &CPUS[id];
        // SAFETY: that processor does not run yet.
        unsafe {
            *cpu.stack_top.get() = kernel_map::boot_stack_top(id);
            *cpu.satp.get() = kernel_map::satp();
        }
        let before = count();
        if sbi_rt::hart_start(hart, start, &raw const *cpu as usize).is_err() {
            continue;
        }
        // Numbers stay dense and in order: each counts itself before the next is started.
        while count() == before {
            core::hint::spin_loop();
        }
    }
}

/// Where a started processor goes.
pub(crate) fn run_entry() -> ! {
    let entry = ENTRY.load(Ordering::Acquire);
    COUNT.fetch_add(1, Ordering::Release);
    // SAFETY: stored by `start_others` from a function of this type.
    let entry: fn() -> ! = unsafe { core::mem::transmute(entry) };
    entry()
}

/// Waits for an interrupt. Called with interrupts off (so that no wake-up is lost); returns with interrupts on, after
/// it was handled.
pub fn wait_for_interrupt() {
    // SAFETY: wfi ends when an enabled interrupt is pending, also while they are off.
    unsafe { asm!("wfi", options(nostack)) }
    set_interrupts(true);
}

/// Turns interrupts on or off here; gives what it was.
#[inline]
pub fn set_interrupts(on: bool) -> bool {
    let old: u64;
    // SAFETY: interrupts change nothing that the interrupted code relies on; memory is a barrier for the compiler.
    unsafe {
        if on {
            asm!("csrrsi {}, sstatus, 2", out(reg) old, options(nostack));
        } else {
            asm!("csrrci {}, sstatus, 2", out(reg) old, options(nostack));
        }
    }
    old & csr::STATUS_SIE != 0
}

/// Whether interrupts are on here.
#[inline]
pub fn interrupts_on() -> bool {
    csr::read!("sstatus") & csr::STATUS_SIE != 0
}

/// Interrupts another processor.
pub fn kick(cpu: usize) {
    for_each_hart_mask(1 << cpu, |mask| {
        sbi_rt::send_ipi(mask);
    });
}

/// All running processors but this, a bit each.
pub fn all_but_this() -> u64 {
    ((1 << count()) - 1) & !(1 << id())
}

/// Calls `each` with the firmware's masks for these processors.
pub(crate) fn for_each_hart_mask(cpus: u64, mut each: impl FnMut(HartMask)) {
    let harts = info().harts.as_slice();
    let mut low = 0;
    for (cpu, &hart) in harts
        .iter()
        .enumerate()
        .filter(|(cpu, _)| cpus >> cpu & 1 != 0)
    {
        if hart < 64 {
            low |= 1 << hart;
        } else {
            debug_assert!(cpu < MAX_CPUS);
            each(HartMask::from_mask_base(1, hart));
        }
    }
    if low != 0 {
        each(HartMask::from_mask_base(low, 0));
    }
}

/// Random bits for seeding: the boot loader's, stirred with the time.
pub fn entropy() -> u64 {
    static STATE: AtomicUsize = AtomicUsize::new(0);
    let count = STATE.fetch_add(1, Ordering::Relaxed) as u64;
    let mut bits =
        info().seed ^ timer::now().rotate_left(21) ^ count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    // The finalizer of SplitMix64: every bit of the input reaches every bit of the output.
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

/// Stops this processor for ever.
pub fn halt() -> ! {
    set_interrupts(false);
    loop {
        // SAFETY: waiting changes nothing.
        unsafe { asm!("wfi", options(nomem, nostack)) }
    }
}

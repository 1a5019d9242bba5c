//! Traps: one entry for both modes; what the kernel's own mean.
//!
//! `sscratch` is 0 while the kernel runs and points to the user context while user mode runs, so the entry can tell.
//! A trap from the kernel is handled on the current stack, unless that has run over: stacks lie in 64 KiB slots of which
//! only the upper half is mapped, so bit 15 of the stack pointer tells, and the report is made on another stack.

use super::{csr, kernel_map, timer, user};
use core::arch::global_asm;
use core::sync::atomic::{AtomicPtr, Ordering};

/// What the kernel above does on traps.
pub struct Hooks {
    /// The kernel touched user memory at an address that cannot be reached: bring it in. The second is how.
    /// False: it cannot be. Called with interrupts on when they were on.
    pub page_fault: fn(usize, user::RawAccess) -> bool,
    /// The timer came due. Interrupts off.
    pub timer: fn(),
    /// Another processor kicked this one. Interrupts off.
    pub kick: fn(),
    /// An external interrupt is pending. Interrupts off.
    pub external: fn(),
}

static HOOKS: AtomicPtr<Hooks> = AtomicPtr::new(core::ptr::null_mut());

/// Installs the kernel's functions.
pub fn install(hooks: &'static Hooks) {
    HOOKS.store(&raw const *hooks as *mut Hooks, Ordering::Release);
}

fn hooks() -> Option<&'static Hooks> {
    // SAFETY: null or a reference that lives for ever.
    unsafe { HOOKS.load(Ordering::Acquire).as_ref() }
}

/// Registers saved by a trap of the kernel: those that a function call may change.
#[repr(C)]
pub(crate) struct KernelFrame {
    ra: u64,
    t: [u64; 7],
    a: [u64; 8],
    pc: u64,
    status: u64,
    // The frame record that a backtrace follows: caller's frame pointer, "return address".
    fp: u64,
    record_pc: u64,
}

const INTERRUPT: u64 = 1 << 63;
const CAUSE_FETCH_FAULT: u64 = 12;
const CAUSE_LOAD_FAULT: u64 = 13;
const CAUSE_STORE_FAULT: u64 = 15;

unsafe extern "C" {
    fn __trap_entry();
}

/// Has this processor trap to the entry.
///
/// # Safety
/// `tp` and `sp` are the kernel's, `sscratch` is 0.
pub(crate) unsafe fn set_up() {
    // SAFETY: the entry is aligned and made for this.
    unsafe { csr::write!("csrw", "stvec", __trap_entry as *const () as u64) }
}

global_asm!(
    r#"
.section .text.trap, "ax"
.globl __trap_entry
.p2align 2
__trap_entry:
    csrrw a0, sscratch, a0
    bnez  a0, __user_trap
    # From the kernel: a0 is free, its value is in sscratch.
    addi  a0, sp, -160
    slli  a0, a0, 48
    bgez  a0, 9f
    csrrw a0, sscratch, zero
    addi  sp, sp, -160
    sd    ra, 0(sp)
    sd    t0, 8(sp)
    sd    t1, 16(sp)
    sd    t2, 24(sp)
    sd    t3, 32(sp)
    sd    t4, 40(sp)
    sd    t5, 48(sp)
    sd    t6, 56(sp)
    sd    a0, 64(sp)
    sd    a1, 72(sp)
    sd    a2, 80(sp)
    sd    a3, 88(sp)
    sd    a4, 96(sp)
    sd    a5, 104(sp)
    sd    a6, 112(sp)
    sd    a7, 120(sp)
    csrr  t0, sepc
    csrr  t1, sstatus
    sd    t0, 128(sp)
    sd    t1, 136(sp)
    sd    s0, 144(sp)
    sd    t0, 152(sp)
    addi  s0, sp, 160
    mv    a0, sp
    call  {kernel_trap}
    ld    t0, 128(sp)
    ld    t1, 136(sp)
    csrw  sepc, t0
    csrw  sstatus, t1
    ld    s0, 144(sp)
    ld    ra, 0(sp)
    ld    t0, 8(sp)
    ld    t1, 16(sp)
    ld    t2, 24(sp)
    ld    t3, 32(sp)
    ld    t4, 40(sp)
    ld    t5, 48(sp)
    ld    t6, 56(sp)
    ld    a0, 64(sp)
    ld    a1, 72(sp)
    ld    a2, 80(sp)
    ld    a3, 88(sp)
    ld    a4, 96(sp)
    ld    a5, 104(sp)
    ld    a6, 112(sp)
    ld    a7, 120(sp)
    addi  sp, sp, 160
    sret
9:  # The stack ran over: never to return.
    csrw  sscratch, zero
    mv    a1, sp
    addi  sp, tp, {emergency_top_low}
    li    t0, {emergency_top_rest}
    add   sp, sp, t0
    csrr  a0, sepc
    call  {overflow}
"#,
    kernel_trap = sym kernel_trap,
    overflow = sym overflow,
    emergency_top_low = const 32,
    emergency_top_rest = const 4096,
);

const _: () = assert!(core::mem::offset_of!(super::cpu::Cpu, emergency) == 32);
const _: () = assert!(size_of::<KernelFrame>() == 160);

extern "C" fn overflow(pc: usize, sp: usize) -> ! {
    // The panic's own trap entry must not take the emergency stack for another overflow: no trap is expected here.
    panic!("kernel stack overflow at {pc:#x} (stack pointer {sp:#x})");
}

extern "C" fn kernel_trap(frame: &mut KernelFrame) {
    let cause = csr::read!("scause");
    if cause & INTERRUPT != 0 {
        return interrupt(cause);
    }
    let addr = csr::read!("stval");
    if !resolve(frame, cause, addr as usize) {
        panic!(
            "kernel fault: cause {cause}, address {addr:#x}, at {:#x}, called from {:#x}",
            frame.pc, frame.ra
        );
    }
}

/// A fault in the user copy routines is brought in or made an error of theirs; others are bugs.
fn resolve(frame: &mut KernelFrame, cause: u64, addr: usize) -> bool {
    if !user::is_copying(frame.pc as usize) {
        return false;
    }
    let access = match cause {
        CAUSE_LOAD_FAULT => Some(user::RawAccess::Read),
        CAUSE_STORE_FAULT => Some(user::RawAccess::Write),
        _ => None,
    };
    let fixed = access.is_some_and(|access| {
        let Some(hooks) = hooks() else { return false };
        let on = frame.status & csr::STATUS_SPIE != 0;
        super::cpu::set_interrupts(on);
        let fixed = (hooks.page_fault)(addr, access);
        super::cpu::set_interrupts(false);
        fixed
    });
    if !fixed {
        frame.pc = user::copy_failed() as u64;
    }
    true
}

/// Handles an interrupt. Interrupts are off.
pub(crate) fn interrupt(cause: u64) {
    let hooks = hooks();
    match 1u64 << (cause & 63) {
        csr::SOFT => {
            // SAFETY: clears the pending bit before looking for work, so that a later kick is not lost.
            unsafe { csr::write!("csrc", "sip", csr::SOFT) }
            if let Some(hooks) = hooks {
                (hooks.kick)();
            }
        }
        csr::TIMER => {
            timer::set(u64::MAX);
            if let Some(hooks) = hooks {
                (hooks.timer)();
            }
        }
        csr::EXTERNAL => match hooks {
            Some(hooks) => (hooks.external)(),
            // SAFETY: nobody is there to quiet the device.
            None => unsafe { csr::write!("csrc", "sie", csr::EXTERNAL) },
        },
        _ => {}
    }
}

/// The kind of a fault in user mode.
pub(crate) fn classify(cause: u64) -> user::RawFault {
    match cause {
        CAUSE_FETCH_FAULT => user::RawFault::Execute,
        CAUSE_LOAD_FAULT => user::RawFault::Read,
        CAUSE_STORE_FAULT => user::RawFault::Write,
        0 | 4 | 6 => user::RawFault::Misaligned,
        3 => user::RawFault::Breakpoint,
        1 | 5 | 7 => user::RawFault::Access,
        _ => user::RawFault::Illegal,
    }
}

/// Whether a backtrace may show this address.
pub(crate) fn is_code(pc: usize) -> bool {
    kernel_map::is_text(pc)
}

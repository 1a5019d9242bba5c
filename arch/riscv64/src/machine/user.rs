//! User mode: going there and coming back; touching its memory.
//!
//! Floating point is kept lazily. A program that never used it runs with the unit off; its first use traps here and
//! turns it on. The registers are saved after a trap only when they were written, and loaded only when they hold
//! something else than this context's: a tag, new at every save, tells.

use super::{cpu, csr, trap};
use core::arch::{asm, global_asm, naked_asm};

/// Names one state of the floating-point registers; never the same for two states. 0: none.
pub(crate) type FpTag = u64;

/// Tags of one processor count up in steps that keep its number in the low bits.
const TAG_STEP: u64 = 16;

pub(crate) fn first_tag(cpu: usize) -> FpTag {
    TAG_STEP + cpu as u64
}

/// A program's registers. General register `n` is word `n`; word 0 is unused.
#[repr(C)]
#[derive(Clone, Debug)]
pub struct Context {
    regs: [u64; 32],
    pc: u64,
    kernel_sp: u64,
    kernel_tp: u64,
    fp_tag: FpTag,
    /// 32 registers and the control word.
    fp: [u64; 33],
    fp_on: bool,
}

/// How memory is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawAccess {
    /// Load.
    Read,
    /// Store.
    Write,
    /// Fetch.
    Execute,
}

/// Kinds of faults in user mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawFault {
    /// Load page fault.
    Read,
    /// Store page fault.
    Write,
    /// Fetch page fault.
    Execute,
    /// An instruction that does not exist or is not allowed.
    Illegal,
    /// An address that is not aligned.
    Misaligned,
    /// The breakpoint instruction.
    Breakpoint,
    /// Physical memory that does not exist.
    Access,
}

/// Why user mode was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawTrap {
    /// The system-call instruction; the program counter is behind it.
    Call,
    /// An interrupt, already handled.
    Interrupt,
    /// A fault.
    Fault {
        /// Its kind.
        kind: RawFault,
        /// The address touched, or the program counter.
        addr: usize,
        /// The architecture's cause number.
        cause: u64,
    },
}

/// `e_machine` of the ELF images that run here.
pub const ELF_MACHINE: u16 = 243;
const STACK_POINTER: usize = 2;
const THREAD_POINTER: usize = 4;
const CALL_LEN: u64 = 4;
const CAUSE_ILLEGAL: u64 = 2;
const CAUSE_CALL: u64 = 8;

impl Context {
    /// All zero but the program counter and the stack pointer.
    pub fn new(pc: usize, sp: usize) -> Context {
        let mut regs = [0; 32];
        regs[STACK_POINTER] = sp as u64;
        Context {
            regs,
            pc: pc as u64,
            kernel_sp: 0,
            kernel_tp: 0,
            fp_tag: 0,
            fp: [0; 33],
            fp_on: false,
        }
    }
    /// General register `index`; register 0 is always 0.
    #[inline]
    pub fn reg(&self, index: usize) -> u64 {
        self.regs[index]
    }
    /// Sets a general register; writing register 0 does nothing.
    #[inline]
    pub fn set_reg(&mut self, index: usize, value: u64) {
        if index != 0 {
            self.regs[index] = value;
        }
    }
    /// The program counter.
    #[inline]
    pub fn pc(&self) -> usize {
        self.pc as usize
    }
    /// Sets the program counter.
    #[inline]
    pub fn set_pc(&mut self, pc: usize) {
        self.pc = pc as u64;
    }
    /// The stack pointer.
    #[inline]
    pub fn sp(&self) -> usize {
        self.regs[STACK_POINTER] as usize
    }
    /// Sets the stack pointer.
    #[inline]
    pub fn set_sp(&mut self, sp: usize) {
        self.regs[STACK_POINTER] = sp as u64;
    }
    /// Sets the thread pointer.
    #[inline]
    pub fn set_tls(&mut self, tls: usize) {
        self.regs[THREAD_POINTER] = tls as u64;
    }
    /// Moves the program counter back onto the call instruction.
    #[inline]
    pub fn rewind_call(&mut self) {
        self.pc = self.pc.wrapping_sub(CALL_LEN);
    }
    /// The floating-point registers and control word.
    pub fn fp(&self) -> [u64; 33] {
        self.fp
    }
    /// Sets the floating-point registers and control word.
    pub fn set_fp(&mut self, fp: &[u64; 33]) {
        self.fp = *fp;
        self.fp[32] &= 0xff;
        self.fp_tag = 0;
        self.fp_on = true;
    }
}

/// Runs the program until it traps. Call with interrupts on or off; returns with interrupts on, and an interrupt handled.
pub fn run(context: &mut Context) -> RawTrap {
    loop {
        let cause = run_once(context);
        if cause == CAUSE_CALL {
            context.pc += CALL_LEN;
            cpu::set_interrupts(true);
            return RawTrap::Call;
        }
        if cause >> 63 != 0 {
            trap::interrupt(cause);
            cpu::set_interrupts(true);
            return RawTrap::Interrupt;
        }
        let value = csr::read!("stval") as usize;
        cpu::set_interrupts(true);
        if cause == CAUSE_ILLEGAL && !context.fp_on {
            // Perhaps its first floating-point instruction; if not, it traps again.
            context.fp_on = true;
            continue;
        }
        let kind = trap::classify(cause);
        let addr = match kind {
            RawFault::Illegal | RawFault::Breakpoint => context.pc as usize,
            _ => value,
        };
        return RawTrap::Fault { kind, addr, cause };
    }
}

/// Runs the program until it traps, with its floating-point state in place; gives the cause, with interrupts off.
#[inline]
fn run_once(context: &mut Context) -> u64 {
    let mut status = csr::STATUS_SPIE | csr::STATUS_SUM | csr::STATUS_UXL_64;
    if context.fp_on {
        cpu::set_interrupts(false);
        status |= csr::STATUS_FS_CLEAN;
        load_fp(context);
    }
    // SAFETY: the status has interrupts off until user mode; the context stays in place until the trap stores into it.
    let cause = unsafe {
        csr::write!("csrw", "sstatus", status);
        enter(context)
    };
    if context.fp_on && csr::read!("sstatus") & csr::STATUS_FS == csr::STATUS_FS_DIRTY {
        save_fp(context);
    }
    cause
}

/// Saves the registers under a new tag.
fn save_fp(context: &mut Context) {
    // SAFETY: this processor's own word, with interrupts off; room for 33 words.
    unsafe {
        let tag = cpu::this().fp.get();
        *tag += TAG_STEP;
        context.fp_tag = *tag;
        store_fp_registers(context.fp.as_mut_ptr());
    }
}

/// Loads the registers unless they hold this state already.
fn load_fp(context: &mut Context) {
    let tag = cpu::this().fp.get();
    // SAFETY: this processor's own word, with interrupts off; 33 words; the unit is on while they are loaded.
    unsafe {
        if context.fp_tag == *tag {
            return;
        }
        // The state gets a new name, so that the names that a processor gives only grow.
        *tag += TAG_STEP;
        context.fp_tag = *tag;
        csr::write!("csrs", "sstatus", csr::STATUS_FS);
        load_fp_registers(context.fp.as_ptr());
    }
}

/// # Safety
/// Interrupts are off, sstatus is set for user mode, `context` stays in place.
#[unsafe(naked)]
unsafe extern "C" fn enter(context: *mut Context) -> u64 {
    naked_asm!(
        "addi sp, sp, -112",
        "sd ra, 104(sp)",
        "sd s0, 96(sp)",
        "sd s1, 0(sp)",
        "sd s2, 8(sp)",
        "sd s3, 16(sp)",
        "sd s4, 24(sp)",
        "sd s5, 32(sp)",
        "sd s6, 40(sp)",
        "sd s7, 48(sp)",
        "sd s8, 56(sp)",
        "sd s9, 64(sp)",
        "sd s10, 72(sp)",
        "sd s11, 80(sp)",
        "sd sp, 264(a0)",
        "sd tp, 272(a0)",
        "ld t0, 256(a0)",
        "csrw sscratch, a0",
        "csrw sepc, t0",
        "ld ra, 8(a0)",
        "ld sp, 16(a0)",
        "ld gp, 24(a0)",
        "ld tp, 32(a0)",
        "ld t0, 40(a0)",
        "ld t1, 48(a0)",
        "ld t2, 56(a0)",
        "ld s0, 64(a0)",
        "ld s1, 72(a0)",
        "ld a1, 88(a0)",
        "ld a2, 96(a0)",
        "ld a3, 104(a0)",
        "ld a4, 112(a0)",
        "ld a5, 120(a0)",
        "ld a6, 128(a0)",
        "ld a7, 136(a0)",
        "ld s2, 144(a0)",
        "ld s3, 152(a0)",
        "ld s4, 160(a0)",
        "ld s5, 168(a0)",
        "ld s6, 176(a0)",
        "ld s7, 184(a0)",
        "ld s8, 192(a0)",
        "ld s9, 200(a0)",
        "ld s10, 208(a0)",
        "ld s11, 216(a0)",
        "ld t3, 224(a0)",
        "ld t4, 232(a0)",
        "ld t5, 240(a0)",
        "ld t6, 248(a0)",
        "ld a0, 80(a0)",
        "sret",
        // The trap entry comes here with the context in a0 and the program's a0 in sscratch.
        ".globl __user_trap",
        "__user_trap:",
        "sd ra, 8(a0)",
        "sd sp, 16(a0)",
        "sd gp, 24(a0)",
        "sd tp, 32(a0)",
        "sd t0, 40(a0)",
        "sd t1, 48(a0)",
        "sd t2, 56(a0)",
        "sd s0, 64(a0)",
        "sd s1, 72(a0)",
        "sd a1, 88(a0)",
        "sd a2, 96(a0)",
        "sd a3, 104(a0)",
        "sd a4, 112(a0)",
        "sd a5, 120(a0)",
        "sd a6, 128(a0)",
        "sd a7, 136(a0)",
        "sd s2, 144(a0)",
        "sd s3, 152(a0)",
        "sd s4, 160(a0)",
        "sd s5, 168(a0)",
        "sd s6, 176(a0)",
        "sd s7, 184(a0)",
        "sd s8, 192(a0)",
        "sd s9, 200(a0)",
        "sd s10, 208(a0)",
        "sd s11, 216(a0)",
        "sd t3, 224(a0)",
        "sd t4, 232(a0)",
        "sd t5, 240(a0)",
        "sd t6, 248(a0)",
        "csrrw t0, sscratch, zero",
        "csrr t1, sepc",
        "sd t0, 80(a0)",
        "sd t1, 256(a0)",
        "ld sp, 264(a0)",
        "ld tp, 272(a0)",
        "csrr a0, scause",
        "ld ra, 104(sp)",
        "ld s0, 96(sp)",
        "ld s1, 0(sp)",
        "ld s2, 8(sp)",
        "ld s3, 16(sp)",
        "ld s4, 24(sp)",
        "ld s5, 32(sp)",
        "ld s6, 40(sp)",
        "ld s7, 48(sp)",
        "ld s8, 56(sp)",
        "ld s9, 64(sp)",
        "ld s10, 72(sp)",
        "ld s11, 80(sp)",
        "addi sp, sp, 112",
        "ret",
    )
}

const _: () = assert!(core::mem::offset_of!(Context, pc) == 256);
const _: () = assert!(core::mem::offset_of!(Context, kernel_sp) == 264);
const _: () = assert!(core::mem::offset_of!(Context, kernel_tp) == 272);

global_asm!(
    r#"
.option push
.option arch, +a, +f, +d, +zicsr
.section .text.fp, "ax"
__store_fp:
    .set n, 0
    .irp r, f0,f1,f2,f3,f4,f5,f6,f7,f8,f9,f10,f11,f12,f13,f14,f15,f16,f17,f18,f19,f20,f21,f22,f23,f24,f25,f26,f27,f28,f29,f30,f31
    fsd  \r, n(a0)
    .set n, n + 8
    .endr
    frcsr t0
    sd   t0, 256(a0)
    ret
__load_fp:
    .set n, 0
    .irp r, f0,f1,f2,f3,f4,f5,f6,f7,f8,f9,f10,f11,f12,f13,f14,f15,f16,f17,f18,f19,f20,f21,f22,f23,f24,f25,f26,f27,f28,f29,f30,f31
    fld  \r, n(a0)
    .set n, n + 8
    .endr
    ld   t0, 256(a0)
    fscsr t0
    ret

# User copies. A fault in here that cannot be brought in continues at __copy_failed, which returns 1.
.section .text.user_copy, "ax"
.globl __copy_start
__copy_start:
# a0 to, a1 from, a2 bytes -> 0 or 1. Unaligned words are left to the processor or the firmware.
__copy:
    li   t0, 64
    bltu a2, t0, 2f
1:  ld   t1, 0(a1)
    ld   t2, 8(a1)
    ld   t3, 16(a1)
    ld   t4, 24(a1)
    ld   t5, 32(a1)
    ld   a3, 40(a1)
    ld   a4, 48(a1)
    ld   a5, 56(a1)
    sd   t1, 0(a0)
    sd   t2, 8(a0)
    sd   t3, 16(a0)
    sd   t4, 24(a0)
    sd   t5, 32(a0)
    sd   a3, 40(a0)
    sd   a4, 48(a0)
    sd   a5, 56(a0)
    addi a1, a1, 64
    addi a0, a0, 64
    addi a2, a2, -64
    bgeu a2, t0, 1b
2:  li   t0, 8
    bltu a2, t0, 4f
3:  ld   t1, 0(a1)
    sd   t1, 0(a0)
    addi a1, a1, 8
    addi a0, a0, 8
    addi a2, a2, -8
    bgeu a2, t0, 3b
4:  beqz a2, 6f
5:  lb   t1, 0(a1)
    sb   t1, 0(a0)
    addi a1, a1, 1
    addi a0, a0, 1
    addi a2, a2, -1
    bnez a2, 5b
6:  li   a0, 0
    ret
# a0 to, a1 bytes
__clear:
    andi t1, a0, 7
    beqz t1, 1f
    beqz a1, 4f
    sb   zero, 0(a0)
    addi a0, a0, 1
    addi a1, a1, -1
    j    __clear
1:  li   t0, 64
    bltu a1, t0, 3f
2:  sd   zero, 0(a0)
    sd   zero, 8(a0)
    sd   zero, 16(a0)
    sd   zero, 24(a0)
    sd   zero, 32(a0)
    sd   zero, 40(a0)
    sd   zero, 48(a0)
    sd   zero, 56(a0)
    addi a0, a0, 64
    addi a1, a1, -64
    bgeu a1, t0, 2b
3:  beqz a1, 4f
    sb   zero, 0(a0)
    addi a0, a0, 1
    addi a1, a1, -1
    j    3b
4:  li   a0, 0
    ret
# a0 to (kernel), a1 from (user), a2 room; copies up to a NUL; a0 0 or 1, a1 bytes before the NUL or the room
__copy_string:
    mv   t0, a0
    add  t2, a0, a2
1:  bgeu t0, t2, 2f
    lbu  t1, 0(a1)
    beqz t1, 2f
    sb   t1, 0(t0)
    addi a1, a1, 1
    addi t0, t0, 1
    j    1b
2:  sub  a1, t0, a0
    li   a0, 0
    ret
# a0 address; a0 0 or 1, a1 value
__load_word:
    lwu  a1, 0(a0)
    li   a0, 0
    ret
# a0 address, a1 expected, a2 new; a0 0 or 1, a1 value found
__exchange_word:
    sext.w t0, a1
1:  lr.w.aqrl a1, (a0)
    bne  a1, t0, 2f
    sc.w.rl t1, a2, (a0)
    bnez t1, 1b
2:  li   a0, 0
    ret
.globl __copy_end
__copy_end:
.globl __copy_failed
__copy_failed:
    li   a0, 1
    ret
.option pop
"#
);

unsafe extern "C" {
    #[link_name = "__store_fp"]
    fn store_fp_registers(to: *mut u64);
    #[link_name = "__load_fp"]
    fn load_fp_registers(from: *const u64);
    static __copy_start: u8;
    static __copy_end: u8;
    static __copy_failed: u8;
    fn __copy(to: usize, from: usize, len: usize) -> usize;
    fn __clear(to: usize, len: usize) -> usize;
}

/// Whether `pc` is in the user copy routines.
pub(crate) fn is_copying(pc: usize) -> bool {
    (&raw const __copy_start as usize..&raw const __copy_end as usize).contains(&pc)
}

/// Where a failed user copy continues.
pub(crate) fn copy_failed() -> usize {
    &raw const __copy_failed as usize
}

/// A user address that cannot be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadUserAddress;

fn check(user: usize, len: usize) -> Result<(), BadUserAddress> {
    match user.checked_add(len) {
        Some(end) if end <= crate::paging::USER_TOP => Ok(()),
        _ => Err(BadUserAddress),
    }
}

fn done(failed: usize) -> Result<(), BadUserAddress> {
    if failed == 0 {
        Ok(())
    } else {
        Err(BadUserAddress)
    }
}

/// Copies `len` bytes from the current address space to `to`.
///
/// # Safety
/// `to` may be written for `len` bytes.
#[inline]
pub unsafe fn copy_in(to: *mut u8, user: usize, len: usize) -> Result<(), BadUserAddress> {
    check(user, len)?;
    // SAFETY: the kernel's side is the caller's; the user's side is below the kernel's half and its faults are handled.
    done(unsafe { __copy(to as usize, user, len) })
}

/// Copies `len` bytes to the current address space; bytes before a bad page may have been written.
///
/// # Safety
/// `from` may be read for `len` bytes.
#[inline]
pub unsafe fn copy_out(user: usize, from: *const u8, len: usize) -> Result<(), BadUserAddress> {
    check(user, len)?;
    // SAFETY: as in `copy_in`.
    done(unsafe { __copy(user, from as usize, len) })
}

/// Writes zeros.
pub fn zero(user: usize, len: usize) -> Result<(), BadUserAddress> {
    check(user, len)?;
    // SAFETY: only user memory is written, faults are handled.
    done(unsafe { __clear(user, len) })
}

/// Copies up to and without a NUL; `Ok(None)` when there is none within `into.len()` bytes.
pub fn copy_in_str(into: &mut [u8], user: usize) -> Result<Option<usize>, BadUserAddress> {
    let room = into.len().min(crate::paging::USER_TOP.saturating_sub(user));
    check(user, room)?;
    if room == 0 && !into.is_empty() {
        return Err(BadUserAddress);
    }
    let (failed, len): (usize, usize);
    // SAFETY: writes at most `room` bytes of `into`; reads user memory, faults are handled; called as a C function.
    unsafe {
        asm!("call __copy_string", inlateout("a0") into.as_mut_ptr() as usize => failed,
            inlateout("a1") user => len, in("a2") room, clobber_abi("C"));
    }
    done(failed)?;
    if len < room {
        Ok(Some(len))
    } else if room < into.len() {
        Err(BadUserAddress)
    } else {
        Ok(None)
    }
}

/// Reads an aligned 32-bit word atomically.
pub fn load_u32(user: usize) -> Result<u32, BadUserAddress> {
    check(user, 4)?;
    let (failed, value): (usize, usize);
    // SAFETY: reads user memory, faults are handled; called as a C function.
    unsafe {
        asm!("call __load_word", inlateout("a0") user => failed, lateout("a1") value, clobber_abi("C"));
    }
    done(failed).map(|()| value as u32)
}

/// Stores `new` if the aligned word is `expected`; gives the value found.
pub fn compare_exchange_u32(user: usize, expected: u32, new: u32) -> Result<u32, BadUserAddress> {
    check(user, 4)?;
    if user % 4 != 0 {
        return Err(BadUserAddress);
    }
    let (failed, value): (usize, usize);
    // SAFETY: touches user memory only, faults are handled; called as a C function.
    unsafe {
        asm!("call __exchange_word", inlateout("a0") user => failed, inlateout("a1") expected as usize => value,
            in("a2") new as usize, clobber_abi("C"));
    }
    done(failed).map(|()| value as u32)
}

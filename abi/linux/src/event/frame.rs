//! The stack frame that a handler runs on, and the way back from it.
//! Source: arch/riscv/kernel/signal.c (layout), arch/riscv/include/uapi/asm/ucontext.h.

use super::number::bit;
use super::pending::Info;
use crate::convention::{A0, RA};
use crate::state::{ProcessState, ThreadState};
use crate::types::signal::{AltStack, Frame, SigAction, UContext};
use core::sync::atomic::Ordering::Relaxed;
use kapi::UserPtr;
use kapi::user::{BadAddress, UserContext};

/// Alignment of the stack pointer in a handler.
const ALIGN: u64 = 16;

/// Makes the program run the handler next: a frame with all its registers on its stack, registers for the handler.
pub(super) fn push(
    regs: &mut UserContext,
    process: &ProcessState,
    thread: &ThreadState,
    info: &Info,
    action: &SigAction,
) -> Result<(), BadAddress> {
    let stack = *thread.alt_stack.lock();
    let sp = regs.sp() as u64;
    let active = stack.holds(sp);
    let switch =
        action.flags & SigAction::ON_STACK != 0 && !active && stack.flags & AltStack::DISABLED == 0;
    let top = if switch {
        stack.address.wrapping_add(stack.size)
    } else {
        sp
    };
    let at = top.wrapping_sub(size_of::<Frame>() as u64) & !(ALIGN - 1);
    let mask = thread.mask.load(Relaxed);
    let saved = thread.saved_mask.lock().take().unwrap_or(mask);
    let told = AltStack {
        flags: if active {
            AltStack::ACTIVE
        } else {
            stack.flags
        },
        ..stack
    };
    let frame = Frame {
        info: info.siginfo(),
        context: save(regs, saved, told),
    };
    UserPtr::<Frame>::new(at as usize).write(&frame)?;
    let more = if action.flags & SigAction::NO_DEFER != 0 {
        0
    } else {
        bit(info.number)
    };
    super::set_mask(thread, mask | action.mask | more);
    let vdso = process.vdso.load(Relaxed);
    regs.set_pc(action.handler as usize);
    regs.set_sp(at as usize);
    regs.set_reg(RA, crate::vdso::sigreturn(vdso) as u64);
    regs.set_reg(A0, u64::from(info.number));
    regs.set_reg(A0 + 1, at);
    regs.set_reg(A0 + 2, at + core::mem::offset_of!(Frame, context) as u64);
    Ok(())
}

fn save(regs: &UserContext, mask: u64, stack: AltStack) -> UContext {
    UContext {
        flags: 0,
        link: 0,
        stack,
        mask,
        mask_room: [0; 15],
        align: 0,
        pc: regs.pc() as u64,
        regs: core::array::from_fn(|index| regs.reg(index + 1)),
        fp: regs.fp(),
        fp_rest: [0; 33],
    }
}

/// Takes the frame at the stack pointer back into the registers, the mask and the alternative stack.
pub(super) fn pop(regs: &mut UserContext, thread: &ThreadState) -> Result<(), BadAddress> {
    let frame = UserPtr::<Frame>::new(regs.sp()).read()?;
    let context = &frame.context;
    // Extensions that are not there: a frame that claims some is no frame of ours.
    if context.fp_rest[32] != 0 || context.fp_rest[31] >> 32 != 0 {
        return Err(BadAddress);
    }
    regs.set_pc(context.pc as usize);
    for (index, &value) in context.regs.iter().enumerate() {
        regs.set_reg(index + 1, value);
    }
    let mut fp = context.fp;
    fp[32] &= 0xff;
    regs.set_fp(&fp);
    super::set_mask(thread, context.mask);
    let stack = context.stack;
    if !thread.alt_stack.lock().holds(regs.sp() as u64) {
        *thread.alt_stack.lock() = AltStack {
            flags: stack.flags & AltStack::DISABLED,
            ..stack
        };
    }
    Ok(())
}

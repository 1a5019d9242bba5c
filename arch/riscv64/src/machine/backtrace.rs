//! Following the frame pointers of the running thread.

use super::trap;
use crate::layout::STACK_SLOT;
use core::arch::asm;

/// Frames after which a chain is taken for broken.
const MOST: usize = 64;

/// Calls `each` with the return addresses of the calls that led here, innermost first.
pub fn walk(mut each: impl FnMut(usize)) {
    let mut fp: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mv {}, s0", out(reg) fp, options(nomem, nostack)) };
    let slot = fp.wrapping_sub(1) / STACK_SLOT;
    for _ in 0..MOST {
        let inside = fp % 8 == 0
            && fp.wrapping_sub(1) / STACK_SLOT == slot
            && fp.wrapping_sub(16) / STACK_SLOT == slot;
        if !inside {
            return;
        }
        // SAFETY: a record lies in the two words below the frame pointer; the slot is the running stack's, and the record
        // is above the stack pointer, so it is mapped.
        let (next, pc) = unsafe { (*((fp - 16) as *const usize), *((fp - 8) as *const usize)) };
        if !trap::is_code(pc) {
            return;
        }
        each(pc);
        if next <= fp {
            return;
        }
        fp = next;
    }
}

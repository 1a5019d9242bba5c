//! Making page tables current and flushing what processors remember of them.
//!
//! QEMU forgets everything at every write of satp that changes it and at every fence, so both are spared
//! wherever the architecture allows it.

use super::{cpu, csr, kernel_map};
use crate::paging::{Entry, USER_ROOT_ENTRIES};
use core::arch::asm;
use core::ops::Range;

const SV39: u64 = 8 << 60;
const ASID_SHIFT: u32 = 44;
/// Pages above which a whole address space is flushed.
const MANY: usize = 32;

/// Makes the table whose root is frame `root` current on this processor; `None`: the kernel's own.
///
/// # Safety
/// The root's kernel half came from [`copy_kernel_half`]; the table stays until another is activated here.
pub unsafe fn activate(root: Option<u32>, asid: u16) {
    let satp = match root {
        Some(frame) => SV39 | u64::from(asid) << ASID_SHIFT | u64::from(frame),
        None => kernel_map::satp(),
    };
    // SAFETY: the kernel half is the same in all tables, so the kernel goes on undisturbed.
    unsafe { csr::write!("csrw", "satp", satp) }
}

/// How many address-space identifiers the processor tells apart (1: none; they are 0 to this less one).
pub fn asid_limit() -> usize {
    let old = csr::read!("satp");
    // SAFETY: only the identifier changes, for a moment, while the kernel's own table is current; kernel pages are global.
    unsafe { csr::write!("csrw", "satp", old | 0xffff << ASID_SHIFT) }
    let bits = (csr::read!("satp") >> ASID_SHIFT) & 0xffff;
    // SAFETY: what it was.
    unsafe { csr::write!("csrw", "satp", old) }
    flush_all();
    bits as usize + 1
}

/// Forgets one page of one address space here.
#[inline]
pub fn flush_page(va: usize, asid: u16) {
    // SAFETY: a fence changes no memory.
    unsafe { asm!("sfence.vma {}, {}", in(reg) va, in(reg) u64::from(asid), options(nostack)) }
}

/// Forgets an address space here.
#[inline]
pub fn flush_asid(asid: u16) {
    // SAFETY: a fence changes no memory.
    unsafe { asm!("sfence.vma zero, {}", in(reg) u64::from(asid), options(nostack)) }
}

/// Forgets everything here.
#[inline]
pub fn flush_all() {
    // SAFETY: a fence changes no memory.
    unsafe { asm!("sfence.vma", options(nostack)) }
}

/// Forgets `range` of one address space here: page by page, or the whole space when there are many.
pub fn flush_range(range: Range<usize>, asid: u16) {
    if range.len() / 4096 > MANY {
        flush_asid(asid);
    } else {
        range.step_by(4096).for_each(|va| flush_page(va, asid));
    }
}

/// Has the other processors of `cpus` (a bit each) forget `range` of an address space; returns when they have.
pub fn remote_flush(cpus: u64, range: Range<usize>, asid: u16) {
    let (start, len) = if range.len() / 4096 > MANY {
        (0, usize::MAX)
    } else {
        (range.start, range.len())
    };
    cpu::for_each_hart_mask(cpus, |mask| {
        sbi_rt::remote_sfence_vma_asid(mask, start, len, usize::from(asid));
    });
}

/// Has the other processors of `cpus` forget kernel addresses.
pub fn remote_flush_kernel(cpus: u64, range: Range<usize>) {
    cpu::for_each_hart_mask(cpus, |mask| {
        sbi_rt::remote_sfence_vma(mask, range.start, range.len());
    });
}

/// Fills the kernel half of a new root.
///
/// # Safety
/// `root` points to a whole page that is not in use as a table yet.
pub unsafe fn copy_kernel_half(root: *mut Entry) {
    let kernel = kernel_map::root();
    // SAFETY: both are pages of 512 entries; the kernel's root never changes after boot.
    unsafe {
        core::ptr::copy_nonoverlapping(
            kernel.add(USER_ROOT_ENTRIES),
            root.add(USER_ROOT_ENTRIES),
            512 - USER_ROOT_ENTRIES,
        );
    }
}

/// Makes instructions that this processor wrote visible to all processors' fetches.
pub fn flush_icache() {
    // SAFETY: a fence changes no memory.
    unsafe { asm!("fence.i", options(nostack)) }
    cpu::for_each_hart_mask(cpu::all_but_this(), |mask| {
        sbi_rt::remote_fence_i(mask);
    });
}

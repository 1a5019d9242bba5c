//! Physical memory through the direct map, and fast ways to copy and clear it.

use crate::layout::{DIRECT, IMAGE_OFFSET};
use core::arch::{global_asm, naked_asm};

/// The address of physical address `pa` in the direct map.
#[inline]
pub fn direct(pa: u64) -> *mut u8 {
    (DIRECT + pa as usize) as *mut u8
}

/// The physical address behind a pointer into the direct map or the kernel image.
pub fn physical(pointer: *const u8) -> u64 {
    let va = pointer as usize;
    if va >= IMAGE_OFFSET {
        (va - IMAGE_OFFSET) as u64
    } else {
        (va - DIRECT) as u64
    }
}

/// Free memory at boot: physical start and end, page-aligned, ascending.
pub fn regions() -> &'static [(u64, u64)] {
    super::boot::info().free.as_slice()
}

/// All memory of the board, in bytes, and what of it the kernel image takes.
pub fn totals() -> (u64, u64) {
    let info = super::boot::info();
    (info.total_memory, info.image.1 - info.image.0)
}

/// First frame number and count of all frames that the frame table must cover: the free ones, and those of the
/// initramfs, which programs map.
pub fn span(first: u64, last: u64) -> (u32, usize) {
    let (start, end) = super::boot::info().initrd;
    let (first, last) = if start < end {
        (
            first.min(start & !4095),
            last.max(end.next_multiple_of(4096)),
        )
    } else {
        (first, last)
    };
    ((first >> 12) as u32, ((last - first) >> 12) as usize)
}

/// Whether bytes lie in a boot-time region that stays for ever: the initramfs.
pub fn is_boot_region(bytes: &'static [u8]) -> bool {
    let (start, end) = super::boot::info().initrd;
    let at = physical(bytes.as_ptr());
    start <= at && at + bytes.len() as u64 <= end
}

/// Copies a page.
///
/// # Safety
/// Both point to whole pages of mapped memory, page-aligned and apart.
#[inline]
pub unsafe fn copy_page(to: *mut u8, from: *const u8) {
    // SAFETY: as the caller says.
    unsafe { core::ptr::copy_nonoverlapping(from, to, 4096) }
}

/// Clears a page: eight words a turn.
///
/// # Safety
/// `page` points to a whole page of mapped memory, page-aligned.
#[unsafe(naked)]
pub unsafe extern "C" fn zero_page(page: *mut u8) {
    naked_asm!(
        "li t0, 4096",
        "add t0, t0, a0",
        "2:",
        "sd zero, 0(a0)",
        "sd zero, 8(a0)",
        "sd zero, 16(a0)",
        "sd zero, 24(a0)",
        "sd zero, 32(a0)",
        "sd zero, 40(a0)",
        "sd zero, 48(a0)",
        "sd zero, 56(a0)",
        "sd zero, 64(a0)",
        "sd zero, 72(a0)",
        "sd zero, 80(a0)",
        "sd zero, 88(a0)",
        "sd zero, 96(a0)",
        "sd zero, 104(a0)",
        "sd zero, 112(a0)",
        "sd zero, 120(a0)",
        "addi a0, a0, 128",
        "bltu a0, t0, 2b",
        "ret",
    )
}

// The compiler's own memcpy and memset move one word a turn; these move eight. The destination is aligned first; the
// source may stay unaligned, which application processors load directly and others through the firmware.
global_asm!(
    r#"
.section .text.memory, "ax"
.globl memcpy
.p2align 2
memcpy:
    mv   t6, a0
    li   t0, 16
    bltu a2, t0, 7f
1:  andi t1, t6, 7
    beqz t1, 2f
    lb   t2, 0(a1)
    sb   t2, 0(t6)
    addi a1, a1, 1
    addi t6, t6, 1
    addi a2, a2, -1
    j    1b
2:  li   t0, 64
    bltu a2, t0, 4f
3:  ld   t1, 0(a1)
    ld   t2, 8(a1)
    ld   t3, 16(a1)
    ld   t4, 24(a1)
    ld   t5, 32(a1)
    ld   a3, 40(a1)
    ld   a4, 48(a1)
    ld   a5, 56(a1)
    sd   t1, 0(t6)
    sd   t2, 8(t6)
    sd   t3, 16(t6)
    sd   t4, 24(t6)
    sd   t5, 32(t6)
    sd   a3, 40(t6)
    sd   a4, 48(t6)
    sd   a5, 56(t6)
    addi a1, a1, 64
    addi t6, t6, 64
    addi a2, a2, -64
    bgeu a2, t0, 3b
4:  li   t0, 8
    bltu a2, t0, 7f
5:  ld   t1, 0(a1)
    sd   t1, 0(t6)
    addi a1, a1, 8
    addi t6, t6, 8
    addi a2, a2, -8
    bgeu a2, t0, 5b
7:  beqz a2, 9f
8:  lb   t1, 0(a1)
    sb   t1, 0(t6)
    addi a1, a1, 1
    addi t6, t6, 1
    addi a2, a2, -1
    bnez a2, 8b
9:  ret

.globl memset
.p2align 2
memset:
    mv   t6, a0
    li   t0, 16
    bltu a2, t0, 7f
    andi a1, a1, 255
    slli t1, a1, 8
    or   a1, a1, t1
    slli t1, a1, 16
    or   a1, a1, t1
    slli t1, a1, 32
    or   a1, a1, t1
1:  andi t1, t6, 7
    beqz t1, 2f
    sb   a1, 0(t6)
    addi t6, t6, 1
    addi a2, a2, -1
    j    1b
2:  li   t0, 64
    bltu a2, t0, 4f
3:  sd   a1, 0(t6)
    sd   a1, 8(t6)
    sd   a1, 16(t6)
    sd   a1, 24(t6)
    sd   a1, 32(t6)
    sd   a1, 40(t6)
    sd   a1, 48(t6)
    sd   a1, 56(t6)
    addi t6, t6, 64
    addi a2, a2, -64
    bgeu a2, t0, 3b
4:  li   t0, 8
    bltu a2, t0, 7f
5:  sd   a1, 0(t6)
    addi t6, t6, 8
    addi a2, a2, -8
    bgeu a2, t0, 5b
7:  beqz a2, 9f
8:  sb   a1, 0(t6)
    addi t6, t6, 1
    addi a2, a2, -1
    bnez a2, 8b
9:  ret
"#
);

//! Where things are in the kernel's half of the address space.

/// Most processors that the kernel can use.
pub const MAX_CPUS: usize = 8;
/// Virtual address of physical address 0 in the direct map.
pub const DIRECT: usize = 0xffff_ffc0_0000_0000;
/// Most gigabytes of physical addresses that the direct map can hold.
pub const DIRECT_GIB: usize = 192;
/// Start of the kernel-stack area.
pub const STACKS: usize = 0xffff_fff0_0000_0000;
/// Gigabytes of the kernel-stack area.
pub const STACKS_GIB: usize = 4;
/// Bytes from one stack's slot to the next; slots are aligned to it.
pub const STACK_SLOT: usize = 64 << 10;
/// Bytes of a stack: the upper half of its slot. The lower half is never mapped, so that bit 15 of a stack
/// pointer tells whether it has run over.
pub const STACK_SIZE: usize = STACK_SLOT / 2;
/// Virtual less physical address of the kernel image.
pub const IMAGE_OFFSET: usize = 0xffff_ffff_0000_0000;

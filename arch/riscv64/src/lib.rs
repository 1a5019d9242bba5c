//! RISC-V, 64 bit, Sv39, over SBI firmware.
//!
//! Offers the names that `hal` expects of every architecture (see `sys/hal`). Only [`paging`]'s entry format and
//! [`layout`] exist on other machines too, for unit tests; the rest needs the processor.
//!
//! Address space of the kernel (the upper half, the same in every page table):
//!
//! | from | what | rights |
//! |---|---|---|
//! | `0xffffffc0_00000000` | all physical memory and devices, 1 GiB pages | RW |
//! | `0xfffffff0_00000000` | kernel stacks, 64 KiB apart, the lower half of each a guard | RW |
//! | `0xffffffff_80000000` | kernel image at its physical address less 2 GiB | text RX, constants R, data RW |
#![cfg_attr(target_os = "none", no_std)]

pub mod layout;
pub mod paging;

#[cfg(all(target_arch = "riscv64", target_os = "none"))]
mod machine {
    pub mod backtrace;
    pub mod boot;
    pub mod console;
    pub mod cpu;
    pub(crate) mod csr;
    pub mod devicetree;
    pub(crate) mod kernel_map;
    pub mod memory;
    pub mod power;
    pub mod thread;
    pub mod timer;
    pub mod tlb;
    pub mod trap;
    pub mod user;
}
#[cfg(all(target_arch = "riscv64", target_os = "none"))]
pub use machine::{
    backtrace, boot, console, cpu, devicetree, memory, power, thread, timer, tlb, trap, user,
};

//! The unsafe floor made safe: all that the kernel knows of the machine.
//!
//! Everything above this crate forbids `unsafe`. The portable part lives here; what differs between
//! processors is `arch/*`, of which `arch` picks exactly one by target (the host is one of them).
#![cfg_attr(target_os = "none", no_std)]

extern crate alloc;

mod arch;
mod asid;
mod buddy;
pub mod console;
pub mod cpu;
pub mod frame;
#[cfg(target_os = "none")]
mod heap;
pub mod irq;
pub mod mmio;
pub mod paging;
pub mod platform;
pub mod sync;
#[cfg(not(target_os = "none"))]
pub mod testing;
pub mod thread;
pub mod time;
pub mod upcall;
pub mod user;

/// Bytes of a page and of a frame.
pub const PAGE_SIZE: usize = 4096;
/// log2 of [`PAGE_SIZE`].
pub const PAGE_SHIFT: usize = 12;
/// Most processors that the kernel can use.
pub const MAX_CPUS: usize = 8;

/// No memory left for what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

/// A user address that cannot be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadAddress;

/// Makes `fn() -> !` the kernel's main function.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        #[cfg(target_os = "none")]
        #[unsafe(no_mangle)]
        fn scarlet_main() -> ! {
            $main()
        }
    };
}

/// Sets the floor up: frames, heap, stacks. Once, first thing, on the processor that booted.
pub fn init() {
    frame::init();
    thread::init();
    upcall::init();
}

//! The host as an architecture: the kernel's portable code under `cargo test`.
//!
//! Physical memory is one arena of the host's; page tables are walked in software. Offers the names that `hal` expects of
//! every architecture. What it cannot do yet: run user programs and switch kernel threads.

pub mod console;
pub mod cpu;
pub mod memory;
pub mod paging;
pub mod power;
pub mod thread;
pub mod timer;
pub mod tlb;
pub mod trap;
pub mod user;

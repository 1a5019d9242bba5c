//! The kernel binary: the boot order as a list, and the lists of what is built in. No logic.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

extern crate alloc;

mod abis;
mod boot;
mod devices;
mod drivers;
mod filesystems;
#[cfg(target_os = "none")]
mod panic;
mod root;

#[cfg(target_os = "none")]
#[expect(
    unsafe_code,
    reason = "the start code calls the main function by its name"
)]
mod start {
    hal::entry!(crate::boot::main);
}

#[cfg(not(target_os = "none"))]
fn main() {
    boot::main()
}

//! The kernel binary: the boot order as a list, and the lists of what is built in. No logic.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

extern crate alloc;

mod abis;
mod boot;
mod devices;
mod drivers;
mod filesystems;
#[cfg(target_os = "none")]
mod panic;
mod root;

hal::entry!(boot::main);

#[cfg(not(target_os = "none"))]
fn main() {
    boot::main()
}

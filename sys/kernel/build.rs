//! Gives the linker the kernel's layout when the target is a bare machine.

fn main() {
    let directory = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo::rerun-if-changed=kernel.ld");
    let target = std::env::var("CARGO_CFG_TARGET_OS").expect("cargo sets it");
    if target == "none" {
        println!("cargo::rustc-link-arg-bins=-T{directory}/kernel.ld");
        println!("cargo::rustc-link-arg-bins=--gc-sections");
    }
}

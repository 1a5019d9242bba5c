//! Links xv6 programs at 0, every segment on a page of its own, as the original's script does.

fn main() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/xv6.ld");
    println!("cargo:rerun-if-changed={script}");
    println!("cargo:rustc-link-arg-bins=-T{script}");
    for arg in ["--build-id=none", "-znorelro", "--gc-sections"] {
        println!("cargo:rustc-link-arg-bins={arg}");
    }
}

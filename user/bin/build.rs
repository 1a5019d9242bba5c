//! Links native programs at 0x10000, as static images.

fn main() {
    for arg in [
        "--image-base=0x10000",
        "-znorelro",
        "--gc-sections",
        "-zseparate-code",
        "--build-id=none",
    ] {
        println!("cargo:rustc-link-arg-bins={arg}");
    }
}

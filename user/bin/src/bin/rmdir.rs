//! Removes empty directories.
#![no_std]
#![no_main]

use programs::{args, for_each};

scarlet::main!(main);

fn main() -> i32 {
    for_each(&args("rmdir DIR...", b"").names, scarlet::fs::remove_dir)
}

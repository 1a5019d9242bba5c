//! Tells the space of file systems.
#![no_std]
#![no_main]

extern crate alloc;

use programs::{Bytes, args, for_each};
use scarlet::{fs, println};

scarlet::main!(main);

fn main() -> i32 {
    let args = args("df [PATH...]", b"");
    let table = fs::mounts().unwrap_or_default();
    let mut names: alloc::vec::Vec<&[u8]> = args.names.clone();
    if names.is_empty() {
        let lines = table
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty());
        names = lines
            .filter_map(|line| line.split(|&byte| byte == b' ').next())
            .collect();
    }
    println!("{:<24} {:>12} {:>12} {:>12}", "PATH", "KIB", "USED", "FREE");
    for_each(&names, |name| {
        let usage = fs::usage(name)?;
        let kib = |blocks: u64| blocks * usage.block_size >> 10;
        println!(
            "{:<24} {:>12} {:>12} {:>12}",
            Bytes(name),
            kib(usage.blocks),
            kib(usage.blocks.saturating_sub(usage.free)),
            kib(usage.free)
        );
        Ok(())
    })
}

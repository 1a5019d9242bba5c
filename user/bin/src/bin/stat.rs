//! Prints facts about files.
#![no_std]
#![no_main]

use programs::{Bytes, args, for_each};
use scarlet::{fs, println};

scarlet::main!(main);

fn main() -> i32 {
    for_each(&args("stat PATH...", b"").names, |name| {
        let facts = fs::symlink_metadata(name)?;
        println!("{}: {:?}", Bytes(name), facts.kind());
        println!(
            "  size {} bytes, {} blocks of 512, block size {}",
            facts.size, facts.blocks, facts.block_size
        );
        println!(
            "  device {} inode {} links {}",
            facts.device, facts.inode, facts.links
        );
        println!(
            "  mode {:04o} uid {} gid {}",
            facts.mode, facts.uid, facts.gid
        );
        println!(
            "  accessed {} modified {} changed {} (ns since 1970)",
            facts.accessed, facts.modified, facts.changed
        );
        Ok(())
    })
}

//! Takes mounts away.
#![no_std]
#![no_main]

use programs::{args, for_each};
use scarlet::fs;

scarlet::main!(main);

fn main() -> i32 {
    let args = args("umount [-l] DIR...   -l: as soon as nobody uses it", b"l");
    for_each(&args.names, |name| fs::unmount(name, args.has(b'l')))
}

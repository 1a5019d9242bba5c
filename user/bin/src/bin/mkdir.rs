//! Makes directories.
#![no_std]
#![no_main]

use programs::{args, for_each};
use scarlet::fs;

scarlet::main!(main);

fn main() -> i32 {
    let args = args("mkdir [-p] DIR...", b"p");
    for_each(&args.names, |name| {
        if args.has(b'p') {
            fs::create_dir_all(name)
        } else {
            fs::create_dir(name)
        }
    })
}

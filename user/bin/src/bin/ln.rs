//! Makes links.
#![no_std]
#![no_main]

use programs::{args, complain, fail_usage};
use scarlet::fs;

scarlet::main!(main);

const USAGE: &str = "ln [-s] [-f] TARGET NAME";

fn main() -> i32 {
    let args = args(USAGE, b"sf");
    let [target, name] = args.names.as_slice() else {
        fail_usage(USAGE, format_args!("two paths are needed"));
    };
    if args.has(b'f') {
        let _ = fs::remove_file(name);
    }
    let made = if args.has(b's') {
        fs::symlink(target, name)
    } else {
        fs::hard_link(target, name)
    };
    match made {
        Ok(()) => 0,
        Err(error) => {
            complain(name, error);
            1
        }
    }
}

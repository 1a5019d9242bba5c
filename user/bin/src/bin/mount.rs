//! Shows mounts, or mounts.
#![no_std]
#![no_main]

use programs::{Bytes, complain, fail_usage, plain_args};
use scarlet::{fs, print};

scarlet::main!(main);

const USAGE: &str = "mount [-t KIND [-o OPTIONS] SOURCE DIR | --bind [-r] FROM DIR]   without arguments: the mount table";

fn main() -> i32 {
    let args = plain_args(USAGE);
    let mounted = match args.as_slice() {
        [] => {
            print!("{}", Bytes(&fs::mounts().unwrap_or_default()));
            return 0;
        }
        [b"--bind", from, to] => fs::mount(from, to, b"bind", b"", 4).map_err(|error| (*to, error)),
        [b"--bind", b"-r", from, to] => {
            fs::mount(from, to, b"bind", b"", 5).map_err(|error| (*to, error))
        }
        [b"-t", kind, source, to] => {
            fs::mount(source, to, kind, b"", 0).map_err(|error| (*to, error))
        }
        [b"-t", kind, b"-o", options, source, to] => {
            fs::mount(source, to, kind, options, 0).map_err(|error| (*to, error))
        }
        _ => fail_usage(USAGE, format_args!("arguments not understood")),
    };
    match mounted {
        Ok(()) => 0,
        Err((name, error)) => {
            complain(name, error);
            1
        }
    }
}

//! Makes letters big (--upper) or small (--lower).
#![no_std]
#![no_main]

use programs::{fail_usage, plain_args};
use scarlet::io;

scarlet::main!(main);

const USAGE: &str = "tr --upper | --lower   from standard input to standard output";

fn main() -> i32 {
    let change: fn(&mut u8) = match plain_args(USAGE).as_slice() {
        [b"--upper"] => u8::make_ascii_uppercase,
        [b"--lower"] => u8::make_ascii_lowercase,
        _ => fail_usage(USAGE, format_args!("which way?")),
    };
    let mut chunk = [0; 4096];
    loop {
        match io::read(0, &mut chunk) {
            Ok(0) => return 0,
            Ok(n) => {
                chunk[..n].iter_mut().for_each(change);
                if io::write_all(1, &chunk[..n]).is_err() {
                    return 1;
                }
            }
            Err(_) => return 1,
        }
    }
}

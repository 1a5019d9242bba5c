//! Prints its arguments.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use scarlet::{env, io};

scarlet::main!(main);

fn main() -> i32 {
    let mut words: Vec<&[u8]> = env::args().into_iter().skip(1).collect();
    let newline = words.first() != Some(&b"-n".as_slice());
    if !newline {
        words.remove(0);
    }
    let mut line = words.join(&b' ');
    if newline {
        line.push(b'\n');
    }
    i32::from(io::write_all(1, &line).is_err())
}

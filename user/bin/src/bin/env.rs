//! Prints the environment.
#![no_std]
#![no_main]

use programs::{Bytes, args};
use scarlet::println;

scarlet::main!(main);

fn main() -> i32 {
    args("env", b"");
    for text in scarlet::env::vars() {
        println!("{}", Bytes(text));
    }
    0
}

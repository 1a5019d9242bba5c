//! Says hello.
#![no_std]
#![no_main]

use xv6_programs::{Args, println};

xv6_programs::main!(main);

fn main(_: Args) -> i32 {
    println!("Hello from an xv6 program!");
    0
}

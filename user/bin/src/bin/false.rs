//! Fails.
#![no_std]
#![no_main]

scarlet::main!(main);

fn main() -> i32 {
    1
}

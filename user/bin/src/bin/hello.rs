//! Says hello.
#![no_std]
#![no_main]

scarlet::main!(main);

fn main() -> i32 {
    scarlet::println!("Hello from a native Scarlet program!");
    0
}

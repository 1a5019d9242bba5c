//! Clears the screen.
#![no_std]
#![no_main]

scarlet::main!(main);

fn main() -> i32 {
    scarlet::print!("\x1b[H\x1b[2J\x1b[3J");
    0
}

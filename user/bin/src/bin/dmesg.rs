//! Prints the kernel log.
#![no_std]
#![no_main]

use programs::{args, complain};
use scarlet::{io, system};

scarlet::main!(main);

fn main() -> i32 {
    args("dmesg", b"");
    match system::log().and_then(|text| io::write_all(1, &text)) {
        Ok(()) => 0,
        Err(error) => {
            complain(b"log", error);
            1
        }
    }
}

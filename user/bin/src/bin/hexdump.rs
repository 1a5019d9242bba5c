//! Prints files as hexadecimal numbers.
#![no_std]
#![no_main]

extern crate alloc;

use core::fmt::Write;
use programs::{args, for_inputs};
use scarlet::io::{self, Buffered};

scarlet::main!(main);

fn main() -> i32 {
    for_inputs(&args("hexdump [FILE...]", b"").names, |_, input| {
        let bytes = io::read_to_end(input)?;
        let mut out = Buffered::new(1);
        for (line, chunk) in bytes.chunks(16).enumerate() {
            let _ = write!(out, "{:08x} ", line * 16);
            for byte in chunk {
                let _ = write!(out, " {byte:02x}");
            }
            out.put(&b"   ".repeat(16 - chunk.len()));
            out.put(b"  |");
            for &byte in chunk {
                out.put(&[if byte.is_ascii_graphic() || byte == b' ' {
                    byte
                } else {
                    b'.'
                }]);
            }
            out.put(b"|\n");
        }
        out.flush()
    })
}

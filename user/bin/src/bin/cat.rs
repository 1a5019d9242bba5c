//! Joins files.
#![no_std]
#![no_main]

use programs::{args, for_inputs};
use scarlet::io;

scarlet::main!(main);

fn main() -> i32 {
    let args = args("cat [FILE...]", b"");
    for_inputs(&args.names, |_, input| {
        let mut chunk = [0; 8192];
        loop {
            match io::read(input, &mut chunk)? {
                0 => return Ok(()),
                n => io::write_all(1, &chunk[..n])?,
            }
        }
    })
}

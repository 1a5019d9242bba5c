//! Prints a word for ever.
#![no_std]
#![no_main]

use programs::plain_args;
use scarlet::io::Buffered;

scarlet::main!(main);

fn main() -> i32 {
    let args = plain_args("yes [WORD]");
    let word = args.first().copied().unwrap_or(b"y");
    let mut out = Buffered::new(1);
    while !out.has_failed() {
        out.put(word);
        out.put(b"\n");
    }
    1
}

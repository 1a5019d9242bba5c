//! Prints the first lines of files.
#![no_std]
#![no_main]

extern crate alloc;

use programs::{Bytes, fail_usage, for_inputs, number, plain_args};
use scarlet::io::{self, Buffered};

scarlet::main!(main);

const USAGE: &str = "head [-n COUNT | -COUNT] [FILE...]";

fn main() -> i32 {
    let args = plain_args(USAGE);
    let (count, names) = match args.as_slice() {
        [b"-n", count, names @ ..] => (number(count), names),
        [first, names @ ..] if first.len() > 1 && first.starts_with(b"-") => {
            (number(&first[1..]), names)
        }
        names => (Some(10), names),
    };
    let Some(count) = count else {
        fail_usage(USAGE, format_args!("{} is no count", Bytes(args[0])))
    };
    for_inputs(names, |_, input| {
        let (mut left, mut out) = (count, Buffered::new(1));
        if left == 0 {
            return Ok(());
        }
        io::for_lines(input, |line| {
            out.put(line);
            out.put(b"\n");
            left -= 1;
            Ok(left > 0)
        })?;
        out.flush()
    })
}

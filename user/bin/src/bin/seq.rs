//! Counts.
#![no_std]
#![no_main]

use core::fmt::Write;
use programs::{Bytes, fail_usage, number, plain_args};
use scarlet::io::Buffered;

scarlet::main!(main);

const USAGE: &str = "seq [FIRST] LAST";

fn main() -> i32 {
    let args = plain_args(USAGE);
    let parse = |text: &[u8]| {
        number(text)
            .unwrap_or_else(|| fail_usage(USAGE, format_args!("{} is no number", Bytes(text))))
    };
    let (first, last) = match args.as_slice() {
        [last] => (1, parse(last)),
        [first, last] => (parse(first), parse(last)),
        _ => fail_usage(USAGE, format_args!("how far?")),
    };
    let mut out = Buffered::new(1);
    for n in first..=last {
        let _ = writeln!(out, "{n}");
    }
    i32::from(out.flush().is_err())
}

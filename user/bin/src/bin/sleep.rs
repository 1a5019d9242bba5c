//! Waits.
#![no_std]
#![no_main]

use programs::{Bytes, complain, fail_usage, plain_args, seconds};
use scarlet::time;

scarlet::main!(main);

const USAGE: &str = "sleep SECONDS";

fn main() -> i32 {
    let args = plain_args(USAGE);
    let [text] = args.as_slice() else {
        fail_usage(USAGE, format_args!("how long?"))
    };
    let Some(ns) = seconds(text) else {
        fail_usage(
            USAGE,
            format_args!("{} is no number of seconds", Bytes(text)),
        );
    };
    match time::sleep(ns) {
        Ok(()) => 0,
        Err(error) => {
            complain(b"sleep", error);
            1
        }
    }
}

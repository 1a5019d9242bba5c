//! Prints its arguments.
#![no_std]
#![no_main]

use xv6_programs::{Args, Text, calls, print};

xv6_programs::main!(main);

fn main(args: Args) -> i32 {
    for index in 1..args.len() {
        let Some(arg) = args.get(index) else { break };
        let end = if index + 1 == args.len() { "" } else { " " };
        print(1, format_args!("{}{end}", Text(arg)));
    }
    i32::from(calls::write(1, b"\n") != 1)
}

//! Runs a program as one of a named ABI, whatever its image looks like.
#![no_std]
#![no_main]

extern crate alloc;

use programs::{complain, fail_usage, plain_args};
use scarlet::process::Command;

scarlet::main!(main);

const USAGE: &str = "abi-run ABI PROGRAM [ARG...]   ABI: scarlet, linux-riscv64, xv6-riscv64";

fn main() -> i32 {
    let args = plain_args(USAGE);
    let [abi, program, ..] = args.as_slice() else {
        fail_usage(USAGE, format_args!("which ABI and program?"))
    };
    let error = Command::new(program)
        .args(args[1..].iter().map(|arg| arg.to_vec()).collect())
        .abi(abi)
        .exec();
    complain(program, error);
    126
}

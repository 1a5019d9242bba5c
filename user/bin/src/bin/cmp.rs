//! Compares two files.
#![no_std]
#![no_main]

use programs::{Bytes, args, complain, fail_usage};
use scarlet::{fs, println};

scarlet::main!(main);

const USAGE: &str = "cmp FILE FILE";

fn main() -> i32 {
    let args = args(USAGE, b"");
    let [one, other] = args.names.as_slice() else {
        fail_usage(USAGE, format_args!("two files are needed"))
    };
    let (first, second) = match (fs::read(one), fs::read(other)) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(error), _) => return trouble(one, error),
        (_, Err(error)) => return trouble(other, error),
    };
    match first.iter().zip(&second).position(|(a, b)| a != b) {
        Some(at) => println!("{} {} differ at byte {}", Bytes(one), Bytes(other), at + 1),
        None if first.len() != second.len() => {
            println!("{} {} differ in length", Bytes(one), Bytes(other))
        }
        None => return 0,
    }
    1
}

fn trouble(name: &[u8], error: scarlet::Error) -> i32 {
    complain(name, error);
    2
}

//! Prints the working directory.
#![no_std]
#![no_main]

use programs::{Bytes, args, complain};
use scarlet::{env, println};

scarlet::main!(main);

fn main() -> i32 {
    args("pwd", b"");
    match env::current_dir() {
        Ok(path) => {
            println!("{}", Bytes(&path));
            0
        }
        Err(error) => {
            complain(b"working directory", error);
            1
        }
    }
}

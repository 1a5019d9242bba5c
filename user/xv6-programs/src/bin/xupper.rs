//! Copies standard input in capitals.
#![no_std]
#![no_main]

use xv6_programs::{Args, calls};

xv6_programs::main!(main);

fn main(_: Args) -> i32 {
    let mut chunk = [0; 512];
    loop {
        match calls::read(0, &mut chunk) {
            0 => return 0,
            n @ 1.. => {
                let bytes = &mut chunk[..n as usize];
                bytes.make_ascii_uppercase();
                if calls::write(1, bytes) != n {
                    return 1;
                }
            }
            _ => return 1,
        }
    }
}

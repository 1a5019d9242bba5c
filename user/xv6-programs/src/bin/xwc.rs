//! Counts lines, words and bytes of standard input.
#![no_std]
#![no_main]

use xv6_programs::{Args, calls, println};

xv6_programs::main!(main);

fn main(_: Args) -> i32 {
    let (mut lines, mut words, mut bytes, mut in_word) = (0, 0, 0, false);
    let mut chunk = [0; 512];
    loop {
        let n = calls::read(0, &mut chunk);
        if n <= 0 {
            println!("{lines} {words} {bytes}");
            return i32::from(n < 0);
        }
        for byte in &chunk[..n as usize] {
            let blank = byte.is_ascii_whitespace();
            lines += i32::from(*byte == b'\n');
            words += i32::from(!blank && !in_word);
            in_word = !blank;
        }
        bytes += n;
    }
}

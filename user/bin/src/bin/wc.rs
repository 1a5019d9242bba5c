//! Counts lines, words and bytes.
#![no_std]
#![no_main]

use programs::{Args, Bytes, args, for_inputs};
use scarlet::{io, print, println};

scarlet::main!(main);

fn main() -> i32 {
    let args = args("wc [-l] [-w] [-c] [FILE...]", b"lwc");
    let mut totals = [0; 3];
    let status = for_inputs(&args.names, |name, input| {
        let counts = count(input)?;
        for (total, count) in totals.iter_mut().zip(counts) {
            *total += count;
        }
        show(&args, counts, if name == b"-" { b"" } else { name });
        Ok(())
    });
    if args.names.len() > 1 {
        show(&args, totals, b"total");
    }
    status
}

fn show(args: &Args, counts: [u64; 3], name: &[u8]) {
    let all = args.options.is_empty();
    let mut first = true;
    for (letter, count) in [b'l', b'w', b'c'].into_iter().zip(counts) {
        if all || args.has(letter) {
            print!("{}{count}", if first { "" } else { " " });
            first = false;
        }
    }
    println!("{}{}", if name.is_empty() { "" } else { " " }, Bytes(name));
}

fn count(input: u32) -> scarlet::Result<[u64; 3]> {
    let (mut counts, mut in_word, mut chunk) = ([0; 3], false, [0; 8192]);
    loop {
        let n = io::read(input, &mut chunk)?;
        if n == 0 {
            return Ok(counts);
        }
        for &byte in &chunk[..n] {
            let blank = byte.is_ascii_whitespace();
            counts[0] += u64::from(byte == b'\n');
            counts[1] += u64::from(!blank && !in_word);
            in_word = !blank;
        }
        counts[2] += n as u64;
    }
}

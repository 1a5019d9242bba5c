//! Prints the lines of standard input that hold a text.
#![no_std]
#![no_main]

use xv6_programs::{Args, calls, eprintln};

xv6_programs::main!(main);

fn main(args: Args) -> i32 {
    let Some([text @ .., 0]) = args.get(1) else {
        eprintln!("usage: xgrep TEXT");
        return 2;
    };
    let (mut held, mut len, mut found) = ([0; 1024], 0, false);
    loop {
        let n = calls::read(0, &mut held[len..]);
        if n <= 0 {
            return i32::from(!found);
        }
        len += n as usize;
        let mut from = 0;
        while let Some(at) = held[from..len].iter().position(|&byte| byte == b'\n') {
            let line = &held[from..from + at + 1];
            if text.is_empty() || line.windows(text.len()).any(|part| part == text) {
                found = true;
                calls::write(1, line);
            }
            from += at + 1;
        }
        if from == 0 && len == held.len() {
            eprintln!("xgrep: a line is too long");
            return 2;
        }
        held.copy_within(from..len, 0);
        len -= from;
    }
}

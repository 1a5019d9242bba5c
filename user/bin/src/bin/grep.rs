//! Prints the lines that hold a text.
#![no_std]
#![no_main]

use programs::{args, fail_usage, for_inputs};
use scarlet::io::{self, Buffered};

scarlet::main!(main);

const USAGE: &str = "grep [-v] [-c] [-q] [-n] TEXT [FILE...]   TEXT is searched as it stands";

fn main() -> i32 {
    let args = args(USAGE, b"vcqn");
    let Some((text, files)) = args.names.split_first() else {
        fail_usage(USAGE, format_args!("which text?"))
    };
    let (mut found, mut out) = (0_u64, Buffered::new(1));
    let status = for_inputs(files, |name, input| {
        let mut number = 0_u64;
        io::for_lines(input, |line| {
            number += 1;
            let holds = text.is_empty() || line.windows(text.len()).any(|part| part == *text);
            if holds != args.has(b'v') {
                found += 1;
                if !args.has(b'c') && !args.has(b'q') {
                    show(
                        &mut out,
                        if files.len() > 1 { name } else { b"" },
                        args.has(b'n').then_some(number),
                        line,
                    );
                }
            }
            Ok(!(args.has(b'q') && found > 0))
        })
    });
    if args.has(b'c') {
        let _ = core::fmt::Write::write_fmt(&mut out, format_args!("{found}\n"));
    }
    if out.flush().is_err() || status != 0 {
        2
    } else {
        i32::from(found == 0)
    }
}

fn show(out: &mut Buffered, name: &[u8], number: Option<u64>, line: &[u8]) {
    if !name.is_empty() {
        out.put(name);
        out.put(b":");
    }
    if let Some(number) = number {
        let _ = core::fmt::Write::write_fmt(out, format_args!("{number}:"));
    }
    out.put(line);
    out.put(b"\n");
}

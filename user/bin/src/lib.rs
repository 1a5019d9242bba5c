//! What the native programs share: options, messages, bytes as text.
#![no_std]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use scarlet::{env, eprintln, fs, println};

/// The program's arguments, options and names apart.
pub struct Args {
    /// The letters given with `-`.
    pub options: Vec<u8>,
    /// The rest; all after `--`.
    pub names: Vec<&'static [u8]>,
}

impl Args {
    /// Whether an option was given.
    pub fn has(&self, option: u8) -> bool {
        self.options.contains(&option)
    }
}

/// Splits the arguments. `--help` prints `usage` and ends the program; an option not among `known` is an error (status 2).
pub fn args(usage: &str, known: &[u8]) -> Args {
    let mut out = Args {
        options: Vec::new(),
        names: Vec::new(),
    };
    let mut literal = false;
    for arg in env::args().into_iter().skip(1) {
        match arg {
            _ if literal => out.names.push(arg),
            b"--" => literal = true,
            b"--help" => {
                println!("usage: {usage}");
                scarlet::process::exit(0);
            }
            [b'-', letters @ ..] if !letters.is_empty() => {
                if let Some(&bad) = letters.iter().find(|letter| !known.contains(letter)) {
                    fail_usage(usage, format_args!("unknown option -{}", bad as char));
                }
                out.options.extend_from_slice(letters);
            }
            _ => out.names.push(arg),
        }
    }
    out
}

/// As [`args`], for programs whose names may begin with `-` (numbers, commands): only `--help` is special.
pub fn plain_args(usage: &str) -> Vec<&'static [u8]> {
    let args: Vec<_> = env::args().into_iter().skip(1).collect();
    if args.first() == Some(&b"--help".as_slice()) {
        println!("usage: {usage}");
        scarlet::process::exit(0);
    }
    args
}

/// Complains about how the program was called and ends it with status 2.
pub fn fail_usage(usage: &str, what: fmt::Arguments<'_>) -> ! {
    eprintln!("{}: {what}\nusage: {usage}", Bytes(program()));
    scarlet::process::exit(2)
}

/// The program's own name.
pub fn program() -> &'static [u8] {
    env::args().first().map_or(b"?", |name| fs::file_name(name))
}

/// Prints `PROGRAM: NAME: why`.
pub fn complain(name: &[u8], why: impl fmt::Display) {
    eprintln!("{}: {}: {why}", Bytes(program()), Bytes(name));
}

/// Runs `each` for every name; complains about failures. Gives the exit status: 0, or 1 when one failed.
pub fn for_each(names: &[&[u8]], mut each: impl FnMut(&[u8]) -> scarlet::Result<()>) -> i32 {
    let mut status = 0;
    for name in names {
        if let Err(error) = each(name) {
            complain(name, error);
            status = 1;
        }
    }
    status
}

/// Bytes shown as text; what is no UTF-8 is replaced.
pub struct Bytes<'a>(pub &'a [u8]);

impl fmt::Display for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(self.0);
        f.pad(&text)
    }
}

/// A number in decimal; with `0` before it, octal.
pub fn number(text: &[u8]) -> Option<u64> {
    core::str::from_utf8(text).ok()?.parse().ok()
}

/// A time in seconds with a fraction, as ns.
pub fn seconds(text: &[u8]) -> Option<u64> {
    let mut parts = text.splitn(2, |&byte| byte == b'.');
    let whole = number(parts.next()?)?;
    let fraction = match parts.next() {
        None => 0,
        Some(digits) if digits.len() <= 9 && !digits.is_empty() => {
            number(digits)? * 10_u64.pow(9 - digits.len() as u32)
        }
        Some(_) => return None,
    };
    Some(whole.checked_mul(1_000_000_000)? + fraction)
}

/// Reads every named file (`-` or no name at all: standard input) and hands it on.
pub fn for_inputs(names: &[&[u8]], mut each: impl FnMut(&[u8], u32) -> scarlet::Result<()>) -> i32 {
    let names = if names.is_empty() {
        &[b"-".as_slice()]
    } else {
        names
    };
    for_each(names, |name| match name {
        b"-" => each(name, 0),
        name => {
            let file = fs::open(name)?;
            each(name, file.number())
        }
    })
}

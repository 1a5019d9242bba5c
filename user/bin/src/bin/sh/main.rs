//! The shell: `sh` interactive, `sh FILE [ARG...]`, `sh -c COMMAND [NAME [ARG...]]`.
#![no_std]
#![no_main]

extern crate alloc;

mod builtins;
mod jobs;
mod line;
mod run;
mod state;

use alloc::vec::Vec;
use programs::{Bytes, complain, fail_usage};
use scarlet::{env, fs, io, term};
use state::Shell;

scarlet::main!(main);

const USAGE: &str = "sh [-c COMMAND [NAME [ARG...]] | FILE [ARG...]]";

fn main() -> i32 {
    let args = programs::plain_args(USAGE);
    let owned = |args: &[&[u8]]| args.iter().map(|arg| arg.to_vec()).collect::<Vec<_>>();
    match args.as_slice() {
        [b"-c", command, rest @ ..] => {
            let mut names = owned(rest);
            if names.is_empty() {
                names.push(b"sh".to_vec());
            }
            Shell::new(names, false).source(command)
        }
        [b"-c"] => fail_usage(USAGE, format_args!("-c needs a command")),
        [option, ..] if option.starts_with(b"-") => {
            fail_usage(USAGE, format_args!("unknown option {}", Bytes(option)))
        }
        [file, ..] => match fs::read(file) {
            Ok(text) => Shell::new(owned(&args), false).source(&text),
            Err(error) => {
                complain(file, error);
                127
            }
        },
        [] if term::is_terminal(0) => line::interactive(&mut shell(true)),
        [] => match io::read_to_end(0) {
            Ok(text) => shell(false).source(&text),
            Err(error) => {
                complain(b"standard input", error);
                1
            }
        },
    }
}

fn shell(interactive: bool) -> Shell {
    let name = env::args()
        .first()
        .map_or(b"sh".to_vec(), |name| name.to_vec());
    Shell::new(Vec::from([name]), interactive)
}

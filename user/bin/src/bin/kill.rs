//! Posts events to processes.
#![no_std]
#![no_main]

use programs::{Bytes, complain, fail_usage, number, plain_args};
use scarlet::process::{self, event};

scarlet::main!(main);

const USAGE: &str = "kill [-EVENT] PID...   EVENT: term (default) kill int quit hup stop cont tstp alrm pipe abrt; PID below 0: a group";

fn main() -> i32 {
    let args = plain_args(USAGE);
    let (event, ids) = match args.split_first() {
        Some((first, rest)) if first.starts_with(b"-") && !rest.is_empty() => {
            (parse(&first[1..]), rest)
        }
        Some(_) => (event::TERMINATE, args.as_slice()),
        None => fail_usage(USAGE, format_args!("which process?")),
    };
    let mut status = 0;
    for id in ids {
        let (digits, sign) = match id.strip_prefix(b"-") {
            Some(digits) => (digits, -1),
            None => (*id, 1),
        };
        let posted = match number(digits) {
            Some(id) => process::post(sign * id as i64, event),
            None => fail_usage(USAGE, format_args!("{} is no process id", Bytes(id))),
        };
        if let Err(error) = posted {
            complain(id, error);
            status = 1;
        }
    }
    status
}

/// An event by name, or by the number that it has elsewhere.
fn parse(name: &[u8]) -> u32 {
    let named = event::NAMES
        .iter()
        .find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name));
    match (named, name) {
        (Some((_, event)), _) => *event,
        (None, b"9") => event::KILL,
        (None, b"15") => event::TERMINATE,
        (None, b"2") => event::INTERRUPT,
        (None, b"1") => event::HANG_UP,
        (None, b"19") => event::STOP,
        (None, b"18") => event::CONTINUE,
        _ => fail_usage(USAGE, format_args!("{} is no event", Bytes(name))),
    }
}

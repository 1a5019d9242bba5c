//! Lists processes.
#![no_std]
#![no_main]

use programs::{Bytes, args};
use scarlet::{println, process};

scarlet::main!(main);

fn main() -> i32 {
    args("ps", b"");
    println!(
        "{:>5} {:>5} {:>5} S {:<14} {:>8} {:>8} {:>9} NAME",
        "PID", "PPID", "PGID", "ABI", "MAPPED", "RESIDENT", "TIME"
    );
    for id in process::list().unwrap_or_default() {
        // A process may end between the list and here.
        let Ok(info) = process::info(id) else {
            continue;
        };
        let time = (info.user_ns + info.system_ns) / 1_000_000;
        println!(
            "{:>5} {:>5} {:>5} {} {:<14} {:>7}K {:>7}K {:>5}.{:03} {}",
            info.id,
            info.parent,
            info.group,
            char::from_u32(info.state).unwrap_or('?'),
            Bytes(text(&info.abi)),
            info.mapped >> 10,
            info.resident >> 10,
            time / 1000,
            time % 1000,
            Bytes(text(&info.name)),
        );
    }
    0
}

/// The bytes before the first zero.
fn text(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(bytes.len())]
}

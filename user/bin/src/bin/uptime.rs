//! Tells how long the machine runs, and its load.
#![no_std]
#![no_main]

use programs::{args, complain};
use scarlet::{println, system};

scarlet::main!(main);

fn main() -> i32 {
    args("uptime", b"");
    match system::info() {
        Ok(info) => {
            let ms = info.uptime_ns / 1_000_000;
            let load = info.load.map(|load| u64::from(load) * 100 >> 16);
            println!(
                "up {}.{:03} s, {} processes, {} processors, load {}.{:02} {}.{:02} {}.{:02}",
                ms / 1000,
                ms % 1000,
                info.processes,
                info.cpus,
                load[0] / 100,
                load[0] % 100,
                load[1] / 100,
                load[1] % 100,
                load[2] / 100,
                load[2] % 100,
            );
            0
        }
        Err(error) => {
            complain(b"system", error);
            1
        }
    }
}

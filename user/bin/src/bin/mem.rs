//! Tells how memory is used.
#![no_std]
#![no_main]

use programs::{args, complain};
use scarlet::{println, system};

scarlet::main!(main);

fn main() -> i32 {
    args("mem", b"");
    match system::info() {
        Ok(info) => {
            let kernel = info.image + info.heap + info.page_tables;
            let rows = [
                ("total", info.total),
                ("free", info.free),
                (
                    "programs and files",
                    info.total.saturating_sub(info.free + kernel),
                ),
                ("kernel", kernel),
                ("  image and tables", info.image),
                ("  heap", info.heap),
                ("  heap in use", info.heap_used),
                ("  page tables", info.page_tables),
            ];
            for (name, bytes) in rows {
                println!("{name:<20} {:>10} KiB", bytes >> 10);
            }
            0
        }
        Err(error) => {
            complain(b"system", error);
            1
        }
    }
}

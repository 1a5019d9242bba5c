//! Makes files, or sets their times to now.
#![no_std]
#![no_main]

use programs::{args, for_each};
use scarlet::{fs, time};

scarlet::main!(main);

fn main() -> i32 {
    for_each(&args("touch FILE...", b"").names, |name| {
        drop(fs::OpenOptions::new().write().create().open(name)?);
        let now = time::wall() as i64;
        fs::set_times(name, now, now)
    })
}

//! Prints the date, UTC.
#![no_std]
#![no_main]

use programs::args;
use scarlet::{println, time};

scarlet::main!(main);

fn main() -> i32 {
    args("date", b"");
    let date = time::date(time::wall() / 1_000_000_000);
    println!(
        "{}-{:02}-{:02} {:02}:{:02}:{:02} UTC",
        date.year, date.month, date.day, date.hour, date.minute, date.second,
    );
    0
}

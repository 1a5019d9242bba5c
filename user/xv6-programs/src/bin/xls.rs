//! Lists a directory from its 16-byte records.
#![no_std]
#![no_main]

use xv6_programs::{Args, Text, calls, eprintln, println};

xv6_programs::main!(main);

fn main(args: Args) -> i32 {
    let name = args.get(1).unwrap_or(b".\0");
    let fd = calls::open(name, 0);
    let Some(stat) = (fd >= 0).then(|| calls::fstat(fd)).flatten() else {
        eprintln!("xls: cannot open {}", Text(name));
        return 1;
    };
    if stat.kind != 1 {
        println!("{} {} {} {}", Text(name), stat.kind, stat.ino, stat.size);
        return 0;
    }
    let mut record = [0; 16];
    while calls::read(fd, &mut record) == 16 {
        let inode = u16::from_le_bytes([record[0], record[1]]);
        if inode != 0 {
            println!("{} {inode}", Text(&record[2..]));
        }
    }
    0
}

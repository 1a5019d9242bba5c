//! Joins files.
#![no_std]
#![no_main]

use xv6_programs::{Args, Text, calls, eprintln};

xv6_programs::main!(main);

fn main(args: Args) -> i32 {
    if args.len() < 2 {
        return cat(0);
    }
    let mut status = 0;
    for index in 1..args.len() {
        let Some(name) = args.get(index) else { break };
        let fd = calls::open(name, 0);
        if fd < 0 {
            eprintln!("xcat: cannot open {}", Text(name));
            status = 1;
        } else {
            status |= cat(fd);
            calls::close(fd);
        }
    }
    status
}

fn cat(fd: i32) -> i32 {
    let mut chunk = [0; 512];
    loop {
        match calls::read(fd, &mut chunk) {
            0 => return 0,
            n @ 1.. if calls::write(1, &chunk[..n as usize]) == n => {}
            _ => return 1,
        }
    }
}

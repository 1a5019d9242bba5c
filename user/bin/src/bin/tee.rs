//! Copies standard input to standard output and files.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use programs::{args, complain};
use scarlet::{fs, io};

scarlet::main!(main);

fn main() -> i32 {
    let args = args("tee [-a] FILE...", b"a");
    let (mut status, mut files) = (0, Vec::new());
    for name in &args.names {
        let options = fs::OpenOptions::new().create();
        match if args.has(b'a') {
            options.append()
        } else {
            options.write().truncate()
        }
        .open(name)
        {
            Ok(file) => files.push((*name, file)),
            Err(error) => {
                complain(name, error);
                status = 1;
            }
        }
    }
    let mut chunk = [0; 8192];
    while let Ok(n @ 1..) = io::read(0, &mut chunk) {
        if io::write_all(1, &chunk[..n]).is_err() {
            status = 1;
        }
        for (name, file) in &files {
            if let Err(error) = io::write_all(file.number(), &chunk[..n]) {
                complain(name, error);
                status = 1;
            }
        }
    }
    status
}

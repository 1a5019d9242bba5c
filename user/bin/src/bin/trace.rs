//! Runs a program of any ABI and prints its calls.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use programs::{complain, fail_usage, plain_args};
use scarlet::process::Command;
use scarlet::{Error, env, fs, io, process, system};

scarlet::main!(main);

const USAGE: &str = "trace PROGRAM [ARG...]   its calls go to standard error";

fn main() -> i32 {
    let args = plain_args(USAGE);
    let Some(name) = args.first() else {
        fail_usage(USAGE, format_args!("which program?"))
    };
    let path = find(name);
    match run(&path, &args) {
        Ok(status) => status,
        Err(error) => {
            complain(name, error);
            if error == Error::NotFound { 127 } else { 126 }
        }
    }
}

fn find(name: &[u8]) -> Vec<u8> {
    let path = env::var(b"PATH").unwrap_or(b"");
    let mut places = path
        .split(|&byte| byte == b':')
        .map(|directory| fs::join(directory, name));
    match name.contains(&b'/') {
        true => name.to_vec(),
        false => places
            .find(|place| fs::metadata(place).is_ok())
            .unwrap_or_else(|| name.to_vec()),
    }
}

fn run(path: &[u8], args: &[&[u8]]) -> scarlet::Result<i32> {
    let (reader, writer) = io::pipe()?;
    let tracer = system::tracer(&writer)?;
    let args = args.iter().map(|arg| arg.to_vec()).collect();
    let id = Command::new(path).args(args).tracer(&tracer).spawn()?;
    // The end of the stream is the end of the last traced process.
    drop((writer, tracer));
    io::for_lines(reader.number(), |line| {
        io::write_all(2, &[line, b"\n"].concat())?;
        Ok(true)
    })?;
    loop {
        match process::wait(i64::from(id), false, false) {
            Ok(Some(news)) => return Ok(news.change.status()),
            Ok(None) | Err(Error::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
}

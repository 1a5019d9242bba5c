//! Lists directories.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use programs::{Args, Bytes, args, complain};
use scarlet::fs::{self, Kind, Metadata};
use scarlet::io::Buffered;
use scarlet::{term, time};

scarlet::main!(main);

fn main() -> i32 {
    let args = args("ls [-a] [-l] [-1] [-d] [PATH...]", b"al1d");
    let names: &[&[u8]] = if args.names.is_empty() {
        &[b"."]
    } else {
        &args.names
    };
    let mut out = Buffered::new(1);
    let (mut status, mut files, mut directories) = (0, Vec::new(), Vec::new());
    for &name in names {
        let found = if args.has(b'l') || args.has(b'd') {
            fs::symlink_metadata(name)
        } else {
            fs::metadata(name)
        };
        match found.or_else(|_| fs::symlink_metadata(name)) {
            Ok(facts) if facts.is_dir() && !args.has(b'd') => directories.push(name),
            Ok(_) => files.push(name.to_vec()),
            Err(error) => {
                complain(name, error);
                status = 1;
            }
        }
    }
    show(&mut out, &args, b"", &files);
    for (index, directory) in directories.iter().enumerate() {
        if names.len() > 1 {
            let gap = if index > 0 || !files.is_empty() {
                "\n"
            } else {
                ""
            };
            let _ = writeln!(out, "{gap}{}:", Bytes(directory));
        }
        if let Err(error) = list(&mut out, &args, directory) {
            complain(directory, error);
            status = 1;
        }
    }
    match out.flush() {
        Ok(()) => status,
        Err(_) => 1,
    }
}

fn list(out: &mut Buffered, args: &Args, directory: &[u8]) -> scarlet::Result<()> {
    let mut names: Vec<Vec<u8>> = fs::read_dir(directory)?
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    if args.has(b'a') {
        names.splice(0..0, [b".".to_vec(), b"..".to_vec()]);
    } else {
        names.retain(|name| !name.starts_with(b"."));
    }
    show(out, args, directory, &names);
    Ok(())
}

fn show(out: &mut Buffered, args: &Args, directory: &[u8], names: &[Vec<u8>]) {
    if args.has(b'l') {
        for name in names {
            long(out, &fs::join(directory, name), name);
        }
    } else if args.has(b'1') || !term::is_terminal(1) {
        for name in names {
            out.put(name);
            out.put(b"\n");
        }
    } else {
        columns(out, names);
    }
}

/// As many columns as fit the window, filled downwards.
fn columns(out: &mut Buffered, names: &[Vec<u8>]) {
    let window = term::window(1).unwrap_or_default().columns;
    let width = names.iter().map(Vec::len).max().unwrap_or(0) + 2;
    let per_line = (usize::from(if window == 0 { 80 } else { window }) / width).max(1);
    let lines = names.len().div_ceil(per_line);
    for line in 0..lines {
        for name in names.iter().skip(line).step_by(lines) {
            let _ = write!(out, "{:<width$}", Bytes(name));
        }
        out.put(b"\n");
    }
}

fn long(out: &mut Buffered, path: &[u8], name: &[u8]) {
    match fs::symlink_metadata(path) {
        Ok(facts) => {
            let date = time::date(facts.modified.max(0) as u64 / 1_000_000_000);
            let _ = write!(
                out,
                "{} {:>3} {:>5} {:>5} {:>9} {}-{:02}-{:02} {:02}:{:02} {}",
                mode(&facts),
                facts.links,
                facts.uid,
                facts.gid,
                size(&facts),
                date.year,
                date.month,
                date.day,
                date.hour,
                date.minute,
                Bytes(name),
            );
            if facts.kind() == Kind::Symlink {
                let _ = write!(
                    out,
                    " -> {}",
                    Bytes(&fs::read_link(path).unwrap_or_default())
                );
            }
            out.put(b"\n");
        }
        Err(error) => complain(path, error),
    }
}

fn size(facts: &Metadata) -> String {
    let mut text = String::new();
    let _ = match facts.kind() {
        Kind::CharDevice | Kind::BlockDevice => write!(text, "{}, {}", facts.major, facts.minor),
        _ => write!(text, "{}", facts.size),
    };
    text
}

fn mode(facts: &Metadata) -> String {
    let mut text = String::new();
    text.push(match facts.kind() {
        Kind::Regular => '-',
        Kind::Directory => 'd',
        Kind::Symlink => 'l',
        Kind::Pipe => 'p',
        Kind::Socket => 's',
        Kind::CharDevice => 'c',
        Kind::BlockDevice => 'b',
    });
    for bit in (0..9).rev() {
        let letter = ['x', 'w', 'r'][bit % 3];
        text.push(if facts.mode >> bit & 1 == 1 {
            letter
        } else {
            '-'
        });
    }
    text
}

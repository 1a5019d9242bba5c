//! Copies files; with -r directories.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use programs::{args, fail_usage, for_each};
use scarlet::fs::{self, Kind};
use scarlet::{Error, Result, io};

scarlet::main!(main);

const USAGE: &str = "cp [-r] FROM... TO";

fn main() -> i32 {
    let args = args(USAGE, b"r");
    let Some((to, from)) = args.names.split_last().filter(|(_, from)| !from.is_empty()) else {
        fail_usage(USAGE, format_args!("two paths are needed"));
    };
    let into = fs::metadata(to).is_ok_and(|facts| facts.is_dir());
    if from.len() > 1 && !into {
        fail_usage(
            USAGE,
            format_args!("several files need a directory to go to"),
        );
    }
    for_each(from, |name| {
        let target: Vec<u8> = if into {
            fs::join(to, fs::file_name(name))
        } else {
            to.to_vec()
        };
        copy(name, &target, args.has(b'r'))
    })
}

fn copy(from: &[u8], to: &[u8], deep: bool) -> Result<()> {
    let facts = if deep {
        fs::symlink_metadata(from)?
    } else {
        fs::metadata(from)?
    };
    if fs::metadata(to)
        .is_ok_and(|other| (other.device, other.inode) == (facts.device, facts.inode))
    {
        return Err(Error::AlreadyExists);
    }
    match facts.kind() {
        Kind::Directory if !deep => Err(Error::IsDirectory),
        Kind::Directory => {
            match fs::create_dir(to) {
                Err(Error::AlreadyExists) => {}
                other => other?,
            }
            for entry in fs::read_dir(from)? {
                copy(
                    &fs::join(from, &entry.name),
                    &fs::join(to, &entry.name),
                    true,
                )?;
            }
            fs::set_mode(to, facts.mode)
        }
        Kind::Symlink => fs::symlink(&fs::read_link(from)?, to),
        _ => {
            let (source, target) = (fs::open(from)?, fs::create(to)?);
            let mut chunk = [0; 16384];
            loop {
                match io::read(source.number(), &mut chunk)? {
                    0 => break,
                    n => io::write_all(target.number(), &chunk[..n])?,
                }
            }
            fs::set_mode(to, facts.mode)
        }
    }
}

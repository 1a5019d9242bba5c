//! Removes files; with -r directories and all in them.
#![no_std]
#![no_main]

use programs::{args, for_each};
use scarlet::{Error, Result, fs};

scarlet::main!(main);

fn main() -> i32 {
    let args = args("rm [-r] [-f] PATH...", b"rf");
    for_each(&args.names, |name| match remove(name, args.has(b'r')) {
        Err(Error::NotFound) if args.has(b'f') => Ok(()),
        other => other,
    })
}

fn remove(path: &[u8], deep: bool) -> Result<()> {
    if !fs::symlink_metadata(path)?.is_dir() {
        return fs::remove_file(path);
    }
    if !deep {
        return Err(Error::IsDirectory);
    }
    for entry in fs::read_dir(path)? {
        remove(&fs::join(path, &entry.name), true)?;
    }
    fs::remove_dir(path)
}

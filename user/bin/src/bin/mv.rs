//! Renames files, or moves them into a directory.
#![no_std]
#![no_main]

use programs::{args, fail_usage, for_each};
use scarlet::fs;

scarlet::main!(main);

const USAGE: &str = "mv FROM... TO";

fn main() -> i32 {
    let args = args(USAGE, b"f");
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
    for_each(from, |name| match into {
        true => fs::rename(name, &fs::join(to, fs::file_name(name))),
        false => fs::rename(name, to),
    })
}

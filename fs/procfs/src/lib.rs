//! Processes and the machine as files of text, in the formats that programs of the Unix world read. What a file says is made when
//! it is opened; nothing is cached, not even names.
//!
//! No locks of its own but one around the release text.
#![cfg_attr(target_os = "none", no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod links;
mod machine;
mod memory;
mod mounts;
mod node;
mod process;
#[cfg(test)]
mod tests;
mod text;

use crate::node::{Node, What};
use alloc::sync::Arc;
use kcore::Result;
use kcore::fstypes::{FsType, MakeArgs};
use kcore::sync::Once;
use kcore::vfs::{FileSystem, Inode, Usage};

/// The magic number by which programs know it (statfs).
const MAGIC: u64 = 0x9fa0;

/// The kind, for mounting; its options are ignored, as they only restrict.
pub static TYPE: FsType = FsType {
    name: "procfs",
    make,
};

/// The same kind under the name that it has elsewhere.
pub static ALIAS: FsType = FsType { name: "proc", make };

static RELEASE: Once<&'static str> = Once::new();

/// Sets, once, what `sys/kernel/osrelease` says: the release that programs who read it expect.
pub fn set_release(release: &'static str) {
    RELEASE.call_once(|| release);
}

fn release() -> &'static str {
    RELEASE.get().copied().unwrap_or(env!("CARGO_PKG_VERSION"))
}

/// The file system; it keeps nothing.
pub struct ProcFs;

impl FileSystem for ProcFs {
    fn name(&self) -> &'static str {
        ALIAS.name
    }

    fn root(&self) -> Arc<dyn Inode> {
        Node::new(What::Root)
    }

    fn usage(&self) -> Usage {
        Usage {
            magic: MAGIC,
            block_size: 4096,
            name_max: kcore::vfs::NAME_MAX as u64,
            ..Usage::default()
        }
    }

    fn caches_names(&self) -> bool {
        false
    }
}

fn make(_args: &MakeArgs<'_>) -> Result<Arc<dyn FileSystem>> {
    static ONE: Once<Arc<ProcFs>> = Once::new();
    Ok(ONE.call_once(|| Arc::new(ProcFs)).clone())
}

//! A read-only file system over cpio archives in memory: what the machine was booted with. Nothing is copied: whole pages of
//! the archive are the pages of the files.
//!
//! The tree is built once and never changes, so nothing here is locked but the pages that had to be copied (contents that do not start
//! on a page of the archive), and those only while they are copied.
#![cfg_attr(target_os = "none", no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod archive;
mod build;
mod node;
#[cfg(test)]
mod tests;

use crate::node::Node;
use alloc::sync::Arc;
use kcore::Result;
use kcore::user::PAGE_SIZE;
use kcore::vfs::{FileSystem, Inode, Usage, new_device};

/// The magic number by which programs know it (statfs); that of archives of this format.
const MAGIC: u64 = 0x0070_7001;

/// A file system over archives.
pub struct CpioFs {
    root: Arc<Node>,
    files: u64,
    blocks: u64,
}

impl CpioFs {
    /// The tree of one or more archives in the "new ASCII" format, one behind the other (NULs between them are skipped); of
    /// a name that comes more than once, the last counts. A damaged archive: [`kcore::Error::InvalidArgument`].
    pub fn new(bytes: &'static [u8]) -> Result<Arc<CpioFs>> {
        let (root, files) = build::tree(bytes, new_device())?;
        Ok(Arc::new(CpioFs {
            root,
            files,
            blocks: bytes.len().div_ceil(PAGE_SIZE) as u64,
        }))
    }
}

/// The contents of a file of archives in a row, without building a tree: for the kernel's last words. Neither allocates
/// nor locks.
pub fn find(bytes: &'static [u8], name: &[u8]) -> Option<&'static [u8]> {
    let name = name.strip_prefix(b"/").unwrap_or(name);
    archive::Entries::new(bytes)
        .filter_map(Result::ok)
        .filter(|entry| {
            let plain = entry.name.strip_prefix(b"./").unwrap_or(entry.name);
            plain.strip_prefix(b"/").unwrap_or(plain) == name
        })
        .last()
        .map(|entry| entry.contents)
}

impl FileSystem for CpioFs {
    fn name(&self) -> &'static str {
        "cpiofs"
    }

    fn root(&self) -> Arc<dyn Inode> {
        self.root.clone()
    }

    fn usage(&self) -> Usage {
        Usage {
            magic: MAGIC,
            block_size: PAGE_SIZE as u64,
            blocks: self.blocks,
            free: 0,
            files: self.files,
            files_free: 0,
            name_max: kcore::vfs::NAME_MAX as u64,
            read_only: true,
        }
    }
}

//! Files in memory: what is not written anywhere else. The frames of a file are its page cache too.
//!
//! Lock order: the tree's lock (renames, removals of directories) > a directory's names (of several: any order, under the tree's
//! lock) > a node's facts. A file's `writing` mutex is taken before all of them and held over copies from user memory; reads and
//! page faults do not take it.
#![cfg_attr(target_os = "none", no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod data;
mod directory;
mod node;
#[cfg(test)]
mod tests;

use crate::node::{Body, Node};
use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};
use kcore::fstypes::{FsType, MakeArgs};
use kcore::sync::SpinLock;
use kcore::user::PAGE_SIZE;
use kcore::vfs::{DeviceId, FileSystem, Inode, NewNode, NodeKind, Usage, new_device};
use kcore::{Error, Result};

/// The magic number by which programs know it (statfs).
const MAGIC: u64 = 0x0102_1994;

/// The kind, for mounting: options `size=BYTES` (suffix k, m, g or %), `mode=OCTAL`, `uid=`, `gid=`.
pub static TYPE: FsType = FsType {
    name: "tmpfs",
    make,
};

/// A file system in memory.
pub struct TmpFs {
    root: Arc<Node>,
    shared: Arc<Shared>,
}

/// What all nodes of one file system share.
struct Shared {
    device: u64,
    next_inode: AtomicU64,
    /// Pages in use and how many may be.
    pages: AtomicU64,
    limit: u64,
    files: AtomicU64,
    /// Held while directories change their place or go.
    tree: SpinLock<()>,
}

impl Shared {
    /// Accounts for one more page.
    fn take_page(&self) -> Result<()> {
        let limit = self.limit;
        let more = |pages: u64| (pages < limit).then_some(pages + 1);
        self.pages
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .map(drop)
            .map_err(|_| Error::NoSpace)
    }

    fn give_pages(&self, count: u64) {
        self.pages.fetch_sub(count, Ordering::Relaxed);
    }
}

impl TmpFs {
    /// An empty one that holds at most `limit` bytes of file contents; its root belongs to the superuser and has this mode.
    pub fn new(limit: u64, mode: u16) -> Arc<TmpFs> {
        let root = NewNode {
            kind: NodeKind::Directory,
            mode,
            uid: 0,
            gid: 0,
            rdev: DeviceId::default(),
        };
        TmpFs::with_root(limit, &root)
    }

    fn with_root(limit: u64, root: &NewNode) -> Arc<TmpFs> {
        let shared = Arc::new(Shared {
            device: new_device(),
            next_inode: AtomicU64::new(1),
            pages: AtomicU64::new(0),
            limit: limit / PAGE_SIZE as u64,
            files: AtomicU64::new(0),
            tree: SpinLock::new(()),
        });
        let body = Body::directory();
        Arc::new(TmpFs {
            root: Node::new(&shared, body, root),
            shared,
        })
    }
}

impl FileSystem for TmpFs {
    fn name(&self) -> &'static str {
        TYPE.name
    }

    fn root(&self) -> Arc<dyn Inode> {
        self.root.clone()
    }

    fn usage(&self) -> Usage {
        let used = self.shared.pages.load(Ordering::Relaxed);
        let files = self.shared.files.load(Ordering::Relaxed);
        Usage {
            magic: MAGIC,
            block_size: PAGE_SIZE as u64,
            blocks: self.shared.limit,
            free: self.shared.limit.saturating_sub(used),
            files: files + self.shared.limit,
            files_free: self.shared.limit,
            name_max: kcore::vfs::NAME_MAX as u64,
            read_only: false,
        }
    }
}

fn make(args: &MakeArgs<'_>) -> Result<Arc<dyn FileSystem>> {
    let number = |name: &[u8], radix, default| match args.option(name) {
        Some(text) => parse(text, radix).ok_or(Error::InvalidArgument),
        None => Ok(default),
    };
    let limit = match args.option(b"size") {
        Some(text) => size(text).ok_or(Error::InvalidArgument)?,
        None => kcore::system::memory().total / 2,
    };
    let root = NewNode {
        kind: NodeKind::Directory,
        mode: (number(b"mode", 8, 0o1777)? & 0o7777) as u16,
        uid: number(b"uid", 10, 0)? as u32,
        gid: number(b"gid", 10, 0)? as u32,
        rdev: DeviceId::default(),
    };
    Ok(TmpFs::with_root(limit, &root))
}

fn parse(text: &[u8], radix: u32) -> Option<u64> {
    u64::from_str_radix(core::str::from_utf8(text).ok()?, radix).ok()
}

/// A size as mount options spell it, in bytes; 0 means no limit but the memory.
fn size(text: &[u8]) -> Option<u64> {
    let (last, digits) = text.split_last()?;
    let unit = match last.to_ascii_lowercase() {
        b'k' => 1 << 10,
        b'm' => 1 << 20,
        b'g' => 1 << 30,
        b'%' => kcore::system::memory().total / 100,
        _ => return parse(text, 10).map(unlimited),
    };
    parse(digits, 10)?.checked_mul(unit).map(unlimited)
}

fn unlimited(size: u64) -> u64 {
    if size == 0 { u64::MAX } else { size }
}

#[cfg(test)]
mod size_tests {
    use super::size;

    #[test]
    fn sizes_have_suffixes() {
        assert_eq!(size(b"4096"), Some(4096));
        assert_eq!(size(b"4k"), Some(4096));
        assert_eq!(size(b"2M"), Some(2 << 20));
        assert_eq!(size(b"0"), Some(u64::MAX));
        assert_eq!(size(b"x"), None);
        assert_eq!(size(b""), None);
        assert_eq!(size(b"99999999999999999999g"), None);
    }
}

//! Nodes.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use core::sync::atomic::{AtomicU32, Ordering};
use kcore::io::{Frame, Sink, pinned};
use kcore::mm::Pages;
use kcore::sync::SpinLock;
use kcore::user::PAGE_SIZE;
use kcore::vfs::{DeviceId, DirEntry, Inode, Metadata, NodeKind, Timestamp};
use kcore::{Error, Result};

/// What a node holds.
pub(crate) enum Body {
    File(Contents),
    /// Sorted by name.
    Directory(Vec<(&'static [u8], Arc<Node>)>),
    Symlink(&'static [u8]),
    Other,
}

/// The bytes of a file.
pub(crate) struct Contents {
    bytes: &'static [u8],
    /// Pages that could not be taken from the archive as they are.
    copied: SpinLock<BTreeMap<u64, Frame>>,
}

impl Contents {
    pub(crate) fn new(bytes: &'static [u8]) -> Contents {
        Contents {
            bytes,
            copied: SpinLock::new(BTreeMap::new()),
        }
    }
}

/// A node.
pub(crate) struct Node {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) kind: NodeKind,
    pub(crate) mode: u16,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) rdev: DeviceId,
    pub(crate) modified: Timestamp,
    pub(crate) links: AtomicU32,
    pub(crate) body: Body,
}

impl Node {
    fn contents(&self) -> Result<&Contents> {
        match &self.body {
            Body::File(contents) => Ok(contents),
            Body::Directory(_) => Err(Error::IsDirectory),
            _ => Err(Error::InvalidArgument),
        }
    }

    fn children(&self) -> Result<&[(&'static [u8], Arc<Node>)]> {
        match &self.body {
            Body::Directory(children) => Ok(children),
            _ => Err(Error::NotDirectory),
        }
    }
}

impl Inode for Node {
    fn metadata(&self) -> Metadata {
        let size = match &self.body {
            Body::File(contents) => contents.bytes.len() as u64,
            Body::Directory(children) => children.len() as u64 * 20,
            Body::Symlink(target) => target.len() as u64,
            Body::Other => 0,
        };
        Metadata {
            kind: self.kind,
            mode: self.mode,
            uid: self.uid,
            gid: self.gid,
            size,
            blocks: size.div_ceil(512),
            links: self.links.load(Ordering::Relaxed),
            inode: self.inode,
            device: self.device,
            rdev: self.rdev,
            accessed: self.modified,
            modified: self.modified,
            changed: self.modified,
            created: self.modified,
            block_size: PAGE_SIZE as u32,
        }
    }

    fn lookup(&self, name: &[u8]) -> Result<Arc<dyn Inode>> {
        let children = self.children()?;
        match children.binary_search_by(|(child, _)| (*child).cmp(name)) {
            Ok(index) => Ok(children[index].1.clone()),
            Err(_) => Err(Error::NotFound),
        }
    }

    fn list(&self, from: u64, each: &mut dyn FnMut(DirEntry<'_>) -> bool) -> Result<()> {
        let children = self.children()?.iter().enumerate();
        for (index, (name, node)) in children.skip(usize::try_from(from).unwrap_or(usize::MAX)) {
            let entry = DirEntry {
                name,
                inode: node.inode,
                kind: node.kind,
                next: index as u64 + 1,
            };
            if !each(entry) {
                break;
            }
        }
        Ok(())
    }

    fn read_link(&self) -> Result<Vec<u8>> {
        match &self.body {
            Body::Symlink(target) => Ok(target.to_vec()),
            _ => Err(Error::InvalidArgument),
        }
    }

    fn read_at(&self, offset: u64, to: &mut Sink<'_>) -> Result<usize> {
        let bytes = self.contents()?.bytes;
        let start = usize::try_from(offset).map_or(bytes.len(), |start| start.min(bytes.len()));
        to.put(&bytes[start..])
    }

    fn pages(self: Arc<Self>) -> Option<Arc<dyn Pages>> {
        self.contents().ok()?;
        Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Contents {
    fn page_bytes(&self, index: u64) -> Option<&'static [u8]> {
        let start = usize::try_from(index).ok()?.checked_mul(PAGE_SIZE)?;
        let rest = self.bytes.get(start..).filter(|rest| !rest.is_empty())?;
        Some(&rest[..rest.len().min(PAGE_SIZE)])
    }

    /// The page without copying, if it is there so.
    fn ready(&self, index: u64, bytes: &'static [u8]) -> Option<Frame> {
        // A short page would show the next entry behind its end.
        if bytes.len() == PAGE_SIZE
            && let Some(frame) = pinned(bytes)
        {
            return Some(frame);
        }
        self.copied.lock().get(&index).cloned()
    }
}

impl Pages for Node {
    fn page(&self, index: u64, _write: bool) -> Result<Frame> {
        let contents = self.contents()?;
        let bytes = contents.page_bytes(index).ok_or(Error::OutOfRange)?;
        if let Some(frame) = contents.ready(index, bytes) {
            return Ok(frame);
        }
        let fresh = Frame::zeroed()?;
        fresh.write(0, bytes);
        // If another thread was faster, its page counts.
        Ok(contents.copied.lock().entry(index).or_insert(fresh).clone())
    }

    fn resident(&self, first: u64, count: u64, each: &mut dyn FnMut(u64, Frame)) {
        let Ok(contents) = self.contents() else {
            return;
        };
        for index in first..first.saturating_add(count) {
            let Some(bytes) = contents.page_bytes(index) else {
                return;
            };
            if let Some(frame) = contents.ready(index, bytes) {
                each(index, frame);
            }
        }
    }

    fn len(&self) -> u64 {
        self.contents()
            .map_or(0, |contents| contents.bytes.len() as u64)
    }

    fn identity(&self) -> (u64, u64) {
        (self.device, self.inode)
    }
}

//! Nodes.

use crate::NODES;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use core::sync::atomic::{AtomicU64, Ordering};
use kcore::sync::SpinLock;
use kcore::vfs::{Change, DeviceId, DirEntry, Inode, Metadata, NodeKind, Timestamp, now};
use kcore::{Error, Result};

static NEXT: AtomicU64 = AtomicU64::new(1);
static DEVICE: AtomicU64 = AtomicU64::new(0);

/// Sets [`Metadata::device`] of all nodes.
pub(crate) fn set_device_number(number: u64) {
    DEVICE.store(number, Ordering::Relaxed);
}

/// What a node is.
pub(crate) enum Body {
    Root,
    /// A directory to mount on.
    Empty,
    Link(&'static [u8]),
    Device(NodeKind, DeviceId),
}

struct Facts {
    mode: u16,
    uid: u32,
    gid: u32,
    accessed: Timestamp,
    modified: Timestamp,
    changed: Timestamp,
}

/// A node.
pub(crate) struct Node {
    number: u64,
    body: Body,
    created: Timestamp,
    facts: SpinLock<Facts>,
}

impl Node {
    pub(crate) fn new(body: Body, mode: u16) -> Arc<Node> {
        let now = now();
        Arc::new(Node {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            body,
            created: now,
            facts: SpinLock::new(Facts {
                mode,
                uid: 0,
                gid: 0,
                accessed: now,
                modified: now,
                changed: now,
            }),
        })
    }

    fn kind(&self) -> NodeKind {
        match self.body {
            Body::Root | Body::Empty => NodeKind::Directory,
            Body::Link(_) => NodeKind::Symlink,
            Body::Device(kind, _) => kind,
        }
    }
}

impl Inode for Node {
    fn metadata(&self) -> Metadata {
        let (rdev, size) = match self.body {
            Body::Device(_, id) => (id, 0),
            Body::Link(target) => (DeviceId::default(), target.len() as u64),
            _ => (DeviceId::default(), 0),
        };
        let facts = self.facts.lock();
        Metadata {
            kind: self.kind(),
            mode: facts.mode,
            uid: facts.uid,
            gid: facts.gid,
            size,
            blocks: 0,
            links: match self.body {
                Body::Root => 2 + crate::DIRECTORIES.len() as u32,
                Body::Empty => 2,
                _ => 1,
            },
            inode: self.number,
            device: DEVICE.load(Ordering::Relaxed),
            rdev,
            accessed: facts.accessed,
            modified: facts.modified,
            changed: facts.changed,
            created: self.created,
            block_size: 4096,
        }
    }

    fn change(&self, change: &Change) -> Result<()> {
        if change.size.is_some() {
            return Err(Error::InvalidArgument);
        }
        let mut facts = self.facts.lock();
        facts.mode = change.mode.unwrap_or(facts.mode);
        facts.uid = change.uid.unwrap_or(facts.uid);
        facts.gid = change.gid.unwrap_or(facts.gid);
        facts.accessed = change.accessed.unwrap_or(facts.accessed);
        facts.modified = change.modified.unwrap_or(facts.modified);
        facts.changed = now();
        Ok(())
    }

    fn lookup(&self, name: &[u8]) -> Result<Arc<dyn Inode>> {
        match self.body {
            Body::Root => {
                let nodes = NODES.lock();
                let found = nodes.iter().find(|(other, _)| other.as_bytes() == name);
                Ok(found.ok_or(Error::NotFound)?.1.clone())
            }
            Body::Empty => Err(Error::NotFound),
            _ => Err(Error::NotDirectory),
        }
    }

    fn list(&self, from: u64, each: &mut dyn FnMut(DirEntry<'_>) -> bool) -> Result<()> {
        match self.body {
            Body::Root => {}
            Body::Empty => return Ok(()),
            _ => return Err(Error::NotDirectory),
        }
        let nodes = NODES.lock().clone();
        // Nothing is ever taken out, so a place in the list is a cookie.
        for (index, (name, node)) in nodes.iter().enumerate() {
            if (index as u64) < from {
                continue;
            }
            let entry = DirEntry {
                name: name.as_bytes(),
                inode: node.number,
                kind: node.kind(),
                next: index as u64 + 1,
            };
            if !each(entry) {
                break;
            }
        }
        Ok(())
    }

    fn read_link(&self) -> Result<Vec<u8>> {
        match self.body {
            Body::Link(target) => Ok(target.to_vec()),
            _ => Err(Error::InvalidArgument),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

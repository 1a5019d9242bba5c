//! Copying up: a node of a lower layer gets an equal in the upper one, with all directories above it.

use crate::attributes::{ORIGIN, shown};
use crate::node::Node;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use kcore::io::{Sink, Source};
use kcore::vfs::{Change, Inode, NewNode, NodeKind, Path};
use kcore::{Error, Result};

/// Bytes copied at once.
const PIECE: usize = 16 << 10;

impl Node {
    /// The node in the upper layer, put there if it is not; of a file's contents at most `limit` bytes (the rest is about to be
    /// cut off). `changing` must be held.
    pub(crate) fn copy_up(&self, limit: Option<u64>) -> Result<Path> {
        if let Some(upper) = &self.parts.lock().upper {
            return Ok(upper.clone());
        }
        self.layers.upper()?;
        // From the first directory above that is up, downwards; a root is up.
        let mut missing: Vec<Arc<Node>> = Vec::new();
        let mut at = self.parent.clone();
        while let Some(node) = at {
            if node.parts.lock().upper.is_some() {
                break;
            }
            at = node.parent.clone();
            missing.push(node);
        }
        while let Some(node) = missing.pop() {
            node.copy_up_here(None)?;
        }
        self.copy_up_here(limit)
    }

    /// As [`Node::copy_up`], with the parent up already.
    fn copy_up_here(&self, limit: Option<u64>) -> Result<Path> {
        let low = self.real();
        let parent = match &self.parent {
            Some(parent) if self.is_named(parent, &low) => parent.parts.lock().upper.clone(),
            _ => None,
        };
        let up = match parent {
            Some(dir) => copy(&low, &dir, &self.name, limit, self.number)?,
            None => {
                // Nobody can find it any more; who has it open goes on with a copy that nobody can find either.
                let (dir, name) = (self.layers.upper()?, self.layers.orphan_name());
                let up = copy(&low, dir, &name, limit, self.number)?;
                remove(dir, &name, &up)?;
                up
            }
        };
        let mut parts = self.parts.lock();
        parts.upper = Some(up.clone());
        let low = match self.kind {
            NodeKind::Directory => Vec::new(),
            _ => core::mem::take(&mut parts.lowers),
        };
        drop(parts);
        drop(low);
        Ok(up)
    }

    /// Whether its name in `parent` still leads to it.
    fn is_named(&self, parent: &Node, low: &Path) -> bool {
        parent.find(&self.name).is_ok_and(|found| {
            found.upper.is_none() && found.lowers.first().is_some_and(|f| f.same(low))
        })
    }
}

/// Makes `dir`/`name` equal to `low`.
fn copy(low: &Path, dir: &Path, name: &[u8], limit: Option<u64>, number: u64) -> Result<Path> {
    let facts = low.metadata();
    let node = NewNode {
        kind: facts.kind,
        mode: facts.mode,
        uid: facts.uid,
        gid: facts.gid,
        rdev: facts.rdev,
    };
    let up = match facts.kind {
        NodeKind::Symlink => dir.symlink_child(name, &low.inode().read_link()?, &node)?,
        _ => dir.make_child(name, &node)?,
    };
    let fill = || {
        let (from, to) = (low.inode(), up.inode());
        if facts.kind == NodeKind::Regular {
            copy_contents(&*from, &*to, limit.unwrap_or(u64::MAX).min(facts.size))?;
        }
        copy_attributes(&*from, &*to)?;
        to.set_attribute(ORIGIN, &number.to_le_bytes())?;
        to.change(&Change {
            accessed: Some(facts.accessed),
            modified: Some(facts.modified),
            ..Change::default()
        })
    };
    if let Err(error) = fill() {
        // Half a copy must not hide the whole: what made it fail is what is told.
        let _ = remove(dir, name, &up);
        return Err(error);
    }
    Ok(up)
}

fn remove(dir: &Path, name: &[u8], place: &Path) -> Result<()> {
    match place.kind() {
        NodeKind::Directory => dir.remove_child_directory(name),
        _ => dir.unlink_child(name),
    }
}

fn copy_contents(from: &dyn Inode, to: &dyn Inode, len: u64) -> Result<()> {
    let mut buffer = vec![0; PIECE];
    let mut offset = 0;
    while offset < len {
        let want = PIECE.min((len - offset) as usize);
        let n = from.read_at(offset, &mut Sink::kernel(&mut buffer[..want]))?;
        if n == 0 {
            break;
        }
        let mut source = Source::kernel(&buffer[..n]);
        while source.remaining() > 0 {
            let at = offset + source.done() as u64;
            if to.write_at(at, &mut source)? == 0 {
                return Err(Error::Io);
            }
        }
        offset += n as u64;
    }
    Ok(())
}

fn copy_attributes(from: &dyn Inode, to: &dyn Inode) -> Result<()> {
    let names = from.list_attributes()?;
    for name in names
        .split(|&byte| byte == 0)
        .filter(|name| !name.is_empty())
    {
        // A layer's own marks are about that layer; those of an overlay's user go along.
        if shown(name).is_some() {
            to.set_attribute(name, &from.get_attribute(name)?)?;
        }
    }
    Ok(())
}

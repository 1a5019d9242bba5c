//! Making and removing names.

use crate::attributes::{OPAQUE, REAL, is_whiteout};
use crate::layers::{child, shows_below};
use crate::node::Node;
use alloc::sync::Arc;
use alloc::vec::Vec;
use kcore::vfs::{DeviceId, NewNode, NodeKind, Path};
use kcore::{Error, Result};

/// The mark that hides a name.
const WHITEOUT: NewNode = NewNode {
    kind: NodeKind::CharDevice,
    mode: 0,
    uid: 0,
    gid: 0,
    rdev: DeviceId { major: 0, minor: 0 },
};

/// Hides `name` of the layers below.
pub(crate) fn hide(dir: &Path, name: &[u8]) -> Result<()> {
    dir.make_child(name, &WHITEOUT).map(drop)
}

/// Takes a whiteout away; whether there was one.
pub(crate) fn unhide(dir: &Path, name: &[u8]) -> Result<bool> {
    let hidden = child(dir, name)?.is_some_and(|place| is_whiteout(&place));
    if hidden {
        dir.unlink_child(name)?;
    }
    Ok(hidden)
}

/// Takes all whiteouts out of a directory that shows nothing.
pub(crate) fn clear(dir: &Path) -> Result<()> {
    let mut names: Vec<Vec<u8>> = Vec::new();
    dir.inode().list(0, &mut |entry| {
        names.push(entry.name.to_vec());
        true
    })?;
    for name in names {
        unhide(dir, &name)?;
    }
    Ok(())
}

/// Lets nothing of the layers below show in a directory.
pub(crate) fn make_opaque(dir: &Path) -> Result<()> {
    dir.inode().set_attribute(OPAQUE, b"y")
}

impl Node {
    /// Makes a node (`target`: a symlink) under a name that nothing has.
    pub(crate) fn make(
        &self,
        name: &[u8],
        node: &NewNode,
        target: Option<&[u8]>,
    ) -> Result<Arc<Node>> {
        let _changing = self.layers.changing.lock();
        let dir = self.copy_up(None)?;
        let hidden = unhide(&dir, name)?;
        let made = make_marked(&dir, name, node, target, hidden);
        if made.is_err() && hidden {
            // What was hidden stays hidden; there was room for the mark a moment ago.
            let _ = hide(&dir, name);
        }
        let up = Some(made?);
        Ok(Node::new(
            &self.layers,
            Some(&self.counted()?),
            name,
            up,
            Vec::new(),
        ))
    }

    /// Makes one more name for a node.
    pub(crate) fn add_link(&self, name: &[u8], target: &Node) -> Result<()> {
        let _changing = self.layers.changing.lock();
        let target = target.copy_up(None)?;
        let dir = self.copy_up(None)?;
        let hidden = unhide(&dir, name)?;
        let made = dir.link_child(name, &target).map(drop);
        if made.is_err() && hidden {
            let _ = hide(&dir, name);
        }
        made
    }

    /// Removes a name that is not a directory's.
    pub(crate) fn remove_file(&self, name: &[u8]) -> Result<()> {
        let _changing = self.layers.changing.lock();
        let found = self.find(name)?;
        if found.is_directory() {
            return Err(Error::IsDirectory);
        }
        let dir = self.copy_up(None)?;
        if found.upper.is_some() {
            dir.unlink_child(name)?;
        }
        self.hide_below(&dir, name)
    }

    /// Removes a directory that shows nothing.
    pub(crate) fn remove_empty(&self, name: &[u8]) -> Result<()> {
        let _changing = self.layers.changing.lock();
        let node = self.node(name)?;
        if node.kind != NodeKind::Directory {
            return Err(Error::NotDirectory);
        }
        if !node.is_empty()? {
            return Err(Error::NotEmpty);
        }
        let dir = self.copy_up(None)?;
        if let (Some(upper), _) = node.snapshot() {
            clear(&upper)?;
            dir.remove_child_directory(name)?;
        }
        self.hide_below(&dir, name)
    }

    /// Hides `name` if a lower layer shows it.
    pub(crate) fn hide_below(&self, dir: &Path, name: &[u8]) -> Result<()> {
        if self.shows_below(name)? {
            hide(dir, name)?;
        }
        Ok(())
    }

    pub(crate) fn shows_below(&self, name: &[u8]) -> Result<bool> {
        let (_, lowers) = self.snapshot();
        shows_below(&lowers, name)
    }
}

/// Makes a node of the upper layer with the marks that say what it is.
fn make_marked(
    dir: &Path,
    name: &[u8],
    node: &NewNode,
    target: Option<&[u8]>,
    hidden: bool,
) -> Result<Path> {
    let made = match target {
        Some(target) => dir.symlink_child(name, target, node)?,
        None => dir.make_child(name, node)?,
    };
    let is_mark = node.kind == NodeKind::CharDevice && node.rdev == WHITEOUT.rdev;
    let marked = match node.kind {
        NodeKind::Directory if hidden => make_opaque(&made),
        _ if is_mark => made.inode().set_attribute(REAL, b"y"),
        _ => Ok(()),
    };
    if let Err(error) = marked {
        let _ = match node.kind {
            NodeKind::Directory => dir.remove_child_directory(name),
            _ => dir.unlink_child(name),
        };
        return Err(error);
    }
    Ok(made)
}

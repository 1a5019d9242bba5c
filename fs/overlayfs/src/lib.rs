//! Layers of directory trees seen as one: any number that are only read, and one above them that takes all changes.
//!
//! The marks in the upper layer are those of Linux' file system of the same name: a character device 0, 0 hides a name of the
//! layers below ("whiteout"); the attribute [`attributes::OPAQUE`] on a directory hides all that the layers below have in it.
//! An overlay can lie over another one: what the upper one's marks are, the lower one stores escaped.
//!
//! A file of a lower layer is copied up when it is opened for writing or changed. As on Linux, a directory that a lower layer
//! has a part in cannot be renamed (CrossDevice: programs copy it), and a hard link of a lower layer is broken when copied up.
//! Other than on Linux, whoever had the file open before sees the copy from then on.
//!
//! Locks: one mutex per overlay for all changes and copies up ([`layers::Layers::changing`]), taken inside the VFS' own and outside those
//! of the layers; a node's state is a leaf.
#![cfg_attr(target_os = "none", no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod attributes;
mod copy;
mod edit;
mod layers;
mod list;
mod node;
mod rename;
#[cfg(test)]
mod tests;

use crate::layers::Layers;
use crate::node::Node;
use alloc::sync::Arc;
use alloc::vec::Vec;
use kcore::fstypes::{FsType, MakeArgs};
use kcore::vfs::{Base, FileSystem, Inode, NodeKind, Path, Usage};
use kcore::{Error, Result};

/// The magic number by which programs know it (statfs).
const MAGIC: u64 = 0x794c_7630;
/// Most layers.
const LAYERS_LIMIT: usize = 64;

/// The kind, for mounting: options `lowerdir=TOP:...:BOTTOM` and `upperdir=`; a `workdir=` is not needed and ignored.
pub static TYPE: FsType = FsType {
    name: "overlay",
    make,
};

/// Layers as one file system.
pub struct OverlayFs {
    root: Arc<Node>,
    upper: Option<Path>,
}

impl OverlayFs {
    /// Joins directories: `lowers` top first, below `upper`. Without an upper one it cannot be changed.
    pub fn new(lowers: Vec<Path>, upper: Option<Path>) -> Result<Arc<OverlayFs>> {
        let count = lowers.len() + usize::from(upper.is_some());
        if count == 0 || count > LAYERS_LIMIT {
            return Err(Error::InvalidArgument);
        }
        if lowers
            .iter()
            .chain(&upper)
            .any(|layer| layer.kind() != NodeKind::Directory)
        {
            return Err(Error::NotDirectory);
        }
        let layers = Layers::new(lowers.len(), upper.clone());
        Ok(Arc::new(OverlayFs {
            root: Node::new(&layers, None, b"/", upper.clone(), lowers),
            upper,
        }))
    }
}

impl FileSystem for OverlayFs {
    fn name(&self) -> &'static str {
        TYPE.name
    }

    fn root(&self) -> Arc<dyn Inode> {
        self.root.clone()
    }

    fn usage(&self) -> Usage {
        let real = self.upper.clone().unwrap_or_else(|| self.root.real());
        let mut usage = real.usage();
        usage.magic = MAGIC;
        usage.read_only |= self.upper.is_none();
        usage
    }
}

fn make(args: &MakeArgs<'_>) -> Result<Arc<dyn FileSystem>> {
    let find = |path: &[u8]| args.fs.resolve(&Base::WorkingDirectory, path, true);
    let lowers = args.option(b"lowerdir").unwrap_or(&[]);
    let lowers = lowers
        .split(|&byte| byte == b':')
        .filter(|path| !path.is_empty())
        .map(find)
        .collect::<Result<Vec<Path>>>()?;
    let upper = args.option(b"upperdir").map(find).transpose()?;
    Ok(OverlayFs::new(lowers, upper)?)
}

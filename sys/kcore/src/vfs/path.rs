//! A place in a namespace, and how it hangs together with those around it.

use super::dentry::{Dentry, Known, Name, note};
use super::mount::{self, Mount, Tree};
use super::{FileSystem, Inode, Metadata, MountFlags, NAME_MAX, NodeKind, Usage};
use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A place in a namespace: a mount and a dentry in it. Cheap to clone.
#[derive(Clone)]
pub struct Path {
    pub(super) mount: Arc<Mount>,
    pub(super) dentry: Arc<Dentry>,
}

impl Path {
    /// The root of a file system that need not be mounted anywhere.
    pub fn root_of(fs: Arc<dyn FileSystem>) -> Path {
        let tree = Tree::of(fs);
        let root = tree.root.clone();
        Path::root_of_mount(Mount::new(tree, root, MountFlags::default(), b""))
    }

    /// A place that has no name in any tree: `inode`, called `name` in listings.
    pub fn detached(inode: Arc<dyn Inode>, name: &[u8]) -> Path {
        mount::detached(inode, name)
    }

    pub(super) fn root_of_mount(mount: Arc<Mount>) -> Path {
        let dentry = mount.root.clone();
        Path { mount, dentry }
    }

    /// The node here.
    pub fn inode(&self) -> Arc<dyn Inode> {
        self.dentry.inode.clone()
    }

    /// All about the node here.
    pub fn metadata(&self) -> Metadata {
        self.dentry.inode.metadata()
    }

    /// Space of its file system.
    pub fn usage(&self) -> Usage {
        let mut usage = self.mount.tree.fs.usage();
        usage.read_only |= self.mount.flags().read_only;
        usage
    }

    /// How the mount that it lies on was mounted.
    pub fn mount_flags(&self) -> MountFlags {
        self.mount.flags()
    }

    /// What the node here is: cheaper than all about it.
    pub fn kind(&self) -> NodeKind {
        self.dentry.kind
    }

    /// The number of that mount, as in [`super::MountInfo::id`].
    pub fn mount_id(&self) -> u32 {
        self.mount.id
    }

    /// Whether both are the same name of the same tree under the same mount.
    pub fn same(&self, other: &Path) -> bool {
        Arc::ptr_eq(&self.dentry, &other.dentry) && Arc::ptr_eq(&self.mount, &other.mount)
    }

    /// Whether its name was removed.
    pub fn is_removed(&self) -> bool {
        self.dentry.is_gone()
    }

    /// Its last name as of now (`/` for a root).
    pub fn last_name(&self) -> Arc<[u8]> {
        self.dentry.link.lock().name.clone()
    }

    pub(super) fn is_directory(&self) -> bool {
        self.dentry.is_directory()
    }

    /// The root of what is mounted here, on top of all, or itself.
    pub(super) fn crossed(mut self) -> Path {
        while self.dentry.is_mounted_on() {
            match mount::covering(&self) {
                Some(mount) => self = Path::root_of_mount(mount),
                None => break,
            }
        }
        self
    }

    /// `..`, which stays at `root` and at the top of what is not mounted.
    pub(super) fn up(mut self, root: &Path) -> Path {
        loop {
            if self.same(root) {
                return self;
            }
            if !Arc::ptr_eq(&self.dentry, &self.mount.root) {
                break;
            }
            match self.mount.covered() {
                Some(place) => self = place,
                None => return self,
            }
        }
        if let Some(parent) = self.dentry.parent() {
            self.dentry = parent;
        }
        self.crossed()
    }

    /// The path from `root` to here; `None` when here is not below it, or removed.
    pub(super) fn name_below(&self, root: &Path) -> Option<Vec<u8>> {
        let mut names: Vec<Name> = Vec::new();
        let mut at = self.clone();
        while !at.same(root) {
            if Arc::ptr_eq(&at.dentry, &at.mount.root) {
                at = at.mount.covered()?;
                continue;
            }
            if at.dentry.is_gone() {
                return None;
            }
            let (parent, name) = {
                let link = at.dentry.link.lock();
                (link.parent.clone(), link.name.clone())
            };
            names.push(name);
            at.dentry = parent?;
        }
        Some(joined(&names))
    }

    /// The path from the root of its file system to here.
    pub(super) fn name_in_tree(&self) -> Vec<u8> {
        let mut names: Vec<Name> = Vec::new();
        let mut at = self.dentry.clone();
        loop {
            let (parent, name) = {
                let link = at.link.lock();
                (link.parent.clone(), link.name.clone())
            };
            let Some(parent) = parent else {
                break;
            };
            names.push(name);
            at = parent;
        }
        joined(&names)
    }

    /// The node called `name` in this directory: no link is followed, no mount crossed, no permission asked.
    pub fn child(&self, name: &[u8]) -> Result<Path> {
        let dentry = lookup(&self.mount.tree, &self.dentry, name)?;
        Ok(Path {
            mount: self.mount.clone(),
            dentry,
        })
    }
}

/// Names from the last to the first, as a path.
fn joined(names: &[Name]) -> Vec<u8> {
    if names.is_empty() {
        return b"/".to_vec();
    }
    let mut path = Vec::with_capacity(names.iter().map(|name| name.len() + 1).sum());
    for name in names.iter().rev() {
        path.push(b'/');
        path.extend_from_slice(name);
    }
    path
}

pub(super) fn lookup(tree: &Tree, dir: &Arc<Dentry>, name: &[u8]) -> Result<Arc<Dentry>> {
    match dir.known(name) {
        Known::Present(child) => Ok(child),
        Known::Absent => Err(Error::NotFound),
        Known::Nothing => {
            let _changing = dir.changing.lock();
            lookup_locked(tree, dir, name)
        }
    }
}

/// As [`lookup`], with `dir.changing` held.
pub(super) fn lookup_locked(tree: &Tree, dir: &Arc<Dentry>, name: &[u8]) -> Result<Arc<Dentry>> {
    match dir.known(name) {
        Known::Present(child) => return Ok(child),
        Known::Absent => return Err(Error::NotFound),
        Known::Nothing => {}
    }
    if !dir.is_directory() {
        return Err(Error::NotDirectory);
    }
    if name.len() > NAME_MAX {
        return Err(Error::NameTooLong);
    }
    match dir.inode.lookup(name) {
        Ok(inode) => Ok(add(tree, dir, name, inode)),
        Err(Error::NotFound) => {
            if tree.caches_absence {
                dir.remember_absent(name);
            }
            Err(Error::NotFound)
        }
        Err(error) => Err(error),
    }
}

/// Hangs `inode` into the tree of names.
pub(super) fn add(
    tree: &Tree,
    dir: &Arc<Dentry>,
    name: &[u8],
    inode: Arc<dyn Inode>,
) -> Arc<Dentry> {
    let name = Name::from(name);
    let dentry = Dentry::new(inode, Some(dir.clone()), name.clone(), tree.caches_names);
    if tree.caches_names {
        dir.remember(name, &dentry);
        note(&dentry);
    }
    dentry
}

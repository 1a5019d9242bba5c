//! Mounts: which tree covers which place. One table for all namespaces, keyed by the place covered.

use super::dentry::{Dentry, Name, take_apart};
use super::{FileSystem, Inode, Path};
use crate::sync::{LazyLock, Mutex, RwSpinLock, SpinLock};
use crate::{Error, Result};
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};
use hashbrown::HashMap;

/// How to mount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MountFlags {
    pub read_only: bool,
    pub no_exec: bool,
    pub no_suid: bool,
    pub no_dev: bool,
    /// Programs on it that nobody recognises decisively are of the ABI of this name (`abi=` option).
    pub abi: Option<&'static str>,
}

/// One line of a mount table.
pub struct MountInfo {
    pub id: u32,
    pub parent: u32,
    /// Where, as seen from the namespace's root.
    pub target: Vec<u8>,
    pub source: Vec<u8>,
    /// Which directory of its file system is seen there.
    pub root: Vec<u8>,
    pub kind: &'static str,
    pub flags: MountFlags,
    pub device: u64,
}

/// A file system in use, with its tree of names.
pub(super) struct Tree {
    pub(super) fs: Arc<dyn FileSystem>,
    pub(super) root: Arc<Dentry>,
    /// Held while a directory moves, so that the shape of the tree stands still.
    pub(super) renames: Mutex<()>,
    pub(super) caches_names: bool,
    pub(super) caches_absence: bool,
}

impl Tree {
    /// The tree of `fs`; one only, however often it is mounted.
    pub(super) fn of(fs: Arc<dyn FileSystem>) -> Arc<Tree> {
        static TREES: SpinLock<Vec<Weak<Tree>>> = SpinLock::new(Vec::new());
        let root = Dentry::new(fs.root(), None, Name::from(&b"/"[..]), true);
        let fresh = Arc::new(Tree {
            caches_names: fs.caches_names(),
            caches_absence: fs.caches_absence(),
            fs,
            root,
            renames: Mutex::new(()),
        });
        let mut trees = TREES.lock();
        trees.retain(|tree| tree.strong_count() != 0);
        let same =
            |tree: &Arc<Tree>| core::ptr::addr_eq(Arc::as_ptr(&tree.fs), Arc::as_ptr(&fresh.fs));
        let found = trees.iter().filter_map(Weak::upgrade).find(same);
        if found.is_none() {
            trees.push(Arc::downgrade(&fresh));
        }
        drop(trees);
        found.unwrap_or(fresh)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        take_apart(&self.root);
    }
}

/// A tree, or a part of one, at a place.
pub(super) struct Mount {
    pub(super) id: u32,
    pub(super) tree: Arc<Tree>,
    pub(super) root: Arc<Dentry>,
    flags: SpinLock<MountFlags>,
    pub(super) source: Name,
    /// The place that it covers; `None` for the root of a namespace and for what was taken off.
    pub(super) at: SpinLock<Option<Path>>,
}

impl Mount {
    pub(super) fn new(
        tree: Arc<Tree>,
        root: Arc<Dentry>,
        flags: MountFlags,
        source: &[u8],
    ) -> Arc<Mount> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Arc::new(Mount {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            tree,
            root,
            flags: SpinLock::new(flags),
            source: Name::from(source),
            at: SpinLock::new(None),
        })
    }

    pub(super) fn flags(&self) -> MountFlags {
        *self.flags.lock()
    }

    pub(super) fn set_flags(&self, flags: MountFlags) {
        *self.flags.lock() = flags;
    }

    /// Fails when nothing may be changed through it.
    pub(super) fn writable(&self) -> Result<()> {
        if self.flags.lock().read_only {
            return Err(Error::ReadOnly);
        }
        Ok(())
    }

    pub(super) fn covered(&self) -> Option<Path> {
        self.at.lock().clone()
    }
}

/// A place with a node of no file system (a pipe's, for its link in a listing of open files).
pub(super) fn detached(inode: Arc<dyn Inode>, name: &[u8]) -> Path {
    let tree = Tree::of(Arc::new(Nowhere(inode.clone())));
    let dentry = Dentry::new(inode, None, Name::from(name), false);
    Path {
        mount: Mount::new(tree, dentry.clone(), MountFlags::default(), b""),
        dentry,
    }
}

/// The file system of a node that has none.
struct Nowhere(Arc<dyn Inode>);

impl FileSystem for Nowhere {
    fn name(&self) -> &'static str {
        "none"
    }
    fn root(&self) -> Arc<dyn Inode> {
        self.0.clone()
    }
    fn usage(&self) -> super::Usage {
        super::Usage::default()
    }
}

type Key = (usize, usize);
type Table = HashMap<Key, Arc<Mount>>;

static TABLE: LazyLock<RwSpinLock<Table>> = LazyLock::new(|| RwSpinLock::new(HashMap::new()));

/// A key is good while the mount at that place holds both.
fn key(place: &Path) -> Key {
    (
        Arc::as_ptr(&place.mount) as usize,
        Arc::as_ptr(&place.dentry) as usize,
    )
}

/// What covers `place`.
pub(super) fn covering(place: &Path) -> Option<Arc<Mount>> {
    TABLE.read().get(&key(place)).cloned()
}

/// Puts `mount` over `place`, which nothing covers yet; [`Error::Busy`] otherwise.
pub(super) fn attach(mount: &Arc<Mount>, place: &Path) -> Result<()> {
    let mut table = TABLE.write();
    if table.contains_key(&key(place)) {
        return Err(Error::Busy);
    }
    *mount.at.lock() = Some(place.clone());
    place.dentry.mounted.fetch_add(1, Ordering::AcqRel);
    table.insert(key(place), mount.clone());
    Ok(())
}

/// Takes `mount` off its place. With `users` given, only if that many references to it are all there are.
pub(super) fn detach(mount: &Arc<Mount>, users: Option<usize>) -> Result<()> {
    let mut table = TABLE.write();
    if users.is_some_and(|users| Arc::strong_count(mount) > users) {
        return Err(Error::Busy);
    }
    let place = mount.at.lock().take();
    let removed = place.as_ref().and_then(|place| {
        place.dentry.mounted.fetch_sub(1, Ordering::AcqRel);
        table.remove(&key(place))
    });
    // Their end may be a whole file system's: not under the lock.
    drop(table);
    drop((removed, place));
    Ok(())
}

/// What is mounted at or below `top`, each before those on it.
pub(super) fn all_below(top: &Path) -> Vec<Arc<Mount>> {
    let table = TABLE.read();
    let mut found: Vec<Arc<Mount>> = table
        .values()
        .filter(|mount| {
            let place = mount.at.lock();
            place.as_ref().is_some_and(|place| is_below(place, top))
        })
        .cloned()
        .collect();
    drop(table);
    // A mount is younger than the one it lies on.
    found.sort_unstable_by_key(|mount| mount.id);
    found
}

fn is_below(place: &Path, top: &Path) -> bool {
    let mut at = place.clone();
    loop {
        if at.same(top) {
            return true;
        }
        if Arc::ptr_eq(&at.dentry, &at.mount.root) {
            match at.mount.covered() {
                Some(place) => at = place,
                None => return false,
            }
        } else {
            match at.dentry.parent() {
                Some(parent) => at.dentry = parent,
                None => return false,
            }
        }
    }
}

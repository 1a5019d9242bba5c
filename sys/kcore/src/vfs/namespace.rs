//! Namespaces: a tree of mounts, as one group of programs sees it.

use super::mount::{self, Mount, Tree};
use super::{FileSystem, MountFlags, MountInfo, Path};
use crate::sync::SpinLock;
use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Mounts, each with the one that stands for it in a copy.
type Pairs = Vec<(Arc<Mount>, Arc<Mount>)>;

/// A tree of mounts.
pub struct Namespace {
    root: Arc<Mount>,
    /// All but the root, in the order they were mounted.
    mounts: SpinLock<Vec<Arc<Mount>>>,
}

impl Namespace {
    /// A namespace whose root is `fs`.
    pub fn new(fs: Arc<dyn FileSystem>) -> Result<Arc<Namespace>> {
        let tree = Tree::of(fs);
        let root = Mount::new(tree.clone(), tree.root.clone(), MountFlags::default(), b"");
        Ok(Namespace::of(root))
    }

    fn of(root: Arc<Mount>) -> Arc<Namespace> {
        Arc::new(Namespace {
            root,
            mounts: SpinLock::new(Vec::new()),
        })
    }

    /// A copy that changes apart from this one (unshare).
    pub fn duplicate(&self) -> Result<Arc<Namespace>> {
        Ok(self.copy()?.0)
    }

    /// The copy, and for each mount of this namespace the one that stands for it there.
    fn copy(&self) -> Result<(Arc<Namespace>, Pairs)> {
        let mut pairs = Vec::from([(self.root.clone(), copy_of(&self.root))]);
        let copy = Namespace::of(pairs[0].1.clone());
        let mounts = self.mounts.lock().clone();
        // Parents were mounted before their children, so they are copied before them.
        for old in mounts {
            let Some(place) = old.covered() else {
                continue;
            };
            let Some(place) = moved(&pairs, &place) else {
                continue;
            };
            let new = copy_of(&old);
            copy.add(new.clone(), &place)?;
            pairs.push((old, new));
        }
        Ok((copy, pairs))
    }

    /// The copy, and `places` as they are in it (places outside this namespace stay).
    pub(super) fn unshare(&self, places: [&Path; 2]) -> Result<(Arc<Namespace>, [Path; 2])> {
        let (copy, pairs) = self.copy()?;
        let places = places.map(|place| moved(&pairs, place).unwrap_or_else(|| place.clone()));
        Ok((copy, places))
    }

    /// Its root, or what was mounted over that.
    pub fn root(self: &Arc<Self>) -> Path {
        Path::root_of_mount(self.root.clone()).crossed()
    }

    fn add(&self, mount: Arc<Mount>, at: &Path) -> Result<()> {
        mount::attach(&mount, at)?;
        self.mounts.lock().push(mount);
        Ok(())
    }

    fn holds(&self, mount: &Arc<Mount>) -> bool {
        Arc::ptr_eq(&self.root, mount) || self.mounts.lock().iter().any(|m| Arc::ptr_eq(m, mount))
    }

    fn check_target(&self, at: &Path) -> Result<()> {
        if !self.holds(&at.mount) || !at.dentry.lasting {
            return Err(Error::InvalidArgument);
        }
        if at.dentry.is_gone() {
            return Err(Error::NotFound);
        }
        Ok(())
    }

    /// Mounts `fs` over the directory `at` of this namespace.
    pub fn mount(
        self: &Arc<Self>,
        fs: Arc<dyn FileSystem>,
        at: &Path,
        source: &[u8],
        flags: MountFlags,
    ) -> Result<()> {
        self.check_target(at)?;
        let tree = Tree::of(fs);
        if at.dentry.is_directory() != tree.root.is_directory() {
            return Err(Error::NotDirectory);
        }
        let root = tree.root.clone();
        self.add(Mount::new(tree, root, flags, source), &at.clone().crossed())
    }

    /// Makes the tree at `from` (of any namespace) visible at `at`. `recursive`: with what is mounted in it. The source's own
    /// restrictions stay.
    pub fn bind(
        self: &Arc<Self>,
        from: &Path,
        at: &Path,
        recursive: bool,
        flags: MountFlags,
    ) -> Result<()> {
        self.check_target(at)?;
        if at.dentry.is_directory() != from.dentry.is_directory() {
            return Err(Error::NotDirectory);
        }
        let below = if recursive {
            mount::all_below(from)
        } else {
            Vec::new()
        };
        let top = Mount::new(
            from.mount.tree.clone(),
            from.dentry.clone(),
            joined(flags, from.mount.flags()),
            &from.mount.source,
        );
        self.add(top.clone(), &at.clone().crossed())?;
        let mut pairs = Vec::from([(from.mount.clone(), top)]);
        for old in below {
            let Some(place) = old.covered().and_then(|place| moved(&pairs, &place)) else {
                continue;
            };
            let new = copy_of(&old);
            new.set_flags(joined(flags, old.flags()));
            self.add(new.clone(), &place)?;
            pairs.push((old, new));
        }
        Ok(())
    }

    /// Changes how the mount at `at` (its root) was mounted.
    pub fn remount(self: &Arc<Self>, at: &Path, flags: MountFlags) -> Result<()> {
        if !self.holds(&at.mount) || !Arc::ptr_eq(&at.dentry, &at.mount.root) {
            return Err(Error::InvalidArgument);
        }
        at.mount.set_flags(flags);
        Ok(())
    }

    /// Takes off what is mounted at `at` (its root). In use: [`Error::Busy`], unless `lazy`, which takes it off with all
    /// below it and lets users finish.
    pub fn unmount(self: &Arc<Self>, at: &Path, lazy: bool) -> Result<()> {
        if !Arc::ptr_eq(&at.dentry, &at.mount.root) || !self.holds(&at.mount) {
            return Err(Error::InvalidArgument);
        }
        if Arc::ptr_eq(&at.mount, &self.root) {
            return Err(Error::Busy);
        }
        if lazy {
            for below in mount::all_below(at).iter().rev() {
                self.drop_mount(below, None)?;
            }
            return self.drop_mount(&at.mount, None);
        }
        // The table's reference, the list's and the caller's.
        self.drop_mount(&at.mount, Some(3))
    }

    fn drop_mount(&self, mount: &Arc<Mount>, users: Option<usize>) -> Result<()> {
        mount::detach(mount, users)?;
        let mut mounts = self.mounts.lock();
        let index = mounts.iter().position(|m| Arc::ptr_eq(m, mount));
        let removed = index.map(|index| mounts.remove(index));
        drop(mounts);
        drop(removed);
        Ok(())
    }

    /// All mounts, the root first.
    pub fn mounts(self: &Arc<Self>) -> Vec<MountInfo> {
        let root = Path::root_of_mount(self.root.clone());
        let all = self.mounts.lock().clone();
        core::iter::once(self.root.clone())
            .chain(all)
            .map(|mount| {
                let covered = mount.covered();
                let parent = covered.as_ref().map_or(mount.id, |place| place.mount.id);
                let inside = Path {
                    mount: mount.clone(),
                    dentry: mount.root.clone(),
                };
                MountInfo {
                    id: mount.id,
                    parent,
                    target: covered
                        .and_then(|place| place.name_below(&root))
                        .unwrap_or_else(|| b"/".to_vec()),
                    source: mount.source.to_vec(),
                    root: inside.name_in_tree(),
                    kind: mount.tree.fs.name(),
                    flags: mount.flags(),
                    device: mount.root.inode.metadata().device,
                }
            })
            .collect()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let mounts = core::mem::take(self.mounts.get_mut());
        for mount in mounts.iter().rev() {
            // Without a count to check it cannot fail.
            let _ = mount::detach(mount, None);
        }
    }
}

fn copy_of(mount: &Arc<Mount>) -> Arc<Mount> {
    Mount::new(
        mount.tree.clone(),
        mount.root.clone(),
        mount.flags(),
        &mount.source,
    )
}

/// `place` in the copy of its mount.
fn moved(pairs: &[(Arc<Mount>, Arc<Mount>)], place: &Path) -> Option<Path> {
    let (_, new) = pairs
        .iter()
        .find(|(old, _)| Arc::ptr_eq(old, &place.mount))?;
    Some(Path {
        mount: new.clone(),
        dentry: place.dentry.clone(),
    })
}

/// The restrictions of both; the ABI of the first that names one.
fn joined(a: MountFlags, b: MountFlags) -> MountFlags {
    MountFlags {
        read_only: a.read_only || b.read_only,
        no_exec: a.no_exec || b.no_exec,
        no_suid: a.no_suid || b.no_suid,
        no_dev: a.no_dev || b.no_dev,
        abi: a.abi.or(b.abi),
    }
}

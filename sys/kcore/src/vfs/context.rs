//! What a process sees: its namespace, root, working directory and umask.

use super::permission::{EXECUTE, Subject};
use super::walk::{Last, Walk};
use super::{Namespace, Path};
use crate::sync::SpinLock;
use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU16, Ordering};

/// A process' view: namespace, root, working directory, umask; behind one lock, shared by those that ask for it.
pub struct FsContext {
    state: SpinLock<State>,
    umask: AtomicU16,
}

#[derive(Clone)]
struct State {
    namespace: Arc<Namespace>,
    root: Path,
    working_directory: Path,
}

/// Where a relative path starts.
#[derive(Clone)]
pub enum Base {
    WorkingDirectory,
    Directory(Path),
}

impl FsContext {
    /// A view of `namespace` from `root`, which is the working directory too; the umask is 0o022.
    pub fn new(namespace: Arc<Namespace>, root: Path) -> Arc<FsContext> {
        Arc::new(FsContext {
            state: SpinLock::new(State {
                namespace,
                working_directory: root.clone(),
                root,
            }),
            umask: AtomicU16::new(0o022),
        })
    }

    /// A copy that changes apart from this one.
    pub fn duplicate(&self) -> Arc<FsContext> {
        Arc::new(FsContext {
            state: SpinLock::new(self.state.lock().clone()),
            umask: AtomicU16::new(self.umask()),
        })
    }

    /// Gives this view a namespace of its own, a copy of the one it had; root and working directory stay the same places in it.
    pub fn unshare_namespace(&self) -> Result<()> {
        let old = self.state.lock().clone();
        let (namespace, [root, working_directory]) =
            old.namespace.unshare([&old.root, &old.working_directory])?;
        let new = State {
            namespace,
            root,
            working_directory,
        };
        let old = core::mem::replace(&mut *self.state.lock(), new);
        drop(old);
        Ok(())
    }

    /// The namespace that mounts of this process go to.
    pub fn namespace(&self) -> Arc<Namespace> {
        self.state.lock().namespace.clone()
    }

    /// What `/` is.
    pub fn root(&self) -> Path {
        self.state.lock().root.clone()
    }

    /// Where relative paths start.
    pub fn working_directory(&self) -> Path {
        self.state.lock().working_directory.clone()
    }

    /// chdir: needs a directory that may be searched.
    pub fn set_working_directory(&self, to: Path) -> Result<()> {
        may_enter(&to)?;
        let old = core::mem::replace(&mut self.state.lock().working_directory, to);
        drop(old);
        Ok(())
    }

    /// chroot: needs a directory that may be searched. Whether the caller may do it at all, its ABI asks.
    pub fn set_root(&self, to: Path) -> Result<()> {
        may_enter(&to)?;
        let old = core::mem::replace(&mut self.state.lock().root, to);
        drop(old);
        Ok(())
    }

    /// Gives the old one.
    pub fn set_umask(&self, mask: u16) -> u16 {
        self.umask.swap(mask & 0o777, Ordering::Relaxed)
    }

    /// Permission bits that new nodes do not get.
    pub fn umask(&self) -> u16 {
        self.umask.load(Ordering::Relaxed)
    }

    /// A walk by the current credentials, and the place it starts at.
    pub(super) fn walk(&self, base: &Base) -> (Walk, Path) {
        let state = self.state.lock();
        let root = state.root.clone();
        let start = match base {
            Base::WorkingDirectory => state.working_directory.clone(),
            Base::Directory(place) => place.clone(),
        };
        drop(state);
        (Walk::new(Subject::current(), root), start)
    }

    /// The directory of the last name of `path`, and on whose behalf it was found.
    pub(super) fn last(&self, base: &Base, path: &[u8]) -> Result<(Subject, Last)> {
        let (mut walk, start) = self.walk(base);
        let last = walk.last(start, path)?;
        Ok((walk.subject, last))
    }

    /// Finds a node. `follow`: a last symlink too. Checks search permission on the way with the current credentials.
    pub fn resolve(&self, base: &Base, path: &[u8], follow: bool) -> Result<Path> {
        let (mut walk, start) = self.walk(base);
        walk.place(start, path, follow)
    }

    /// The absolute path of a place as seen from this root (getcwd); NotFound when it is unreachable or unlinked.
    pub fn name_of(&self, place: &Path) -> Result<Vec<u8>> {
        place.name_below(&self.root()).ok_or(Error::NotFound)
    }
}

fn may_enter(place: &Path) -> Result<()> {
    if !place.is_directory() {
        return Err(Error::NotDirectory);
    }
    Subject::current().check(&place.metadata(), EXECUTE)
}

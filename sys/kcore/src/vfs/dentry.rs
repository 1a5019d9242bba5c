//! Names as seen: each directory remembers what was found in it, and what was not.
//!
//! A dentry that somebody holds stays in its parent's map; others may be forgotten, the least used first.

use super::{Inode, NodeKind};
use crate::sync::{Mutex, SpinLock};
use alloc::collections::VecDeque;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use hashbrown::HashMap;

/// A name in a directory.
pub(super) type Name = Arc<[u8]>;

/// Most absent names remembered for one directory.
const ABSENT_LIMIT: usize = 256;
/// Dentries that are kept although nobody uses them.
const CACHE_LIMIT: usize = 16384;

/// Where a dentry hangs.
pub(super) struct Link {
    /// `None` for the root of a file system.
    pub(super) parent: Option<Arc<Dentry>>,
    pub(super) name: Name,
}

/// What is known of the names in a directory; `None`: there is no such name.
#[derive(Default)]
struct Children {
    known: HashMap<Name, Option<Arc<Dentry>>>,
    absent: usize,
}

/// A node under one of its names.
pub(super) struct Dentry {
    pub(super) inode: Arc<dyn Inode>,
    pub(super) kind: NodeKind,
    pub(super) link: SpinLock<Link>,
    children: SpinLock<Children>,
    /// Held while the names of this directory are looked up in or changed at the file system.
    pub(super) changing: Mutex<()>,
    /// How many mounts, in all namespaces, cover it.
    pub(super) mounted: AtomicU32,
    /// Its name was removed.
    gone: AtomicBool,
    /// It can be found again under its name: it is in its parent's map, or is a root.
    pub(super) lasting: bool,
    /// Looked up since the clock last came by.
    used: AtomicBool,
}

/// What a directory knows of a name.
pub(super) enum Known {
    Present(Arc<Dentry>),
    Absent,
    Nothing,
}

impl Dentry {
    pub(super) fn new(
        inode: Arc<dyn Inode>,
        parent: Option<Arc<Dentry>>,
        name: Name,
        lasting: bool,
    ) -> Arc<Dentry> {
        let kind = inode.metadata().kind;
        Arc::new(Dentry {
            inode,
            kind,
            link: SpinLock::new(Link { parent, name }),
            children: SpinLock::new(Children::default()),
            changing: Mutex::new(()),
            mounted: AtomicU32::new(0),
            gone: AtomicBool::new(false),
            lasting,
            used: AtomicBool::new(false),
        })
    }

    pub(super) fn is_directory(&self) -> bool {
        self.kind == NodeKind::Directory
    }

    pub(super) fn parent(&self) -> Option<Arc<Dentry>> {
        self.link.lock().parent.clone()
    }

    pub(super) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    pub(super) fn set_gone(&self) {
        self.gone.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_mounted_on(&self) -> bool {
        self.mounted.load(Ordering::Acquire) != 0
    }

    /// What is remembered of `name`.
    pub(super) fn known(&self, name: &[u8]) -> Known {
        match self.children.lock().known.get(name) {
            Some(Some(child)) => {
                // A store only when needed: the line stays shared between processors.
                if !child.used.load(Ordering::Relaxed) {
                    child.used.store(true, Ordering::Relaxed);
                }
                Known::Present(child.clone())
            }
            Some(None) => Known::Absent,
            None => Known::Nothing,
        }
    }

    /// Remembers `child` under its name; gives what was there.
    pub(super) fn remember(&self, name: Name, child: &Arc<Dentry>) -> Option<Arc<Dentry>> {
        let mut children = self.children.lock();
        match children.known.insert(name, Some(child.clone())) {
            Some(None) => {
                children.absent -= 1;
                None
            }
            Some(old) => old,
            None => None,
        }
    }

    /// Remembers that there is no `name`.
    pub(super) fn remember_absent(&self, name: &[u8]) {
        let mut children = self.children.lock();
        if children.absent >= ABSENT_LIMIT {
            children.known.retain(|_, child| child.is_some());
            children.absent = 0;
        }
        let old = children.known.insert(Name::from(name), None);
        if !matches!(old, Some(None)) {
            children.absent += 1;
        }
        drop(children);
        drop(old);
    }

    /// Forgets `name`.
    pub(super) fn forget(&self, name: &[u8]) {
        let mut children = self.children.lock();
        let old = children.known.remove(name);
        if matches!(old, Some(None)) {
            children.absent -= 1;
        }
        drop(children);
        drop(old);
    }

    fn take_children(&self) -> Vec<Arc<Dentry>> {
        let mut children = self.children.lock();
        children.absent = 0;
        let taken = core::mem::take(&mut children.known);
        drop(children);
        taken.into_values().flatten().collect()
    }
}

impl Drop for Dentry {
    /// A chain of removed directories goes one by one: its length is the program's choice, the stack's is not.
    fn drop(&mut self) {
        let mut next = self.link.get_mut().parent.take();
        while let Some(mut parent) = next.and_then(Arc::into_inner) {
            next = parent.link.get_mut().parent.take();
        }
    }
}

/// Takes a tree of dentries apart when its file system goes: they hold each other.
pub(super) fn take_apart(root: &Arc<Dentry>) {
    let mut left = root.take_children();
    while let Some(dentry) = left.pop() {
        left.append(&mut dentry.take_children());
        let parent = dentry.link.lock().parent.take();
        drop(parent);
    }
}

static CLOCK: SpinLock<VecDeque<Weak<Dentry>>> = SpinLock::new(VecDeque::new());

/// Puts a new cached dentry under the clock, and moves that on when there are many.
pub(super) fn note(dentry: &Arc<Dentry>) {
    let full = {
        let mut clock = CLOCK.lock();
        clock.push_back(Arc::downgrade(dentry));
        clock.len() > CACHE_LIMIT
    };
    if full {
        reclaim_names(4);
    }
}

/// Looks at `count` cached names and forgets those not used lately; gives how many.
pub fn reclaim_names(count: usize) -> usize {
    let mut forgotten = 0;
    for _ in 0..count {
        let Some(next) = CLOCK.lock().pop_front() else {
            break;
        };
        let Some(dentry) = next.upgrade() else {
            continue;
        };
        // Two references: the parent's map and ours.
        let idle = Arc::strong_count(&dentry) <= 2 && !dentry.used.swap(false, Ordering::Relaxed);
        if idle && evict(&dentry) {
            forgotten += 1;
        } else if !dentry.is_gone() {
            CLOCK.lock().push_back(next);
        }
    }
    forgotten
}

fn evict(dentry: &Arc<Dentry>) -> bool {
    let (parent, name) = {
        let link = dentry.link.lock();
        (link.parent.clone(), link.name.clone())
    };
    let Some(parent) = parent else {
        return false;
    };
    let mut children = parent.children.lock();
    let mine = matches!(children.known.get(&name), Some(Some(child)) if Arc::ptr_eq(child, dentry));
    // New references come only through the map, which is locked.
    if !mine || Arc::strong_count(dentry) > 2 {
        return false;
    }
    let old = children.known.remove(&name);
    drop(children);
    drop(old);
    true
}

//! The names in a directory.

use crate::node::Node;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use hashbrown::HashMap;
use kcore::sync::SpinLock;
use kcore::vfs::{DeviceId, DirEntry, NewNode, NodeKind, RenameFlags};
use kcore::{Error, Result};

type Name = Arc<[u8]>;

/// Entries given at once, between which the directory may change.
const BATCH: usize = 32;

struct Entry {
    node: Arc<Node>,
    /// Its place in listings; never used again.
    cookie: u64,
}

/// The names, and the order in which they came, which is that of listings: so a listing that goes on after changes gives each
/// entry that stayed once.
#[derive(Default)]
pub(crate) struct Directory {
    entries: HashMap<Name, Entry>,
    order: BTreeMap<u64, Name>,
    last_cookie: u64,
    /// Removed: nothing can be made in it.
    dead: bool,
}

impl Directory {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn get(&self, name: &[u8]) -> Option<Arc<Node>> {
        self.entries.get(name).map(|entry| entry.node.clone())
    }

    /// Puts `node` under `name`; what was there gives its place in the order.
    fn put(&mut self, name: &[u8], node: Arc<Node>) -> Option<Arc<Node>> {
        if let Some(entry) = self.entries.get_mut(name) {
            return Some(core::mem::replace(&mut entry.node, node));
        }
        let name = Name::from(name);
        self.last_cookie += 1;
        let cookie = self.last_cookie;
        self.order.insert(cookie, name.clone());
        self.entries.insert(name, Entry { node, cookie });
        None
    }

    fn remove(&mut self, name: &[u8]) -> Option<Arc<Node>> {
        let entry = self.entries.remove(name)?;
        self.order.remove(&entry.cookie);
        Some(entry.node)
    }
}

/// A new name.
pub(crate) fn insert(dir: &Node, name: &[u8], node: &Arc<Node>) -> Result<()> {
    let mut names = dir.names()?.lock();
    if names.dead {
        return Err(Error::NotFound);
    }
    if names.entries.contains_key(name) {
        return Err(Error::AlreadyExists);
    }
    names.put(name, node.clone());
    drop(names);
    changed(dir, if is_directory(node) { 1 } else { 0 });
    Ok(())
}

/// Removes a name that is not a directory's.
pub(crate) fn unlink(dir: &Node, name: &[u8]) -> Result<()> {
    let mut names = dir.names()?.lock();
    let node = names.get(name).ok_or(Error::NotFound)?;
    if is_directory(&node) {
        return Err(Error::IsDirectory);
    }
    let removed = names.remove(name);
    drop(names);
    node.count_links(-1);
    changed(dir, 0);
    drop(removed);
    Ok(())
}

/// Removes an empty directory.
pub(crate) fn remove_directory(dir: &Node, name: &[u8]) -> Result<()> {
    let _tree = dir.shared.tree.lock();
    let node = dir.names()?.lock().get(name).ok_or(Error::NotFound)?;
    kill(&node)?;
    let removed = dir.names()?.lock().remove(name);
    changed(dir, -1);
    drop(removed);
    Ok(())
}

/// Ends an empty directory.
fn kill(node: &Node) -> Result<()> {
    let mut names = node.names()?.lock();
    if names.len() != 0 {
        return Err(Error::NotEmpty);
    }
    names.dead = true;
    drop(names);
    node.count_links(-2);
    Ok(())
}

fn is_directory(node: &Node) -> bool {
    node.kind == NodeKind::Directory
}

/// Names in `dir` changed; `directories`: how many more it holds.
fn changed(dir: &Node, directories: i32) {
    if directories != 0 {
        dir.count_links(directories);
    }
    dir.touch();
}

/// Renames; that a directory does not come to lie in itself, the caller has checked, and holds the tree still.
pub(crate) fn rename(
    from: &Node,
    name: &[u8],
    to: &Node,
    to_name: &[u8],
    flags: RenameFlags,
) -> Result<()> {
    let _tree = from.shared.tree.lock();
    let source = from.names()?.lock().get(name).ok_or(Error::NotFound)?;
    let target = to.names()?.lock().get(to_name);
    if flags.exchange {
        let target = target.ok_or(Error::NotFound)?;
        return exchange((from, name, source), (to, to_name, target));
    }
    if flags.no_replace && target.is_some() {
        return Err(Error::AlreadyExists);
    }
    if target
        .as_ref()
        .is_some_and(|target| Arc::ptr_eq(target, &source))
    {
        return Ok(());
    }
    let whiteout = flags.whiteout.then(|| whiteout(from)).transpose()?;
    if let Some(target) = &target {
        match (is_directory(&source), is_directory(target)) {
            (true, false) => return Err(Error::NotDirectory),
            (false, true) => return Err(Error::IsDirectory),
            (true, true) => kill(target)?,
            (false, false) => {}
        }
    }
    {
        let mut names = to.names()?.lock();
        if names.dead {
            return Err(Error::NotFound);
        }
        names.put(to_name, source.clone());
    }
    match whiteout {
        Some(whiteout) => from.names()?.lock().put(name, whiteout),
        None => from.names()?.lock().remove(name),
    };
    let moves = i32::from(is_directory(&source));
    let replaces = i32::from(target.as_ref().is_some_and(|target| is_directory(target)));
    if let Some(target) = &target
        && replaces == 0
    {
        target.count_links(-1);
    }
    changed(from, -moves);
    changed(to, moves - replaces);
    source.count_links(0);
    Ok(())
}

fn exchange(
    (from, name, source): (&Node, &[u8], Arc<Node>),
    (to, to_name, target): (&Node, &[u8], Arc<Node>),
) -> Result<()> {
    let more = i32::from(is_directory(&source)) - i32::from(is_directory(&target));
    to.names()?.lock().put(to_name, source.clone());
    from.names()?.lock().put(name, target.clone());
    changed(from, -more);
    changed(to, more);
    source.count_links(0);
    target.count_links(0);
    Ok(())
}

/// The mark that says "there is nothing of this name" to a file system of layers: a character device 0, 0.
fn whiteout(dir: &Node) -> Result<Arc<Node>> {
    let node = NewNode {
        kind: NodeKind::CharDevice,
        mode: 0,
        uid: 0,
        gid: 0,
        rdev: DeviceId::default(),
    };
    Node::make(&dir.shared, &node)
}

/// Lists entries after cookie `from`, without a lock held while `each` runs.
pub(crate) fn list(
    names: &SpinLock<Directory>,
    mut from: u64,
    each: &mut dyn FnMut(DirEntry<'_>) -> bool,
) -> Result<()> {
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        {
            let names = names.lock();
            let rest = names.order.range(from.saturating_add(1)..).take(BATCH);
            batch.extend(rest.filter_map(|(&next, name)| {
                let node = &names.entries.get(name)?.node;
                Some((name.clone(), node.number, node.kind, next))
            }));
        }
        for (name, inode, kind, next) in &batch {
            let entry = DirEntry {
                name,
                inode: *inode,
                kind: *kind,
                next: *next,
            };
            if !each(entry) {
                return Ok(());
            }
            from = *next;
        }
        if batch.len() < BATCH {
            return Ok(());
        }
    }
}

/// Takes a tree apart piece by piece when it goes: its depth is the program's choice, the stack's is not.
pub(crate) fn take_apart(node: &mut Node) {
    let Some(names) = node.names_mut() else {
        return;
    };
    let mut left: Vec<Arc<Node>> = names.entries.drain().map(|(_, e)| e.node).collect();
    while let Some(node) = left.pop() {
        if let Some(mut node) = Arc::into_inner(node)
            && let Some(names) = node.names_mut()
        {
            left.extend(names.entries.drain().map(|(_, e)| e.node));
        }
    }
}

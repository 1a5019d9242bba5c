//! Nodes.

use crate::Shared;
use crate::data::Data;
use crate::directory::{self, Directory};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use core::sync::atomic::Ordering;
use kcore::io::{Sink, Source};
use kcore::mm::Pages;
use kcore::sync::SpinLock;
use kcore::user::PAGE_SIZE;
use kcore::vfs::{
    Change, DeviceId, DirEntry, Inode, Metadata, NewNode, NodeKind, RenameFlags, Timestamp,
    moves_access_time, now,
};
use kcore::{Error, Result};

/// Most bytes of attributes, names and values, that one node holds.
const ATTRIBUTE_LIMIT: usize = 64 << 10;

/// What a node holds.
pub(crate) enum Body {
    File(Arc<Data>),
    Directory(SpinLock<Directory>),
    Symlink(Vec<u8>),
    Other,
}

impl Body {
    pub(crate) fn directory() -> Body {
        Body::Directory(SpinLock::new(Directory::default()))
    }
}

/// What is told about a node and changes.
pub(crate) struct Facts {
    mode: u16,
    uid: u32,
    gid: u32,
    pub(crate) links: u32,
    accessed: Timestamp,
    modified: Timestamp,
    changed: Timestamp,
    attributes: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A node.
pub(crate) struct Node {
    pub(crate) shared: Arc<Shared>,
    pub(crate) number: u64,
    pub(crate) kind: NodeKind,
    rdev: DeviceId,
    created: Timestamp,
    facts: SpinLock<Facts>,
    body: Body,
}

impl Node {
    /// A node whose number is new; a directory starts with its two links, others with one.
    pub(crate) fn new(shared: &Arc<Shared>, body: Body, node: &NewNode) -> Arc<Node> {
        let number = shared.next_inode.fetch_add(1, Ordering::Relaxed);
        Node::numbered(shared, number, body, node)
    }

    fn numbered(shared: &Arc<Shared>, number: u64, body: Body, node: &NewNode) -> Arc<Node> {
        shared.files.fetch_add(1, Ordering::Relaxed);
        let now = now();
        Arc::new(Node {
            shared: shared.clone(),
            number,
            kind: node.kind,
            rdev: node.rdev,
            created: now,
            facts: SpinLock::new(Facts {
                mode: node.mode,
                uid: node.uid,
                gid: node.gid,
                links: if node.kind == NodeKind::Directory {
                    2
                } else {
                    1
                },
                accessed: now,
                modified: now,
                changed: now,
                attributes: Vec::new(),
            }),
            body,
        })
    }

    /// A new node as asked for (no symlink).
    pub(crate) fn make(shared: &Arc<Shared>, node: &NewNode) -> Result<Arc<Node>> {
        let number = shared.next_inode.fetch_add(1, Ordering::Relaxed);
        let body = match node.kind {
            NodeKind::Regular => Body::File(Data::new(shared.clone(), number)),
            NodeKind::Directory => Body::directory(),
            NodeKind::Symlink => return Err(Error::InvalidArgument),
            _ => Body::Other,
        };
        Ok(Node::numbered(shared, number, body, node))
    }

    pub(crate) fn names(&self) -> Result<&SpinLock<Directory>> {
        match &self.body {
            Body::Directory(names) => Ok(names),
            _ => Err(Error::NotDirectory),
        }
    }

    fn data(&self) -> Result<&Arc<Data>> {
        match &self.body {
            Body::File(data) => Ok(data),
            Body::Directory(_) => Err(Error::IsDirectory),
            _ => Err(Error::InvalidArgument),
        }
    }

    /// Changes the count of links, and with it the time of the last change.
    pub(crate) fn count_links(&self, by: i32) {
        let mut facts = self.facts.lock();
        facts.links = facts.links.saturating_add_signed(by);
        facts.changed = now();
    }

    /// One more name; refused for a node that has none left.
    pub(crate) fn add_link(&self) -> Result<()> {
        let mut facts = self.facts.lock();
        if facts.links == 0 {
            return Err(Error::NotFound);
        }
        facts.links = facts.links.checked_add(1).ok_or(Error::TooManyLinks)?;
        facts.changed = now();
        Ok(())
    }

    /// Its contents, or names in it, changed now.
    pub(crate) fn touch(&self) {
        let mut facts = self.facts.lock();
        facts.modified = now();
        facts.changed = facts.modified;
    }

    fn was_read(&self) {
        let now = now();
        let mut facts = self.facts.lock();
        if moves_access_time(facts.accessed, facts.modified, facts.changed, now) {
            facts.accessed = now;
        }
    }

    /// The node of this file system behind an inode.
    pub(crate) fn of(inode: &Arc<dyn Inode>) -> Result<Arc<Node>> {
        let any: Arc<dyn Any + Send + Sync> = inode.clone();
        any.downcast().map_err(|_| Error::CrossDevice)
    }

    pub(crate) fn names_mut(&mut self) -> Option<&mut Directory> {
        match &mut self.body {
            Body::Directory(names) => Some(names.get_mut()),
            _ => None,
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.shared.files.fetch_sub(1, Ordering::Relaxed);
        directory::take_apart(self);
    }
}

impl Inode for Node {
    fn metadata(&self) -> Metadata {
        let (size, pages) = match &self.body {
            Body::File(data) => data.size(),
            Body::Directory(names) => (names.lock().len() as u64 * 20, 0),
            Body::Symlink(target) => (target.len() as u64, 0),
            Body::Other => (0, 0),
        };
        let facts = self.facts.lock();
        Metadata {
            kind: self.kind,
            mode: facts.mode,
            uid: facts.uid,
            gid: facts.gid,
            size,
            blocks: pages * (PAGE_SIZE as u64 / 512),
            links: facts.links,
            inode: self.number,
            device: self.shared.device,
            rdev: self.rdev,
            accessed: facts.accessed,
            modified: facts.modified,
            changed: facts.changed,
            created: self.created,
            block_size: PAGE_SIZE as u32,
        }
    }

    fn change(&self, change: &Change) -> Result<()> {
        if let Some(size) = change.size {
            self.data()?.resize(size)?;
        }
        let now = now();
        let mut facts = self.facts.lock();
        facts.mode = change.mode.map_or(facts.mode, |mode| mode & 0o7777);
        facts.uid = change.uid.unwrap_or(facts.uid);
        facts.gid = change.gid.unwrap_or(facts.gid);
        if change.size.is_some() {
            facts.modified = now;
        }
        facts.accessed = change.accessed.unwrap_or(facts.accessed);
        facts.modified = change.modified.unwrap_or(facts.modified);
        facts.changed = now;
        Ok(())
    }

    fn lookup(&self, name: &[u8]) -> Result<Arc<dyn Inode>> {
        let child = self.names()?.lock().get(name);
        Ok(child.ok_or(Error::NotFound)?)
    }

    fn create(&self, name: &[u8], node: &NewNode) -> Result<Arc<dyn Inode>> {
        let child = Node::make(&self.shared, node)?;
        directory::insert(self, name, &child)?;
        Ok(child)
    }

    fn symlink(&self, name: &[u8], target: &[u8], node: &NewNode) -> Result<Arc<dyn Inode>> {
        let node = NewNode {
            kind: NodeKind::Symlink,
            ..*node
        };
        let child = Node::new(&self.shared, Body::Symlink(target.to_vec()), &node);
        directory::insert(self, name, &child)?;
        Ok(child)
    }

    fn link(&self, name: &[u8], target: &Arc<dyn Inode>) -> Result<()> {
        let target = Node::of(target)?;
        if !Arc::ptr_eq(&target.shared, &self.shared) {
            return Err(Error::CrossDevice);
        }
        if target.kind == NodeKind::Directory {
            return Err(Error::NotPermitted);
        }
        target.add_link()?;
        directory::insert(self, name, &target).inspect_err(|_| target.count_links(-1))
    }

    fn unlink(&self, name: &[u8]) -> Result<()> {
        directory::unlink(self, name)
    }

    fn remove_directory(&self, name: &[u8]) -> Result<()> {
        directory::remove_directory(self, name)
    }

    fn rename(
        &self,
        name: &[u8],
        to: &Arc<dyn Inode>,
        to_name: &[u8],
        flags: RenameFlags,
    ) -> Result<()> {
        let to = Node::of(to)?;
        if !Arc::ptr_eq(&to.shared, &self.shared) {
            return Err(Error::CrossDevice);
        }
        directory::rename(self, name, &to, to_name, flags)
    }

    fn list(&self, from: u64, each: &mut dyn FnMut(DirEntry<'_>) -> bool) -> Result<()> {
        self.was_read();
        directory::list(self.names()?, from, each)
    }

    fn read_link(&self) -> Result<Vec<u8>> {
        match &self.body {
            Body::Symlink(target) => Ok(target.clone()),
            _ => Err(Error::InvalidArgument),
        }
    }

    fn read_at(&self, offset: u64, to: &mut Sink<'_>) -> Result<usize> {
        let done = self.data()?.read(offset, to)?;
        self.was_read();
        Ok(done)
    }

    fn write_at(&self, offset: u64, from: &mut Source<'_>) -> Result<usize> {
        let done = self.data()?.write(offset, from)?;
        self.touch();
        Ok(done)
    }

    fn append(&self, from: &mut Source<'_>) -> Result<(u64, usize)> {
        let done = self.data()?.append(from)?;
        self.touch();
        Ok(done)
    }

    fn pages(self: Arc<Self>) -> Option<Arc<dyn Pages>> {
        Some(self.data().ok()?.clone())
    }

    fn get_attribute(&self, name: &[u8]) -> Result<Vec<u8>> {
        let facts = self.facts.lock();
        let found = facts.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).ok_or(Error::NotFound)
    }

    fn set_attribute(&self, name: &[u8], value: &[u8]) -> Result<()> {
        let (name, value) = (name.to_vec(), value.to_vec());
        let mut facts = self.facts.lock();
        let others = facts.attributes.iter().filter(|(key, _)| *key != name);
        let used: usize = others.map(|(key, value)| key.len() + value.len()).sum();
        if used + name.len() + value.len() > ATTRIBUTE_LIMIT {
            return Err(Error::NoSpace);
        }
        match facts.attributes.iter_mut().find(|(key, _)| *key == name) {
            Some(old) => old.1 = value,
            None => facts.attributes.push((name, value)),
        }
        facts.changed = now();
        Ok(())
    }

    fn list_attributes(&self) -> Result<Vec<u8>> {
        let mut names = Vec::new();
        for (name, _) in &self.facts.lock().attributes {
            names.extend_from_slice(name);
            names.push(0);
        }
        Ok(names)
    }

    fn remove_attribute(&self, name: &[u8]) -> Result<()> {
        let mut facts = self.facts.lock();
        let index = facts.attributes.iter().position(|(key, _)| key == name);
        facts.attributes.remove(index.ok_or(Error::NotFound)?);
        facts.changed = now();
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

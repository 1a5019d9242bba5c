//! Nodes.

use crate::attributes::{escaped, shown};
use crate::layers::{Found, Layers, find, number};
use alloc::collections::BTreeMap;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::any::Any;
use kcore::io::{Sink, Source};
use kcore::mm::Pages;
use kcore::object::ObjectRef;
use kcore::sync::SpinLock;
use kcore::vfs::{
    Change, DirEntry, Inode, Metadata, NewNode, NodeKind, OpenOptions, Path, RenameFlags,
};
use kcore::{Error, Result};

/// Nodes of lower files remembered by a directory before the dead ones are looked for.
const LOW_CHILDREN: usize = 64;

/// The places that a node is made of.
pub(crate) struct Parts {
    pub(crate) upper: Option<Path>,
    /// Top first; of what is no directory at most one, and none besides an upper one.
    pub(crate) lowers: Vec<Path>,
    /// Of a directory: the nodes of lower files in it, as long as somebody uses them: a copy up must reach them.
    low_children: BTreeMap<Arc<[u8]>, Weak<Node>>,
}

/// A node.
pub(crate) struct Node {
    me: Weak<Node>,
    pub(crate) layers: Arc<Layers>,
    pub(crate) kind: NodeKind,
    pub(crate) number: u64,
    /// Where it is, while it is (partly) in a lower layer: such a node never moves.
    pub(crate) parent: Option<Arc<Node>>,
    pub(crate) name: Arc<[u8]>,
    pub(crate) parts: SpinLock<Parts>,
}

impl Node {
    /// A node of these parts, of which there is at least one.
    pub(crate) fn new(
        layers: &Arc<Layers>,
        parent: Option<&Arc<Node>>,
        name: &[u8],
        upper: Option<Path>,
        lowers: Vec<Path>,
    ) -> Arc<Node> {
        let real = upper.as_ref().or(lowers.first());
        let kind = real.map_or(NodeKind::Regular, Path::kind);
        let number = number(upper.as_ref(), &lowers);
        Arc::new_cyclic(|me| Node {
            me: me.clone(),
            layers: layers.clone(),
            kind,
            number,
            parent: parent.cloned(),
            name: Arc::from(name),
            parts: SpinLock::new(Parts {
                upper,
                lowers,
                low_children: BTreeMap::new(),
            }),
        })
    }

    /// The topmost part.
    pub(crate) fn real(&self) -> Path {
        let parts = self.parts.lock();
        match &parts.upper {
            Some(upper) => upper.clone(),
            None => parts.lowers[0].clone(),
        }
    }

    fn real_inode(&self) -> Arc<dyn Inode> {
        let parts = self.parts.lock();
        match &parts.upper {
            Some(upper) => upper.inode(),
            None => parts.lowers[0].inode(),
        }
    }

    /// Its parts as of now.
    pub(crate) fn snapshot(&self) -> (Option<Path>, Vec<Path>) {
        let parts = self.parts.lock();
        (parts.upper.clone(), parts.lowers.clone())
    }

    /// What `name` in this directory is made of.
    pub(crate) fn find(&self, name: &[u8]) -> Result<Found> {
        if self.kind != NodeKind::Directory {
            return Err(Error::NotDirectory);
        }
        let (upper, lowers) = self.snapshot();
        find(upper.as_ref(), &lowers, name)
    }

    /// The node `name` of this directory: the one in use if it is a lower file's.
    pub(crate) fn node(&self, name: &[u8]) -> Result<Arc<Node>> {
        let found = self.find(name)?;
        let is_low = found.upper.is_none() && !found.is_directory();
        if is_low && let Some(node) = self.low_child(name) {
            return Ok(node);
        }
        let node = Node::new(
            &self.layers,
            Some(&self.counted()?),
            name,
            found.upper,
            found.lowers,
        );
        if is_low {
            self.remember(&node);
        }
        Ok(node)
    }

    fn low_child(&self, name: &[u8]) -> Option<Arc<Node>> {
        let node = self.parts.lock().low_children.get(name)?.upgrade()?;
        let is_low = node.parts.lock().upper.is_none();
        is_low.then_some(node)
    }

    fn remember(&self, node: &Arc<Node>) {
        let mut parts = self.parts.lock();
        let children = &mut parts.low_children;
        if children.len() >= LOW_CHILDREN && children.len().is_power_of_two() {
            children.retain(|_, node| node.strong_count() != 0);
        }
        children.insert(node.name.clone(), Arc::downgrade(node));
    }

    /// The node of this overlay behind an inode.
    pub(crate) fn of(&self, inode: &Arc<dyn Inode>) -> Result<Arc<Node>> {
        let any: Arc<dyn Any + Send + Sync> = inode.clone();
        let node: Arc<Node> = any.downcast().map_err(|_| Error::CrossDevice)?;
        if !Arc::ptr_eq(&node.layers, &self.layers) {
            return Err(Error::CrossDevice);
        }
        Ok(node)
    }

    /// Its inode in the upper layer, copied there if need be.
    fn upper_inode(&self) -> Result<Arc<dyn Inode>> {
        if let Some(upper) = &self.parts.lock().upper {
            return Ok(upper.inode());
        }
        let _changing = self.layers.changing.lock();
        Ok(self.copy_up(None)?.inode())
    }

    /// Itself, counted.
    pub(crate) fn counted(&self) -> Result<Arc<Node>> {
        // It is borrowed, so somebody holds it.
        self.me.upgrade().ok_or(Error::NotFound)
    }
}

impl Drop for Node {
    /// A chain of directories goes one by one: its length is the program's choice, the stack's is not.
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some(mut parent) = next.and_then(Arc::into_inner) {
            next = parent.parent.take();
        }
    }
}

impl Inode for Node {
    fn metadata(&self) -> Metadata {
        let (inode, merged) = {
            let parts = self.parts.lock();
            let inode = match &parts.upper {
                Some(upper) => upper.inode(),
                None => parts.lowers[0].inode(),
            };
            (inode, !parts.lowers.is_empty())
        };
        let real = inode.metadata();
        Metadata {
            device: self.layers.device,
            inode: self.number,
            // How many directories a merged one holds nobody counts: 1 says so.
            links: if merged && real.kind == NodeKind::Directory {
                1
            } else {
                real.links
            },
            ..real
        }
    }

    fn change(&self, change: &Change) -> Result<()> {
        if self.parts.lock().upper.is_none() {
            let _changing = self.layers.changing.lock();
            self.copy_up(change.size)?;
        }
        self.upper_inode()?.change(change)
    }

    fn lookup(&self, name: &[u8]) -> Result<Arc<dyn Inode>> {
        Ok(self.node(name)?)
    }

    fn create(&self, name: &[u8], node: &NewNode) -> Result<Arc<dyn Inode>> {
        Ok(self.make(name, node, None)?)
    }

    fn symlink(&self, name: &[u8], target: &[u8], node: &NewNode) -> Result<Arc<dyn Inode>> {
        Ok(self.make(name, node, Some(target))?)
    }

    fn link(&self, name: &[u8], target: &Arc<dyn Inode>) -> Result<()> {
        self.add_link(name, &*self.of(target)?)
    }

    fn unlink(&self, name: &[u8]) -> Result<()> {
        self.remove_file(name)
    }

    fn remove_directory(&self, name: &[u8]) -> Result<()> {
        self.remove_empty(name)
    }

    fn rename(
        &self,
        name: &[u8],
        to: &Arc<dyn Inode>,
        to_name: &[u8],
        flags: RenameFlags,
    ) -> Result<()> {
        self.move_to(name, &*self.of(to)?, to_name, flags)
    }

    fn list(&self, from: u64, each: &mut dyn FnMut(DirEntry<'_>) -> bool) -> Result<()> {
        self.list_merged(from, each)
    }

    fn read_link(&self) -> Result<Vec<u8>> {
        self.real_inode().read_link()
    }

    fn read_at(&self, offset: u64, to: &mut Sink<'_>) -> Result<usize> {
        self.real_inode().read_at(offset, to)
    }

    fn write_at(&self, offset: u64, from: &mut Source<'_>) -> Result<usize> {
        self.upper_inode()?.write_at(offset, from)
    }

    fn append(&self, from: &mut Source<'_>) -> Result<(u64, usize)> {
        self.upper_inode()?.append(from)
    }

    fn pages(self: Arc<Self>) -> Option<Arc<dyn Pages>> {
        self.real_inode().pages()
    }

    fn open(self: Arc<Self>, options: &OpenOptions) -> Result<Option<ObjectRef>> {
        if self.kind == NodeKind::Regular
            && (options.write || options.truncate)
            && self.parts.lock().upper.is_none()
        {
            let _changing = self.layers.changing.lock();
            self.copy_up(options.truncate.then_some(0))?;
        }
        self.real_inode().open(options)
    }

    fn get_attribute(&self, name: &[u8]) -> Result<Vec<u8>> {
        self.real_inode().get_attribute(&escaped(name))
    }

    fn set_attribute(&self, name: &[u8], value: &[u8]) -> Result<()> {
        self.upper_inode()?.set_attribute(&escaped(name), value)
    }

    fn list_attributes(&self) -> Result<Vec<u8>> {
        let all = self.real_inode().list_attributes()?;
        let mut names = Vec::with_capacity(all.len());
        for name in all
            .split(|&byte| byte == 0)
            .filter(|name| !name.is_empty())
            .filter_map(shown)
        {
            names.extend_from_slice(&name);
            names.push(0);
        }
        Ok(names)
    }

    fn remove_attribute(&self, name: &[u8]) -> Result<()> {
        self.get_attribute(name)?;
        self.upper_inode()?.remove_attribute(&escaped(name))
    }

    fn is_same(&self, other: &dyn Inode) -> bool {
        let Some(other) = other.as_any().downcast_ref::<Node>() else {
            return false;
        };
        // Two names of one upper node have a node each here.
        core::ptr::eq(self, other)
            || match (self.snapshot().0, other.snapshot().0) {
                (Some(a), Some(b)) => a.inode().is_same(&*b.inode()),
                _ => false,
            }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

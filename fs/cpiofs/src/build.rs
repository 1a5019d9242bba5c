//! From entries to a tree. It is built of drafts by path first: later entries may replace earlier ones, and the contents of hard
//! links come with the last of their names.

use crate::archive::{Entries, Entry};
use crate::node::{Body, Contents, Node};
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};
use hashbrown::HashMap;
use kcore::vfs::NodeKind;
use kcore::{Error, Result};

/// Directories of the tree below which nothing may lie: deeper than any path that can be said.
const DEPTH_LIMIT: usize = 512;

/// Marks a directory that no entry describes.
const NO_ENTRY: usize = usize::MAX;

#[derive(Default)]
struct Draft {
    /// Index of the entry that describes it.
    entry: Option<usize>,
    children: BTreeMap<&'static [u8], Draft>,
}

/// The archive, and which node in it.
type LinkKey = (u32, (u32, u32, u32));

/// Hard links: the nodes made so far by archive and identity, and where their contents are.
struct Links {
    contents: HashMap<LinkKey, &'static [u8]>,
    made: HashMap<LinkKey, Arc<Node>>,
}

struct Builder {
    device: u64,
    next_inode: u64,
    entries: Vec<Entry>,
    links: Links,
}

/// The root of the tree of `bytes`, and how many nodes there are.
pub(crate) fn tree(bytes: &'static [u8], device: u64) -> Result<(Arc<Node>, u64)> {
    let entries = Entries::new(bytes).collect::<Result<Vec<Entry>>>()?;
    let mut root = Draft::default();
    let mut contents = HashMap::new();
    for (index, entry) in entries.iter().enumerate() {
        if is_linked(entry) && !entry.contents.is_empty() {
            contents.insert((entry.archive, entry.identity), entry.contents);
        }
        place(&mut root, entry, index)?;
    }
    let links = Links {
        contents,
        made: HashMap::new(),
    };
    let mut builder = Builder {
        device,
        next_inode: 1,
        entries,
        links,
    };
    let root = builder.directory(root)?;
    Ok((root, builder.next_inode - 1))
}

fn is_linked(entry: &Entry) -> bool {
    entry.links > 1 && entry.kind == NodeKind::Regular
}

/// Puts an entry into the draft; directories missing on the way are added, and what is no directory but in the way is replaced.
fn place(root: &mut Draft, entry: &Entry, index: usize) -> Result<()> {
    let mut at = root;
    let names = entry.name.split(|&byte| byte == b'/');
    for (depth, name) in names
        .filter(|name| !matches!(*name, b"" | b"."))
        .enumerate()
    {
        if name == b".." || depth >= DEPTH_LIMIT {
            return Err(Error::InvalidArgument);
        }
        // A name below `at` makes it a directory; which entry describes it is settled when it is built.
        at = at.children.entry(name).or_default();
    }
    if entry.kind != NodeKind::Directory {
        at.children.clear();
    }
    at.entry = Some(index);
    Ok(())
}

impl Builder {
    fn number(&mut self) -> u64 {
        self.next_inode += 1;
        self.next_inode - 1
    }

    fn node(&mut self, index: usize, body: Body, links: u32) -> Arc<Node> {
        let inode = self.number();
        let entry = self.entries.get(index);
        Arc::new(Node {
            device: self.device,
            inode,
            kind: entry.map_or(NodeKind::Directory, |entry| entry.kind),
            mode: entry.map_or(0o755, |entry| entry.mode),
            uid: entry.map_or(0, |entry| entry.uid),
            gid: entry.map_or(0, |entry| entry.gid),
            rdev: entry.map(|entry| entry.rdev).unwrap_or_default(),
            modified: i128::from(entry.map_or(0, |entry| entry.modified_s)) * 1_000_000_000,
            links: AtomicU32::new(links),
            body,
        })
    }

    fn directory(&mut self, draft: Draft) -> Result<Arc<Node>> {
        let described = draft
            .entry
            .filter(|&index| self.entries[index].kind == NodeKind::Directory);
        let mut children = Vec::with_capacity(draft.children.len());
        let mut links = 2;
        for (name, child) in draft.children {
            let node = self.any(child)?;
            links += u32::from(node.kind == NodeKind::Directory);
            children.push((name, node));
        }
        Ok(self.node(
            described.unwrap_or(NO_ENTRY),
            Body::Directory(children),
            links,
        ))
    }

    fn any(&mut self, draft: Draft) -> Result<Arc<Node>> {
        let index = match draft.entry {
            Some(index) if draft.children.is_empty() => index,
            _ => return self.directory(draft),
        };
        let entry = &self.entries[index];
        let (kind, contents) = (entry.kind, entry.contents);
        match kind {
            NodeKind::Directory => self.directory(draft),
            NodeKind::Regular if is_linked(entry) => Ok(self.linked(index)),
            NodeKind::Regular => {
                let body = Body::File(Contents::new(contents));
                Ok(self.node(index, body, 1))
            }
            NodeKind::Symlink => Ok(self.node(index, Body::Symlink(contents), 1)),
            _ => Ok(self.node(index, Body::Other, 1)),
        }
    }

    /// The node of a hard link: the one made for another of its names, or a new one.
    fn linked(&mut self, index: usize) -> Arc<Node> {
        let entry = &self.entries[index];
        let key = (entry.archive, entry.identity);
        if let Some(node) = self.links.made.get(&key) {
            node.links.fetch_add(1, Ordering::Relaxed);
            return node.clone();
        }
        let contents = self.links.contents.get(&key).copied().unwrap_or(&[]);
        let node = self.node(index, Body::File(Contents::new(contents)), 1);
        self.links.made.insert(key, node.clone());
        node
    }
}

//! Who is whose child, who is in which group and session, who has ended and not been waited for: under one lock.

use super::{ChildChange, ExitStatus, Process, Thread};
use crate::event::EventKind;
use crate::{Error, Result};
use alloc::collections::BTreeMap;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use hal::sync::SpinLock;

/// The process that gets the children of those that end.
pub(super) const FIRST: u32 = 1;
/// Numbers go round after this one.
const LAST: u32 = 4_000_000;

struct Node {
    process: Arc<Process>,
    parent: u32,
    children: Vec<u32>,
    group: u32,
    session: u32,
    ended: Option<ExitStatus>,
    stopped: Option<EventKind>,
    continued: bool,
    /// Run time of children waited for, with theirs.
    children_time: u64,
}

struct Tree {
    nodes: BTreeMap<u32, Node>,
    threads: BTreeMap<u32, Weak<Thread>>,
    next: u32,
}

static TREE: SpinLock<Tree> = SpinLock::new(Tree {
    nodes: BTreeMap::new(),
    threads: BTreeMap::new(),
    next: FIRST,
});

/// A number that no process, thread, group or session has.
pub(super) fn new_id() -> u32 {
    let mut tree = TREE.lock();
    loop {
        let id = tree.next;
        tree.next = if id >= LAST { FIRST + 1 } else { id + 1 };
        let used = tree.nodes.contains_key(&id)
            || tree.threads.contains_key(&id)
            || tree
                .nodes
                .values()
                .any(|node| node.group == id || node.session == id);
        if !used {
            return id;
        }
    }
}

/// Enters a process as a child of `parent`, in its group and session (or alone, if there is no parent).
pub(super) fn enter(process: &Arc<Process>, parent: u32) {
    let mut tree = TREE.lock();
    let (group, session) = match tree.nodes.get_mut(&parent) {
        Some(node) => {
            node.children.push(process.id);
            (node.group, node.session)
        }
        None => (process.id, process.id),
    };
    let node = Node {
        process: process.clone(),
        parent,
        children: Vec::new(),
        group,
        session,
        ended: None,
        stopped: None,
        continued: false,
        children_time: 0,
    };
    tree.nodes.insert(process.id, node);
}

pub(super) fn enter_thread(thread: &Arc<Thread>) {
    TREE.lock()
        .threads
        .insert(thread.id, Arc::downgrade(thread));
}

pub(super) fn remove_thread(id: u32) {
    TREE.lock().threads.remove(&id);
}

/// A process by id.
pub fn find(id: u32) -> Option<Arc<Process>> {
    TREE.lock().nodes.get(&id).map(|node| node.process.clone())
}

/// A thread by id.
pub fn find_thread(id: u32) -> Option<Arc<Thread>> {
    TREE.lock().threads.get(&id).and_then(Weak::upgrade)
}

/// All processes, by id.
pub fn all() -> Vec<Arc<Process>> {
    TREE.lock()
        .nodes
        .values()
        .map(|node| node.process.clone())
        .collect()
}

/// The members of a group.
pub(super) fn members(group: u32) -> Vec<Arc<Process>> {
    let tree = TREE.lock();
    tree.nodes
        .values()
        .filter(|node| node.group == group)
        .map(|node| node.process.clone())
        .collect()
}

pub(super) fn children_time(id: u32) -> u64 {
    TREE.lock()
        .nodes
        .get(&id)
        .map_or(0, |node| node.children_time)
}

impl Process {
    fn tie(&self, field: impl FnOnce(&Node) -> u32) -> u32 {
        TREE.lock().nodes.get(&self.id).map_or(0, field)
    }

    /// Its parent's id; 0 for the first process.
    pub fn parent_id(&self) -> u32 {
        self.tie(|node| node.parent)
    }

    /// Its process group.
    pub fn group_id(&self) -> u32 {
        self.tie(|node| node.group)
    }

    /// Its session.
    pub fn session_id(&self) -> u32 {
        self.tie(|node| node.session)
    }

    /// Makes a new session and group (setsid); gives its id. [`Error::NotPermitted`] when it leads a group already.
    pub fn new_session(&self) -> Result<u32> {
        let mut tree = TREE.lock();
        if tree.nodes.values().any(|node| node.group == self.id) {
            return Err(Error::NotPermitted);
        }
        let node = tree.nodes.get_mut(&self.id).ok_or(Error::NoSuchProcess)?;
        (node.group, node.session) = (self.id, self.id);
        Ok(self.id)
    }

    /// Moves `target` (self or a child) to `group` (setpgid rules).
    pub fn set_group(&self, target: u32, group: u32) -> Result<()> {
        let mut tree = TREE.lock();
        let own_session = tree
            .nodes
            .get(&self.id)
            .ok_or(Error::NoSuchProcess)?
            .session;
        let node = tree.nodes.get(&target).ok_or(Error::NoSuchProcess)?;
        if target != self.id && node.parent != self.id {
            return Err(Error::NoSuchProcess);
        }
        if node.session != own_session || node.session == target {
            return Err(Error::NotPermitted);
        }
        let exists = tree
            .nodes
            .values()
            .any(|node| node.group == group && node.session == own_session);
        if group != target && !exists {
            return Err(Error::NotPermitted);
        }
        if let Some(node) = tree.nodes.get_mut(&target) {
            node.group = group;
        }
        Ok(())
    }
}

/// Puts a fresh process into a group without asking.
pub(super) fn place_in_group(id: u32, group: u32) {
    if let Some(node) = TREE.lock().nodes.get_mut(&id) {
        node.group = group;
    }
}

/// The process that is told about `id`.
pub(super) fn parent_of(id: u32) -> Option<Arc<Process>> {
    let tree = TREE.lock();
    let parent = tree.nodes.get(&id)?.parent;
    tree.nodes.get(&parent).map(|node| node.process.clone())
}

/// Notes that a process was stopped or goes on.
pub(super) fn note_stop(id: u32, stopped: Option<EventKind>) {
    if let Some(node) = TREE.lock().nodes.get_mut(&id) {
        node.continued = stopped.is_none();
        node.stopped = stopped;
    }
}

/// Notes that a process has ended; its children go to the first process. Gives whom to tell: its parent, and the first process if
/// it got children that have ended already.
pub(super) fn note_end(id: u32, status: ExitStatus) -> Vec<Arc<Process>> {
    let mut tree = TREE.lock();
    let mut told = Vec::new();
    let Some(node) = tree.nodes.get_mut(&id) else {
        return told;
    };
    node.ended = Some(status);
    let (parent, children) = (node.parent, core::mem::take(&mut node.children));
    let mut orphans_ended = false;
    for child in &children {
        if let Some(node) = tree.nodes.get_mut(child) {
            node.parent = FIRST;
            orphans_ended |= node.ended.is_some();
        }
    }
    if let Some(first) = tree.nodes.get_mut(&FIRST) {
        first.children.extend(children);
        if orphans_ended && parent != FIRST {
            told.push(first.process.clone());
        }
    }
    told.extend(tree.nodes.get(&parent).map(|node| node.process.clone()));
    told
}

/// A child that fits, with the news it has: `Some(None)`: such children exist but have no news.
pub(super) fn look(
    parent: u32,
    fits: impl Fn(u32, u32) -> bool,
    wanted: super::ChildWait,
) -> Option<Option<(Arc<Process>, ChildChange)>> {
    let mut tree = TREE.lock();
    let children = tree.nodes.get(&parent)?.children.clone();
    let mut any = false;
    for id in children {
        let Some(node) = tree.nodes.get_mut(&id).filter(|node| fits(id, node.group)) else {
            continue;
        };
        any = true;
        let change = if let Some(status) = node.ended.filter(|_| wanted.exited) {
            Some(ChildChange::Ended(status))
        } else if let Some(kind) = node.stopped.filter(|_| wanted.stopped) {
            if !wanted.keep {
                node.stopped = None;
            }
            Some(ChildChange::Stopped(kind))
        } else if node.continued && wanted.continued {
            node.continued = wanted.keep;
            Some(ChildChange::Continued)
        } else {
            None
        };
        if let Some(change) = change {
            return Some(Some((node.process.clone(), change)));
        }
    }
    any.then_some(None)
}

/// Forgets an ended child, whose run time counts for its parent from now on. False when another thread was faster.
pub(super) fn reap(parent: u32, child: &Process) -> bool {
    let mut tree = TREE.lock();
    let Some(node) = tree.nodes.remove(&child.id) else {
        return false;
    };
    let time = node.children_time
        + child
            .past_run_time
            .load(core::sync::atomic::Ordering::Relaxed);
    if let Some(parent) = tree.nodes.get_mut(&parent) {
        parent.children.retain(|&id| id != child.id);
        parent.children_time += time;
    }
    drop(tree);
    drop(node);
    true
}

/// Whether a group has nobody left outside it, in its session, who could let it go on (orphaned, in POSIX terms).
pub(crate) fn is_orphaned(group: u32) -> bool {
    let tree = TREE.lock();
    !tree
        .nodes
        .values()
        .filter(|node| node.group == group && node.ended.is_none())
        .any(|node| {
            tree.nodes
                .get(&node.parent)
                .is_some_and(|parent| parent.group != group && parent.session == node.session)
        })
}

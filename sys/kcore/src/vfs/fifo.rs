//! Named pipes: all who open one node get ends of one pipe, which lasts as long as any of them has it.

use super::{Metadata, OpenOptions};
use crate::Result;
use crate::ipc::Pipe;
use crate::object::ObjectRef;
use crate::sync::SpinLock;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;

/// Device and number of a node.
type Key = (u64, u64);

static OPEN: SpinLock<Vec<(Key, Weak<Pipe>)>> = SpinLock::new(Vec::new());

/// Opens an end, which may wait for the other one.
pub(super) fn open(node: &Metadata, options: &OpenOptions) -> Result<ObjectRef> {
    let pipe = pipe_of((node.device, node.inode));
    pipe.open(options.read, options.write, options.nonblocking)
}

fn pipe_of(key: Key) -> Arc<Pipe> {
    let fresh = Pipe::new();
    let mut open = OPEN.lock();
    open.retain(|(_, pipe)| pipe.strong_count() != 0);
    let found = open.iter().find(|(other, _)| *other == key);
    if let Some(pipe) = found.and_then(|(_, pipe)| pipe.upgrade()) {
        return pipe;
    }
    open.push((key, Arc::downgrade(&fresh)));
    fresh
}

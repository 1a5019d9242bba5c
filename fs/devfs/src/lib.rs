//! The directory of devices: what drivers registered, by name. All mounts of it show the same nodes.
//!
//! [`register`] puts the driver behind its number for the whole kernel (see [`kcore::vfs::device`]), so that a node of that
//! number on any other file system opens it too.
#![cfg_attr(target_os = "none", no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod memory;
mod node;
#[cfg(test)]
mod tests;

use crate::node::{Body, Node};
use alloc::sync::Arc;
use alloc::vec::Vec;
use kcore::fstypes::{FsType, MakeArgs};
use kcore::sync::{Once, SpinLock};
use kcore::vfs::device::{self, Opener};
use kcore::vfs::{DeviceId, FileSystem, Inode, NodeKind, Usage, new_device};
use kcore::{Error, Result};

pub use memory::register_memory_devices;

/// The magic number by which programs know it (statfs): that of a file system in memory.
const MAGIC: u64 = 0x0102_1994;

/// The kind, for mounting; it has no options.
pub static TYPE: FsType = FsType {
    name: "devfs",
    make,
};

/// The links and empty directories (to mount on) that are there from the start.
const LINKS: [(&str, &[u8]); 4] = [
    ("fd", b"/proc/self/fd"),
    ("stdin", b"/proc/self/fd/0"),
    ("stdout", b"/proc/self/fd/1"),
    ("stderr", b"/proc/self/fd/2"),
];
const DIRECTORIES: [&str; 2] = ["pts", "shm"];

static NODES: SpinLock<Vec<(&'static str, Arc<Node>)>> = SpinLock::new(Vec::new());

/// The file system of devices.
pub struct DevFs {
    root: Arc<Node>,
}

impl DevFs {
    /// The one there is.
    pub fn new() -> Arc<DevFs> {
        static ONE: Once<Arc<DevFs>> = Once::new();
        ONE.call_once(|| {
            let device = new_device();
            let mut nodes = NODES.lock();
            for (name, target) in LINKS {
                nodes.push((name, Node::new(Body::Link(target), 0o777)));
            }
            for name in DIRECTORIES {
                nodes.push((name, Node::new(Body::Empty, 0o755)));
            }
            drop(nodes);
            node::set_device_number(device);
            Arc::new(DevFs {
                root: Node::new(Body::Root, 0o755),
            })
        })
        .clone()
    }
}

impl FileSystem for DevFs {
    fn name(&self) -> &'static str {
        TYPE.name
    }

    fn root(&self) -> Arc<dyn Inode> {
        self.root.clone()
    }

    fn usage(&self) -> Usage {
        Usage {
            magic: MAGIC,
            block_size: 4096,
            files: NODES.lock().len() as u64 + 1,
            name_max: kcore::vfs::NAME_MAX as u64,
            ..Usage::default()
        }
    }

    /// Drivers add nodes.
    fn caches_absence(&self) -> bool {
        false
    }
}

fn make(_args: &MakeArgs<'_>) -> Result<Arc<dyn FileSystem>> {
    Ok(DevFs::new())
}

/// Adds a device: `name` shows up in the directory with these permission bits, and opening it, or any node of its kind and
/// number, calls `opener`. [`Error::AlreadyExists`] when the name or the number is taken.
pub fn register(
    name: &'static str,
    kind: NodeKind,
    id: DeviceId,
    mode: u16,
    opener: Opener,
) -> Result<()> {
    if NODES.lock().iter().any(|(other, _)| *other == name) {
        return Err(Error::AlreadyExists);
    }
    device::register(kind, id, opener)?;
    let node = Node::new(Body::Device(kind, id), mode);
    NODES.lock().push((name, node));
    Ok(())
}

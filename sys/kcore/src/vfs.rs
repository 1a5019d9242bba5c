//! Files: file systems behind one tree of names per namespace.
//!
//! Layers, from below: [`FileSystem`] and [`Inode`] (what a file system implements); dentries (names seen, cached, positive and negative);
//! mounts; [`Namespace`] (a tree of mounts); [`FsContext`] (a process' namespace, root, working directory, umask); [`File`] (an open file).

//!
//! Lock order in here, outer first: a file's position > a tree's renames > a directory's changes (`changing`; of two, the lower address
//! first) > whatever the file system takes > the mount table > a directory's cached names > a dentry's link > the eviction clock.
//! A file system that lies over another one calls the vfs with its own locks held; layers never form a ring, so that is an order too.

mod change;
mod context;
mod dentry;
pub mod device;
mod edit;
mod fifo;
mod file;
mod mount;
mod namespace;
mod open;
mod path;
mod permission;
mod walk;

pub use context::{Base, FsContext};
pub use dentry::reclaim_names;
pub use file::File;
pub use mount::{MountFlags, MountInfo};
pub use namespace::Namespace;
pub use path::Path;
pub use permission::set_credentials_source;

use crate::io::{Sink, Source};
use crate::mm::Pages;
use crate::object::ObjectRef;
use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    Regular,
    Directory,
    Symlink,
    Pipe,
    Socket,
    CharDevice,
    BlockDevice,
}

/// Device number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeviceId {
    pub major: u32,
    pub minor: u32,
}

/// ns since 1970.
pub type Timestamp = i128;

/// Everything known about a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    pub kind: NodeKind,
    /// Permission bits 0o7777.
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    pub size: u64,
    /// 512-byte units.
    pub blocks: u64,
    pub links: u32,
    pub inode: u64,
    /// File-system id.
    pub device: u64,
    pub rdev: DeviceId,
    pub accessed: Timestamp,
    pub modified: Timestamp,
    pub changed: Timestamp,
    pub created: Timestamp,
    pub block_size: u32,
}

/// Changes to a node; `None` leaves as is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub mode: Option<u16>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub size: Option<u64>,
    pub accessed: Option<Timestamp>,
    pub modified: Option<Timestamp>,
}

/// A new node to make.
#[derive(Clone, Copy, Debug)]
pub struct NewNode {
    pub kind: NodeKind,
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    pub rdev: DeviceId,
}

/// A directory entry as listed.
pub struct DirEntry<'a> {
    pub name: &'a [u8],
    pub inode: u64,
    pub kind: NodeKind,
    /** Cookie to go on after this entry. */
    pub next: u64,
}

/// How renames treat an existing target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RenameFlags {
    pub no_replace: bool,
    pub exchange: bool,
    /** Leave a whiteout behind (overlay). */
    pub whiteout: bool,
}

/// A mounted or mountable file system.
pub trait FileSystem: Send + Sync {
    fn name(&self) -> &'static str;
    fn root(&self) -> Arc<dyn Inode>;
    fn usage(&self) -> Usage;
    fn sync(&self) -> Result<()> {
        Ok(())
    }
    /// Its directory entries change only through the VFS, so dentries (negative too) can be trusted.
    fn caches_names(&self) -> bool {
        true
    }
    /// Its absent names come into being only through the VFS (no driver adds nodes).
    fn caches_absence(&self) -> bool {
        self.caches_names()
    }
}

/// statfs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub magic: u64,
    pub block_size: u64,
    pub blocks: u64,
    pub free: u64,
    pub files: u64,
    pub files_free: u64,
    pub name_max: u64,
    pub read_only: bool,
}

/// A node of a file system. Permissions are checked above; these only do.
pub trait Inode: Send + Sync + core::any::Any {
    fn metadata(&self) -> Metadata;
    fn change(&self, change: &Change) -> Result<()> {
        Err(Error::ReadOnly)
    }
    fn lookup(&self, name: &[u8]) -> Result<Arc<dyn Inode>> {
        Err(Error::NotDirectory)
    }
    fn create(&self, name: &[u8], node: &NewNode) -> Result<Arc<dyn Inode>> {
        Err(Error::ReadOnly)
    }
    fn symlink(&self, name: &[u8], target: &[u8], node: &NewNode) -> Result<Arc<dyn Inode>> {
        Err(Error::ReadOnly)
    }
    fn link(&self, name: &[u8], target: &Arc<dyn Inode>) -> Result<()> {
        Err(Error::ReadOnly)
    }
    /// Removes a name that is not a directory.
    fn unlink(&self, name: &[u8]) -> Result<()> {
        Err(Error::ReadOnly)
    }
    /// Removes an empty directory.
    fn remove_directory(&self, name: &[u8]) -> Result<()> {
        Err(Error::ReadOnly)
    }
    fn rename(
        &self,
        name: &[u8],
        to: &Arc<dyn Inode>,
        to_name: &[u8],
        flags: RenameFlags,
    ) -> Result<()> {
        Err(Error::ReadOnly)
    }
    /// Lists entries after cookie `from` (0: start; `.` and `..` are added above) until `each` says false.
    fn list(&self, from: u64, each: &mut dyn FnMut(DirEntry<'_>) -> bool) -> Result<()> {
        Err(Error::NotDirectory)
    }
    fn read_link(&self) -> Result<Vec<u8>> {
        Err(Error::InvalidArgument)
    }
    /// A link that leads to a place whatever its name is now (an open file of a process); `None`: follow the text.
    fn jump(&self) -> Result<Option<Path>> {
        Ok(None)
    }
    fn read_at(&self, offset: u64, to: &mut Sink<'_>) -> Result<usize> {
        Err(Error::InvalidArgument)
    }
    fn write_at(&self, offset: u64, from: &mut Source<'_>) -> Result<usize> {
        Err(Error::InvalidArgument)
    }
    /// Appends atomically; gives the offset written at.
    fn append(&self, from: &mut Source<'_>) -> Result<(u64, usize)> {
        Err(Error::InvalidArgument)
    }
    /// The contents as pages, for mapping and exec.
    fn pages(self: Arc<Self>) -> Option<Arc<dyn Pages>> {
        None
    }
    /// What open gives for devices, named pipes and generated files (`None`: an ordinary [`File`] over read_at/write_at).
    fn open(self: Arc<Self>, options: &OpenOptions) -> Result<Option<ObjectRef>> {
        Ok(None)
    }
    fn get_attribute(&self, name: &[u8]) -> Result<Vec<u8>> {
        Err(Error::NotSupported)
    }
    fn set_attribute(&self, name: &[u8], value: &[u8]) -> Result<()> {
        Err(Error::NotSupported)
    }
    /// Names of all attributes, each ended by a NUL.
    fn list_attributes(&self) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }
    /// [`Error::NotFound`] when there is none of that name.
    fn remove_attribute(&self, name: &[u8]) -> Result<()> {
        Err(Error::NotSupported)
    }
    /// Whether both are the same node (a file system may make several of these for one).
    fn is_same(&self, other: &dyn Inode) -> bool {
        core::ptr::addr_eq(self.as_any(), other.as_any())
    }
    fn as_any(&self) -> &dyn core::any::Any;
}

/// How to open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenOptions {
    pub read: bool,
    pub write: bool,
    pub append: bool,
    pub create: bool,
    /** Fail if it exists. */
    pub exclusive: bool,
    pub truncate: bool,
    /** Must be a directory. */
    pub directory: bool,
    /** Do not follow a last symlink. */
    pub no_follow: bool,
    pub nonblocking: bool,
    /** Only names the node (O_PATH). */
    pub path_only: bool,
    pub no_controlling_terminal: bool,
    /** Mode of a new file, before umask. */
    pub mode: u16,
}

/// Most bytes of a name.
pub const NAME_MAX: usize = 255;
/// Most bytes of a path.
pub const PATH_MAX: usize = 4096;

/// The time now, for a node's timestamps.
pub fn now() -> Timestamp {
    Timestamp::from(crate::time::wall())
}

/// Whether a read at `now` moves a node's access time: when it is not younger than the last change, or a day old.
pub fn moves_access_time(
    accessed: Timestamp,
    modified: Timestamp,
    changed: Timestamp,
    now: Timestamp,
) -> bool {
    const DAY: Timestamp = 86_400 * 1_000_000_000;
    accessed <= modified || accessed <= changed || now - accessed >= DAY
}

/// A number for a new file system, for [`Metadata::device`].
pub fn new_device() -> u64 {
    static NEXT: core::sync::atomic::AtomicU64 = core::sync::atomic::AtomicU64::new(1);
    NEXT.fetch_add(1, core::sync::atomic::Ordering::Relaxed)
}

//! Files: file systems behind one tree of names per namespace.
//!
//! Layers, from below: [`FileSystem`] and [`Inode`] (what a file system implements); dentries (names seen, cached, positive and negative);
//! mounts; [`Namespace`] (a tree of mounts); [`FsContext`] (a process' namespace, root, working directory, umask); [`File`] (an open file).

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

/// A place in a namespace: a mount and a dentry in it. Cheap to clone.
#[derive(Clone)]
pub struct Path {
    _p: Arc<()>,
}

impl Path {
    pub fn inode(&self) -> Arc<dyn Inode> {
        todo!()
    }
    pub fn metadata(&self) -> Metadata {
        todo!()
    }
    /// Space of its file system.
    pub fn usage(&self) -> Usage {
        todo!()
    }
    /// How the mount that it lies on was mounted.
    pub fn mount_flags(&self) -> MountFlags {
        todo!()
    }
    pub fn same(&self, other: &Path) -> bool {
        todo!()
    }
}

/// A tree of mounts.
pub struct Namespace {
    _p: (),
}

/// How to mount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MountFlags {
    pub read_only: bool,
    pub no_exec: bool,
    pub no_suid: bool,
    pub no_dev: bool,
    /// Programs on it that nobody recognises decisively are of the ABI of this name (`abi=` option).
    pub abi: Option<&'static str>,
}

/// One line of a mount table.
pub struct MountInfo {
    pub id: u32,
    pub parent: u32,
    pub target: Vec<u8>,
    pub source: Vec<u8>,
    pub kind: &'static str,
    pub flags: MountFlags,
    pub device: u64,
}

impl Namespace {
    /// A namespace whose root is `fs`.
    pub fn new(fs: Arc<dyn FileSystem>) -> Result<Arc<Namespace>> {
        todo!()
    }
    /// A copy that changes apart from this one (unshare).
    pub fn duplicate(&self) -> Result<Arc<Namespace>> {
        todo!()
    }
    pub fn root(self: &Arc<Self>) -> Path {
        todo!()
    }
    pub fn mount(
        self: &Arc<Self>,
        fs: Arc<dyn FileSystem>,
        at: &Path,
        source: &[u8],
        flags: MountFlags,
    ) -> Result<()> {
        todo!()
    }
    /// Makes the tree at `from` (of any namespace) visible at `at`.
    pub fn bind(
        self: &Arc<Self>,
        from: &Path,
        at: &Path,
        recursive: bool,
        flags: MountFlags,
    ) -> Result<()> {
        todo!()
    }
    pub fn unmount(self: &Arc<Self>, at: &Path, lazy: bool) -> Result<()> {
        todo!()
    }
    pub fn mounts(self: &Arc<Self>) -> Vec<MountInfo> {
        todo!()
    }
}

/// A process' view: namespace, root, working directory, umask; behind one lock, shared by those that ask for it.
pub struct FsContext {
    _p: (),
}

/// Where a relative path starts.
#[derive(Clone)]
pub enum Base {
    WorkingDirectory,
    Directory(Path),
}

impl FsContext {
    pub fn new(namespace: Arc<Namespace>, root: Path) -> Arc<FsContext> {
        todo!()
    }
    pub fn duplicate(&self) -> Arc<FsContext> {
        todo!()
    }
    pub fn namespace(&self) -> Arc<Namespace> {
        todo!()
    }
    pub fn root(&self) -> Path {
        todo!()
    }
    pub fn working_directory(&self) -> Path {
        todo!()
    }
    pub fn set_working_directory(&self, to: Path) -> Result<()> {
        todo!()
    }
    pub fn set_root(&self, to: Path) -> Result<()> {
        todo!()
    }
    /// Gives the old one.
    pub fn set_umask(&self, mask: u16) -> u16 {
        todo!()
    }
    pub fn umask(&self) -> u16 {
        todo!()
    }

    /// Finds a node. `follow`: a last symlink too. Checks search permission on the way with the current credentials.
    pub fn resolve(&self, base: &Base, path: &[u8], follow: bool) -> Result<Path> {
        todo!()
    }
    /// Opens or creates; the object is a [`File`], or a device's own object.
    pub fn open(&self, base: &Base, path: &[u8], options: &OpenOptions) -> Result<ObjectRef> {
        todo!()
    }
    /// Makes a regular file, directory (mkdir), device node, named pipe.
    pub fn make(&self, base: &Base, path: &[u8], node: &NewNode) -> Result<()> {
        todo!()
    }
    pub fn symlink(&self, target: &[u8], base: &Base, path: &[u8]) -> Result<()> {
        todo!()
    }
    pub fn link(&self, from: &Path, base: &Base, path: &[u8]) -> Result<()> {
        todo!()
    }
    pub fn unlink(&self, base: &Base, path: &[u8]) -> Result<()> {
        todo!()
    }
    pub fn remove_directory(&self, base: &Base, path: &[u8]) -> Result<()> {
        todo!()
    }
    pub fn rename(
        &self,
        from_base: &Base,
        from: &[u8],
        to_base: &Base,
        to: &[u8],
        flags: RenameFlags,
    ) -> Result<()> {
        todo!()
    }
    /// Changes mode, owner, size, times, with the permission checks each needs.
    pub fn change(&self, at: &Path, change: &Change) -> Result<()> {
        todo!()
    }
    /// Whether the current credentials (`real`: by real ids) allow these accesses.
    pub fn access(
        &self,
        at: &Path,
        read: bool,
        write: bool,
        execute: bool,
        real: bool,
    ) -> Result<()> {
        todo!()
    }
    /// The absolute path of a place as seen from this root (getcwd); NotFound when it is unreachable or unlinked.
    pub fn name_of(&self, place: &Path) -> Result<Vec<u8>> {
        todo!()
    }
}

/// An open file or directory: a place, a position, a mode.
pub struct File {
    _p: (),
}

impl File {
    /// Opens the node at `place` for reading, asking no permission: the executor has asked for the right to execute.
    pub(crate) fn for_execution(place: Path) -> Result<Arc<File>> {
        todo!()
    }
    pub fn path(&self) -> &Path {
        todo!()
    }
    pub fn inode(&self) -> Arc<dyn Inode> {
        todo!()
    }
    pub fn metadata(&self) -> Metadata {
        todo!()
    }
    pub fn options(&self) -> OpenOptions {
        todo!()
    }
    pub fn set_append(&self, on: bool) {
        todo!()
    }
    pub fn truncate(&self, len: u64) -> Result<()> {
        todo!()
    }
    /// Lists from the file's position; `.` and `..` included. Entries that `each` refuses come again next time.
    pub fn list(&self, each: &mut dyn FnMut(DirEntry<'_>) -> bool) -> Result<()> {
        todo!()
    }
    pub fn pages(&self) -> Option<Arc<dyn Pages>> {
        todo!()
    }
    pub fn sync(&self) -> Result<()> {
        todo!()
    }
}

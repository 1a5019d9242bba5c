//! Open files.

use super::{Change, DirEntry, Inode, Metadata, NodeKind, OpenOptions, Path};
use crate::io::{Sink, Source};
use crate::mm::Pages;
use crate::object::{Control, IoFlags, Kind, Object, ObjectRef, Seek, SeekFrom, Stream, Wait};
use crate::sync::Mutex;
use crate::{Error, Result};
use alloc::sync::Arc;
use core::any::Any;
use core::sync::atomic::{AtomicBool, Ordering};

/// Cookies of `.` and `..`; those of a directory's own entries follow.
const DOT: u64 = 1;
const DOT_DOT: u64 = 2;

/// An open file or directory: a place, a position, a mode. Of a device: that, before the device's own object.
pub struct File {
    place: Path,
    options: OpenOptions,
    append: AtomicBool,
    nonblocking: AtomicBool,
    /// Bytes, or for a directory the cookie of the last entry given. Held over a whole transfer, so those sharing the file
    /// take turns.
    position: Mutex<u64>,
    inner: Option<ObjectRef>,
}

impl File {
    pub(super) fn new(place: Path, options: &OpenOptions, inner: Option<ObjectRef>) -> Arc<File> {
        Arc::new(File {
            place,
            options: *options,
            append: AtomicBool::new(options.append),
            nonblocking: AtomicBool::new(options.nonblocking),
            position: Mutex::new(0),
            inner,
        })
    }

    /// Opens the node at `place` for reading, asking no permission: the executor has asked for the right to execute.
    pub(crate) fn for_execution(place: Path) -> Result<Arc<File>> {
        let options = OpenOptions {
            read: true,
            ..OpenOptions::default()
        };
        Ok(File::new(place, &options, None))
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.place
    }

    /// The node.
    pub fn inode(&self) -> Arc<dyn Inode> {
        self.place.inode()
    }

    /// All about the node.
    pub fn metadata(&self) -> Metadata {
        self.place.metadata()
    }

    /// How it was opened, as changed since.
    pub fn options(&self) -> OpenOptions {
        OpenOptions {
            append: self.append.load(Ordering::Relaxed),
            nonblocking: self.nonblocking.load(Ordering::Relaxed),
            ..self.options
        }
    }

    /// Whether writes go to the end.
    pub fn set_append(&self, on: bool) {
        self.append.store(on, Ordering::Relaxed);
    }

    /// Sets the length in bytes; needs a regular file open for writing.
    pub fn truncate(&self, len: u64) -> Result<()> {
        if !self.options.write || self.place.dentry.kind != NodeKind::Regular {
            return Err(Error::InvalidArgument);
        }
        self.place.dentry.inode.change(&Change {
            size: Some(len),
            ..Change::default()
        })
    }

    /// Lists from the file's position; `.` and `..` included. Entries that `each` refuses come again next time.
    pub fn list(&self, each: &mut dyn FnMut(DirEntry<'_>) -> bool) -> Result<()> {
        if !self.place.is_directory() {
            return Err(Error::NotDirectory);
        }
        if self.options.path_only {
            return Err(Error::BadHandle);
        }
        let mut position = self.position.lock();
        for (name, cookie) in [(&b"."[..], DOT), (b"..", DOT_DOT)] {
            if *position < cookie {
                if !each(self.dot(name, cookie)) {
                    return Ok(());
                }
                *position = cookie;
            }
        }
        let inode = &self.place.dentry.inode;
        inode.list(*position - DOT_DOT, &mut |entry| {
            let next = entry.next + DOT_DOT;
            let taken = each(DirEntry { next, ..entry });
            if taken {
                *position = next;
            }
            taken
        })
    }

    fn dot(&self, name: &'static [u8], next: u64) -> DirEntry<'static> {
        let dentry = &self.place.dentry;
        let parent = (next == DOT_DOT).then(|| dentry.parent()).flatten();
        DirEntry {
            name,
            inode: parent.as_ref().unwrap_or(dentry).inode.metadata().inode,
            kind: NodeKind::Directory,
            next,
        }
    }

    /// The contents as pages, for mapping.
    pub fn pages(&self) -> Option<Arc<dyn Pages>> {
        if self.place.dentry.kind != NodeKind::Regular || self.inner.is_some() {
            return None;
        }
        self.inode().pages()
    }

    /// Brings what was written to where it lasts.
    pub fn sync(&self) -> Result<()> {
        self.place.mount.tree.fs.sync()
    }

    fn inner_stream(&self) -> Option<&dyn Stream> {
        self.inner.as_ref()?.stream()
    }

    /// Fails unless bytes may be read (`write`: written).
    fn check(&self, write: bool) -> Result<()> {
        let open = if write {
            self.options.write
        } else {
            self.options.read
        };
        match open && !self.options.path_only {
            true if self.place.is_directory() => Err(Error::IsDirectory),
            true => Ok(()),
            false => Err(Error::BadHandle),
        }
    }
}

impl Object for File {
    fn kind(&self) -> Kind {
        match &self.inner {
            Some(inner) => inner.kind(),
            None if self.place.is_directory() => Kind::Directory,
            None => Kind::File,
        }
    }
    fn stream(&self) -> Option<&dyn Stream> {
        match &self.inner {
            Some(inner) if inner.stream().is_none() => None,
            _ => Some(self),
        }
    }
    fn seek(&self) -> Option<&dyn Seek> {
        match &self.inner {
            Some(inner) => inner.seek(),
            None => Some(self),
        }
    }
    fn wait(&self) -> Option<&dyn Wait> {
        self.inner.as_ref()?.wait()
    }
    fn control(&self) -> Option<&dyn Control> {
        self.inner.as_ref()?.control()
    }
    fn file(&self) -> Option<&File> {
        Some(self)
    }
    fn as_any(&self) -> &dyn Any {
        match &self.inner {
            Some(inner) => inner.as_any(),
            None => self,
        }
    }
    fn on_close(&self) {
        if let Some(inner) = &self.inner {
            inner.on_close();
        }
    }
}

impl Stream for File {
    fn read(&self, to: &mut Sink<'_>, flags: IoFlags) -> Result<usize> {
        self.check(false)?;
        if let Some(stream) = self.inner_stream() {
            let no_wait = flags.no_wait || self.nonblocking.load(Ordering::Relaxed);
            return stream.read(to, IoFlags { no_wait });
        }
        let mut position = self.position.lock();
        let done = self.place.dentry.inode.read_at(*position, to)?;
        *position += done as u64;
        Ok(done)
    }

    fn write(&self, from: &mut Source<'_>, flags: IoFlags) -> Result<usize> {
        self.check(true)?;
        if let Some(stream) = self.inner_stream() {
            let no_wait = flags.no_wait || self.nonblocking.load(Ordering::Relaxed);
            return stream.write(from, IoFlags { no_wait });
        }
        let inode = &self.place.dentry.inode;
        let mut position = self.position.lock();
        if self.append.load(Ordering::Relaxed) {
            let (start, done) = inode.append(from)?;
            *position = start + done as u64;
            return Ok(done);
        }
        let done = inode.write_at(*position, from)?;
        *position += done as u64;
        Ok(done)
    }

    fn nonblocking(&self) -> bool {
        self.nonblocking.load(Ordering::Relaxed)
    }

    fn set_nonblocking(&self, on: bool) -> Result<()> {
        self.nonblocking.store(on, Ordering::Relaxed);
        match self.inner_stream() {
            // Those without a mode of their own are told with each transfer.
            Some(stream) => stream.set_nonblocking(on).or(Ok(())),
            None => Ok(()),
        }
    }
}

impl Seek for File {
    fn seek(&self, to: SeekFrom) -> Result<u64> {
        if self.options.path_only {
            return Err(Error::BadHandle);
        }
        let mut position = self.position.lock();
        let (start, by) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::Current(by) => (*position, by),
            SeekFrom::End(_) if self.place.is_directory() => return Err(Error::InvalidArgument),
            SeekFrom::End(by) => (self.metadata().size, by),
        };
        let at = start.checked_add_signed(by).ok_or(Error::InvalidArgument)?;
        if i64::try_from(at).is_err() {
            return Err(Error::InvalidArgument);
        }
        *position = at;
        Ok(at)
    }

    fn read_at(&self, offset: u64, to: &mut Sink<'_>) -> Result<usize> {
        self.check(false)?;
        self.place.dentry.inode.read_at(offset, to)
    }

    fn write_at(&self, offset: u64, from: &mut Source<'_>) -> Result<usize> {
        self.check(true)?;
        self.place.dentry.inode.write_at(offset, from)
    }
}

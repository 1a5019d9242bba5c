//! Opening files, and making them on the way.

use super::change::may_add;
use super::permission::{READ, Subject, WRITE};
use super::walk::{Target, Walk};
use super::{Base, Change, File, FsContext, NewNode, NodeKind, OpenOptions, Path, device};
use crate::object::ObjectRef;
use crate::{Error, Result};
use alloc::borrow::Cow;

impl FsContext {
    /// Opens or creates; the object is a [`File`], which for a device stands before the device's own object.
    pub fn open(&self, base: &Base, path: &[u8], options: &OpenOptions) -> Result<ObjectRef> {
        let (mut walk, start) = self.walk(base);
        if options.create && !options.path_only {
            return self.open_or_create(&mut walk, start, path, options);
        }
        let place = walk.place(start, path, !options.no_follow)?;
        open_place(&walk.subject, place, options, false)
    }

    /// Opens a node already found, with the permission that needs.
    pub fn open_path(&self, place: &Path, options: &OpenOptions) -> Result<ObjectRef> {
        open_place(&Subject::current(), place.clone(), options, false)
    }

    fn open_or_create(
        &self,
        walk: &mut Walk,
        mut start: Path,
        path: &[u8],
        options: &OpenOptions,
    ) -> Result<ObjectRef> {
        let mut path = Cow::Borrowed(path);
        loop {
            let last = walk.last(start, &path)?;
            if !last.is_plain() || last.slash {
                return Err(Error::IsDirectory);
            }
            let found = match walk.step(&last.dir, &last.name) {
                Ok(found) => found,
                Err(Error::NotFound) => {
                    may_add(&walk.subject, &last)?;
                    let node = self.new_file(&walk.subject, &last.dir, options);
                    match last.dir.make_child(&last.name, &node) {
                        Ok(place) => return open_place(&walk.subject, place, options, true),
                        // Somebody else was faster: open that one.
                        Err(Error::AlreadyExists) if !options.exclusive => {
                            walk.step(&last.dir, &last.name)?
                        }
                        Err(error) => return Err(error),
                    }
                }
                Err(error) => return Err(error),
            };
            if options.exclusive {
                return Err(Error::AlreadyExists);
            }
            if found.dentry.kind != NodeKind::Symlink || options.no_follow {
                if found.is_directory() {
                    return Err(Error::IsDirectory);
                }
                return open_place(&walk.subject, found, options, false);
            }
            match walk.follow(&found)? {
                Target::Place(place) => return open_place(&walk.subject, place, options, false),
                Target::Text(target) => {
                    start = last.dir;
                    path = Cow::Owned(target);
                }
            }
        }
    }

    fn new_file(&self, subject: &Subject, dir: &Path, options: &OpenOptions) -> NewNode {
        let node = NewNode {
            kind: NodeKind::Regular,
            mode: options.mode,
            uid: 0,
            gid: 0,
            rdev: super::DeviceId::default(),
        };
        self.owned(subject, dir, &node)
    }
}

/// Opens the node at `place`. `created`: by this very call, which may do with it what it asked for.
fn open_place(
    subject: &Subject,
    place: Path,
    options: &OpenOptions,
    created: bool,
) -> Result<ObjectRef> {
    let kind = place.dentry.kind;
    if options.directory && kind != NodeKind::Directory {
        return Err(Error::NotDirectory);
    }
    if options.path_only {
        return Ok(File::new(place, options, None));
    }
    match kind {
        NodeKind::Symlink => return Err(Error::SymlinkLoop),
        NodeKind::Directory if options.write || options.truncate => {
            return Err(Error::IsDirectory);
        }
        NodeKind::Socket => return Err(Error::NoDevice),
        NodeKind::CharDevice | NodeKind::BlockDevice if place.mount.flags().no_dev => {
            return Err(Error::AccessDenied);
        }
        _ => {}
    }
    let writes = options.write || (options.truncate && kind == NodeKind::Regular);
    if !created {
        if writes && matches!(kind, NodeKind::Regular | NodeKind::Directory) {
            place.mount.writable()?;
        }
        if !subject.is_super() {
            let want = if options.read { READ } else { 0 } | if writes { WRITE } else { 0 };
            subject.check(&place.metadata(), want)?;
        }
    }
    let inner = open_inner(&place, kind, options)?;
    if options.truncate && kind == NodeKind::Regular && !created && inner.is_none() {
        let change = Change {
            size: Some(0),
            ..Change::default()
        };
        place.dentry.inode.change(&change)?;
    }
    Ok(File::new(place, options, inner))
}

/// The object behind a node that is more than bytes.
fn open_inner(place: &Path, kind: NodeKind, options: &OpenOptions) -> Result<Option<ObjectRef>> {
    if let Some(object) = place.inode().open(options)? {
        return Ok(Some(object));
    }
    match kind {
        NodeKind::CharDevice | NodeKind::BlockDevice => {
            device::open(kind, place.metadata().rdev, options).map(Some)
        }
        NodeKind::Pipe => super::fifo::open(&place.metadata(), options).map(Some),
        _ => Ok(None),
    }
}

//! Making, removing and renaming names, and changing nodes, as programs ask for it: with the permissions that needs.

use super::permission::{EXECUTE, READ, Subject, WRITE};
use super::walk::Last;
use super::{Base, Change, FsContext, NewNode, NodeKind, Path, RenameFlags};
use crate::{Error, Result};

impl FsContext {
    /// Makes a regular file, directory (mkdir), device node, named pipe; a program's are its own, less its umask.
    pub fn make(&self, base: &Base, path: &[u8], node: &NewNode) -> Result<()> {
        let (subject, last) = self.last(base, path)?;
        if !last.is_plain() {
            return Err(Error::AlreadyExists);
        }
        let is_device = matches!(node.kind, NodeKind::CharDevice | NodeKind::BlockDevice);
        if is_device && !subject.is_super() {
            return Err(Error::NotPermitted);
        }
        if last.slash && node.kind != NodeKind::Directory {
            return Err(existing(&last).unwrap_or(Error::NotFound));
        }
        let node = self.owned(&subject, &last.dir, node);
        may_add(&subject, &last)?;
        last.dir.make_child(&last.name, &node).map(drop)
    }

    /// The new node as `subject` makes it in `dir`.
    pub(super) fn owned(&self, subject: &Subject, dir: &Path, node: &NewNode) -> NewNode {
        let mut node = *node;
        node.mode &= 0o7777;
        if !subject.is_kernel() {
            node.mode &= !self.umask();
            (node.uid, node.gid) = (subject.uid, subject.gid);
        }
        let dir = dir.metadata();
        // A set-group-id directory hands its group down.
        if dir.mode & 0o2000 != 0 {
            node.gid = dir.gid;
            if node.kind == NodeKind::Directory {
                node.mode |= 0o2000;
            }
        }
        node
    }

    /// Makes a symlink at `path`.
    pub fn symlink(&self, target: &[u8], base: &Base, path: &[u8]) -> Result<()> {
        match target.len() {
            0 => return Err(Error::NotFound),
            super::PATH_MAX.. => return Err(Error::NameTooLong),
            _ => {}
        }
        let (subject, last) = self.last(base, path)?;
        if !last.is_plain() {
            return Err(Error::AlreadyExists);
        }
        if last.slash {
            return Err(existing(&last).unwrap_or(Error::NotFound));
        }
        may_add(&subject, &last)?;
        let node = NewNode {
            kind: NodeKind::Symlink,
            mode: 0o777,
            uid: subject.uid,
            gid: subject.gid,
            rdev: super::DeviceId::default(),
        };
        last.dir.symlink_child(&last.name, target, &node).map(drop)
    }

    /// Makes one more name for a node that is not a directory.
    pub fn link(&self, from: &Path, base: &Base, path: &[u8]) -> Result<()> {
        let (subject, last) = self.last(base, path)?;
        if !last.is_plain() {
            return Err(Error::AlreadyExists);
        }
        if last.slash {
            return Err(existing(&last).unwrap_or(Error::NotFound));
        }
        may_add(&subject, &last)?;
        last.dir.link_child(&last.name, from).map(drop)
    }

    /// Removes a name that is not a directory's.
    pub fn unlink(&self, base: &Base, path: &[u8]) -> Result<()> {
        let (subject, last) = self.last(base, path)?;
        if !last.is_plain() {
            return Err(Error::IsDirectory);
        }
        if last.slash {
            let is_directory = last.dir.child(&last.name)?.is_directory();
            return Err(if is_directory {
                Error::IsDirectory
            } else {
                Error::NotDirectory
            });
        }
        may_take(&subject, &last)?;
        last.dir.unlink_child(&last.name)
    }

    /// Removes an empty directory.
    pub fn remove_directory(&self, base: &Base, path: &[u8]) -> Result<()> {
        let (subject, last) = self.last(base, path)?;
        match &last.name[..] {
            b"" => return Err(Error::Busy),
            b"." => return Err(Error::InvalidArgument),
            b".." => return Err(Error::NotEmpty),
            _ => {}
        }
        may_take(&subject, &last)?;
        last.dir.remove_child_directory(&last.name)
    }

    /// Renames, replacing what a rename may replace.
    pub fn rename(
        &self,
        from_base: &Base,
        from: &[u8],
        to_base: &Base,
        to: &[u8],
        flags: RenameFlags,
    ) -> Result<()> {
        let (subject, from) = self.last(from_base, from)?;
        let (_, to) = self.last(to_base, to)?;
        if !from.is_plain() || !to.is_plain() {
            return Err(Error::Busy);
        }
        let source = from.dir.child(&from.name)?;
        // Programs do not make whiteouts this way.
        if flags.whiteout && !subject.is_kernel() {
            return Err(Error::InvalidArgument);
        }
        if (from.slash || (to.slash && !flags.exchange)) && !source.is_directory() {
            return Err(Error::NotDirectory);
        }
        may_take(&subject, &from)?;
        if to.dir.child(&to.name).is_ok() {
            may_take(&subject, &to)?;
        } else {
            may_add(&subject, &to)?;
        }
        // A directory that changes its parent has its `..` written.
        if source.is_directory() && !from.dir.same(&to.dir) && !subject.is_super() {
            subject.check(&source.metadata(), WRITE)?;
        }
        from.dir.rename_child(&from.name, &to.dir, &to.name, flags)
    }

    /// Changes mode, owner, size, times, with the permission checks each needs.
    pub fn change(&self, at: &Path, change: &Change) -> Result<()> {
        at.mount.writable()?;
        if change.size.is_some() {
            match at.dentry.kind {
                NodeKind::Regular => {}
                NodeKind::Directory => return Err(Error::IsDirectory),
                _ => return Err(Error::InvalidArgument),
            }
        }
        let change = Subject::current().check_change(&at.metadata(), change)?;
        at.dentry.inode.change(&change)
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
        let subject = if real {
            Subject::real()
        } else {
            Subject::current()
        };
        let want = [(read, READ), (write, WRITE), (execute, EXECUTE)]
            .iter()
            .filter(|(wanted, _)| *wanted)
            .fold(0, |all, (_, bit)| all | bit);
        let is_device = matches!(
            at.dentry.kind,
            NodeKind::CharDevice | NodeKind::BlockDevice | NodeKind::Pipe | NodeKind::Socket
        );
        if write && !is_device {
            at.mount.writable()?;
        }
        if execute && at.dentry.kind == NodeKind::Regular && at.mount.flags().no_exec {
            return Err(Error::AccessDenied);
        }
        subject.check(&at.metadata(), want)
    }
}

/// What making the name fails with when it is there already.
fn existing(last: &Last) -> Option<Error> {
    last.dir
        .child(&last.name)
        .is_ok()
        .then_some(Error::AlreadyExists)
}

/// Whether `subject` may make the name. What exists is told before what is forbidden.
pub(super) fn may_add(subject: &Subject, last: &Last) -> Result<()> {
    if let Some(error) = existing(last) {
        return Err(error);
    }
    last.dir.mount.writable()?;
    if subject.is_super() {
        return Ok(());
    }
    subject.check(&last.dir.metadata(), WRITE | EXECUTE)
}

/// Whether `subject` may remove the name.
fn may_take(subject: &Subject, last: &Last) -> Result<()> {
    let node = last.dir.child(&last.name)?;
    last.dir.mount.writable()?;
    if subject.is_super() {
        return Ok(());
    }
    let dir = last.dir.metadata();
    subject.check(&dir, WRITE | EXECUTE)?;
    subject.may_remove(&dir, || node.metadata())
}

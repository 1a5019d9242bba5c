//! Changes of names in directories, without any question of permission: what the calls of programs come down to, and what a
//! file system that lies over another one uses.

use super::dentry::{Dentry, Name};
use super::path::{add, lookup_locked};
use super::{Inode, NAME_MAX, NewNode, Path, RenameFlags};
use crate::{Error, Result};
use alloc::sync::Arc;

/// A name that can be made: neither empty nor `.` nor `..`, without `/`, not too long.
fn check_name(name: &[u8]) -> Result<()> {
    match name {
        b"" | b"." | b".." => Err(Error::InvalidArgument),
        _ if name.contains(&b'/') => Err(Error::InvalidArgument),
        _ if name.len() > NAME_MAX => Err(Error::NameTooLong),
        _ => Ok(()),
    }
}

impl Path {
    /// Makes `name` in this directory by `make`.
    fn make_by(
        &self,
        name: &[u8],
        make: impl FnOnce(&dyn Inode) -> Result<Arc<dyn Inode>>,
    ) -> Result<Path> {
        check_name(name)?;
        let (tree, dir) = (&self.mount.tree, &self.dentry);
        let _changing = dir.changing.lock();
        match lookup_locked(tree, dir, name) {
            Ok(_) => return Err(Error::AlreadyExists),
            Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
        self.mount.writable()?;
        if dir.is_gone() {
            return Err(Error::NotFound);
        }
        let inode = make(&*dir.inode)?;
        Ok(Path {
            mount: self.mount.clone(),
            dentry: add(tree, dir, name, inode),
        })
    }

    /// Makes a node that is no symlink.
    pub fn make_child(&self, name: &[u8], node: &NewNode) -> Result<Path> {
        self.make_by(name, |dir| dir.create(name, node))
    }

    /// Makes a symlink.
    pub fn symlink_child(&self, name: &[u8], target: &[u8], node: &NewNode) -> Result<Path> {
        self.make_by(name, |dir| dir.symlink(name, target, node))
    }

    /// Makes one more name for `target`, which must lie on the same mount.
    pub fn link_child(&self, name: &[u8], target: &Path) -> Result<Path> {
        if !Arc::ptr_eq(&self.mount, &target.mount) {
            return Err(Error::CrossDevice);
        }
        if target.is_directory() {
            return Err(Error::NotPermitted);
        }
        let inode = target.inode();
        self.make_by(name, |dir| {
            dir.link(name, &inode)?;
            dir.lookup(name)
        })
    }

    /// Removes a name that is not a directory's.
    pub fn unlink_child(&self, name: &[u8]) -> Result<()> {
        self.remove_by(name, |dir, dentry| {
            if dentry.is_directory() {
                return Err(Error::IsDirectory);
            }
            dir.unlink(name)
        })
    }

    /// Removes an empty directory.
    pub fn remove_child_directory(&self, name: &[u8]) -> Result<()> {
        self.remove_by(name, |dir, dentry| {
            if !dentry.is_directory() {
                return Err(Error::NotDirectory);
            }
            dir.remove_directory(name)
        })
    }

    fn remove_by(
        &self,
        name: &[u8],
        remove: impl FnOnce(&dyn Inode, &Dentry) -> Result<()>,
    ) -> Result<()> {
        let (tree, dir) = (&self.mount.tree, &self.dentry);
        let _changing = dir.changing.lock();
        let dentry = lookup_locked(tree, dir, name)?;
        self.mount.writable()?;
        if dentry.is_mounted_on() {
            return Err(Error::Busy);
        }
        remove(&*dir.inode, &dentry)?;
        dentry.set_gone();
        if tree.caches_absence {
            dir.remember_absent(name);
        } else {
            dir.forget(name);
        }
        Ok(())
    }

    /// Gives `name` of this directory another directory or name, by the rules of rename(2). Both directories must lie on the same mount.
    pub fn rename_child(
        &self,
        name: &[u8],
        to: &Path,
        to_name: &[u8],
        flags: RenameFlags,
    ) -> Result<()> {
        if !Arc::ptr_eq(&self.mount, &to.mount) {
            return Err(Error::CrossDevice);
        }
        check_name(name)?;
        check_name(to_name)?;
        if flags.exchange && (flags.no_replace || flags.whiteout) {
            return Err(Error::InvalidArgument);
        }
        let tree = &self.mount.tree;
        let _renames = tree.renames.lock();
        let (a, b) = (&self.dentry, &to.dentry);
        let (first, second) = if Arc::as_ptr(a) <= Arc::as_ptr(b) {
            (a, b)
        } else {
            (b, a)
        };
        let _first = first.changing.lock();
        let _second = (!Arc::ptr_eq(a, b)).then(|| second.changing.lock());
        let source = lookup_locked(tree, a, name)?;
        let target = match lookup_locked(tree, b, to_name) {
            Ok(target) => Some(target),
            Err(Error::NotFound) => None,
            Err(error) => return Err(error),
        };
        self.mount.writable()?;
        if b.is_gone() {
            return Err(Error::NotFound);
        }
        if !check_rename(a, &source, b, target.as_ref(), flags)? {
            return Ok(());
        }
        a.inode.rename(name, &b.inode, to_name, flags)?;
        if !tree.caches_names {
            return Ok(());
        }
        move_names((a, name, &source), (b, to_name, target), flags);
        if flags.exchange || flags.whiteout || !tree.caches_absence {
            return Ok(());
        }
        a.remember_absent(name);
        Ok(())
    }
}

/// Whether there is anything to do, if it is allowed at all.
fn check_rename(
    from: &Arc<Dentry>,
    source: &Arc<Dentry>,
    to: &Arc<Dentry>,
    target: Option<&Arc<Dentry>>,
    flags: RenameFlags,
) -> Result<bool> {
    if source.is_directory() && is_at_or_below(to, source) {
        return Err(Error::InvalidArgument);
    }
    if source.is_mounted_on() {
        return Err(Error::Busy);
    }
    let Some(target) = target else {
        if flags.exchange {
            return Err(Error::NotFound);
        }
        return Ok(true);
    };
    if flags.no_replace {
        return Err(Error::AlreadyExists);
    }
    if target.is_directory() && is_at_or_below(from, target) {
        let error = if flags.exchange {
            Error::InvalidArgument
        } else {
            Error::NotEmpty
        };
        return Err(error);
    }
    if target.is_mounted_on() {
        return Err(Error::Busy);
    }
    if !flags.exchange {
        match (source.is_directory(), target.is_directory()) {
            (true, false) => return Err(Error::NotDirectory),
            (false, true) => return Err(Error::IsDirectory),
            _ => {}
        }
    }
    Ok(!source.inode.is_same(&*target.inode))
}

fn is_at_or_below(dentry: &Arc<Dentry>, top: &Arc<Dentry>) -> bool {
    let mut at = Some(dentry.clone());
    while let Some(dentry) = at {
        if Arc::ptr_eq(&dentry, top) {
            return true;
        }
        at = dentry.parent();
    }
    false
}

/// Renames the dentries as the file system has renamed the nodes. The target's name leads somewhere all the time.
fn move_names(
    (from, name, source): (&Arc<Dentry>, &[u8], &Arc<Dentry>),
    (to, to_name, target): (&Arc<Dentry>, &[u8], Option<Arc<Dentry>>),
    flags: RenameFlags,
) {
    let (old, new) = (Name::from(name), Name::from(to_name));
    relink(source, to, &new);
    to.remember(new, source);
    match target {
        Some(target) if flags.exchange => {
            relink(&target, from, &old);
            from.remember(old, &target);
        }
        replaced => {
            if let Some(replaced) = replaced {
                replaced.set_gone();
            }
            from.forget(name);
        }
    }
}

fn relink(dentry: &Dentry, parent: &Arc<Dentry>, name: &Name) {
    let mut link = dentry.link.lock();
    let old = link.parent.replace(parent.clone());
    link.name = name.clone();
    drop(link);
    drop(old);
}

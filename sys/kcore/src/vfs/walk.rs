//! From a path to a place: names looked up one by one, links followed, mounts crossed. Cached names cost no allocation.

use super::permission::{EXECUTE, Subject};
use super::{NodeKind, PATH_MAX, Path};
use crate::{Error, Result};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use smallvec::SmallVec;

/// Most links followed for one path.
const LINK_LIMIT: u32 = 40;

/// A walk: on whose behalf, what `/` is, how many links it followed.
pub(super) struct Walk {
    pub(super) subject: Subject,
    pub(super) root: Path,
    links: u32,
}

/// The directory that a path's last name is in.
pub(super) struct Last {
    pub(super) dir: Path,
    /// May be `.` or `..`; empty when the path is only slashes.
    pub(super) name: SmallVec<[u8; 32]>,
    /// The name was followed by a slash: it must be a directory's.
    pub(super) slash: bool,
}

impl Last {
    /// Whether the name stands for a directory entry that can be made or removed.
    pub(super) fn is_plain(&self) -> bool {
        !matches!(&self.name[..], b"" | b"." | b"..")
    }
}

enum Found {
    Place(Path),
    Last(Last),
}

impl Walk {
    pub(super) fn new(subject: Subject, root: Path) -> Walk {
        Walk {
            subject,
            root,
            links: 0,
        }
    }

    /// The place that `path` leads to from `start`.
    pub(super) fn place(&mut self, start: Path, path: &[u8], follow: bool) -> Result<Path> {
        match self.walk(start, path, follow, false)? {
            Found::Place(place) => Ok(place),
            Found::Last(last) => Ok(last.dir),
        }
    }

    /// The directory that the last name of `path` is in; that name is not looked up.
    pub(super) fn last(&mut self, start: Path, path: &[u8]) -> Result<Last> {
        match self.walk(start, path, false, true)? {
            Found::Last(last) => Ok(last),
            Found::Place(dir) => Ok(Last {
                dir,
                name: SmallVec::new(),
                slash: true,
            }),
        }
    }

    fn walk(&mut self, start: Path, path: &[u8], follow: bool, parent: bool) -> Result<Found> {
        let mut text = Cow::Borrowed(check_length(path)?);
        let mut at = if path[0] == b'/' {
            self.root.clone()
        } else {
            start
        };
        let mut position = 0;
        loop {
            let from = skip_slashes(&text, position);
            if from == text.len() {
                return Ok(Found::Place(at));
            }
            let end = name_end(&text, from);
            let next = skip_slashes(&text, end);
            let (is_last, slash) = (next == text.len(), end < text.len());
            let name = &text[from..end];
            if is_last && parent {
                self.may_search(&at)?;
                let name = SmallVec::from_slice(name);
                return Ok(Found::Last(Last {
                    dir: at,
                    name,
                    slash,
                }));
            }
            let found = self.step(&at, name)?;
            if found.dentry.kind != NodeKind::Symlink || (is_last && !follow && !slash) {
                if slash && !found.is_directory() {
                    return Err(Error::NotDirectory);
                }
                at = found;
                position = next;
                continue;
            }
            match self.follow(&found)? {
                Target::Place(place) => {
                    if slash && !place.is_directory() {
                        return Err(Error::NotDirectory);
                    }
                    at = place;
                    position = next;
                }
                Target::Text(mut target) => {
                    if target[0] == b'/' {
                        at = self.root.clone();
                    }
                    if slash {
                        target.push(b'/');
                        target.extend_from_slice(&text[next..]);
                    }
                    text = Cow::Owned(target);
                    position = 0;
                }
            }
        }
    }

    /// One name on from a directory, with the permission to search it.
    pub(super) fn step(&self, at: &Path, name: &[u8]) -> Result<Path> {
        self.may_search(at)?;
        match name {
            b"." => Ok(at.clone()),
            b".." => Ok(at.clone().up(&self.root)),
            _ => Ok(at.child(name)?.crossed()),
        }
    }

    fn may_search(&self, at: &Path) -> Result<()> {
        if !at.is_directory() {
            return Err(Error::NotDirectory);
        }
        if self.subject.is_super() {
            return Ok(());
        }
        self.subject.check(&at.metadata(), EXECUTE)
    }

    /// Where a symlink leads.
    pub(super) fn follow(&mut self, link: &Path) -> Result<Target> {
        self.links += 1;
        if self.links > LINK_LIMIT {
            return Err(Error::SymlinkLoop);
        }
        if let Some(place) = link.dentry.inode.jump()? {
            return Ok(Target::Place(place));
        }
        let target = link.dentry.inode.read_link()?;
        check_length(&target)?;
        Ok(Target::Text(target))
    }
}

/// What a symlink says.
pub(super) enum Target {
    /// The place itself.
    Place(Path),
    /// A path, not empty.
    Text(Vec<u8>),
}

fn check_length(path: &[u8]) -> Result<&[u8]> {
    match path.len() {
        0 => Err(Error::NotFound),
        len if len >= PATH_MAX => Err(Error::NameTooLong),
        _ => Ok(path),
    }
}

fn skip_slashes(text: &[u8], from: usize) -> usize {
    let rest = &text[from..];
    from + rest.iter().take_while(|&&byte| byte == b'/').count()
}

fn name_end(text: &[u8], from: usize) -> usize {
    let rest = &text[from..];
    from + rest.iter().take_while(|&&byte| byte != b'/').count()
}

//! What all nodes of one overlay share, and the search through layers.

use crate::attributes::{ORIGIN, is_opaque, is_whiteout};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};
use kcore::sync::Mutex;
use kcore::vfs::{NodeKind, Path, new_device};
use kcore::{Error, Result};

/// Shared by all nodes.
pub(crate) struct Layers {
    /// [`kcore::vfs::Metadata::device`].
    pub(crate) device: u64,
    /// Held while layers change.
    pub(crate) changing: Mutex<()>,
    /// How many numbers a listing's cookie tells layers apart by.
    pub(crate) count: u64,
    upper: Option<Path>,
    orphans: AtomicU64,
}

impl Layers {
    pub(crate) fn new(lowers: usize, upper: Option<Path>) -> Arc<Layers> {
        Arc::new(Layers {
            device: new_device(),
            changing: Mutex::new(()),
            count: lowers as u64 + 1,
            upper,
            orphans: AtomicU64::new(0),
        })
    }

    /// The root of the layer that changes go to.
    pub(crate) fn upper(&self) -> Result<&Path> {
        self.upper.as_ref().ok_or(Error::ReadOnly)
    }

    /// A name in the upper root that nothing else has, for a node that loses it at once.
    pub(crate) fn orphan_name(&self) -> Vec<u8> {
        let number = self.orphans.fetch_add(1, Ordering::Relaxed);
        alloc::format!(".overlay-orphan-{}-{number}", self.device).into_bytes()
    }
}

/// What a name of a directory is made of.
pub(crate) struct Found {
    pub(crate) upper: Option<Path>,
    /// Top first; more than one only for directories.
    pub(crate) lowers: Vec<Path>,
}

impl Found {
    /// The topmost.
    pub(crate) fn real(&self) -> Option<&Path> {
        self.upper.as_ref().or(self.lowers.first())
    }

    pub(crate) fn is_directory(&self) -> bool {
        self.real()
            .is_some_and(|real| real.kind() == NodeKind::Directory)
    }
}

/// One name in a layer's directory.
pub(crate) fn child(dir: &Path, name: &[u8]) -> Result<Option<Path>> {
    match dir.child(name) {
        Ok(place) => Ok(Some(place)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Searches the parts of a directory for `name`.
pub(crate) fn find(upper: Option<&Path>, lowers: &[Path], name: &[u8]) -> Result<Found> {
    let mut found = Found {
        upper: None,
        lowers: Vec::new(),
    };
    if let Some(place) = upper.map(|dir| child(dir, name)).transpose()?.flatten() {
        if is_whiteout(&place) {
            return Err(Error::NotFound);
        }
        let last = place.kind() != NodeKind::Directory || is_opaque(&place);
        found.upper = Some(place);
        if last {
            return Ok(found);
        }
    }
    find_below(lowers, name, &mut found)?;
    match found.real() {
        Some(_) => Ok(found),
        None => Err(Error::NotFound),
    }
}

fn find_below(lowers: &[Path], name: &[u8], found: &mut Found) -> Result<()> {
    for dir in lowers {
        let Some(place) = child(dir, name)? else {
            continue;
        };
        if is_whiteout(&place) {
            break;
        }
        if place.kind() != NodeKind::Directory {
            // Under a directory of a higher layer it does not show.
            if found.real().is_none() {
                found.lowers.push(place);
            }
            break;
        }
        let opaque = is_opaque(&place);
        found.lowers.push(place);
        if opaque {
            break;
        }
    }
    Ok(())
}

/// Whether lower layers would show `name`, were the upper one empty.
pub(crate) fn shows_below(lowers: &[Path], name: &[u8]) -> Result<bool> {
    match find(None, lowers, name) {
        Ok(_) => Ok(true),
        Err(Error::NotFound) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The number that a node made of these parts is known by. It stays when the node is copied up, though not its mark's
/// place: so a number of the layer is told from others' by the layer's device.
pub(crate) fn number(upper: Option<&Path>, lowers: &[Path]) -> u64 {
    if let Some(upper) = upper
        && let Ok(value) = upper.inode().get_attribute(ORIGIN)
        && let Ok(bytes) = <[u8; 8]>::try_from(&value[..])
    {
        return u64::from_le_bytes(bytes);
    }
    // A directory is known by its lowest part, which copying up does not change.
    match lowers.last().or(upper) {
        Some(place) => {
            let real = place.metadata();
            (real.device << 48) ^ real.inode
        }
        None => 0,
    }
}

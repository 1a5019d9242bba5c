//! Listing: each name once, although several layers have it.
//!
//! A name is told where the topmost *lower* layer has it, and by the upper layer only if no lower one does: so a listing that goes
//! on after a file was copied up misses nothing and tells nothing twice. A cookie holds the layer's own cookie and which layer it is
//! of: lower ones first, from the top.

use crate::attributes::is_whiteout;
use crate::layers::{Found, child, find, number};
use crate::node::Node;
use kcore::vfs::{DirEntry, NodeKind, Path};
use kcore::{Error, Result};

impl Node {
    /// See [`kcore::vfs::Inode::list`].
    pub(crate) fn list_merged(
        &self,
        from: u64,
        each: &mut dyn FnMut(DirEntry<'_>) -> bool,
    ) -> Result<()> {
        if self.kind != NodeKind::Directory {
            return Err(Error::NotDirectory);
        }
        let (upper, lowers) = self.snapshot();
        let count = self.layers.count;
        let (first, mut inner) = (from % count, from / count);
        for layer in first..count {
            // The last number is the upper layer's, even where a directory has not all lower ones.
            let dir = match lowers.get(layer as usize) {
                Some(dir) if layer != count - 1 => dir,
                _ if layer != count - 1 => continue,
                _ => match &upper {
                    Some(dir) => dir,
                    None => continue,
                },
            };
            let above = &lowers[..lowers.len().min(layer as usize)];
            if !list_layer(
                dir,
                above,
                (upper.as_ref(), &lowers),
                (layer, count, inner),
                each,
            )? {
                return Ok(());
            }
            inner = 0;
        }
        Ok(())
    }

    /// Whether the directory shows no name at all.
    pub(crate) fn is_empty(&self) -> Result<bool> {
        let mut empty = true;
        self.list_merged(0, &mut |_| {
            empty = false;
            false
        })?;
        Ok(empty)
    }
}

/// Tells what `dir`, one part of a directory, is to tell: what the lower parts `above` do not have. False when told to stop.
fn list_layer(
    dir: &Path,
    above: &[Path],
    (upper, lowers): (Option<&Path>, &[Path]),
    (layer, count, inner): (u64, u64, u64),
    each: &mut dyn FnMut(DirEntry<'_>) -> bool,
) -> Result<bool> {
    let mut outcome = Ok(true);
    dir.inode().list(inner, &mut |entry| {
        // A mark shows nothing, nor where what it hides would be told.
        if entry.kind == NodeKind::CharDevice
            && dir.child(entry.name).is_ok_and(|place| is_whiteout(&place))
        {
            return true;
        }
        let found = match visible(above, upper, lowers, entry.name) {
            Ok(Some(found)) => found,
            Ok(None) => return true,
            Err(error) => {
                outcome = Err(error);
                return false;
            }
        };
        let Some(real) = found.real() else {
            return true;
        };
        let go_on = each(DirEntry {
            name: entry.name,
            inode: number(found.upper.as_ref(), &found.lowers),
            kind: real.kind(),
            next: entry.next * count + layer,
        });
        if !go_on {
            outcome = Ok(false);
        }
        go_on
    })?;
    outcome
}

/// What `name` is made of, unless another part tells it or it is hidden.
fn visible(
    above: &[Path],
    upper: Option<&Path>,
    lowers: &[Path],
    name: &[u8],
) -> Result<Option<Found>> {
    for dir in above {
        // A whiteout there ends the search for the name, and shows nothing.
        if child(dir, name)?.is_some_and(|place| !is_whiteout(&place)) {
            return Ok(None);
        }
    }
    match find(upper, lowers, name) {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

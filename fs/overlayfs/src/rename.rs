//! Renaming.

use crate::edit::{clear, make_opaque, unhide};
use crate::layers::Found;
use crate::node::Node;
use kcore::vfs::{NodeKind, RenameFlags};
use kcore::{Error, Result};

impl Node {
    /// See [`kcore::vfs::Inode::rename`].
    pub(crate) fn move_to(
        &self,
        name: &[u8],
        to: &Node,
        to_name: &[u8],
        flags: RenameFlags,
    ) -> Result<()> {
        // Its own whiteouts it makes itself; whoever lies over it does, too.
        if flags.whiteout {
            return Err(Error::InvalidArgument);
        }
        let _changing = self.layers.changing.lock();
        let source = self.find(name)?;
        let target = match to.find(to_name) {
            Ok(found) => Some(found),
            Err(Error::NotFound) => None,
            Err(error) => return Err(error),
        };
        may_move(&source)?;
        match &target {
            Some(target) if flags.exchange => may_move(target)?,
            None if flags.exchange => return Err(Error::NotFound),
            Some(_) if flags.no_replace => return Err(Error::AlreadyExists),
            _ => {}
        }
        let (hides, shows) = (self.shows_below(name)?, to.shows_below(to_name)?);
        let dir = self.copy_up(None)?;
        let to_dir = to.copy_up(None)?;
        self.bring_up(name, &source)?;
        if shows && source.is_directory() {
            make_opaque(&dir.child(name)?)?;
        }
        let Some(target) = target else {
            unhide(&to_dir, to_name)?;
            dir.rename_child(name, &to_dir, to_name, flags)?;
            return self.hide_if(hides, &dir, name);
        };
        if flags.exchange {
            to.bring_up(to_name, &target)?;
            if hides && target.is_directory() {
                make_opaque(&to_dir.child(to_name)?)?;
            }
            return dir.rename_child(name, &to_dir, to_name, flags);
        }
        match (source.is_directory(), target.is_directory()) {
            (true, false) => return Err(Error::NotDirectory),
            (false, true) => return Err(Error::IsDirectory),
            (true, true) if !to.node(to_name)?.is_empty()? => return Err(Error::NotEmpty),
            _ => {}
        }
        if let Some(upper) = target.upper.filter(|u| u.kind() == NodeKind::Directory) {
            clear(&upper)?;
        }
        dir.rename_child(name, &to_dir, to_name, flags)?;
        self.hide_if(hides, &dir, name)
    }

    /// Copies up what is to move, through the node that programs have of it.
    fn bring_up(&self, name: &[u8], found: &Found) -> Result<()> {
        if found.upper.is_none() {
            self.node(name)?.copy_up(None)?;
        }
        Ok(())
    }

    fn hide_if(&self, hides: bool, dir: &kcore::vfs::Path, name: &[u8]) -> Result<()> {
        if hides {
            crate::edit::hide(dir, name)?;
        }
        Ok(())
    }
}

/// A directory that lower layers have a part in cannot move: they would have to move with it.
fn may_move(found: &Found) -> Result<()> {
    if found.is_directory() && !found.lowers.is_empty() {
        return Err(Error::CrossDevice);
    }
    Ok(())
}

//! Growing, shrinking and moving mappings.

use super::area::Region;
use super::edit::page_range;
use super::space::{AddressSpace, Inner};
use super::{Layout, page_ceil};
use crate::{Error, Result};
use core::ops::Range;
use hal::PAGE_SIZE;

impl AddressSpace {
    /// Grows, shrinks or moves a mapping; gives its address. `to`: it must move there, replacing what is there.
    /// BadAddress when the old range is not within one area, OutOfMemory when there is no room.
    pub fn remap(
        &self,
        addr: usize,
        old_len: usize,
        new_len: usize,
        may_move: bool,
        to: Option<usize>,
    ) -> Result<usize> {
        let old = page_range(addr, old_len)?;
        let new_len = page_ceil(new_len).ok_or(Error::OutOfMemory)?;
        if new_len == 0 {
            return Err(Error::InvalidArgument);
        }
        let mut inner = self.inner.lock();
        let region = inner.areas.find(addr).ok_or(Error::BadAddress)?;
        if region.end < old.end {
            return Err(Error::BadAddress);
        }
        inner.areas.check_room(3)?;
        let grown = new_len.saturating_sub(old.len());
        if inner.areas.total().saturating_add(grown) > self.limit() {
            return Err(Error::OutOfMemory);
        }
        if let Some(to) = to {
            let target = checked_target(to, new_len, &old, &self.layout)?;
            inner.remove(target);
            return inner.relocate(old, to, new_len);
        }
        if new_len <= old.len() {
            inner.remove(addr + new_len..old.end);
            return Ok(addr);
        }
        if inner.extend(&old, new_len, &self.layout) {
            return Ok(addr);
        }
        if !may_move {
            return Err(Error::OutOfMemory);
        }
        let to = inner.room(new_len, &self.layout)?;
        inner.relocate(old, to, new_len)
    }
}

/// The target range, if it lies within the layout and off the old range.
fn checked_target(
    to: usize,
    len: usize,
    old: &Range<usize>,
    layout: &Layout,
) -> Result<Range<usize>> {
    let target = page_range(to, len)?;
    if target.start < layout.bottom {
        return Err(Error::NotPermitted);
    }
    if target.end > layout.top || (target.start < old.end && old.start < target.end) {
        return Err(Error::InvalidArgument);
    }
    Ok(target)
}

impl Inner {
    /// Grows the area of `old` where it is, if what follows is free.
    fn extend(&mut self, old: &Range<usize>, new_len: usize, layout: &Layout) -> bool {
        let Some(end) = old.start.checked_add(new_len) else {
            return false;
        };
        let Some(region) = self.areas.find(old.start) else {
            return false;
        };
        if region.end != old.end || end > layout.top || !self.areas.is_free(old.end..end) {
            return false;
        }
        let more = Region {
            start: old.end,
            end,
            backing: region.backing_from(old.end),
            name: region.name.clone(),
            grows_down: false,
            ..*region
        };
        self.areas.insert(more);
        true
    }

    /// Moves the area of `old` to `to`, which is free, with a new length.
    fn relocate(&mut self, old: Range<usize>, to: usize, new_len: usize) -> Result<usize> {
        let kept = old.len().min(new_len);
        let region = self.areas.find(old.start).ok_or(Error::BadAddress)?;
        let moved = Region {
            start: to,
            end: to + new_len,
            backing: region.backing_from(old.start),
            name: region.name.clone(),
            grows_down: false,
            ahead: (0, 0),
            ..*region
        };
        // Page by page from the front; when memory for tables runs out, what moved goes back.
        let source = old.start..old.start + kept;
        if let Err(error) = self.table.relocate(source, to) {
            self.move_back(to, old.start, kept);
            return Err(error.into());
        }
        self.remove(old);
        self.areas.insert(moved);
        Ok(to)
    }

    fn move_back(&mut self, from: usize, to: usize, len: usize) {
        for at in (0..len).step_by(PAGE_SIZE) {
            if let Some(mapped) = self.table.query(from + at) {
                // Its table is still there, so this needs no memory.
                let _ = self.table.map(to + at, mapped.frame, mapped.prot);
            }
        }
        self.table.unmap(from..from + len);
    }
}

//! Mapping, unmapping, changing rights, throwing contents away.

use super::area::Region;
use super::space::{AddressSpace, Inner};
use super::{Backing, Layout, Map, Prot, SharedMemory, normal, page_ceil, page_floor};
use crate::{Error, Result};
use core::ops::Range;
use hal::PAGE_SIZE;
use hal::user::Access;

/// The pages of `addr..addr + len`; `addr` must be a page's start and `len` not 0.
pub(super) fn page_range(addr: usize, len: usize) -> Result<Range<usize>> {
    let len = page_ceil(len).ok_or(Error::InvalidArgument)?;
    let end = addr.checked_add(len).ok_or(Error::InvalidArgument)?;
    if len == 0 || !addr.is_multiple_of(PAGE_SIZE) {
        return Err(Error::InvalidArgument);
    }
    Ok(addr..end)
}

impl AddressSpace {
    /// Maps; gives the address. OutOfMemory when there is no room (or the limit is reached), NotPermitted below the
    /// layout's bottom, InvalidArgument for a length of 0 or something not page-aligned.
    pub fn map(&self, request: &Map) -> Result<usize> {
        self.map_at_most(request, Prot::all())
    }

    /// As [`AddressSpace::map`]; [`AddressSpace::protect`] can never give it more than `most` (a shared mapping of a file
    /// that is open for reading).
    pub fn map_at_most(&self, request: &Map, most: Prot) -> Result<usize> {
        let len = page_ceil(request.len).ok_or(Error::OutOfMemory)?;
        if len == 0 {
            return Err(Error::InvalidArgument);
        }
        if hal::frame::is_short() {
            return Err(Error::OutOfMemory);
        }
        let backing = checked_backing(request, len)?;
        let prot = normal(request.prot);
        if !normal(most).contains(prot) {
            return Err(Error::AccessDenied);
        }
        let runs_code = prot.contains(Prot::EXECUTE) && matches!(backing, Backing::Pages { .. });
        let mut inner = self.inner.lock();
        let addr = inner.place(request, len, &self.layout)?;
        let range = addr..addr + len;
        let replaced = inner.areas.bytes_in(range.clone());
        if inner.areas.total() - replaced + len > self.limit() {
            return Err(Error::OutOfMemory);
        }
        inner.areas.check_room(2)?;
        if replaced != 0 {
            inner.remove(range.clone());
        }
        inner.areas.insert(Region {
            start: range.start,
            end: range.end,
            prot,
            max: normal(most),
            shared: request.shared,
            grows_down: request.grows_down,
            backing,
            name: request.name.clone(),
            ahead: (0, 0),
        });
        if request.populate {
            inner.populate(range);
        }
        drop(inner);
        if runs_code {
            // What was written to the file until now must be what is fetched.
            hal::user::flush_icache();
        }
        Ok(addr)
    }

    /// Takes out what is mapped there; holes are fine.
    pub fn unmap(&self, addr: usize, len: usize) -> Result<()> {
        let range = page_range(addr, len)?;
        if range.end > self.layout.top {
            return Err(Error::InvalidArgument);
        }
        let mut inner = self.inner.lock();
        inner.areas.check_room(1)?;
        inner.remove(range);
        Ok(())
    }

    /// Gives the pages other rights. OutOfMemory when part of it is not mapped, AccessDenied when an area may not have them.
    pub fn protect(&self, addr: usize, len: usize, prot: Prot) -> Result<()> {
        if len == 0 && addr.is_multiple_of(PAGE_SIZE) {
            return Ok(());
        }
        let range = page_range(addr, len)?;
        let prot = normal(prot);
        let mut guard = self.inner.lock();
        let Inner { areas, table, .. } = &mut *guard;
        if !areas.covers(range.clone()) {
            return Err(Error::OutOfMemory);
        }
        if areas.within(range.clone()).any(|r| !r.max.contains(prot)) {
            return Err(Error::AccessDenied);
        }
        areas.check_room(2)?;
        let mut new_code = false;
        areas.change(range, |region| {
            let gained = prot.difference(region.prot);
            if region.prot == prot {
                return;
            }
            if region.shared && gained.contains(Prot::WRITE) {
                // The object must hear of each page that will be written: let them come in again.
                table.unmap(region.range());
            } else {
                table.protect(region.range(), prot, !region.shared);
            }
            new_code |= gained.contains(Prot::EXECUTE);
            region.prot = prot;
        });
        drop(guard);
        if new_code {
            hal::user::flush_icache();
        }
        Ok(())
    }

    /// Throws contents away: anonymous pages read as zero again, file pages as the file.
    pub fn discard(&self, addr: usize, len: usize) -> Result<()> {
        if len == 0 && addr.is_multiple_of(PAGE_SIZE) {
            return Ok(());
        }
        let range = page_range(addr, len)?;
        let mut inner = self.inner.lock();
        let whole = inner.areas.covers(range.clone());
        // As other systems: what is mapped is discarded even if the range has holes.
        inner.table.unmap(range);
        if whole {
            Ok(())
        } else {
            Err(Error::OutOfMemory)
        }
    }

    /// Brings the pages of a range in as far as that is possible.
    pub fn populate(&self, addr: usize, len: usize) -> Result<()> {
        let range = page_range(addr, len)?;
        let mut inner = self.inner.lock();
        if !inner.areas.covers(range.clone()) {
            return Err(Error::OutOfMemory);
        }
        inner.populate(range);
        Ok(())
    }
}

/// The backing of a request, with shared anonymous memory made into an object.
fn checked_backing(request: &Map, len: usize) -> Result<Backing> {
    match &request.backing {
        Backing::Anonymous if request.shared => Ok(Backing::Pages {
            pages: SharedMemory::new(len as u64),
            offset: 0,
        }),
        Backing::Anonymous => Ok(Backing::Anonymous),
        Backing::Pages { offset, .. } => {
            if !offset.is_multiple_of(PAGE_SIZE as u64) {
                return Err(Error::InvalidArgument);
            }
            offset.checked_add(len as u64).ok_or(Error::Overflow)?;
            Ok(request.backing.clone())
        }
    }
}

impl Inner {
    /// Where a request goes.
    fn place(&self, request: &Map, len: usize, layout: &Layout) -> Result<usize> {
        if request.fixed {
            let range = page_range(request.addr, len)?;
            if range.start < layout.bottom {
                return Err(Error::NotPermitted);
            }
            if range.end > layout.top {
                return Err(Error::OutOfMemory);
            }
            if request.no_replace && !self.areas.is_free(range) {
                return Err(Error::AlreadyExists);
            }
            return Ok(request.addr);
        }
        let wish = page_floor(request.addr);
        if wish != 0
            && wish >= layout.bottom
            && let Some(end) = wish.checked_add(len)
            && end <= layout.top
            && self.areas.is_free(wish..end)
        {
            return Ok(wish);
        }
        self.room(len, layout)
    }

    /// A free place for `len` bytes. Never page 0, which programs take for "none".
    pub(super) fn room(&self, len: usize, layout: &Layout) -> Result<usize> {
        let bottom = layout.bottom.max(PAGE_SIZE);
        self.areas
            .gap(len, bottom, layout.map_top)
            .or_else(|| self.areas.gap(len, bottom, layout.top))
            .ok_or(Error::OutOfMemory)
    }

    /// Takes out areas and pages.
    pub(super) fn remove(&mut self, range: Range<usize>) {
        let Inner { areas, table, .. } = self;
        areas.remove(range, |region| table.unmap(region.range()));
    }

    /// Brings pages in; stops silently at the first that cannot be had.
    pub(super) fn populate(&mut self, range: Range<usize>) {
        for page in range.step_by(PAGE_SIZE) {
            let Some(region) = self.areas.find(page) else {
                return;
            };
            let access = if region.prot.contains(Prot::WRITE) {
                Access::Write
            } else {
                Access::Read
            };
            if self.table.peek(page).is_none() && self.bring_in(page, access).is_err() {
                return;
            }
        }
    }
}

//! Page faults: bringing pages in, copying on write, growing stacks.

use super::area::{GUARD, Region};
use super::space::{AddressSpace, Inner};
use super::{Backing, Pages, Prot, oom, page_floor};
use crate::{Error, Result};
use hal::PAGE_SIZE;
use hal::frame::Frame;
use hal::paging::{PageTable, Peek};
use hal::user::Access;

/// Most pages mapped around or ahead of the one that was touched.
const AROUND: usize = 16;

/// The kernel touched user memory that is not there: brings it in. For [`hal::upcall::Upcalls`].
pub fn page_fault(va: usize, access: Access) -> bool {
    let memory = crate::process::current().process().memory();
    memory.resolve(va, access).is_ok()
}

/// Whether rights allow an access.
fn allows(prot: Prot, access: Access) -> bool {
    prot.contains(match access {
        Access::Read => Prot::READ,
        Access::Write => Prot::WRITE,
        Access::Execute => Prot::EXECUTE,
    })
}

impl AddressSpace {
    /// Brings a page in, or says that the access is a fault of the program: BadAddress (nothing mapped there), AccessDenied
    /// (rights), OutOfRange (beyond the end of the mapped object), OutOfMemory (this very process was chosen to die), Io.
    /// Used by the trap loop and by [`hal::upcall::Upcalls::page_fault`].
    pub fn resolve(&self, va: usize, access: Access) -> Result<()> {
        loop {
            let result = self.try_resolve(va, access);
            if result != Err(Error::OutOfMemory) || !oom::relieve() {
                return result;
            }
        }
    }

    fn try_resolve(&self, va: usize, access: Access) -> Result<()> {
        let page = page_floor(va);
        let mut inner = self.inner.lock();
        let Inner { areas, table, .. } = &mut *inner;
        if let Some(region) = areas.find_mut(page) {
            return bring_checked(table, region, page, access);
        }
        inner.grow_stack(page, self.stack_limit(), self.limit())?;
        let Inner { areas, table, .. } = &mut *inner;
        let region = areas.find_mut(page).ok_or(Error::BadAddress)?;
        bring_checked(table, region, page, access)
    }
}

/// [`bring`], if the area's rights allow the access.
fn bring_checked(
    table: &mut PageTable,
    region: &mut Region,
    page: usize,
    access: Access,
) -> Result<()> {
    if !allows(region.prot, access) {
        return Err(Error::AccessDenied);
    }
    bring(table, region, page, access)
}

/// Makes `page` of `region` present with at least `access`.
fn bring(table: &mut PageTable, region: &mut Region, page: usize, access: Access) -> Result<()> {
    match table.peek(page) {
        None => fill(table, region, page, access),
        Some(peek) if access == Access::Write && !peek.prot.contains(Prot::WRITE) => {
            make_writable(table, region, page, peek)
        }
        // Rights that the table did not have yet, or that this processor did not know of yet.
        Some(_) => refresh(table, region, page),
    }
}

impl Inner {
    /// Makes `page` present with at least `access`. Its area's rights are not asked: loaders and tracers may write where
    /// the program may not.
    pub(super) fn bring_in(&mut self, page: usize, access: Access) -> Result<()> {
        let Inner { areas, table, .. } = self;
        let region = areas.find_mut(page).ok_or(Error::BadAddress)?;
        bring(table, region, page, access)
    }

    /// Extends the stack that `page` lies below.
    fn grow_stack(&mut self, page: usize, most: usize, limit: usize) -> Result<()> {
        let stack = self.areas.above(page).ok_or(Error::BadAddress)?;
        let (start, end) = (stack.start, stack.end);
        if !stack.grows_down || end - page > most {
            return Err(Error::BadAddress);
        }
        let floor = self.areas.below(page).map_or(0, |region| region.end);
        if floor != 0 && page < floor.saturating_add(GUARD) {
            return Err(Error::BadAddress);
        }
        if self.areas.total() + (start - page) > limit {
            return Err(Error::BadAddress);
        }
        self.areas.grow_down(start, page);
        Ok(())
    }
}

/// Gives a present page the rights of its area, as far as copy on write lets it.
fn refresh(table: &mut PageTable, region: &Region, page: usize) -> Result<()> {
    let mapped = table.query(page).ok_or(Error::BadAddress)?;
    if mapped.prot.contains(region.prot.difference(Prot::WRITE)) {
        table.map(page, mapped.frame, mapped.prot)?;
    } else {
        drop(mapped);
        table.protect(page..page + PAGE_SIZE, region.prot, true);
    }
    Ok(())
}

/// A write to a page that is present without the right to write.
fn make_writable(table: &mut PageTable, region: &Region, page: usize, peek: Peek) -> Result<()> {
    if let (true, Backing::Pages { pages, .. }) = (region.shared, &region.backing) {
        let frame = pages.page(index_of(region, page), true)?;
        return Ok(table.map(page, frame, region.prot)?);
    }
    if !peek.shared {
        // Everybody else has gone: the page is this address space's own.
        table.protect(page..page + PAGE_SIZE, region.prot, false);
        return Ok(());
    }
    let mapped = table.query(page).ok_or(Error::BadAddress)?;
    let copy = mapped.frame.duplicate()?;
    drop(mapped);
    table.map(page, copy, region.prot)?;
    sync_code(region);
    Ok(())
}

/// A new page of code was written by the kernel.
fn sync_code(region: &Region) {
    if region.prot.contains(Prot::EXECUTE) {
        hal::user::flush_icache();
    }
}

/// The page of the object behind `va`.
pub(super) fn index_of(region: &Region, va: usize) -> u64 {
    let offset = match &region.backing {
        Backing::Anonymous => 0,
        Backing::Pages { offset, .. } => *offset,
    };
    (offset + (va - region.start) as u64) / PAGE_SIZE as u64
}

/// Brings in a page that is not there.
fn fill(table: &mut PageTable, region: &mut Region, page: usize, access: Access) -> Result<()> {
    let Backing::Pages { pages, .. } = &region.backing else {
        return fill_anonymous(table, region, page);
    };
    let index = index_of(region, page);
    if region.shared {
        let write = region.prot.contains(Prot::WRITE);
        let frame = pages.page(index, write || access == Access::Write)?;
        table.map(page, frame, region.prot)?;
        if !write {
            map_around(table, region, &**pages, page)?;
        }
    } else if access == Access::Write {
        let copy = pages.page(index, false)?.duplicate()?;
        table.map(page, copy, region.prot)?;
        sync_code(region);
    } else {
        let frame = pages.page(index, false)?;
        table.map(page, frame, region.prot.difference(Prot::WRITE))?;
        map_around(table, region, &**pages, page)?;
    }
    Ok(())
}

/// Zeroed pages: one, or more and more when an area is touched page after page. A page that is only read gets its own
/// frame too: nearly all are written next, and that would be a second fault.
fn fill_anonymous(table: &mut PageTable, region: &mut Region, page: usize) -> Result<()> {
    let (expected, last) = region.ahead;
    let run = if page == expected && !hal::frame::is_short() {
        (last * 2).clamp(1, AROUND)
    } else {
        1
    };
    table.map(page, Frame::zeroed()?, region.prot)?;
    let mut next = page + PAGE_SIZE;
    let end = region.end.min(page + run * PAGE_SIZE);
    while next < end && table.peek(next).is_none() {
        // Only a guess: without memory for it, the touch itself will say so.
        let Ok(frame) = Frame::zeroed() else { break };
        if table.map(next, frame, region.prot).is_err() {
            break;
        }
        next += PAGE_SIZE;
    }
    region.ahead = (next, run);
    Ok(())
}

/// Maps what is at hand of the aligned window around `page`, read-only.
fn map_around(
    table: &mut PageTable,
    region: &Region,
    pages: &dyn Pages,
    page: usize,
) -> Result<()> {
    const WINDOW: usize = AROUND * PAGE_SIZE;
    let low = (page & !(WINDOW - 1)).max(region.start);
    let high = ((page & !(WINDOW - 1)) + WINDOW).min(region.end);
    let count = ((high - low) / PAGE_SIZE) as u64;
    if count < 2 {
        return Ok(());
    }
    let first = index_of(region, low);
    let prot = region.prot.difference(Prot::WRITE);
    let alone = table.count(low..high) == 1;
    let mut result = Ok(());
    pages.resident(first, count, &mut |index, frame| {
        let va = low + (index - first) as usize * PAGE_SIZE;
        let free = va != page && (alone || table.peek(va).is_none());
        if free && va < high && result.is_ok() {
            result = table.map(va, frame, prot);
        }
    });
    // Again only a guess.
    Ok(())
}

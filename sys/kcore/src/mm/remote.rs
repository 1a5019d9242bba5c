//! Reading and writing an address space that need not be current: loaders, tracers, /proc. The program's own rights to the
//! pages are not asked.

use super::space::{AddressSpace, Inner};
use super::{Prot, page_floor};
use crate::{Error, Result};
use hal::PAGE_SIZE;
use hal::frame::Frame;
use hal::user::Access;

impl AddressSpace {
    /// Writes into it while it is not current (loaders). BadAddress where nothing is mapped; bytes before may be written.
    pub fn write(&self, addr: usize, bytes: &[u8]) -> Result<()> {
        let mut rest = bytes;
        self.each_page(addr, bytes.len(), Access::Write, |frame, offset, len| {
            let (now, later) = rest.split_at(len);
            frame.write(offset, now);
            rest = later;
        })
    }

    /// Writes zeros, as [`AddressSpace::write`].
    pub fn zero(&self, addr: usize, len: usize) -> Result<()> {
        self.each_page(addr, len, Access::Write, |frame, offset, len| {
            frame.zero(offset, len);
        })
    }

    /// Reads from it while it is not current (/proc, tracer). BadAddress where nothing is mapped.
    pub fn read(&self, addr: usize, into: &mut [u8]) -> Result<()> {
        let mut done = 0;
        let len = into.len();
        self.each_page(addr, len, Access::Read, |frame, offset, len| {
            frame.read(offset, &mut into[done..done + len]);
            done += len;
        })
    }

    /// Visits the frames of a range: frame, offset in it, bytes.
    fn each_page(
        &self,
        addr: usize,
        len: usize,
        access: Access,
        mut visit: impl FnMut(&Frame, usize, usize),
    ) -> Result<()> {
        let end = addr.checked_add(len).ok_or(Error::BadAddress)?;
        let mut inner = self.inner.lock();
        let mut at = addr;
        while at < end {
            let page = page_floor(at);
            let part = (end - at).min(PAGE_SIZE - (at - page));
            visit(&inner.frame_for(page, access)?, at - page, part);
            at += part;
        }
        Ok(())
    }
}

impl Inner {
    /// The frame of `page`, its own copy if it is to be written and private.
    fn frame_for(&mut self, page: usize, access: Access) -> Result<Frame> {
        let region = self.areas.find(page).ok_or(Error::BadAddress)?;
        let own = self.table.peek(page).is_some_and(|peek| {
            access != Access::Write
                || peek.prot.contains(Prot::WRITE)
                || (!region.shared && !peek.shared)
        });
        if !own {
            self.bring_in(page, access)?;
        }
        let mapped = self.table.query(page).ok_or(Error::BadAddress)?;
        Ok(mapped.frame)
    }
}

//! The heap that grows by moving its end (brk, sbrk).

use super::area::Region;
use super::space::AddressSpace;
use super::{Backing, Prot, page_ceil};
use crate::{Error, Result};
use alloc::sync::Arc;
use hal::PAGE_SIZE;
use hal::sync::Once;

/// The area's name: one for all, so that growing it compares pointers.
static NAME: Once<Arc<[u8]>> = Once::new();

impl AddressSpace {
    /// The end of the heap, set by the loader with [`AddressSpace::set_heap`].
    pub fn break_end(&self) -> usize {
        self.inner.lock().heap_end
    }

    /// Where the heap starts; it is empty then.
    pub fn heap_start(&self) -> usize {
        self.inner.lock().heap_start
    }

    /// Makes the heap start, empty, at `start` (any byte; it gets the pages from the next page boundary on).
    pub fn set_heap(&self, start: usize) {
        let mut inner = self.inner.lock();
        inner.heap_start = start;
        inner.heap_end = start;
    }

    /// Moves the break; gives the new one. With an error it stays: InvalidArgument below the heap's start, OutOfMemory when there
    /// is no room or the limit is reached.
    pub fn set_break(&self, to: usize) -> Result<usize> {
        let mut inner = self.inner.lock();
        if to < inner.heap_start {
            return Err(Error::InvalidArgument);
        }
        let old = page_ceil(inner.heap_end).ok_or(Error::OutOfMemory)?;
        let new = page_ceil(to).ok_or(Error::OutOfMemory)?;
        if new > old {
            // One page stays free, so that running off the heap is noticed.
            let guarded = new.saturating_add(PAGE_SIZE).min(self.layout.top);
            let fits = new <= self.layout.top && inner.areas.is_free(old..guarded);
            let allowed = inner.areas.total().saturating_add(new - old) <= self.limit();
            if !fits || !allowed || hal::frame::is_short() {
                return Err(Error::OutOfMemory);
            }
            inner.areas.check_room(1)?;
            inner.areas.insert(Region {
                start: old,
                end: new,
                prot: Prot::READ | Prot::WRITE,
                max: Prot::all(),
                shared: false,
                grows_down: false,
                backing: Backing::Anonymous,
                name: NAME.call_once(|| Arc::from(&b"[heap]"[..])).clone(),
                ahead: (0, 0),
            });
        } else if new < old {
            inner.areas.check_room(1)?;
            inner.remove(new..old);
        }
        inner.heap_end = to;
        Ok(to)
    }
}

//! The address space: its areas and its page table behind one lock.

use super::area::Areas;
use super::{Area, Backing, FutexKey, Layout};
use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use hal::PAGE_SIZE;
use hal::paging::{PageTable, Root};
use hal::sync::Mutex;

/// Bytes a stack may grow to until told otherwise.
const DEFAULT_STACK: usize = 8 << 20;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// An address space. Shared by the threads of a process; kept alive by whoever runs in it.
pub struct AddressSpace {
    /// Never used twice: private futexes are known by it.
    id: u64,
    root: Root,
    pub(super) layout: Layout,
    /// Most bytes that may be mapped.
    limit: AtomicUsize,
    /// Most bytes of an area that grows down.
    stack_limit: AtomicUsize,
    /// A sleeping lock, since bringing in a file's page may block.
    pub(super) inner: Mutex<Inner>,
}

/// What the lock guards.
pub(super) struct Inner {
    pub(super) areas: Areas,
    pub(super) table: PageTable,
    pub(super) heap_start: usize,
    pub(super) heap_end: usize,
}

impl AddressSpace {
    /// An empty one.
    pub fn new(layout: Layout) -> Result<Arc<AddressSpace>> {
        let top = layout.top.min(hal::user::TOP);
        let layout = Layout {
            top,
            map_top: layout.map_top.min(top),
            ..layout
        };
        let inner = Inner {
            areas: Areas::default(),
            table: PageTable::new()?,
            heap_start: 0,
            heap_end: 0,
        };
        Ok(Self::with(layout, usize::MAX, DEFAULT_STACK, inner))
    }

    fn with(layout: Layout, limit: usize, stack: usize, inner: Inner) -> Arc<AddressSpace> {
        Arc::new(AddressSpace {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            root: inner.table.root(),
            layout,
            limit: AtomicUsize::new(limit),
            stack_limit: AtomicUsize::new(stack),
            inner: Mutex::new(inner),
        })
    }

    /// A copy-on-write copy (fork).
    pub fn fork(&self) -> Result<Arc<AddressSpace>> {
        if hal::frame::is_short() {
            return Err(Error::OutOfMemory);
        }
        let mut table = PageTable::new()?;
        let mut inner = self.inner.lock();
        let Inner {
            areas,
            table: parent,
            ..
        } = &mut *inner;
        for region in areas.iter() {
            // When memory runs out half-way, the parent's pages stay read-only until the next write finds them unshared.
            parent.share(&mut table, region.range(), !region.shared)?;
        }
        let copy = Inner {
            areas: inner.areas.clone(),
            table,
            heap_start: inner.heap_start,
            heap_end: inner.heap_end,
        };
        let (limit, stack) = (self.limit(), self.stack_limit());
        Ok(Self::with(self.layout, limit, stack, copy))
    }

    /// What the processor needs to run in it.
    pub fn root(&self) -> Root {
        self.root
    }

    /// Where this ABI's things lie.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Sets the most bytes that may be mapped and that a stack may grow to; what is there stays.
    pub fn set_limits(&self, mapped: u64, stack: u64) {
        let clamp = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        self.limit.store(clamp(mapped), Ordering::Relaxed);
        self.stack_limit.store(clamp(stack), Ordering::Relaxed);
    }

    pub(super) fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    pub(super) fn stack_limit(&self) -> usize {
        self.stack_limit.load(Ordering::Relaxed)
    }

    /// All areas, ascending.
    pub fn areas(&self) -> Vec<Area> {
        let inner = self.inner.lock();
        let list = inner.areas.iter().map(|region| {
            let (offset, identity) = match &region.backing {
                Backing::Anonymous => (0, (0, 0)),
                Backing::Pages { pages, offset } => (*offset, pages.identity()),
            };
            Area {
                range: region.range(),
                prot: region.prot,
                shared: region.shared,
                name: region.name.clone(),
                offset,
                identity,
                resident: inner.table.count(region.range()) * PAGE_SIZE,
            }
        });
        list.collect()
    }

    /// Mapped and resident bytes.
    pub fn usage(&self) -> (usize, usize) {
        let inner = self.inner.lock();
        (inner.areas.total(), inner.resident())
    }

    /// The rights that a program has at `addr`; BadAddress where nothing is mapped.
    pub fn prot_at(&self, addr: usize) -> Result<super::Prot> {
        let inner = self.inner.lock();
        let region = inner.areas.find(addr).ok_or(Error::BadAddress)?;
        Ok(region.prot)
    }

    /// Resident bytes, unless somebody is at work in it.
    pub(super) fn try_resident(&self) -> Option<usize> {
        Some(self.inner.try_lock()?.resident())
    }

    /// Which pages of `addr..addr + len` are present, in order, told to `each`; all must be mapped, else OutOfMemory.
    pub fn present(&self, addr: usize, len: usize, mut each: impl FnMut(bool)) -> Result<()> {
        let range = super::edit::page_range(addr, len)?;
        let inner = self.inner.lock();
        if !inner.areas.covers(range.clone()) {
            return Err(Error::OutOfMemory);
        }
        for page in range.step_by(PAGE_SIZE) {
            each(inner.table.peek(page).is_some());
        }
        Ok(())
    }

    /// Identity of a futex word: process-private or by the object behind a shared mapping.
    pub fn futex_key(&self, addr: usize, private: bool) -> Result<FutexKey> {
        if !addr.is_multiple_of(4) {
            return Err(Error::InvalidArgument);
        }
        if !private {
            let inner = self.inner.lock();
            let region = inner.areas.find(addr).ok_or(Error::BadAddress)?;
            if let (true, Backing::Pages { pages, offset }) = (region.shared, &region.backing) {
                let at = offset + (addr - region.start) as u64;
                return Ok(FutexKey::Shared(pages.identity(), at));
            }
        }
        Ok(FutexKey::Private(self.id, addr))
    }
}

impl Inner {
    fn resident(&self) -> usize {
        self.areas
            .iter()
            .map(|region| self.table.count(region.range()) * PAGE_SIZE)
            .sum()
    }
}

//! Anonymous memory that several address spaces share.

use super::Pages;
use crate::{Error, Result};
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};
use hal::PAGE_SIZE;
use hal::frame::Frame;
use hal::sync::SpinLock;
use smallvec::SmallVec;

/// Device number of shared memory in [`Pages::identity`]: no file system has it.
const DEVICE: u64 = u64::MAX;

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Zeroed memory behind shared mappings; its pages come into being when touched.
pub struct SharedMemory {
    id: u64,
    len: u64,
    frames: SpinLock<BTreeMap<u64, Frame>>,
}

impl SharedMemory {
    /// An object of `len` bytes.
    pub fn new(len: u64) -> Arc<SharedMemory> {
        Arc::new(SharedMemory {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            len,
            frames: SpinLock::new(BTreeMap::new()),
        })
    }
}

impl Pages for SharedMemory {
    fn page(&self, index: u64, _write: bool) -> Result<Frame> {
        if index >= self.len.div_ceil(PAGE_SIZE as u64) {
            return Err(Error::OutOfRange);
        }
        if let Some(frame) = self.frames.lock().get(&index) {
            return Ok(frame.clone());
        }
        // Made without the lock; if another thread was faster, its page counts.
        let fresh = Frame::zeroed()?;
        let mut frames = self.frames.lock();
        let frame = frames.entry(index).or_insert(fresh);
        Ok(frame.clone())
    }

    fn resident(&self, first: u64, count: u64, each: &mut dyn FnMut(u64, Frame)) {
        let mut found = SmallVec::<[(u64, Frame); 16]>::new();
        let range = first..first.saturating_add(count);
        let frames = self.frames.lock();
        found.extend(
            frames
                .range(range)
                .map(|(&index, frame)| (index, frame.clone())),
        );
        // `each` may need memory: not under the lock.
        drop(frames);
        found
            .into_iter()
            .for_each(|(index, frame)| each(index, frame));
    }

    fn len(&self) -> u64 {
        self.len
    }

    fn identity(&self) -> (u64, u64) {
        (DEVICE, self.id)
    }
}

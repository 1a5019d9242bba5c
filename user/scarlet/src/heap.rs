//! The program's heap: memory mapped from the kernel as it is needed.

use crate::mem::{self, Prot};
use crate::sync::RawMutex;
use core::alloc::Layout;
use talc::{TalcLock, base::Talc, base::binning::Binning, source::Source};

/// Least memory asked of the kernel at once, in bytes.
const CHUNK: usize = 256 << 10;

#[derive(Debug)]
struct Mapped;

// SAFETY: only `talc` itself is touched; mapping memory allocates nothing here.
unsafe impl Source for Mapped {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        // Room for the allocator's own data and the alignment.
        let len = (layout.size() + layout.align() + (64 << 10))
            .max(CHUNK)
            .next_multiple_of(mem::PAGE);
        let at = mem::map(len, Prot::READ_WRITE).map_err(|_| ())?;
        // SAFETY: fresh memory that nobody else knows of.
        unsafe { talc.claim(at, len) }.map(|_| ()).ok_or(())
    }
}

#[global_allocator]
static HEAP: TalcLock<RawMutex, Mapped> = TalcLock::new(Mapped);

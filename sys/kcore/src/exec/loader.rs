//! What an ABI's `load` can do: make memory, map the segments of an ELF, load an interpreter.

use super::elf::{Elf, ReadAt, Segment};
use super::{Loaded, Loader, head};
use crate::mm::{AddressSpace, Backing, Layout, Map, Pages, Prot};
use crate::vfs::File;
use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;
use hal::PAGE_SIZE;

impl Loader<'_> {
    /// Makes the new address space with this layout (first thing an ABI does).
    pub fn make_memory(&mut self, layout: Layout) -> Result<Arc<AddressSpace>> {
        let memory = AddressSpace::new(layout)?;
        let limits = self.process.limits();
        memory.set_limits(limits.address_space, limits.stack);
        self.memory = Some(memory.clone());
        Ok(memory)
    }

    /// Maps the segments of the image (`bias` added; mapped from the file where page-congruent, copied where not; bss zeroed). Any damage: NotExecutable.
    pub fn load_elf(&mut self, bias: usize) -> Result<Loaded> {
        let memory = self.memory.as_ref().ok_or(Error::InvalidArgument)?;
        let elf = self.head.elf.as_ref().ok_or(Error::NotExecutable)?;
        load_file(memory, &self.file, elf, bias, &self.path)
    }

    /// Opens and maps an interpreter found at `path` in the new namespace.
    pub fn load_interpreter(&mut self, path: &[u8], bias: usize) -> Result<Loaded> {
        let memory = self.memory.as_ref().ok_or(Error::InvalidArgument)?;
        let file = head::open(&self.fs, path)?;
        let bytes = head::read_head(&file)?;
        let elf = head::parse(&bytes, &file).elf.ok_or(Error::NotExecutable)?;
        load_file(memory, &file, &elf, bias, path)
    }

    /// Random bytes for the new image (stack protector, hash seeds).
    pub fn random(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        crate::random::fill(&mut bytes);
        bytes
    }
}

/// An image file's contents.
pub(super) struct Contents<'a> {
    pub(super) read_at: &'a ReadAt<'a>,
    /// For mapping; without, everything is copied.
    pub(super) pages: Option<Arc<dyn Pages>>,
    /// Bytes.
    pub(super) len: u64,
}

/// Where an image's pages come from and go to.
struct Source<'a> {
    memory: &'a AddressSpace,
    contents: &'a Contents<'a>,
    name: Arc<[u8]>,
}

/// A segment at its address.
#[derive(Clone, Copy)]
struct Placed {
    start: usize,
    end: usize,
    offset: u64,
    file_size: usize,
    prot: Prot,
}

fn load_file(
    memory: &AddressSpace,
    file: &File,
    elf: &Elf,
    bias: usize,
    name: &[u8],
) -> Result<Loaded> {
    let contents = Contents {
        read_at: &|offset, into| head::read_at(file, offset, into),
        pages: file.pages(),
        len: file.metadata().size,
    };
    load(memory, &contents, elf, bias, name)
}

/// Maps all segments of `elf`.
pub(super) fn load(
    memory: &AddressSpace,
    contents: &Contents<'_>,
    elf: &Elf,
    bias: usize,
    name: &[u8],
) -> Result<Loaded> {
    if elf.machine != hal::user::ELF_MACHINE || !bias.is_multiple_of(PAGE_SIZE) {
        return Err(Error::NotExecutable);
    }
    let source = Source {
        memory,
        contents,
        name: Arc::from(name),
    };
    let mut end = None;
    for segment in elf.segments.iter().filter(|s| s.memory_size != 0) {
        let placed = source.check(segment, bias, end.unwrap_or(0))?;
        source.load(placed, end)?;
        end = Some(placed.end);
    }
    let entry = usize::try_from(elf.entry)
        .ok()
        .and_then(|e| e.checked_add(bias));
    Ok(Loaded {
        bias,
        entry: entry.ok_or(Error::NotExecutable)?,
        phdr: phdr_address(elf, bias),
        end: end.ok_or(Error::NotExecutable)?,
    })
}

/// Where the program headers are in memory: in the segment that holds them in the file.
fn phdr_address(elf: &Elf, bias: usize) -> usize {
    let bytes = u64::from(elf.phdr_count) * u64::from(elf.phdr_size);
    let holds = |s: &&Segment| {
        elf.phdr_offset >= s.offset
            && elf.phdr_offset - s.offset <= s.file_size
            && s.file_size - (elf.phdr_offset - s.offset) >= bytes
    };
    // The segment was mapped, so its addresses do not overflow.
    elf.segments
        .iter()
        .find(holds)
        .map_or(0, |s| (s.va + (elf.phdr_offset - s.offset)) as usize + bias)
}

impl Source<'_> {
    /// The segment at its address, if it lies within the layout, behind `floor`, and its bytes within the file.
    fn check(&self, segment: &Segment, bias: usize, floor: usize) -> Result<Placed> {
        let place = || {
            let start = usize::try_from(segment.va).ok()?.checked_add(bias)?;
            let size = usize::try_from(segment.memory_size).ok()?;
            let end = start.checked_add(size)?;
            let file_end = segment.offset.checked_add(segment.file_size)?;
            let layout = self.memory.layout();
            let inside = start >= layout.bottom.max(floor) && end <= layout.top;
            (inside && file_end <= self.contents.len).then_some(start..end)
        };
        let Range { start, end } = place().ok_or(Error::NotExecutable)?;
        let mut prot = Prot::empty();
        prot.set(Prot::READ, segment.read || segment.write);
        prot.set(Prot::WRITE, segment.write);
        prot.set(Prot::EXECUTE, segment.execute);
        Ok(Placed {
            start,
            end,
            offset: segment.offset,
            // At most memory_size, which fits.
            file_size: segment.file_size as usize,
            prot,
        })
    }

    /// Loads one segment; `before`: the end of the one before it.
    fn load(&self, mut placed: Placed, before: Option<usize>) -> Result<()> {
        let taken = before.map_or(0, |end| end.next_multiple_of(PAGE_SIZE));
        if floor(placed.start) < taken {
            self.share_page(&placed, taken.min(placed.end), taken - PAGE_SIZE)?;
            let skipped = taken - placed.start;
            if taken >= placed.end {
                return Ok(());
            }
            placed.start = taken;
            placed.offset += skipped as u64;
            placed.file_size = placed.file_size.saturating_sub(skipped);
        }
        let congruent = (placed.start as u64 ^ placed.offset).is_multiple_of(PAGE_SIZE as u64);
        match &self.contents.pages {
            Some(pages) if congruent && placed.file_size != 0 => self.map_file(&placed, pages),
            _ => {
                self.map_zeros(floor(placed.start)..placed.end, placed.prot)?;
                self.copy(placed.start, placed.offset, placed.file_size)
            }
        }
    }

    /// The start of a segment in the last page (`page`) of the one before: both keep their bytes there, and the page has the rights of both.
    fn share_page(&self, placed: &Placed, until: usize, page: usize) -> Result<()> {
        let len = until - placed.start;
        let from_file = len.min(placed.file_size);
        self.copy(placed.start, placed.offset, from_file)?;
        self.memory
            .zero(placed.start + from_file, len - from_file)?;
        let both = self.memory.prot_at(page)? | placed.prot;
        self.memory.protect(page, PAGE_SIZE, both)
    }

    /// Maps a segment's pages from the file, privately, and the rest as zeros.
    fn map_file(&self, placed: &Placed, pages: &Arc<dyn Pages>) -> Result<()> {
        let low = floor(placed.start);
        let data_end = placed.start + placed.file_size;
        let backing = Backing::Pages {
            pages: pages.clone(),
            offset: placed.offset - (placed.start - low) as u64,
        };
        self.map(low..data_end, placed.prot, backing)?;
        if data_end < placed.end {
            let page_end = data_end.next_multiple_of(PAGE_SIZE);
            self.memory.zero(data_end, page_end - data_end)?;
            if page_end < placed.end {
                self.map_zeros(page_end..placed.end, placed.prot)?;
            }
        }
        Ok(())
    }

    fn map_zeros(&self, range: Range<usize>, prot: Prot) -> Result<()> {
        self.map(range, prot, Backing::Anonymous)
    }

    fn map(&self, range: Range<usize>, prot: Prot, backing: Backing) -> Result<()> {
        let request = Map {
            addr: range.start,
            fixed: true,
            no_replace: true,
            name: self.name.clone(),
            backing,
            ..Map::anonymous(range.len(), prot)
        };
        match self.memory.map(&request) {
            Ok(_) => Ok(()),
            Err(Error::OutOfMemory) => Err(Error::OutOfMemory),
            // It runs into something else, or is not placed where anything may be.
            Err(_) => Err(Error::NotExecutable),
        }
    }

    /// Copies bytes of the file to mapped memory.
    fn copy(&self, to: usize, offset: u64, len: usize) -> Result<()> {
        let mut buffer = Vec::new();
        buffer.try_reserve_exact(len.min(PAGE_SIZE))?;
        buffer.resize(len.min(PAGE_SIZE), 0);
        let mut done = 0;
        while done < len {
            let part = &mut buffer[..(len - done).min(PAGE_SIZE)];
            if (self.contents.read_at)(offset + done as u64, part)? != part.len() {
                // The file became shorter under our hands.
                return Err(Error::NotExecutable);
            }
            self.memory.write(to + done, part)?;
            done += part.len();
        }
        Ok(())
    }
}

/// The start of the page that holds `va`.
fn floor(va: usize) -> usize {
    va & !(PAGE_SIZE - 1)
}

//! The contents of a file: frames by page number, holes where nothing was written.

use crate::Shared;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use kcore::io::{Frame, Sink, Source};
use kcore::mm::Pages;
use kcore::sync::{Mutex, SpinLock};
use kcore::user::PAGE_SIZE;
use kcore::{Error, Result};

/// Pages in one piece of the table.
const CHUNK: u64 = 32;
/// Longest file, in bytes.
const LENGTH_LIMIT: u64 = i64::MAX as u64;

type Chunk = Box<[Option<Frame>; CHUNK as usize]>;

#[derive(Default)]
struct Table {
    len: u64,
    pages: u64,
    chunks: BTreeMap<u64, Chunk>,
}

/// A file's contents.
pub(crate) struct Data {
    shared: Arc<Shared>,
    inode: u64,
    table: SpinLock<Table>,
    /// Held by who writes or changes the length.
    writing: Mutex<()>,
}

const PAGE: u64 = PAGE_SIZE as u64;

impl Table {
    fn get(&self, index: u64) -> Option<Frame> {
        self.chunks.get(&(index / CHUNK))?[(index % CHUNK) as usize].clone()
    }

    /// The frame there; `fresh` is put there if there is none.
    fn get_or(&mut self, index: u64, fresh: Frame) -> (Frame, bool) {
        let chunk = self
            .chunks
            .entry(index / CHUNK)
            .or_insert_with(|| Box::new([const { None }; CHUNK as usize]));
        let slot = &mut chunk[(index % CHUNK) as usize];
        match slot {
            Some(frame) => (frame.clone(), false),
            None => {
                *slot = Some(fresh.clone());
                self.pages += 1;
                (fresh, true)
            }
        }
    }

    /// Takes out what lies at `first` and behind it.
    fn cut(&mut self, first: u64) -> BTreeMap<u64, Chunk> {
        let mut taken = self.chunks.split_off(&first.div_ceil(CHUNK));
        if !first.is_multiple_of(CHUNK)
            && let Some(chunk) = self.chunks.get_mut(&(first / CHUNK))
        {
            let mut part: Chunk = Box::new([const { None }; CHUNK as usize]);
            for index in (first % CHUNK) as usize..CHUNK as usize {
                part[index] = chunk[index].take();
            }
            // Not in `taken` yet: that begins at the next piece.
            taken.insert(first / CHUNK, part);
        }
        self.pages -= count(&taken);
        taken
    }
}

fn count(chunks: &BTreeMap<u64, Chunk>) -> u64 {
    let frames = chunks.values().flat_map(|chunk| chunk.iter().flatten());
    frames.count() as u64
}

impl Data {
    pub(crate) fn new(shared: Arc<Shared>, inode: u64) -> Arc<Data> {
        Arc::new(Data {
            shared,
            inode,
            table: SpinLock::new(Table::default()),
            writing: Mutex::new(()),
        })
    }

    /// Length in bytes, and pages in memory.
    pub(crate) fn size(&self) -> (u64, u64) {
        let table = self.table.lock();
        (table.len, table.pages)
    }

    pub(crate) fn read(&self, mut offset: u64, to: &mut Sink<'_>) -> Result<usize> {
        let start = to.done();
        while to.remaining() > 0 {
            let (frame, n) = {
                let table = self.table.lock();
                if offset >= table.len {
                    break;
                }
                let room = (PAGE - offset % PAGE).min(table.len - offset);
                (table.get(offset / PAGE), to.remaining().min(room as usize))
            };
            let done = match frame {
                Some(frame) => to.put_frame(&frame, (offset % PAGE) as usize, n),
                None => to.put_zeros(n),
            };
            match done {
                Ok(done) => {
                    offset += done as u64;
                    if done < n {
                        break;
                    }
                }
                Err(error) if to.done() == start => return Err(error),
                Err(_) => break,
            }
        }
        Ok(to.done() - start)
    }

    pub(crate) fn write(&self, offset: u64, from: &mut Source<'_>) -> Result<usize> {
        let _writing = self.writing.lock();
        self.write_locked(offset, from)
    }

    /// Writes at the end; gives where that was.
    pub(crate) fn append(&self, from: &mut Source<'_>) -> Result<(u64, usize)> {
        let _writing = self.writing.lock();
        let end = self.table.lock().len;
        Ok((end, self.write_locked(end, from)?))
    }

    fn write_locked(&self, mut offset: u64, from: &mut Source<'_>) -> Result<usize> {
        let start = from.done();
        if from.remaining() == 0 {
            return Ok(0);
        }
        if offset >= LENGTH_LIMIT {
            return Err(Error::FileTooBig);
        }
        self.clean_tail(offset);
        while from.remaining() > 0 && offset < LENGTH_LIMIT {
            let room = (PAGE - offset % PAGE).min(LENGTH_LIMIT - offset) as usize;
            let n = from.remaining().min(room);
            let done = self
                .frame(offset / PAGE)
                .and_then(|frame| from.take_frame(&frame, (offset % PAGE) as usize, n));
            match done {
                Ok(done) => {
                    offset += done as u64;
                    let mut table = self.table.lock();
                    table.len = table.len.max(offset);
                    if done < n {
                        break;
                    }
                }
                Err(error) if from.done() == start => return Err(error),
                Err(_) => break,
            }
        }
        Ok(from.done() - start)
    }

    /// The frame of a page, made if there is none.
    fn frame(&self, index: u64) -> Result<Frame> {
        if let Some(frame) = self.table.lock().get(index) {
            return Ok(frame);
        }
        self.shared.take_page()?;
        let Ok(fresh) = Frame::zeroed() else {
            self.shared.give_pages(1);
            return Err(Error::OutOfMemory);
        };
        let (frame, new) = self.table.lock().get_or(index, fresh);
        if !new {
            self.shared.give_pages(1);
        }
        Ok(frame)
    }

    /// Before the file grows past its end to `offset`: what a mapping wrote behind the end must not become contents.
    fn clean_tail(&self, offset: u64) {
        let (len, frame) = {
            let table = self.table.lock();
            if offset <= table.len || table.len.is_multiple_of(PAGE) {
                return;
            }
            (table.len, table.get(table.len / PAGE))
        };
        if let Some(frame) = frame {
            let from = (len % PAGE) as usize;
            frame.zero(from, PAGE_SIZE - from);
        }
    }

    /// Sets the length: cuts off, or adds a hole.
    pub(crate) fn resize(&self, len: u64) -> Result<()> {
        if len > LENGTH_LIMIT {
            return Err(Error::FileTooBig);
        }
        let _writing = self.writing.lock();
        self.clean_tail(len);
        let (taken, tail) = {
            let mut table = self.table.lock();
            table.len = len;
            let taken = table.cut(len.div_ceil(PAGE));
            let tail = (!len.is_multiple_of(PAGE)).then(|| table.get(len / PAGE));
            (taken, tail.flatten())
        };
        self.shared.give_pages(count(&taken));
        if let Some(frame) = tail {
            let from = (len % PAGE) as usize;
            frame.zero(from, PAGE_SIZE - from);
        }
        Ok(())
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        self.shared.give_pages(self.table.get_mut().pages);
    }
}

impl Pages for Data {
    fn page(&self, index: u64, _write: bool) -> Result<Frame> {
        if index >= self.len().div_ceil(PAGE) {
            return Err(Error::OutOfRange);
        }
        self.frame(index)
    }

    fn resident(&self, first: u64, count: u64, each: &mut dyn FnMut(u64, Frame)) {
        let end = first.saturating_add(count).min(self.len().div_ceil(PAGE));
        for index in first..end {
            let frame = self.table.lock().get(index);
            if let Some(frame) = frame {
                each(index, frame);
            }
        }
    }

    fn len(&self) -> u64 {
        self.table.lock().len
    }

    fn identity(&self) -> (u64, u64) {
        (self.shared.device, self.inode)
    }
}

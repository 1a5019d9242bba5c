//! Pipes: a ring of frames between readers and writers.
//!
//! One reader and one writer work at a time (a sleeping lock each side), so that bytes go straight between user memory and
//! the ring's frames without any spin lock held; positions are atomics. Writes of up to [`ATOMIC`] bytes go in whole.

use crate::io::{Sink, Source};
use crate::object::{IoFlags, Kind, Object, ObjectRef, Readiness, Stream, Wait};
use crate::wait::{WaitOptions, WaitQueue};
use crate::{Error, Result};
use alloc::sync::Arc;
use core::any::Any;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use hal::PAGE_SIZE;
use hal::frame::Frame;
use hal::sync::Mutex;

/// Bytes a pipe holds.
pub const CAPACITY: usize = 65536;
/// Bytes that are never mixed with those of other writers.
pub(crate) const ATOMIC: usize = 4096;
const FRAMES: usize = CAPACITY / PAGE_SIZE;

/// What readers and writers share.
pub struct Pipe {
    /// Bytes ever read and ever written; the difference is what the pipe holds.
    read: AtomicUsize,
    written: AtomicUsize,
    readers: AtomicUsize,
    writers: AtomicUsize,
    /// Somebody has had each end open: a named pipe's opener waits for that.
    opened: WaitQueue,
    can_read: WaitQueue,
    can_write: WaitQueue,
    reading: Mutex<()>,
    writing: Mutex<()>,
    /// The ring's frames, made as they are needed.
    frames: hal::sync::SpinLock<[Option<Frame>; FRAMES]>,
}

/// One end.
struct End {
    pipe: Arc<Pipe>,
    reads: bool,
    writes: bool,
    nonblocking: AtomicBool,
}

/// A pipe: its reader and its writer.
pub fn pipe() -> Result<(ObjectRef, ObjectRef)> {
    if hal::frame::is_short() {
        return Err(Error::OutOfMemory);
    }
    let pipe = Pipe::new();
    Ok((pipe.end(true, false, false), pipe.end(false, true, false)))
}

impl Pipe {
    /// A pipe that nobody has open: of a named pipe's node.
    pub fn new() -> Arc<Pipe> {
        Arc::new(Pipe {
            read: AtomicUsize::new(0),
            written: AtomicUsize::new(0),
            readers: AtomicUsize::new(0),
            writers: AtomicUsize::new(0),
            opened: WaitQueue::new(),
            can_read: WaitQueue::new(),
            can_write: WaitQueue::new(),
            reading: Mutex::new(()),
            writing: Mutex::new(()),
            frames: hal::sync::SpinLock::new([const { None }; FRAMES]),
        })
    }

    fn end(self: &Arc<Self>, reads: bool, writes: bool, nonblocking: bool) -> ObjectRef {
        self.readers.fetch_add(usize::from(reads), Ordering::SeqCst);
        self.writers
            .fetch_add(usize::from(writes), Ordering::SeqCst);
        self.opened.wake_all();
        Arc::new(End {
            pipe: self.clone(),
            reads,
            writes,
            nonblocking: AtomicBool::new(nonblocking),
        })
    }

    /// Opens an end of a named pipe: waits for the other end, as POSIX has it. Both at once never waits; writing without
    /// waiting needs a reader ([`Error::NoDevice`]).
    pub fn open(
        self: &Arc<Self>,
        reads: bool,
        writes: bool,
        nonblocking: bool,
    ) -> Result<ObjectRef> {
        let others = if reads { &self.writers } else { &self.readers };
        if nonblocking && !reads && self.readers.load(Ordering::SeqCst) == 0 {
            return Err(Error::NoDevice);
        }
        let end = self.end(reads, writes, nonblocking);
        if !nonblocking && reads != writes {
            self.opened.wait(WaitOptions::default(), || {
                (others.load(Ordering::SeqCst) > 0).then_some(())
            })?;
        }
        Ok(end)
    }

    fn held(&self) -> usize {
        self.written
            .load(Ordering::SeqCst)
            .wrapping_sub(self.read.load(Ordering::SeqCst))
    }

    fn room(&self) -> usize {
        CAPACITY - self.held()
    }

    /// The frame at a position of the ring, if it was made.
    fn frame(&self, position: usize) -> Option<Frame> {
        self.frames.lock()[position / PAGE_SIZE % FRAMES].clone()
    }

    fn take(&self, to: &mut Sink<'_>, nonblocking: bool) -> Result<usize> {
        if to.remaining() == 0 {
            return Ok(0);
        }
        loop {
            {
                let _reading = self.reading.lock();
                match self.held() {
                    0 if self.writers.load(Ordering::SeqCst) == 0 && self.held() == 0 => {
                        return Ok(0);
                    }
                    0 => {}
                    held => return self.copy_out(to, held),
                }
            }
            if nonblocking {
                return Err(Error::WouldBlock);
            }
            self.can_read.wait(WaitOptions::default(), || {
                (self.held() > 0 || self.writers.load(Ordering::SeqCst) == 0).then_some(())
            })?;
        }
    }

    /// Moves up to `held` bytes out. Called by the one reader.
    fn copy_out(&self, to: &mut Sink<'_>, held: usize) -> Result<usize> {
        let start = self.read.load(Ordering::Relaxed);
        let (mut at, mut result) = (start, Ok(()));
        while at - start < held && to.remaining() > 0 {
            let Some(frame) = self.frame(at) else { break };
            let len = (PAGE_SIZE - at % PAGE_SIZE).min(held - (at - start));
            match to.put_frame(&frame, at % PAGE_SIZE, len) {
                Ok(0) => break,
                Ok(n) => at = at.wrapping_add(n),
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        self.read.store(at, Ordering::SeqCst);
        if at != start {
            self.can_write.wake_all();
            return Ok(at.wrapping_sub(start));
        }
        result.map(|()| 0)
    }

    fn give(&self, from: &mut Source<'_>, nonblocking: bool) -> Result<usize> {
        let whole = from.remaining();
        let mut done = 0;
        if whole == 0 {
            return Ok(0);
        }
        loop {
            if self.readers.load(Ordering::SeqCst) == 0 {
                return if done > 0 {
                    Ok(done)
                } else {
                    Err(Error::BrokenPipe)
                };
            }
            // Small writes wait until they fit whole.
            let need = if whole <= ATOMIC { whole } else { 1 };
            {
                let _writing = self.writing.lock();
                let room = self.room();
                if room >= need.min(from.remaining()) {
                    match self.copy_in(from, room) {
                        Ok(n) => done += n,
                        Err(error) if done == 0 => return Err(error),
                        Err(_) => return Ok(done),
                    }
                    if from.remaining() == 0 {
                        return Ok(done);
                    }
                    continue;
                }
            }
            if nonblocking {
                return if done > 0 {
                    Ok(done)
                } else {
                    Err(Error::WouldBlock)
                };
            }
            let waited = self.can_write.wait(WaitOptions::default(), || {
                let room = self.room() >= need.min(from.remaining());
                (room || self.readers.load(Ordering::SeqCst) == 0).then_some(())
            });
            match waited {
                Ok(()) => {}
                Err(_) if done > 0 => return Ok(done),
                Err(error) => return Err(error),
            }
        }
    }

    /// Moves up to `room` bytes in. Called by the one writer.
    fn copy_in(&self, from: &mut Source<'_>, room: usize) -> Result<usize> {
        let start = self.written.load(Ordering::Relaxed);
        let (mut at, mut result) = (start, Ok(()));
        while at - start < room && from.remaining() > 0 {
            let frame = match self.frame(at) {
                Some(frame) => frame,
                None => {
                    let frame = Frame::zeroed()?;
                    self.frames.lock()[at / PAGE_SIZE % FRAMES] = Some(frame.clone());
                    frame
                }
            };
            let len = (PAGE_SIZE - at % PAGE_SIZE).min(room - (at - start));
            match from.take_frame(&frame, at % PAGE_SIZE, len) {
                Ok(0) => break,
                Ok(n) => at = at.wrapping_add(n),
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        self.written.store(at, Ordering::SeqCst);
        if at != start {
            self.can_read.wake_all();
            return Ok(at.wrapping_sub(start));
        }
        result.map(|()| 0)
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let pipe = &self.pipe;
        if self.reads && pipe.readers.fetch_sub(1, Ordering::SeqCst) == 1 {
            pipe.can_write.wake_all();
        }
        if self.writes && pipe.writers.fetch_sub(1, Ordering::SeqCst) == 1 {
            pipe.can_read.wake_all();
        }
    }
}

impl Object for End {
    fn kind(&self) -> Kind {
        Kind::Pipe
    }
    fn stream(&self) -> Option<&dyn Stream> {
        Some(self)
    }
    fn wait(&self) -> Option<&dyn Wait> {
        Some(self)
    }
    fn control(&self) -> Option<&dyn crate::object::Control> {
        Some(self)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for End {
    fn read(&self, to: &mut Sink<'_>, flags: IoFlags) -> Result<usize> {
        if !self.reads {
            return Err(Error::BadHandle);
        }
        self.pipe.take(to, flags.no_wait || self.nonblocking())
    }
    fn write(&self, from: &mut Source<'_>, flags: IoFlags) -> Result<usize> {
        if !self.writes {
            return Err(Error::BadHandle);
        }
        self.pipe.give(from, flags.no_wait || self.nonblocking())
    }
    fn nonblocking(&self) -> bool {
        self.nonblocking.load(Ordering::Relaxed)
    }
    fn set_nonblocking(&self, on: bool) -> Result<()> {
        self.nonblocking.store(on, Ordering::Relaxed);
        Ok(())
    }
}

impl Wait for End {
    fn readiness(&self) -> Readiness {
        let pipe = &self.pipe;
        let mut ready = Readiness::empty();
        if self.reads {
            let hung_up = pipe.writers.load(Ordering::SeqCst) == 0;
            ready.set(Readiness::READ, pipe.held() > 0);
            ready.set(Readiness::HANG_UP, hung_up);
        }
        if self.writes {
            let broken = pipe.readers.load(Ordering::SeqCst) == 0;
            ready.set(Readiness::WRITE, pipe.room() >= ATOMIC);
            ready.set(Readiness::ERROR, broken);
        }
        ready
    }
    fn queue(&self) -> &WaitQueue {
        if self.reads {
            &self.pipe.can_read
        } else {
            &self.pipe.can_write
        }
    }
}

impl crate::object::Control for End {
    fn control(&self, request: &mut crate::tty::Request) -> Result<()> {
        match request {
            crate::tty::Request::Available(bytes) => {
                *bytes = self.pipe.held();
                Ok(())
            }
            _ => Err(Error::NotTerminal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ATOMIC, CAPACITY, pipe};
    use crate::Error;
    use crate::io::{Sink, Source};
    use crate::object::{IoFlags, ObjectRef, Readiness};

    const NO_WAIT: IoFlags = IoFlags { no_wait: true };

    fn put(end: &ObjectRef, bytes: &[u8]) -> Result<usize, Error> {
        end.stream()
            .unwrap()
            .write(&mut Source::kernel(bytes), NO_WAIT)
    }

    fn get(end: &ObjectRef, len: usize) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; len];
        let n = end
            .stream()
            .unwrap()
            .read(&mut Sink::kernel(&mut bytes), NO_WAIT)?;
        bytes.truncate(n);
        Ok(bytes)
    }

    #[test]
    fn bytes_come_out_as_they_went_in() {
        let _machine = hal::testing::boot(1, 64 << 20);
        let (reader, writer) = pipe().unwrap();
        assert_eq!(get(&reader, 8), Err(Error::WouldBlock));
        let (mut next_in, mut next_out) = (0_u8, 0_u8);
        for round in 1..200 {
            let bytes: Vec<u8> = (0..round * 37 % 3000)
                .map(|_| {
                    next_in = next_in.wrapping_add(1);
                    next_in
                })
                .collect();
            if !bytes.is_empty() {
                assert_eq!(put(&writer, &bytes), Ok(bytes.len()));
            }
            while let Ok(out) = get(&reader, 700) {
                assert!(out.iter().all(|&byte| {
                    next_out = next_out.wrapping_add(1);
                    byte == next_out
                }));
            }
        }
        assert_eq!(next_in, next_out);
    }

    #[test]
    fn a_full_pipe_refuses_and_small_writes_are_whole() {
        let _machine = hal::testing::boot(1, 64 << 20);
        let (reader, writer) = pipe().unwrap();
        assert_eq!(put(&writer, &vec![1; CAPACITY + 5]), Ok(CAPACITY));
        assert_eq!(put(&writer, &[1]), Err(Error::WouldBlock));
        assert_eq!(get(&reader, 100).unwrap().len(), 100);
        assert_eq!(put(&writer, &[1; ATOMIC]), Err(Error::WouldBlock));
        assert_eq!(put(&writer, &[1; 100]), Ok(100));
    }

    #[test]
    fn ends_tell_of_each_other() {
        let _machine = hal::testing::boot(1, 64 << 20);
        let (reader, writer) = pipe().unwrap();
        let ready = |end: &ObjectRef| end.wait().unwrap().readiness();
        assert_eq!(
            (ready(&reader), ready(&writer)),
            (Readiness::empty(), Readiness::WRITE)
        );
        put(&writer, b"x").unwrap();
        assert_eq!(ready(&reader), Readiness::READ);
        drop(writer);
        assert_eq!(ready(&reader), Readiness::READ | Readiness::HANG_UP);
        assert_eq!(get(&reader, 8), Ok(b"x".to_vec()));
        assert_eq!(get(&reader, 8), Ok(vec![]));
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        assert_eq!(put(&writer, b"x"), Err(Error::BrokenPipe));
        assert_eq!(ready(&writer), Readiness::WRITE | Readiness::ERROR);
    }
}

//! The calls of the `io` group: transfers.

use crate::errno::Errno;
use crate::types::Fd;
use crate::types::file::{IoVec, Open};
use alloc::vec::Vec;
use kapi::event::{Event, EventKind};
use kapi::handle::Handle;
use kapi::io::{Piece, Sink, Source};
use kapi::object::{IoFlags, Kind, Object, ObjectRef, Rights, Seek, SeekFrom, Stream};
use kapi::{Address, Call, Error, InBuffer, Result as Kernel, UserPtr, ipc};
use smallvec::SmallVec;

/// Most bytes of one transfer: more are cut, include/linux/fs.h MAX_RW_COUNT.
const MOST: usize = 0x7fff_f000;
/// Most pieces of one transfer.
const PIECES: usize = 1024;
/// Bytes moved in one step between two files.
const CHUNK: usize = 64 << 10;

type Pieces = SmallVec<[Piece; 8]>;

fn stream(object: &ObjectRef) -> Result<&dyn Stream, Errno> {
    object.stream().ok_or_else(|| no_stream(&**object))
}

fn no_stream(object: &dyn Object) -> Errno {
    match object.kind() {
        Kind::Directory => Error::IsDirectory.into(),
        _ => Errno::EINVAL,
    }
}

fn seekable(object: &ObjectRef) -> Result<&dyn Seek, Errno> {
    object.seek().ok_or(Errno::ESPIPE)
}

fn offset_of(offset: i64) -> Result<u64, Errno> {
    u64::try_from(offset).map_err(|_| Errno::EINVAL)
}

/// The pieces of a scattered transfer, checked: their lengths do not add up to too much.
fn pieces(iov: UserPtr<IoVec>, count: usize) -> Result<Pieces, Errno> {
    if count > PIECES {
        return Err(Errno::EINVAL);
    }
    let mut total = 0_usize;
    let mut list = Pieces::new();
    for index in 0..count {
        let IoVec { base, len } = iov.at(index).read()?;
        if len > isize::MAX as u64 {
            return Err(Errno::EINVAL);
        }
        let len = (len as usize).min(MOST - total);
        total += len;
        list.push((base as usize, len));
    }
    Ok(list)
}

fn one(address: usize, len: usize) -> [Piece; 1] {
    [(address, len.min(MOST))]
}

/// What became of a write: one that nobody reads signals the writer too.
fn written(call: &Call<'_>, result: Kernel<usize>) -> Result<usize, Errno> {
    if result == Err(Error::BrokenPipe) {
        call.thread.post(Event::new(EventKind::BrokenPipe));
    }
    Ok(result?)
}

fn read_into(call: &Call<'_>, fd: Fd, pieces: &[Piece]) -> Result<usize, Errno> {
    let object = fd.object(call, Rights::READ)?;
    Ok(stream(&object)?.read(&mut Sink::user(pieces), IoFlags::default())?)
}

fn write_from(call: &Call<'_>, fd: Fd, pieces: &[Piece]) -> Result<usize, Errno> {
    let object = fd.object(call, Rights::WRITE)?;
    let result = stream(&object)?.write(&mut Source::user(pieces), IoFlags::default());
    written(call, result)
}

fn read_at(call: &Call<'_>, fd: Fd, pieces: &[Piece], offset: i64) -> Result<usize, Errno> {
    let object = fd.object(call, Rights::READ)?;
    let offset = offset_of(offset)?;
    let seek = match object.kind() {
        Kind::Directory => return Err(Error::IsDirectory.into()),
        _ => seekable(&object)?,
    };
    Ok(seek.read_at(offset, &mut Sink::user(pieces))?)
}

fn write_at(call: &Call<'_>, fd: Fd, pieces: &[Piece], offset: i64) -> Result<usize, Errno> {
    let object = fd.object(call, Rights::WRITE)?;
    let offset = offset_of(offset)?;
    let result = seekable(&object)?.write_at(offset, &mut Source::user(pieces));
    written(call, result)
}

pub(crate) fn read(
    call: &mut Call<'_>,
    fd: Fd,
    buf: Address,
    count: usize,
) -> Result<usize, Errno> {
    read_into(call, fd, &one(buf.0, count))
}

pub(crate) fn write(
    call: &mut Call<'_>,
    fd: Fd,
    buf: InBuffer,
    count: usize,
) -> Result<usize, Errno> {
    write_from(call, fd, &one(buf.0, count))
}

pub(crate) fn readv(
    call: &mut Call<'_>,
    fd: Fd,
    iov: UserPtr<IoVec>,
    count: usize,
) -> Result<usize, Errno> {
    read_into(call, fd, &pieces(iov, count)?)
}

pub(crate) fn writev(
    call: &mut Call<'_>,
    fd: Fd,
    iov: UserPtr<IoVec>,
    count: usize,
) -> Result<usize, Errno> {
    write_from(call, fd, &pieces(iov, count)?)
}

pub(crate) fn pread64(
    call: &mut Call<'_>,
    fd: Fd,
    buf: Address,
    count: usize,
    offset: i64,
) -> Result<usize, Errno> {
    read_at(call, fd, &one(buf.0, count), offset)
}

pub(crate) fn pwrite64(
    call: &mut Call<'_>,
    fd: Fd,
    buf: InBuffer,
    count: usize,
    offset: i64,
) -> Result<usize, Errno> {
    write_at(call, fd, &one(buf.0, count), offset)
}

pub(crate) fn preadv(
    call: &mut Call<'_>,
    fd: Fd,
    iov: UserPtr<IoVec>,
    count: usize,
    offset: i64,
) -> Result<usize, Errno> {
    read_at(call, fd, &pieces(iov, count)?, offset)
}

pub(crate) fn pwritev(
    call: &mut Call<'_>,
    fd: Fd,
    iov: UserPtr<IoVec>,
    count: usize,
    offset: i64,
) -> Result<usize, Errno> {
    write_at(call, fd, &pieces(iov, count)?, offset)
}

pub(crate) fn preadv2(
    call: &mut Call<'_>,
    fd: Fd,
    iov: UserPtr<IoVec>,
    count: usize,
    offset: i64,
    _high: u64,
    flags: u32,
) -> Result<usize, Errno> {
    match (flags, offset) {
        (0, -1) => readv(call, fd, iov, count),
        (0, _) => preadv(call, fd, iov, count, offset),
        _ => Err(Errno::EOPNOTSUPP),
    }
}

pub(crate) fn pwritev2(
    call: &mut Call<'_>,
    fd: Fd,
    iov: UserPtr<IoVec>,
    count: usize,
    offset: i64,
    _high: u64,
    flags: u32,
) -> Result<usize, Errno> {
    match (flags, offset) {
        (0, -1) => writev(call, fd, iov, count),
        (0, _) => pwritev(call, fd, iov, count, offset),
        _ => Err(Errno::EOPNOTSUPP),
    }
}

pub(crate) fn lseek(call: &mut Call<'_>, fd: Fd, offset: i64, whence: u32) -> Result<u64, Errno> {
    /// SEEK_DATA, SEEK_HOLE: every byte is data, the hole is at the end.
    const DATA: u32 = 3;
    const HOLE: u32 = 4;
    let object = fd.object(call, Rights::empty())?;
    let seek = seekable(&object)?;
    let to = match whence {
        0 => SeekFrom::Start(offset_of(offset)?),
        1 => SeekFrom::Current(offset),
        2 => SeekFrom::End(offset),
        DATA | HOLE => {
            let size = object.file().ok_or(Errno::EINVAL)?.metadata().size;
            let offset = offset_of(offset)?;
            if offset >= size {
                return Err(Errno::ENXIO);
            }
            SeekFrom::Start(if whence == DATA { offset } else { size })
        }
        _ => return Err(Errno::EINVAL),
    };
    Ok(seek.seek(to)?)
}

/// One side of a copy between files: an object, and the offset to use instead of its own position.
struct Side {
    object: ObjectRef,
    pointer: UserPtr<i64>,
    offset: Option<u64>,
}

impl Side {
    fn new(call: &Call<'_>, fd: Fd, rights: Rights, pointer: UserPtr<i64>) -> Result<Side, Errno> {
        let object = fd.object(call, rights)?;
        let offset = match pointer.some() {
            Some(pointer) => Some(offset_of(pointer.read()?)?),
            None => None,
        };
        Ok(Side {
            object,
            pointer,
            offset,
        })
    }

    fn read(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        let mut sink = Sink::kernel(buffer);
        Ok(match self.offset {
            Some(offset) => seekable(&self.object)?.read_at(offset, &mut sink)?,
            None => stream(&self.object)?.read(&mut sink, IoFlags::default())?,
        })
    }

    fn write(&self, bytes: &[u8]) -> Kernel<usize> {
        let mut source = Source::kernel(bytes);
        match (self.offset, self.object.seek(), self.object.stream()) {
            (Some(offset), Some(seek), _) => seek.write_at(offset, &mut source),
            (None, _, Some(stream)) => stream.write(&mut source, IoFlags::default()),
            _ => Err(Error::InvalidArgument),
        }
    }

    fn advance(&mut self, by: usize) {
        if let Some(offset) = &mut self.offset {
            *offset += by as u64;
        }
    }

    /// Tells the program how far an offset of its own has come.
    fn finish(&self) -> Result<(), Errno> {
        if let Some(offset) = self.offset {
            self.pointer.write(&(offset as i64))?;
        }
        Ok(())
    }

    /// Goes back over what was read but could not be written.
    fn give_back(&self, by: usize) {
        if self.offset.is_none()
            && let Some(seek) = self.object.seek()
        {
            let _ = seek.seek(SeekFrom::Current(-(by as i64)));
        }
    }
}

fn copy(call: &Call<'_>, from: &mut Side, to: &mut Side, count: usize) -> Result<usize, Errno> {
    let mut buffer = Vec::new();
    let room = count.clamp(1, CHUNK);
    buffer.try_reserve_exact(room).map_err(Error::from)?;
    buffer.resize(room, 0);
    let mut done = 0;
    while done < count {
        let part = room.min(count - done);
        let read = match from.read(&mut buffer[..part]) {
            Ok(0) => break,
            Ok(read) => read,
            Err(_) if done > 0 => break,
            Err(error) => return Err(error),
        };
        let result = to.write(&buffer[..read]);
        let wrote = *result.as_ref().unwrap_or(&0);
        from.give_back(read - wrote);
        from.advance(wrote);
        to.advance(wrote);
        done += wrote;
        if wrote < read {
            if done == 0 {
                return written(call, result);
            }
            break;
        }
    }
    from.finish()?;
    to.finish()?;
    Ok(done)
}

pub(crate) fn sendfile(
    call: &mut Call<'_>,
    out: Fd,
    from: Fd,
    offset: UserPtr<i64>,
    count: usize,
) -> Result<usize, Errno> {
    let mut from = Side::new(call, from, Rights::READ, offset)?;
    let mut to = Side::new(call, out, Rights::WRITE, UserPtr::new(0))?;
    if from.object.seek().is_none() {
        return Err(Errno::EINVAL);
    }
    copy(call, &mut from, &mut to, count.min(MOST))
}

pub(crate) fn copy_file_range(
    call: &mut Call<'_>,
    from: Fd,
    off_in: UserPtr<i64>,
    out: Fd,
    off_out: UserPtr<i64>,
    len: usize,
    flags: u32,
) -> Result<usize, Errno> {
    let mut from = Side::new(call, from, Rights::READ, off_in)?;
    let mut to = Side::new(call, out, Rights::WRITE, off_out)?;
    let regular = |side: &Side| side.object.kind() == Kind::File;
    if flags != 0 || !regular(&from) || !regular(&to) {
        return Err(Errno::EINVAL);
    }
    copy(call, &mut from, &mut to, len.min(MOST))
}

pub(crate) fn pipe2(call: &mut Call<'_>, fds: UserPtr<[u32; 2]>, flags: u32) -> Result<(), Errno> {
    let flags = Open::from_bits(flags).ok_or(Errno::EINVAL)?;
    if !(Open::NONBLOCK | Open::CLOSE_ON_EXEC).contains(flags) {
        return Err(Errno::EINVAL);
    }
    let (reader, writer) = ipc::pipe()?;
    if flags.contains(Open::NONBLOCK) {
        for end in [&reader, &writer] {
            stream(end)?.set_nonblocking(true)?;
        }
    }
    let base =
        Rights::DUPLICATE | Rights::TRANSFER | Rights::WAIT | Rights::INSPECT | Rights::CONTROL;
    let with = |object, rights| Handle {
        object,
        rights: base | rights,
        close_on_exec: flags.contains(Open::CLOSE_ON_EXEC),
    };
    let table = call.process().handles();
    let read = table.insert(with(reader, Rights::READ), 0)?;
    let write = match table.insert(with(writer, Rights::WRITE), 0) {
        Ok(number) => number,
        Err(error) => {
            drop(table.remove(read));
            return Err(error.into());
        }
    };
    if let Err(bad) = fds.write(&[read, write]) {
        drop((table.remove(read), table.remove(write)));
        return Err(bad.into());
    }
    Ok(())
}

pub(crate) fn readahead(
    call: &mut Call<'_>,
    fd: Fd,
    _offset: i64,
    _count: usize,
) -> Result<(), Errno> {
    fd.object(call, Rights::READ)?.file().ok_or(Errno::EINVAL)?;
    Ok(())
}

pub(crate) fn fadvise64(
    call: &mut Call<'_>,
    fd: Fd,
    _offset: i64,
    len: i64,
    advice: u32,
) -> Result<(), Errno> {
    let object = fd.object(call, Rights::empty())?;
    if len < 0 || advice > 5 {
        return Err(Errno::EINVAL);
    }
    object.file().ok_or(Errno::ESPIPE)?;
    Ok(())
}

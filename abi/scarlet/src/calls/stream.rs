//! The calls of the `stream` group.

use crate::errno::Errno;
use crate::types::Handle;
use kapi::event::{Event, EventKind};
use kapi::handle;
use kapi::io::{Sink, Source};
use kapi::object::{IoFlags, ObjectRef, Rights, SeekFrom};
use kapi::{Address, Call, Error, InBuffer, UserPtr, ipc};

fn object(call: &Call<'_>, handle: Handle, rights: Rights) -> Result<ObjectRef, Errno> {
    Ok(call.process().handles().object(handle.0, rights)?)
}

pub(crate) fn read(
    call: &mut Call<'_>,
    handle: Handle,
    to: Address,
    len: usize,
) -> Result<usize, Errno> {
    let object = object(call, handle, Rights::READ)?;
    let stream = object.stream().ok_or(Error::NotSupported)?;
    Ok(stream.read(&mut Sink::user(&[(to.0, len)]), IoFlags::default())?)
}

pub(crate) fn write(
    call: &mut Call<'_>,
    handle: Handle,
    from: InBuffer,
    len: usize,
) -> Result<usize, Errno> {
    let object = object(call, handle, Rights::WRITE)?;
    let stream = object.stream().ok_or(Error::NotSupported)?;
    let result = stream.write(&mut Source::user(&[(from.0, len)]), IoFlags::default());
    if result == Err(Error::BrokenPipe) {
        // Ends the writer, unless it ignores this.
        call.thread.post(Event::new(EventKind::BrokenPipe));
    }
    Ok(result?)
}

pub(crate) fn read_at(
    call: &mut Call<'_>,
    handle: Handle,
    to: Address,
    len: usize,
    offset: u64,
) -> Result<usize, Errno> {
    let object = object(call, handle, Rights::READ | Rights::SEEK)?;
    let seek = object.seek().ok_or(Error::NotSeekable)?;
    Ok(seek.read_at(offset, &mut Sink::user(&[(to.0, len)]))?)
}

pub(crate) fn write_at(
    call: &mut Call<'_>,
    handle: Handle,
    from: InBuffer,
    len: usize,
    offset: u64,
) -> Result<usize, Errno> {
    let object = object(call, handle, Rights::WRITE | Rights::SEEK)?;
    let seek = object.seek().ok_or(Error::NotSeekable)?;
    Ok(seek.write_at(offset, &mut Source::user(&[(from.0, len)]))?)
}

pub(crate) fn seek(
    call: &mut Call<'_>,
    handle: Handle,
    offset: i64,
    whence: u32,
) -> Result<u64, Errno> {
    let object = object(call, handle, Rights::SEEK)?;
    let to = match whence {
        0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| Error::InvalidArgument)?),
        1 => SeekFrom::Current(offset),
        2 => SeekFrom::End(offset),
        _ => return Err(Error::InvalidArgument.into()),
    };
    Ok(object.seek().ok_or(Error::NotSeekable)?.seek(to)?)
}

pub(crate) fn pipe(call: &mut Call<'_>, handles: UserPtr<[u32; 2]>) -> Result<(), Errno> {
    let (reader, writer) = ipc::pipe()?;
    let base =
        Rights::DUPLICATE | Rights::TRANSFER | Rights::WAIT | Rights::INSPECT | Rights::CONTROL;
    let table = call.process().handles();
    let with = |object, rights| handle::Handle {
        object,
        rights: base | rights,
        close_on_exec: false,
    };
    let read = table.insert(with(reader, Rights::READ), 0)?;
    let write = match table.insert(with(writer, Rights::WRITE), 0) {
        Ok(number) => number,
        Err(error) => {
            drop(table.remove(read));
            return Err(error.into());
        }
    };
    if let Err(bad) = handles.write(&[read, write]) {
        drop((table.remove(read), table.remove(write)));
        return Err(bad.into());
    }
    Ok(())
}

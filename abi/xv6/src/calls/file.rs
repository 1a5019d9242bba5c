//! The calls of the `file` group. Source: kernel/sysfile.c, kernel/file.c.

use crate::calls::path::insert;
use crate::errno::Errno;
use crate::types::{Fd, Stat, dirent};
use alloc::vec::Vec;
use kapi::handle::Handle;
use kapi::io::{Sink, Source};
use kapi::object::{IoFlags, Kind, ObjectRef, Rights};
use kapi::vfs::{DeviceId, File, Metadata, NodeKind};
use kapi::{Address, Call, Error, InBuffer, UserPtr, ipc, user};

/// Largest file: 12 direct blocks and 256 behind the indirect one.
const MAXFILE: u64 = (12 + 256) * 1024;
const RECORD: usize = 16;

fn object(call: &Call<'_>, fd: Fd, rights: Rights) -> Result<ObjectRef, Errno> {
    Ok(call.process().handles().object(fd.0, rights)?)
}

pub(crate) fn pipe(call: &mut Call<'_>, fds: UserPtr<[i32; 2]>) -> Result<i32, Errno> {
    let (reader, writer) = ipc::pipe()?;
    let base = Rights::all() - Rights::READ - Rights::WRITE;
    let handle = |object, right| Handle {
        object,
        rights: base | right,
        close_on_exec: false,
    };
    let read = insert(call, handle(reader, Rights::READ))?;
    let table = call.process().handles();
    let result = insert(call, handle(writer, Rights::WRITE)).and_then(|write| {
        fds.write(&[read, write]).map_err(|bad| {
            drop(table.remove(write as u32));
            bad.into()
        })
    });
    if let Err(error) = result {
        drop(table.remove(read as u32));
        return Err(error);
    }
    Ok(0)
}

pub(crate) fn read(call: &mut Call<'_>, fd: Fd, buf: Address, n: i32) -> Result<i32, Errno> {
    let len = usize::try_from(n).map_err(|_| Errno)?;
    let object = object(call, fd, Rights::READ)?;
    if let Some(file) = object.file()
        && file.metadata().kind == NodeKind::Directory
    {
        return read_directory(file, buf, len);
    }
    let stream = object.stream().ok_or(Errno)?;
    Ok(stream.read(&mut Sink::user(&[(buf.0, len)]), IoFlags::default())? as i32)
}

/// Directory entries as records, as many as fit whole.
fn read_directory(file: &File, buf: Address, len: usize) -> Result<i32, Errno> {
    let mut records = Vec::new();
    file.list(&mut |entry| {
        let fits = records.len() + RECORD <= len;
        if fits {
            records.extend_from_slice(&dirent(entry.inode, entry.name));
        }
        fits
    })?;
    user::copy_out(buf.0, &records)?;
    Ok(records.len() as i32)
}

pub(crate) fn fstat(call: &mut Call<'_>, fd: Fd, stat: UserPtr<Stat>) -> Result<i32, Errno> {
    let object = object(call, fd, Rights::empty())?;
    let facts = match (object.file(), object.kind()) {
        (Some(file), _) => file.metadata(),
        // The original has facts about files and devices only.
        (None, Kind::Device | Kind::Terminal) => device_facts(),
        (None, _) => return Err(Errno),
    };
    stat.write(&facts.into())?;
    Ok(0)
}

fn device_facts() -> Metadata {
    Metadata {
        kind: NodeKind::CharDevice,
        mode: 0o666,
        uid: 0,
        gid: 0,
        size: 0,
        blocks: 0,
        links: 1,
        inode: 1,
        device: 1,
        rdev: DeviceId::default(),
        accessed: 0,
        modified: 0,
        changed: 0,
        created: 0,
        block_size: 1024,
    }
}

pub(crate) fn dup(call: &mut Call<'_>, fd: Fd) -> Result<i32, Errno> {
    let handle = call.process().handles().get(fd.0, Rights::DUPLICATE)?;
    insert(
        call,
        Handle {
            close_on_exec: false,
            ..handle
        },
    )
}

pub(crate) fn write(call: &mut Call<'_>, fd: Fd, buf: InBuffer, n: i32) -> Result<i32, Errno> {
    let len = usize::try_from(n).map_err(|_| Errno)?;
    let object = object(call, fd, Rights::WRITE)?;
    if let Some(file) = object.file()
        && file.metadata().kind == NodeKind::Regular
    {
        return write_file(&object, file, buf, len);
    }
    let stream = object.stream().ok_or(Errno)?;
    Ok(stream.write(&mut Source::user(&[(buf.0, len)]), IoFlags::default())? as i32)
}

/// All or -1; no hole can be made by writing past the end, and no file grows beyond the original's largest.
fn write_file(object: &ObjectRef, file: &File, buf: InBuffer, len: usize) -> Result<i32, Errno> {
    let position = object
        .seek()
        .ok_or(Errno)?
        .seek(kapi::object::SeekFrom::Current(0))?;
    if position > file.metadata().size || position + len as u64 > MAXFILE {
        return Err(Errno);
    }
    let stream = object.stream().ok_or(Errno)?;
    let pieces = [(buf.0, len)];
    let mut source = Source::user(&pieces);
    while source.remaining() > 0 {
        match stream.write(&mut source, IoFlags::default()) {
            Ok(0) | Err(_) => return Err(Errno),
            Ok(_) => {}
        }
    }
    Ok(len as i32)
}

pub(crate) fn close(call: &mut Call<'_>, fd: Fd) -> Result<i32, Errno> {
    match call.process().handles().remove(fd.0) {
        Ok(handle) => drop(handle),
        Err(Error::BadHandle) => return Err(Errno),
        Err(error) => return Err(error.into()),
    }
    Ok(0)
}

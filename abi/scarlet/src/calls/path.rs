//! The calls of the `path` group: on names.

use crate::calls::process::text;
use crate::errno::Errno;
use crate::types::{Change, Handle, Stat, Text, Usage, node_kind};
use alloc::vec::Vec;
use kapi::handle;
use kapi::object::Rights;
use kapi::vfs::{self, Base, DeviceId, NewNode, OpenOptions, Path, RenameFlags};
use kapi::{Address, Call, Error, InBuffer, UserPtr, user};

const PATH_LIMIT: usize = 4096;
const NO_FOLLOW: u32 = 1;

bitflags::bitflags! {
    /// Flags of open.
    #[derive(Clone, Copy)]
    struct Open: u32 {
        const READ = 1;
        const WRITE = 2;
        const APPEND = 4;
        const CREATE = 8;
        const EXCLUSIVE = 16;
        const TRUNCATE = 32;
        const DIRECTORY = 64;
        const NO_FOLLOW = 128;
        const NONBLOCKING = 256;
        const CLOSE_ON_EXEC = 512;
        const PATH_ONLY = 1024;
    }
}

fn path(path: InBuffer, len: usize) -> Result<Vec<u8>, Errno> {
    text(
        Text {
            address: path.0 as u64,
            len: len as u64,
        },
        PATH_LIMIT,
    )
}

/// The place that a base handle names.
fn base(call: &Call<'_>, handle: Handle) -> Result<Base, Errno> {
    if handle == Handle::NONE {
        return Ok(Base::WorkingDirectory);
    }
    let object = call.process().handles().object(handle.0, Rights::empty())?;
    Ok(Base::Directory(
        object.file().ok_or(Error::NotDirectory)?.path().clone(),
    ))
}

/// Finds a node by base, path and flags of which only "no follow" is known.
fn find(
    call: &Call<'_>,
    handle: Handle,
    name: InBuffer,
    len: usize,
    flags: u32,
) -> Result<Path, Errno> {
    if flags & !NO_FOLLOW != 0 {
        return Err(Error::InvalidArgument.into());
    }
    Ok(call.process().fs().resolve(
        &base(call, handle)?,
        &path(name, len)?,
        flags & NO_FOLLOW == 0,
    )?)
}

pub(crate) fn open(
    call: &mut Call<'_>,
    at: Handle,
    name: InBuffer,
    len: usize,
    flags: u32,
    mode: u32,
) -> Result<u32, Errno> {
    let flags = Open::from_bits(flags).ok_or(Error::InvalidArgument)?;
    let options = OpenOptions {
        read: flags.contains(Open::READ),
        write: flags.intersects(Open::WRITE | Open::APPEND),
        append: flags.contains(Open::APPEND),
        create: flags.contains(Open::CREATE),
        exclusive: flags.contains(Open::EXCLUSIVE),
        truncate: flags.contains(Open::TRUNCATE),
        directory: flags.contains(Open::DIRECTORY),
        no_follow: flags.contains(Open::NO_FOLLOW),
        nonblocking: flags.contains(Open::NONBLOCKING),
        path_only: flags.contains(Open::PATH_ONLY),
        no_controlling_terminal: true,
        mode: (mode & 0o7777) as u16,
    };
    let object = call
        .process()
        .fs()
        .open(&base(call, at)?, &path(name, len)?, &options)?;
    let mut rights = Rights::all() - Rights::READ - Rights::WRITE;
    rights.set(Rights::READ | Rights::MAP, options.read);
    rights.set(Rights::WRITE, options.write);
    let close_on_exec = flags.contains(Open::CLOSE_ON_EXEC);
    Ok(call.process().handles().insert(
        handle::Handle {
            object,
            rights,
            close_on_exec,
        },
        0,
    )?)
}

pub(crate) fn stat(
    call: &mut Call<'_>,
    at: Handle,
    name: InBuffer,
    len: usize,
    flags: u32,
    stat: UserPtr<Stat>,
) -> Result<(), Errno> {
    Ok(stat.write(&find(call, at, name, len, flags)?.metadata().into())?)
}

pub(crate) fn make(
    call: &mut Call<'_>,
    at: Handle,
    name: InBuffer,
    len: usize,
    kind: u32,
    mode: u32,
    rdev: u64,
) -> Result<(), Errno> {
    let credentials = call.process().credentials();
    let node = NewNode {
        kind: node_kind(kind).ok_or(Error::InvalidArgument)?,
        mode: (mode & 0o7777) as u16,
        uid: credentials.fsuid,
        gid: credentials.fsgid,
        rdev: DeviceId {
            major: (rdev >> 32) as u32,
            minor: rdev as u32,
        },
    };
    Ok(call
        .process()
        .fs()
        .make(&base(call, at)?, &path(name, len)?, &node)?)
}

pub(crate) fn remove(
    call: &mut Call<'_>,
    at: Handle,
    name: InBuffer,
    len: usize,
    flags: u32,
) -> Result<(), Errno> {
    let fs = call.process().fs();
    let (base, path) = (base(call, at)?, path(name, len)?);
    match flags {
        0 => fs.unlink(&base, &path)?,
        1 => fs.remove_directory(&base, &path)?,
        _ => return Err(Error::InvalidArgument.into()),
    }
    Ok(())
}

pub(crate) fn rename(
    call: &mut Call<'_>,
    at: Handle,
    name: InBuffer,
    len: usize,
    to_at: Handle,
    to: InBuffer,
    to_len: usize,
) -> Result<(), Errno> {
    let (from, to) = (path(name, len)?, path(to, to_len)?);
    let (base, to_base) = (base(call, at)?, base(call, to_at)?);
    Ok(call
        .process()
        .fs()
        .rename(&base, &from, &to_base, &to, RenameFlags::default())?)
}

pub(crate) fn link(
    call: &mut Call<'_>,
    at: Handle,
    name: InBuffer,
    len: usize,
    to_at: Handle,
    to: InBuffer,
    to_len: usize,
) -> Result<(), Errno> {
    let from = find(call, at, name, len, NO_FOLLOW)?;
    Ok(call
        .process()
        .fs()
        .link(&from, &base(call, to_at)?, &path(to, to_len)?)?)
}

pub(crate) fn symlink(
    call: &mut Call<'_>,
    target: InBuffer,
    target_len: usize,
    at: Handle,
    name: InBuffer,
    len: usize,
) -> Result<(), Errno> {
    let target = path(target, target_len)?;
    Ok(call
        .process()
        .fs()
        .symlink(&target, &base(call, at)?, &path(name, len)?)?)
}

pub(crate) fn read_link(
    call: &mut Call<'_>,
    at: Handle,
    name: InBuffer,
    len: usize,
    to: Address,
    to_len: usize,
) -> Result<usize, Errno> {
    let target = find(call, at, name, len, NO_FOLLOW)?.inode().read_link()?;
    give(&target, to, to_len)
}

/// Copies a text out; one that does not fit is an error.
fn give(text: &[u8], to: Address, len: usize) -> Result<usize, Errno> {
    if text.len() > len {
        return Err(Error::OutOfRange.into());
    }
    user::copy_out(to.0, text)?;
    Ok(text.len())
}

pub(crate) fn change(
    call: &mut Call<'_>,
    at: Handle,
    name: InBuffer,
    len: usize,
    change: UserPtr<Change>,
    flags: u32,
) -> Result<(), Errno> {
    let asked = change.read()?;
    if asked.mask & !63 != 0 {
        return Err(Error::InvalidArgument.into());
    }
    let has = |bit: u32| asked.mask & bit != 0;
    let change = vfs::Change {
        mode: has(1).then_some((asked.mode & 0o7777) as u16),
        uid: has(2).then_some(asked.uid),
        gid: has(4).then_some(asked.gid),
        size: has(8).then_some(asked.size),
        accessed: has(16).then_some(i128::from(asked.accessed)),
        modified: has(32).then_some(i128::from(asked.modified)),
    };
    let place = find(call, at, name, len, flags)?;
    Ok(call.process().fs().change(&place, &change)?)
}

pub(crate) fn set_directory(
    call: &mut Call<'_>,
    at: Handle,
    name: InBuffer,
    len: usize,
) -> Result<(), Errno> {
    let place = find(call, at, name, len, 0)?;
    Ok(call.process().fs().set_working_directory(place)?)
}

pub(crate) fn get_directory(call: &mut Call<'_>, to: Address, len: usize) -> Result<usize, Errno> {
    let fs = call.process().fs();
    give(&fs.name_of(&fs.working_directory())?, to, len)
}

pub(crate) fn usage(
    call: &mut Call<'_>,
    at: Handle,
    name: InBuffer,
    len: usize,
    usage: UserPtr<Usage>,
) -> Result<(), Errno> {
    let space = find(call, at, name, len, 0)?.usage();
    Ok(usage.write(&Usage {
        block_size: space.block_size,
        blocks: space.blocks,
        free: space.free,
        files: space.files,
        files_free: space.files_free,
        read_only: u32::from(space.read_only),
        pad: 0,
    })?)
}

pub(crate) fn umask(call: &mut Call<'_>, mask: u32) -> Result<u32, Errno> {
    Ok(u32::from(
        call.process().fs().set_umask((mask & 0o777) as u16),
    ))
}

//! The calls of the `attribute` group: extended attributes.

use crate::calls::path::find;
use crate::errno::Errno;
use crate::types::{Dir, Fd};
use alloc::vec::Vec;
use kapi::object::Rights;
use kapi::vfs::Path;
use kapi::{Address, Call, Error, InBuffer, PathBytes, UserStr, user};

/// XATTR_NAME_MAX with its NUL, XATTR_SIZE_MAX.
const NAME_LIMIT: usize = 256;
const VALUE_LIMIT: usize = 65_536;

fn name(name: UserStr) -> Result<PathBytes, Errno> {
    match name.read(NAME_LIMIT) {
        Ok(name) if name.is_empty() => Err(Errno::ERANGE),
        Err(Error::NameTooLong) => Err(Errno::ERANGE),
        other => Ok(other?),
    }
}

fn place_of(call: &Call<'_>, fd: Fd) -> Result<Path, Errno> {
    let object = fd.object(call, Rights::empty())?;
    Ok(object.file().ok_or(Errno::EOPNOTSUPP)?.path().clone())
}

/// What is not there is no data.
fn missing(error: Error) -> Errno {
    match error {
        Error::NotFound => Errno::ENODATA,
        error => error.into(),
    }
}

fn get(place: &Path, key: UserStr, to: Address, size: usize) -> Result<usize, Errno> {
    let value = place.inode().get_attribute(&name(key)?).map_err(missing)?;
    if size != 0 {
        if value.len() > size {
            return Err(Errno::ERANGE);
        }
        user::copy_out(to.0, &value)?;
    }
    Ok(value.len())
}

fn set(
    call: &Call<'_>,
    place: &Path,
    key: UserStr,
    from: InBuffer,
    size: usize,
    flags: u32,
) -> Result<(), Errno> {
    const CREATE: u32 = 1;
    const REPLACE: u32 = 2;
    if flags > REPLACE {
        return Err(Errno::EINVAL);
    }
    if size > VALUE_LIMIT {
        return Err(Errno::E2BIG);
    }
    let key = name(key)?;
    call.process()
        .fs()
        .access(place, false, true, false, false)?;
    let there = place.inode().get_attribute(&key).is_ok();
    match flags {
        CREATE if there => return Err(Errno::EEXIST),
        REPLACE if !there => return Err(Errno::ENODATA),
        _ => {}
    }
    let mut value = Vec::new();
    value.try_reserve_exact(size).map_err(Error::from)?;
    value.resize(size, 0);
    user::copy_in(&mut value, from.0)?;
    Ok(place.inode().set_attribute(&key, &value)?)
}

pub(crate) fn setxattr(
    call: &mut Call<'_>,
    path: UserStr,
    name: UserStr,
    value: InBuffer,
    size: usize,
    flags: u32,
) -> Result<(), Errno> {
    let place = find(call, Dir::WORKING, path, true)?;
    set(call, &place, name, value, size, flags)
}

pub(crate) fn lsetxattr(
    call: &mut Call<'_>,
    path: UserStr,
    name: UserStr,
    value: InBuffer,
    size: usize,
    flags: u32,
) -> Result<(), Errno> {
    let place = find(call, Dir::WORKING, path, false)?;
    set(call, &place, name, value, size, flags)
}

pub(crate) fn fsetxattr(
    call: &mut Call<'_>,
    fd: Fd,
    name: UserStr,
    value: InBuffer,
    size: usize,
    flags: u32,
) -> Result<(), Errno> {
    let place = place_of(call, fd)?;
    set(call, &place, name, value, size, flags)
}

pub(crate) fn getxattr(
    call: &mut Call<'_>,
    path: UserStr,
    name: UserStr,
    value: Address,
    size: usize,
) -> Result<usize, Errno> {
    get(&find(call, Dir::WORKING, path, true)?, name, value, size)
}

pub(crate) fn lgetxattr(
    call: &mut Call<'_>,
    path: UserStr,
    name: UserStr,
    value: Address,
    size: usize,
) -> Result<usize, Errno> {
    get(&find(call, Dir::WORKING, path, false)?, name, value, size)
}

pub(crate) fn fgetxattr(
    call: &mut Call<'_>,
    fd: Fd,
    name: UserStr,
    value: Address,
    size: usize,
) -> Result<usize, Errno> {
    get(&place_of(call, fd)?, name, value, size)
}

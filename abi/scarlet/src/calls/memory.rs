//! The calls of the `memory` group.

use crate::errno::Errno;
use crate::types::Handle;
use alloc::sync::Arc;
use kapi::mm::{Backing, Map, Prot};
use kapi::object::Rights;
use kapi::{Address, Call, Error};

const FIXED: u32 = 1;
const SHARED: u32 = 2;

fn prot_of(bits: u32) -> Result<Prot, Errno> {
    let bits = u8::try_from(bits).map_err(|_| Error::InvalidArgument)?;
    Ok(Prot::from_bits(bits).ok_or(Error::InvalidArgument)?)
}

pub(crate) fn map(
    call: &mut Call<'_>,
    address: Address,
    len: usize,
    prot: u32,
    flags: u32,
    handle: Handle,
    offset: u64,
) -> Result<Address, Errno> {
    if flags & !(FIXED | SHARED) != 0 {
        return Err(Error::InvalidArgument.into());
    }
    let (prot, shared) = (prot_of(prot)?, flags & SHARED != 0);
    let (backing, name): (_, &[u8]) = match handle {
        Handle::NONE => (Backing::Anonymous, b""),
        handle => (file_backing(call, handle, prot, shared, offset)?, b"file"),
    };
    let request = Map {
        addr: address.0,
        fixed: flags & FIXED != 0,
        no_replace: false,
        len,
        prot,
        shared,
        backing,
        grows_down: false,
        populate: false,
        name: Arc::from(name),
    };
    Ok(Address(call.process().memory().map(&request)?))
}

fn file_backing(
    call: &Call<'_>,
    handle: Handle,
    prot: Prot,
    shared: bool,
    offset: u64,
) -> Result<Backing, Errno> {
    let mut rights = Rights::READ | Rights::MAP;
    rights.set(Rights::WRITE, shared && prot.contains(Prot::WRITE));
    let object = call.process().handles().object(handle.0, rights)?;
    let pages = object
        .file()
        .and_then(|file| file.pages())
        .ok_or(Error::NotSupported)?;
    Ok(Backing::Pages { pages, offset })
}

pub(crate) fn unmap(call: &mut Call<'_>, address: Address, len: usize) -> Result<(), Errno> {
    Ok(call.process().memory().unmap(address.0, len)?)
}

pub(crate) fn protect(
    call: &mut Call<'_>,
    address: Address,
    len: usize,
    prot: u32,
) -> Result<(), Errno> {
    Ok(call
        .process()
        .memory()
        .protect(address.0, len, prot_of(prot)?)?)
}

//! The calls of the `memory` group.

use crate::errno::Errno;
use crate::types::Fd;
use alloc::sync::Arc;
use alloc::vec::Vec;
use kapi::mm::{Backing, Map, Prot};
use kapi::object::{Kind, Rights};
use kapi::user::{self, PAGE_SIZE};
use kapi::{Address, Call, Error};

const SHARED: u32 = 1;
const PRIVATE: u32 = 2;
const SHARED_VALIDATE: u32 = 3;
const FIXED: u32 = 0x10;
const ANONYMOUS: u32 = 0x20;
const GROWS_DOWN: u32 = 0x100;
const POPULATE: u32 = 0x8000;
const FIXED_NO_REPLACE: u32 = 0x10_0000;

/// PROT_ bits; PROT_SEM (8) and PROT_GROWSDOWN/UP are not for here.
fn prot_of(bits: u32) -> Result<Prot, Errno> {
    let mut prot = Prot::empty();
    if bits & !7 != 0 {
        return Err(Errno::EINVAL);
    }
    prot.set(Prot::READ, bits & 1 != 0);
    prot.set(Prot::WRITE, bits & 2 != 0);
    prot.set(Prot::EXECUTE, bits & 4 != 0);
    Ok(prot)
}

fn aligned(address: Address) -> Result<usize, Errno> {
    if address.0.is_multiple_of(PAGE_SIZE) {
        Ok(address.0)
    } else {
        Err(Errno::EINVAL)
    }
}

pub(crate) fn mmap(
    call: &mut Call<'_>,
    addr: Address,
    len: usize,
    prot: u32,
    flags: u32,
    fd: Fd,
    offset: u64,
) -> Result<Address, Errno> {
    let prot = prot_of(prot)?;
    let shared = match flags & 0xf {
        SHARED | SHARED_VALIDATE => true,
        PRIVATE => false,
        _ => return Err(Errno::EINVAL),
    };
    if len == 0 || !offset.is_multiple_of(PAGE_SIZE as u64) {
        return Err(Errno::EINVAL);
    }
    let fixed = flags & (FIXED | FIXED_NO_REPLACE) != 0;
    if fixed {
        aligned(addr)?;
    }
    let (backing, most, name) = if flags & ANONYMOUS != 0 {
        (Backing::Anonymous, Prot::all(), Arc::from(&b""[..]))
    } else {
        file_backing(call, fd, prot, shared, offset)?
    };
    let request = Map {
        addr: addr.0,
        fixed,
        no_replace: flags & FIXED_NO_REPLACE != 0,
        len,
        prot,
        shared,
        backing,
        grows_down: flags & GROWS_DOWN != 0,
        populate: flags & POPULATE != 0,
        name,
    };
    Ok(Address(
        call.process().memory().map_at_most(&request, most)?,
    ))
}

/// A file's pages, the most that a mapping of it may be given, and its name for listings.
fn file_backing(
    call: &Call<'_>,
    fd: Fd,
    prot: Prot,
    shared: bool,
    offset: u64,
) -> Result<(Backing, Prot, Arc<[u8]>), Errno> {
    let handle = fd.handle(call, Rights::empty())?;
    if !handle.rights.contains(Rights::READ) {
        return Err(Error::AccessDenied.into());
    }
    let mut most = Prot::all();
    if shared && !handle.rights.contains(Rights::WRITE) {
        most.remove(Prot::WRITE);
        if prot.contains(Prot::WRITE) {
            return Err(Error::AccessDenied.into());
        }
    }
    let object = handle.object;
    let Some(file) = object.file() else {
        return Err(Errno::ENODEV);
    };
    if file.path().mount_flags().no_exec {
        most.remove(Prot::EXECUTE);
        if prot.contains(Prot::EXECUTE) {
            return Err(Errno::EPERM);
        }
    }
    let Some(pages) = file.pages() else {
        // Zeros without end are what an anonymous mapping is.
        let rdev = file.metadata().rdev;
        if object.kind() == Kind::Device && (rdev.major, rdev.minor) == (1, 5) {
            return Ok((Backing::Anonymous, Prot::all(), Arc::from(&b""[..])));
        }
        return Err(Errno::ENODEV);
    };
    let fs = call.process().fs();
    let name = fs.name_of(file.path()).unwrap_or_default();
    Ok((
        Backing::Pages { pages, offset },
        most,
        Arc::from(name.as_slice()),
    ))
}

pub(crate) fn munmap(call: &mut Call<'_>, addr: Address, len: usize) -> Result<(), Errno> {
    Ok(call.process().memory().unmap(addr.0, len)?)
}

pub(crate) fn mprotect(
    call: &mut Call<'_>,
    addr: Address,
    len: usize,
    prot: u32,
) -> Result<(), Errno> {
    Ok(call
        .process()
        .memory()
        .protect(aligned(addr)?, len, prot_of(prot)?)?)
}

pub(crate) fn mremap(
    call: &mut Call<'_>,
    addr: Address,
    old_len: usize,
    new_len: usize,
    flags: u32,
    to: Address,
) -> Result<Address, Errno> {
    const MAY_MOVE: u32 = 1;
    const FIXED: u32 = 2;
    if flags & !(MAY_MOVE | FIXED) != 0 || flags == FIXED || old_len == 0 {
        return Err(Errno::EINVAL);
    }
    let to = (flags & FIXED != 0).then_some(to.0);
    let memory = call.process().memory();
    Ok(Address(memory.remap(
        addr.0,
        old_len,
        new_len,
        flags & MAY_MOVE != 0,
        to,
    )?))
}

pub(crate) fn brk(call: &mut Call<'_>, to: Address) -> Result<Address, Errno> {
    let memory = call.process().memory();
    // This call never fails: it gives the break as it then is.
    let end = memory.set_break(to.0);
    Ok(Address(end.unwrap_or_else(|_| memory.break_end())))
}

pub(crate) fn madvise(
    call: &mut Call<'_>,
    addr: Address,
    len: usize,
    advice: u32,
) -> Result<(), Errno> {
    const DONTNEED: u32 = 4;
    const FREE: u32 = 8;
    const POPULATE_READ: u32 = 22;
    const POPULATE_WRITE: u32 = 23;
    let start = aligned(addr)?;
    if len == 0 {
        return Ok(());
    }
    let memory = call.process().memory();
    match advice {
        DONTNEED | FREE => Ok(memory.discard(start, len)?),
        POPULATE_READ | POPULATE_WRITE => Ok(memory.populate(start, len)?),
        // NORMAL, RANDOM, SEQUENTIAL, WILLNEED, MERGEABLE..NODUMP, WIPEONFORK's like not, COLD, PAGEOUT.
        0..=3 | 12..=17 | 20 | 21 => mapped(call, start, len),
        _ => Err(Errno::EINVAL),
    }
}

/// ENOMEM unless all of it is mapped.
fn mapped(call: &Call<'_>, start: usize, len: usize) -> Result<(), Errno> {
    Ok(call.process().memory().present(start, len, |_| {})?)
}

pub(crate) fn msync(
    call: &mut Call<'_>,
    addr: Address,
    len: usize,
    flags: u32,
) -> Result<(), Errno> {
    const ASYNC: u32 = 1;
    const SYNC: u32 = 4;
    if flags & !7 != 0 || flags & (ASYNC | SYNC) == ASYNC | SYNC {
        return Err(Errno::EINVAL);
    }
    let start = aligned(addr)?;
    if len == 0 {
        return Ok(());
    }
    mapped(call, start, len)
}

pub(crate) fn mlock(call: &mut Call<'_>, addr: Address, len: usize) -> Result<(), Errno> {
    let start = addr.0 & !(PAGE_SIZE - 1);
    if len == 0 {
        return Ok(());
    }
    let end = addr.0.checked_add(len).ok_or(Errno::EINVAL)?;
    Ok(call.process().memory().populate(start, end - start)?)
}

pub(crate) fn mlock2(
    call: &mut Call<'_>,
    addr: Address,
    len: usize,
    flags: u32,
) -> Result<(), Errno> {
    match flags {
        0 => mlock(call, addr, len),
        // MLOCK_ONFAULT: pages come when touched.
        1 => munlock(call, addr, len),
        _ => Err(Errno::EINVAL),
    }
}

pub(crate) fn munlock(call: &mut Call<'_>, addr: Address, len: usize) -> Result<(), Errno> {
    let start = addr.0 & !(PAGE_SIZE - 1);
    if len == 0 {
        return Ok(());
    }
    let end = addr.0.checked_add(len).ok_or(Errno::EINVAL)?;
    mapped(call, start, end - start)
}

pub(crate) fn mlockall(_call: &mut Call<'_>, flags: u32) -> Result<(), Errno> {
    if flags == 0 || flags & !7 != 0 {
        return Err(Errno::EINVAL);
    }
    Ok(())
}

pub(crate) fn munlockall(_call: &mut Call<'_>) -> Result<(), Errno> {
    Ok(())
}

pub(crate) fn mincore(
    call: &mut Call<'_>,
    addr: Address,
    len: usize,
    vector: Address,
) -> Result<(), Errno> {
    /// Pages told in one step.
    const STEP: usize = 4096;
    let mut at = aligned(addr)?;
    let end = at.checked_add(len).ok_or(Errno::ENOMEM)?;
    let mut to = vector.0;
    while at < end {
        let part = (end - at).min(STEP * PAGE_SIZE);
        let mut pages = Vec::new();
        let count = part.div_ceil(PAGE_SIZE);
        pages.try_reserve_exact(count).map_err(Error::from)?;
        let memory = call.process().memory();
        memory.present(at, part, |present| pages.push(u8::from(present)))?;
        user::copy_out(to, &pages)?;
        to = to.wrapping_add(pages.len());
        at += part;
    }
    Ok(())
}

pub(crate) fn membarrier(
    _call: &mut Call<'_>,
    command: u32,
    flags: u32,
    _cpu: u32,
) -> Result<u32, Errno> {
    // The query: no command is supported.
    if command == 0 && flags == 0 {
        Ok(0)
    } else {
        Err(Errno::EINVAL)
    }
}

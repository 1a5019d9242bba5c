//! The calls of the `file` group: on open files and descriptors.

use crate::errno::Errno;
use crate::types::Fd;
use crate::types::file::{Flock, Open, Stat, StatFs};
use alloc::vec::Vec;
use kapi::handle::Handle;
use kapi::object::{Kind, ObjectRef, Rights};
use kapi::vfs::{Change, DeviceId, DirEntry, File, Metadata, NodeKind};
use kapi::{Address, Call, Error, UserPtr, user};

pub(crate) use super::terminal::ioctl;

/// Largest piece of a listing made in one call.
const LISTING: usize = 64 << 10;

pub(crate) fn close(call: &mut Call<'_>, fd: Fd) -> Result<(), Errno> {
    drop(call.process().handles().remove(fd.number()?)?);
    Ok(())
}

pub(crate) fn close_range(
    call: &mut Call<'_>,
    first: u32,
    last: u32,
    flags: u32,
) -> Result<(), Errno> {
    const UNSHARE: u32 = 2;
    const CLOSE_ON_EXEC: u32 = 4;
    if first > last || flags & !(UNSHARE | CLOSE_ON_EXEC) != 0 {
        return Err(Errno::EINVAL);
    }
    if flags & UNSHARE != 0 {
        // Tables cannot be unshared yet.
        return Err(Errno::EINVAL);
    }
    let table = call.process().handles();
    for number in table.numbers() {
        if (first..=last).contains(&number) {
            // Another thread may have closed it meanwhile.
            if flags & CLOSE_ON_EXEC != 0 {
                let _ = table.set_close_on_exec(number, true);
            } else {
                drop(table.remove(number));
            }
        }
    }
    Ok(())
}

pub(crate) fn dup(call: &mut Call<'_>, fd: Fd) -> Result<u32, Errno> {
    duplicate(call, fd, 0, false)
}

fn duplicate(call: &Call<'_>, fd: Fd, from: u64, close_on_exec: bool) -> Result<u32, Errno> {
    let table = call.process().handles();
    let handle = fd.handle(call, Rights::DUPLICATE)?;
    let from = u32::try_from(from)
        .ok()
        .filter(|&from| (from as usize) < table.limit())
        .ok_or(Errno::EINVAL)?;
    Ok(table.insert(
        Handle {
            close_on_exec,
            ..handle
        },
        from,
    )?)
}

pub(crate) fn dup3(call: &mut Call<'_>, old: Fd, new: Fd, flags: u32) -> Result<u32, Errno> {
    let close_on_exec = match Open::from_bits(flags) {
        Some(flags) if flags.is_empty() => false,
        Some(Open::CLOSE_ON_EXEC) => true,
        _ => return Err(Errno::EINVAL),
    };
    if old == new {
        return Err(Errno::EINVAL);
    }
    let table = call.process().handles();
    let handle = fd_handle(call, old)?;
    let number = new.number()?;
    if number as usize >= table.limit() {
        return Err(Errno::EBADF);
    }
    let new = Handle {
        close_on_exec,
        ..handle
    };
    drop(table.replace(number, new)?);
    Ok(number)
}

fn fd_handle(call: &Call<'_>, fd: Fd) -> Result<Handle, Errno> {
    fd.handle(call, Rights::DUPLICATE)
}

pub(crate) fn fcntl(
    call: &mut Call<'_>,
    fd: Fd,
    command: u32,
    argument: u64,
) -> Result<u64, Errno> {
    const DUPFD: u32 = 0;
    const GETFD: u32 = 1;
    const SETFD: u32 = 2;
    const GETFL: u32 = 3;
    const SETFL: u32 = 4;
    const GETLK: u32 = 5;
    const SETLK: u32 = 6;
    const SETLKW: u32 = 7;
    const OFD_GETLK: u32 = 36;
    const OFD_SETLK: u32 = 37;
    const OFD_SETLKW: u32 = 38;
    const DUPFD_CLOEXEC: u32 = 1030;
    const SETPIPE_SZ: u32 = 1031;
    const GETPIPE_SZ: u32 = 1032;
    let handle = fd.handle(call, Rights::empty())?;
    Ok(match command {
        DUPFD | DUPFD_CLOEXEC => {
            u64::from(duplicate(call, fd, argument, command == DUPFD_CLOEXEC)?)
        }
        GETFD => u64::from(handle.close_on_exec),
        SETFD => {
            let table = call.process().handles();
            table.set_close_on_exec(fd.number()?, argument & 1 != 0)?;
            0
        }
        GETFL => u64::from(status_flags(&handle)),
        SETFL => set_status_flags(&handle.object, argument as u32)?,
        GETLK | OFD_GETLK => {
            let lock = UserPtr::<Flock>::new(argument as usize);
            let asked = lock.read()?;
            check_lock(&asked)?;
            // Nobody holds any.
            lock.write(&Flock { kind: 2, ..asked })?;
            0
        }
        SETLK | SETLKW | OFD_SETLK | OFD_SETLKW => {
            check_lock(&UserPtr::<Flock>::new(argument as usize).read()?)?;
            0
        }
        GETPIPE_SZ | SETPIPE_SZ if handle.object.kind() != Kind::Pipe => return Err(Errno::EBADF),
        GETPIPE_SZ => kapi::ipc::PIPE_CAPACITY as u64,
        SETPIPE_SZ if argument as usize <= kapi::ipc::PIPE_CAPACITY => {
            kapi::ipc::PIPE_CAPACITY as u64
        }
        SETPIPE_SZ => return Err(Errno::EPERM),
        _ => return Err(Errno::EINVAL),
    })
}

fn check_lock(lock: &Flock) -> Result<(), Errno> {
    match (lock.kind, lock.whence) {
        (0..=2, 0..=2) => Ok(()),
        _ => Err(Errno::EINVAL),
    }
}

/// What F_GETFL gives: the access mode by the handle's rights, append, non-blocking, O_PATH.
fn status_flags(handle: &Handle) -> u32 {
    let mut flags = match (
        handle.rights.contains(Rights::READ),
        handle.rights.contains(Rights::WRITE),
    ) {
        (_, false) => 0,
        (false, true) => 1,
        (true, true) => 2,
    };
    if let Some(file) = handle.object.file() {
        let options = file.options();
        if options.append {
            flags |= Open::APPEND.bits();
        }
        if options.path_only {
            flags |= Open::PATH.bits();
        }
        flags |= Open::LARGE.bits();
    }
    let nonblocking = handle.object.stream().is_some_and(|s| s.nonblocking());
    if nonblocking {
        flags |= Open::NONBLOCK.bits();
    }
    flags
}

fn set_status_flags(object: &ObjectRef, flags: u32) -> Result<u64, Errno> {
    let flags = Open::from_bits_truncate(flags);
    if let Some(stream) = object.stream() {
        let on = flags.contains(Open::NONBLOCK);
        match stream.set_nonblocking(on) {
            // Regular files never wait: nothing to set.
            Ok(()) | Err(Error::NotSupported) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(file) = object.file() {
        file.set_append(flags.contains(Open::APPEND));
    }
    Ok(0)
}

pub(crate) fn flock(call: &mut Call<'_>, fd: Fd, operation: u32) -> Result<(), Errno> {
    fd.object(call, Rights::empty())?;
    match operation & !4 {
        1 | 2 | 8 => Ok(()),
        _ => Err(Errno::EINVAL),
    }
}

/// What is known of any open object: a file's metadata, else what its kind tells.
pub(crate) fn metadata(object: &ObjectRef) -> Metadata {
    if let Some(file) = object.file() {
        return file.metadata();
    }
    let (kind, mode, rdev) = match object.kind() {
        Kind::Pipe => (NodeKind::Pipe, 0o600, DeviceId::default()),
        Kind::Terminal => (NodeKind::CharDevice, 0o620, DeviceId { major: 5, minor: 1 }),
        Kind::Device => (NodeKind::CharDevice, 0o666, DeviceId { major: 1, minor: 3 }),
        Kind::Directory => (NodeKind::Directory, 0o755, DeviceId::default()),
        Kind::Socket => (NodeKind::Socket, 0o777, DeviceId::default()),
        _ => (NodeKind::Regular, 0o600, DeviceId::default()),
    };
    Metadata {
        kind,
        mode,
        uid: 0,
        gid: 0,
        size: 0,
        blocks: 0,
        links: 1,
        // The object's address tells it from others, as an inode number does.
        inode: alloc::sync::Arc::as_ptr(object).cast::<()>().addr() as u64 >> 4,
        device: 0,
        rdev,
        accessed: 0,
        modified: 0,
        changed: 0,
        created: 0,
        block_size: 4096,
    }
}

pub(crate) fn fstat(call: &mut Call<'_>, fd: Fd, stat: UserPtr<Stat>) -> Result<(), Errno> {
    let object = fd.object(call, Rights::empty())?;
    Ok(stat.write(&metadata(&object).into())?)
}

/// Runs `use_it` on the descriptor's file; EINVAL (or `otherwise`) when it is none.
pub(crate) fn with_file<R>(
    call: &Call<'_>,
    fd: Fd,
    rights: Rights,
    otherwise: Errno,
    use_it: impl FnOnce(&File) -> Result<R, Errno>,
) -> Result<R, Errno> {
    let object = fd.object(call, rights)?;
    use_it(object.file().ok_or(otherwise)?)
}

pub(crate) fn fstatfs(call: &mut Call<'_>, fd: Fd, stat: UserPtr<StatFs>) -> Result<(), Errno> {
    with_file(call, fd, Rights::empty(), Errno::ENOSYS, |file| {
        Ok(stat.write(&file.path().usage().into())?)
    })
}

/// Builds the records of getdents64.
struct Listing {
    bytes: Vec<u8>,
    room: usize,
}

impl Listing {
    /// Adds an entry; false when it does not fit.
    fn add(&mut self, entry: &DirEntry<'_>) -> bool {
        /// inode, next, length, kind.
        const HEAD: usize = 8 + 8 + 2 + 1;
        let len = (HEAD + entry.name.len() + 1).next_multiple_of(8);
        if len > self.room - self.bytes.len() {
            return false;
        }
        let end = self.bytes.len() + len;
        self.bytes.extend_from_slice(&entry.inode.to_le_bytes());
        self.bytes.extend_from_slice(&entry.next.to_le_bytes());
        self.bytes.extend_from_slice(&(len as u16).to_le_bytes());
        // DT_ values are the S_IFMT bits shifted.
        self.bytes
            .push((crate::types::file::format(entry.kind) >> 12) as u8);
        self.bytes.extend_from_slice(entry.name);
        self.bytes.resize(end, 0);
        true
    }
}

pub(crate) fn getdents64(
    call: &mut Call<'_>,
    fd: Fd,
    buf: Address,
    count: usize,
) -> Result<usize, Errno> {
    with_file(call, fd, Rights::READ, Errno::ENOTDIR, |file| {
        let room = count.min(LISTING);
        let mut listing = Listing {
            bytes: Vec::new(),
            room,
        };
        let reserve = room.min(4096);
        listing.bytes.try_reserve(reserve).map_err(Error::from)?;
        let mut refused = false;
        file.list(&mut |entry| {
            let taken = listing.add(&entry);
            refused |= !taken;
            taken
        })?;
        if listing.bytes.is_empty() && refused {
            return Err(Errno::EINVAL);
        }
        user::copy_out(buf.0, &listing.bytes)?;
        Ok(listing.bytes.len())
    })
}

pub(crate) fn ftruncate(call: &mut Call<'_>, fd: Fd, len: i64) -> Result<(), Errno> {
    let len = u64::try_from(len).map_err(|_| Errno::EINVAL)?;
    let object = fd.object(call, Rights::empty())?;
    fd.handle(call, Rights::WRITE).map_err(|_| Errno::EINVAL)?;
    Ok(object.file().ok_or(Errno::EINVAL)?.truncate(len)?)
}

pub(crate) fn fallocate(
    call: &mut Call<'_>,
    fd: Fd,
    mode: u32,
    offset: i64,
    len: i64,
) -> Result<(), Errno> {
    const KEEP_SIZE: u32 = 1;
    with_file(call, fd, Rights::WRITE, Errno::ESPIPE, |file| {
        if offset < 0 || len <= 0 {
            return Err(Errno::EINVAL);
        }
        let end = offset.checked_add(len).ok_or(Error::FileTooBig)? as u64;
        match mode {
            0 if file.metadata().size < end => Ok(file.truncate(end)?),
            0 | KEEP_SIZE => Ok(()),
            _ => Err(Errno::EOPNOTSUPP),
        }
    })
}

fn change(call: &Call<'_>, fd: Fd, change: &Change) -> Result<(), Errno> {
    with_file(call, fd, Rights::empty(), Errno::EINVAL, |file| {
        Ok(call.process().fs().change(file.path(), change)?)
    })
}

pub(crate) fn fchmod(call: &mut Call<'_>, fd: Fd, mode: u32) -> Result<(), Errno> {
    let mode = Some((mode & 0o7777) as u16);
    change(
        call,
        fd,
        &Change {
            mode,
            ..Change::default()
        },
    )
}

/// An id that a change sets; all ones leave it.
pub(crate) fn id(id: u32) -> Option<u32> {
    (id != u32::MAX).then_some(id)
}

pub(crate) fn fchown(call: &mut Call<'_>, fd: Fd, uid: u32, gid: u32) -> Result<(), Errno> {
    change(
        call,
        fd,
        &Change {
            uid: id(uid),
            gid: id(gid),
            ..Change::default()
        },
    )
}

pub(crate) fn fsync(call: &mut Call<'_>, fd: Fd) -> Result<(), Errno> {
    with_file(call, fd, Rights::empty(), Errno::EINVAL, |file| {
        Ok(file.sync()?)
    })
}

pub(crate) fn fdatasync(call: &mut Call<'_>, fd: Fd) -> Result<(), Errno> {
    fsync(call, fd)
}

pub(crate) fn sync_file_range(
    call: &mut Call<'_>,
    fd: Fd,
    _offset: i64,
    _len: i64,
    _flags: u32,
) -> Result<(), Errno> {
    fsync(call, fd)
}

pub(crate) fn sync(_call: &mut Call<'_>) -> Result<(), Errno> {
    // Every file system writes through or lives in memory.
    Ok(())
}

pub(crate) fn syncfs(call: &mut Call<'_>, fd: Fd) -> Result<(), Errno> {
    fsync(call, fd)
}

#[cfg(test)]
mod tests {
    use super::Listing;
    use kapi::vfs::{DirEntry, NodeKind};

    #[test]
    fn directory_records_are_padded_and_refused_when_they_do_not_fit() {
        let mut listing = Listing {
            bytes: Vec::new(),
            room: 40,
        };
        let entry = |name| DirEntry {
            name,
            inode: 5,
            kind: NodeKind::Directory,
            next: 9,
        };
        assert!(listing.add(&entry(b"abcde")));
        assert_eq!(listing.bytes.len(), 32);
        assert_eq!((listing.bytes[16], listing.bytes[18]), (32, 4));
        assert_eq!(&listing.bytes[19..25], b"abcde\0");
        assert!(!listing.add(&entry(b"x")));
        assert_eq!(listing.bytes.len(), 32);
    }
}

//! The calls of the `path` group: on names.

use crate::calls::file::{id, metadata};
use crate::errno::Errno;
use crate::types::file::{Open, OpenHow, Stat, StatFs, Statx, device_id, kind_of};
use crate::types::time::TimeSpec;
use crate::types::{Dir, Fd};
use kapi::handle::Handle;
use kapi::object::Rights;
use kapi::vfs::{
    Base, Change, DeviceId, Metadata, NewNode, NodeKind, OpenOptions, Path, RenameFlags, Timestamp,
};
use kapi::{Address, Call, Error, UserPtr, UserStr, time, user};

/// PATH_MAX.
pub(crate) const PATH_LIMIT: usize = 4096;
const AT_SYMLINK_NOFOLLOW: u32 = 0x100;
const AT_REMOVEDIR: u32 = 0x200;
const AT_SYMLINK_FOLLOW: u32 = 0x400;
const AT_NO_AUTOMOUNT: u32 = 0x800;
const AT_EMPTY_PATH: u32 = 0x1000;
const AT_EACCESS: u32 = 0x200;
/// AT_STATX_SYNC_TYPE.
const AT_STATX_SYNC: u32 = 0x6000;

/// The text of a path; an empty one names nothing.
pub(crate) fn text(path: UserStr) -> Result<kapi::PathBytes, Errno> {
    let bytes = path.read(PATH_LIMIT)?;
    if bytes.is_empty() {
        return Err(Errno::ENOENT);
    }
    Ok(bytes)
}

/// Where a path starts; a descriptor does not count for an absolute one.
pub(crate) fn base(call: &Call<'_>, dir: Dir, path: &[u8]) -> Result<Base, Errno> {
    if dir == Dir::WORKING || path.first() == Some(&b'/') {
        return Ok(Base::WorkingDirectory);
    }
    let object = Fd(dir.0).object(call, Rights::empty())?;
    let file = object.file().ok_or(Errno::ENOTDIR)?;
    Ok(Base::Directory(file.path().clone()))
}

/// Finds a node by path.
pub(crate) fn find(call: &Call<'_>, dir: Dir, path: UserStr, follow: bool) -> Result<Path, Errno> {
    let path = text(path)?;
    let fs = call.process().fs();
    Ok(fs.resolve(&base(call, dir, &path)?, &path, follow)?)
}

/// As [`find`], but with AT_EMPTY_PATH in `flags` an empty path names the descriptor's own node.
fn find_at(call: &Call<'_>, dir: Dir, path: UserStr, flags: u32) -> Result<Path, Errno> {
    let follow = flags & AT_SYMLINK_NOFOLLOW == 0;
    if flags & AT_EMPTY_PATH == 0 {
        return find(call, dir, path, follow);
    }
    let bytes = path.read(PATH_LIMIT)?;
    if bytes.is_empty() {
        return own_place(call, dir);
    }
    let fs = call.process().fs();
    Ok(fs.resolve(&base(call, dir, &bytes)?, &bytes, follow)?)
}

fn own_place(call: &Call<'_>, dir: Dir) -> Result<Path, Errno> {
    if dir == Dir::WORKING {
        return Ok(call.process().fs().working_directory());
    }
    let object = Fd(dir.0).object(call, Rights::empty())?;
    Ok(object.file().ok_or(Errno::EINVAL)?.path().clone())
}

/// Decodes open's flags; gives the options and whether exec closes it.
fn open_options(flags: u32, mode: u32) -> Result<(OpenOptions, bool), Errno> {
    let access = flags & 3;
    // Unknown flags have always been ignored by open.
    let flags = Open::from_bits_truncate(flags);
    if flags.contains(Open::TEMPORARY) {
        return Err(Errno::EOPNOTSUPP);
    }
    let path_only = flags.contains(Open::PATH);
    let flags = if path_only {
        flags & (Open::PATH | Open::DIRECTORY | Open::NO_FOLLOW | Open::CLOSE_ON_EXEC)
    } else {
        flags
    };
    if flags.contains(Open::CREATE | Open::DIRECTORY) {
        return Err(Errno::EINVAL);
    }
    let options = OpenOptions {
        read: !path_only && access != 1,
        write: !path_only && (access == 1 || access == 2),
        append: flags.contains(Open::APPEND),
        create: flags.contains(Open::CREATE),
        exclusive: flags.contains(Open::EXCLUSIVE),
        truncate: flags.contains(Open::TRUNCATE),
        directory: flags.contains(Open::DIRECTORY),
        no_follow: flags.contains(Open::NO_FOLLOW),
        nonblocking: flags.contains(Open::NONBLOCK),
        path_only,
        no_controlling_terminal: flags.contains(Open::NO_CONTROLLING),
        mode: (mode & 0o7777) as u16,
    };
    Ok((options, flags.contains(Open::CLOSE_ON_EXEC)))
}

pub(crate) fn openat(
    call: &mut Call<'_>,
    dir: Dir,
    path: UserStr,
    flags: u32,
    mode: u32,
) -> Result<u32, Errno> {
    let (options, close_on_exec) = open_options(flags, mode)?;
    let path = text(path)?;
    let object = call
        .process()
        .fs()
        .open(&base(call, dir, &path)?, &path, &options)?;
    let mut rights = Rights::all() - Rights::READ - Rights::WRITE;
    rights.set(Rights::READ, options.read);
    rights.set(Rights::WRITE, options.write);
    let handle = Handle {
        object,
        rights,
        close_on_exec,
    };
    Ok(call.process().handles().insert(handle, 0)?)
}

pub(crate) fn openat2(
    call: &mut Call<'_>,
    dir: Dir,
    path: UserStr,
    how: UserPtr<OpenHow>,
    size: usize,
) -> Result<u32, Errno> {
    if size < size_of::<OpenHow>() {
        return Err(Errno::EINVAL);
    }
    if size > size_of::<OpenHow>() {
        return Err(Errno::E2BIG);
    }
    let how = how.read()?;
    // Bit 2 to 4 of the known flags is the synchronous ones, which change nothing here.
    let known = u64::from(Open::all().bits()) | 0o4_010_003;
    if how.resolve != 0 || how.flags & !known != 0 || how.mode & !0o7777 != 0 {
        return Err(Errno::EINVAL);
    }
    openat(call, dir, path, how.flags as u32, how.mode as u32)
}

/// Metadata for the stat family.
fn stat_at(call: &Call<'_>, dir: Dir, path: UserStr, flags: u32) -> Result<Metadata, Errno> {
    if flags & AT_EMPTY_PATH != 0 && dir != Dir::WORKING && path_is_empty(path)? {
        let object = Fd(dir.0).object(call, Rights::empty())?;
        return Ok(metadata(&object));
    }
    Ok(find_at(call, dir, path, flags)?.metadata())
}

/// A null path counts as empty where an empty one is allowed.
fn path_is_empty(path: UserStr) -> Result<bool, Errno> {
    if path.0 == 0 {
        return Ok(true);
    }
    let mut first = [0];
    user::copy_in(&mut first, path.0)?;
    Ok(first[0] == 0)
}

pub(crate) fn newfstatat(
    call: &mut Call<'_>,
    dir: Dir,
    path: UserStr,
    stat: UserPtr<Stat>,
    flags: u32,
) -> Result<(), Errno> {
    if flags & !(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL);
    }
    Ok(stat.write(&stat_at(call, dir, path, flags)?.into())?)
}

pub(crate) fn statx(
    call: &mut Call<'_>,
    dir: Dir,
    path: UserStr,
    flags: u32,
    mask: u32,
    stat: UserPtr<Statx>,
) -> Result<(), Errno> {
    let known = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC;
    if flags & !known != 0 || flags & AT_STATX_SYNC == AT_STATX_SYNC || mask >> 31 != 0 {
        return Err(Errno::EINVAL);
    }
    Ok(stat.write(&stat_at(call, dir, path, flags)?.into())?)
}

pub(crate) fn statfs(
    call: &mut Call<'_>,
    path: UserStr,
    stat: UserPtr<StatFs>,
) -> Result<(), Errno> {
    Ok(stat.write(&find(call, Dir::WORKING, path, true)?.usage().into())?)
}

pub(crate) fn faccessat(
    call: &mut Call<'_>,
    dir: Dir,
    path: UserStr,
    mode: u32,
) -> Result<(), Errno> {
    faccessat2(call, dir, path, mode, 0)
}

pub(crate) fn faccessat2(
    call: &mut Call<'_>,
    dir: Dir,
    path: UserStr,
    mode: u32,
    flags: u32,
) -> Result<(), Errno> {
    if mode & !7 != 0 || flags & !(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL);
    }
    let place = find_at(call, dir, path, flags)?;
    if mode == 0 {
        return Ok(());
    }
    let (read, write, execute) = (mode & 4 != 0, mode & 2 != 0, mode & 1 != 0);
    let real = flags & AT_EACCESS == 0;
    Ok(call
        .process()
        .fs()
        .access(&place, read, write, execute, real)?)
}

pub(crate) fn readlinkat(
    call: &mut Call<'_>,
    dir: Dir,
    path: UserStr,
    buf: Address,
    size: i32,
) -> Result<usize, Errno> {
    let size = usize::try_from(size).map_err(|_| Errno::EINVAL)?;
    if size == 0 {
        return Err(Errno::EINVAL);
    }
    let place = if path_is_empty(path)? {
        own_place(call, dir)?
    } else {
        find(call, dir, path, false)?
    };
    let target = place.inode().read_link()?;
    let len = target.len().min(size);
    user::copy_out(buf.0, &target[..len])?;
    Ok(len)
}

fn node(call: &Call<'_>, kind: NodeKind, mode: u32, rdev: DeviceId) -> NewNode {
    let who = call.process().credentials();
    NewNode {
        kind,
        mode: (mode & 0o7777) as u16,
        uid: who.fsuid,
        gid: who.fsgid,
        rdev,
    }
}

pub(crate) fn mkdirat(
    call: &mut Call<'_>,
    dir: Dir,
    path: UserStr,
    mode: u32,
) -> Result<(), Errno> {
    let path = text(path)?;
    let node = node(
        call,
        NodeKind::Directory,
        mode & 0o1777,
        DeviceId::default(),
    );
    Ok(call
        .process()
        .fs()
        .make(&base(call, dir, &path)?, &path, &node)?)
}

pub(crate) fn mknodat(
    call: &mut Call<'_>,
    dir: Dir,
    path: UserStr,
    mode: u32,
    dev: u32,
) -> Result<(), Errno> {
    let kind = match kind_of(mode).ok_or(Errno::EINVAL)? {
        NodeKind::Directory => return Err(Errno::EPERM),
        kind @ (NodeKind::CharDevice | NodeKind::BlockDevice) => {
            privileged(call)?;
            kind
        }
        kind => kind,
    };
    let path = text(path)?;
    let node = node(call, kind, mode, device_id(dev));
    Ok(call
        .process()
        .fs()
        .make(&base(call, dir, &path)?, &path, &node)?)
}

pub(crate) fn unlinkat(
    call: &mut Call<'_>,
    dir: Dir,
    path: UserStr,
    flags: u32,
) -> Result<(), Errno> {
    let path = text(path)?;
    let base = base(call, dir, &path)?;
    let fs = call.process().fs();
    match flags {
        0 => Ok(fs.unlink(&base, &path)?),
        AT_REMOVEDIR => Ok(fs.remove_directory(&base, &path)?),
        _ => Err(Errno::EINVAL),
    }
}

pub(crate) fn symlinkat(
    call: &mut Call<'_>,
    target: UserStr,
    dir: Dir,
    path: UserStr,
) -> Result<(), Errno> {
    let (target, path) = (text(target)?, text(path)?);
    let fs = call.process().fs();
    Ok(fs.symlink(&target, &base(call, dir, &path)?, &path)?)
}

pub(crate) fn linkat(
    call: &mut Call<'_>,
    dir: Dir,
    path: UserStr,
    to_dir: Dir,
    to: UserStr,
    flags: u32,
) -> Result<(), Errno> {
    if flags & !(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL);
    }
    // The one call that does not follow unless told to.
    let no_follow = if flags & AT_SYMLINK_FOLLOW == 0 {
        AT_SYMLINK_NOFOLLOW
    } else {
        0
    };
    let from = find_at(call, dir, path, flags & AT_EMPTY_PATH | no_follow)?;
    let to = text(to)?;
    let fs = call.process().fs();
    Ok(fs.link(&from, &base(call, to_dir, &to)?, &to)?)
}

pub(crate) fn renameat2(
    call: &mut Call<'_>,
    dir: Dir,
    path: UserStr,
    to_dir: Dir,
    to: UserStr,
    flags: u32,
) -> Result<(), Errno> {
    const NO_REPLACE: u32 = 1;
    const EXCHANGE: u32 = 2;
    if !matches!(flags, 0 | NO_REPLACE | EXCHANGE) {
        return Err(Errno::EINVAL);
    }
    let flags = RenameFlags {
        no_replace: flags == NO_REPLACE,
        exchange: flags == EXCHANGE,
        whiteout: false,
    };
    let (from, to) = (text(path)?, text(to)?);
    let (from_base, to_base) = (base(call, dir, &from)?, base(call, to_dir, &to)?);
    let fs = call.process().fs();
    Ok(fs.rename(&from_base, &from, &to_base, &to, flags)?)
}

fn change_at(
    call: &Call<'_>,
    dir: Dir,
    path: UserStr,
    flags: u32,
    change: &Change,
) -> Result<(), Errno> {
    if flags & !(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL);
    }
    let place = find_at(call, dir, path, flags)?;
    Ok(call.process().fs().change(&place, change)?)
}

pub(crate) fn fchmodat(
    call: &mut Call<'_>,
    dir: Dir,
    path: UserStr,
    mode: u32,
) -> Result<(), Errno> {
    fchmodat2(call, dir, path, mode, 0)
}

pub(crate) fn fchmodat2(
    call: &mut Call<'_>,
    dir: Dir,
    path: UserStr,
    mode: u32,
    flags: u32,
) -> Result<(), Errno> {
    let change = Change {
        mode: Some((mode & 0o7777) as u16),
        ..Change::default()
    };
    change_at(call, dir, path, flags, &change)
}

pub(crate) fn fchownat(
    call: &mut Call<'_>,
    dir: Dir,
    path: UserStr,
    uid: u32,
    gid: u32,
    flags: u32,
) -> Result<(), Errno> {
    let change = Change {
        uid: id(uid),
        gid: id(gid),
        ..Change::default()
    };
    change_at(call, dir, path, flags, &change)
}

/// The two time stamps that utimensat sets; `None` leaves one.
fn stamps(times: UserPtr<[TimeSpec; 2]>) -> Result<[Option<Timestamp>; 2], Errno> {
    const NOW: i64 = 0x3fff_ffff;
    const OMIT: i64 = 0x3fff_fffe;
    let now = Timestamp::from(time::wall());
    let Some(times) = times.some() else {
        return Ok([Some(now); 2]);
    };
    let mut out = [None; 2];
    for (out, time) in out.iter_mut().zip(times.read()?) {
        *out = match time.nanoseconds {
            NOW => Some(now),
            OMIT => None,
            ns @ 0..1_000_000_000 => {
                Some(Timestamp::from(time.seconds) * 1_000_000_000 + Timestamp::from(ns))
            }
            _ => return Err(Errno::EINVAL),
        };
    }
    Ok(out)
}

pub(crate) fn utimensat(
    call: &mut Call<'_>,
    dir: Dir,
    path: UserStr,
    times: UserPtr<[TimeSpec; 2]>,
    flags: u32,
) -> Result<(), Errno> {
    let [accessed, modified] = stamps(times)?;
    let change = Change {
        accessed,
        modified,
        ..Change::default()
    };
    if path.0 == 0 {
        let place = own_place(call, dir)?;
        return Ok(call.process().fs().change(&place, &change)?);
    }
    change_at(call, dir, path, flags, &change)
}

pub(crate) fn truncate(call: &mut Call<'_>, path: UserStr, len: i64) -> Result<(), Errno> {
    let size = Some(u64::try_from(len).map_err(|_| Errno::EINVAL)?);
    let place = find(call, Dir::WORKING, path, true)?;
    match place.metadata().kind {
        NodeKind::Regular => {}
        NodeKind::Directory => return Err(Error::IsDirectory.into()),
        _ => return Err(Errno::EINVAL),
    }
    let fs = call.process().fs();
    Ok(fs.change(
        &place,
        &Change {
            size,
            ..Change::default()
        },
    )?)
}

pub(crate) fn getcwd(call: &mut Call<'_>, buf: Address, size: usize) -> Result<usize, Errno> {
    let fs = call.process().fs();
    let mut name = fs.name_of(&fs.working_directory())?;
    name.push(0);
    if name.len() > size {
        return Err(Errno::ERANGE);
    }
    user::copy_out(buf.0, &name)?;
    Ok(name.len())
}

pub(crate) fn chdir(call: &mut Call<'_>, path: UserStr) -> Result<(), Errno> {
    let place = find(call, Dir::WORKING, path, true)?;
    go_to(call, place)
}

pub(crate) fn fchdir(call: &mut Call<'_>, fd: Fd) -> Result<(), Errno> {
    let object = fd.object(call, Rights::empty())?;
    let place = object.file().ok_or(Errno::ENOTDIR)?.path().clone();
    go_to(call, place)
}

fn go_to(call: &Call<'_>, place: Path) -> Result<(), Errno> {
    let fs = call.process().fs();
    searchable(call, &place)?;
    Ok(fs.set_working_directory(place)?)
}

fn searchable(call: &Call<'_>, place: &Path) -> Result<(), Errno> {
    if place.metadata().kind != NodeKind::Directory {
        return Err(Errno::ENOTDIR);
    }
    Ok(call
        .process()
        .fs()
        .access(place, false, false, true, false)?)
}

/// Only the superuser.
pub(crate) fn privileged(call: &Call<'_>) -> Result<(), Errno> {
    if call.process().credentials().euid == 0 {
        Ok(())
    } else {
        Err(Errno::EPERM)
    }
}

pub(crate) fn chroot(call: &mut Call<'_>, path: UserStr) -> Result<(), Errno> {
    let place = find(call, Dir::WORKING, path, true)?;
    searchable(call, &place)?;
    privileged(call)?;
    Ok(call.process().fs().set_root(place)?)
}

pub(crate) fn umask(call: &mut Call<'_>, mask: u32) -> Result<u32, Errno> {
    let fs = call.process().fs();
    Ok(u32::from(fs.set_umask((mask & 0o777) as u16)))
}

#[cfg(test)]
mod tests {
    use super::open_options;
    use crate::errno::Errno;

    #[test]
    fn open_flags_are_those_of_the_header() {
        let (options, close) = open_options(0o2_001_102, 0o100_644).unwrap();
        assert!(options.read && options.write && options.create && options.truncate && close);
        assert_eq!(options.mode, 0o644);
        let (path, _) = open_options(0o10_000_000 | 0o102, 0).unwrap();
        assert!(path.path_only && !path.read && !path.write && !path.create);
        assert_eq!(open_options(0o20_200_002, 0), Err(Errno::EOPNOTSUPP));
    }
}

//! The calls of the `path` group. Source: kernel/sysfile.c, kernel/fs.c.

use crate::errno::Errno;
use crate::types::{DIRSIZ, MAXPATH, NOFILE};
use alloc::vec::Vec;
use kapi::handle::Handle;
use kapi::object::Rights;
use kapi::vfs::{Base, DeviceId, NewNode, NodeKind, OpenOptions};
use kapi::{Call, Error, UserStr};

const O_WRONLY: i32 = 1;
const O_RDWR: i32 = 2;
const O_CREATE: i32 = 0x200;
const O_TRUNC: i32 = 0x400;
/// The original's number of its console driver.
const CONSOLE: i16 = 1;
/// Where the console is for all ABIs: the device number of /dev/console.
const CONSOLE_DEVICE: DeviceId = DeviceId { major: 5, minor: 1 };
const CWD: Base = Base::WorkingDirectory;

/// A path as the kernel takes it: every name cut to 14 bytes; the empty one is the working directory.
pub(crate) fn short(path: UserStr) -> Result<Vec<u8>, Errno> {
    Ok(cut(&path.read(MAXPATH)?))
}

fn cut(path: &[u8]) -> Vec<u8> {
    if path.is_empty() {
        return Vec::from(b".");
    }
    let mut out = Vec::with_capacity(path.len());
    for (index, name) in path.split(|&byte| byte == b'/').enumerate() {
        if index > 0 {
            out.push(b'/');
        }
        out.extend_from_slice(&name[..name.len().min(DIRSIZ)]);
    }
    out
}

/// As [`short`], for a name to be made: the empty path names nothing.
fn new_name(path: UserStr) -> Result<Vec<u8>, Errno> {
    let bytes = path.read(MAXPATH)?;
    if bytes.is_empty() {
        Err(Errno)
    } else {
        Ok(cut(&bytes))
    }
}

pub(crate) fn chdir(call: &mut Call<'_>, path: UserStr) -> Result<i32, Errno> {
    let fs = call.process().fs();
    let place = fs.resolve(&CWD, &short(path)?, true)?;
    if place.metadata().kind != NodeKind::Directory {
        return Err(Errno);
    }
    fs.set_working_directory(place)?;
    Ok(0)
}

pub(crate) fn open(call: &mut Call<'_>, path: UserStr, mode: i32) -> Result<i32, Errno> {
    let create = mode & O_CREATE != 0;
    let path = if create {
        new_name(path)?
    } else {
        short(path)?
    };
    let fs = call.process().fs();
    let kind = fs
        .resolve(&CWD, &path, true)
        .map(|place| place.metadata().kind);
    if kind == Ok(NodeKind::Directory) && mode != 0 {
        return Err(Errno);
    }
    let options = OpenOptions {
        read: mode & O_WRONLY == 0,
        write: mode & (O_WRONLY | O_RDWR) != 0,
        create,
        // Only files lose their contents, and the original truncates whatever the mode.
        truncate: mode & O_TRUNC != 0 && kind != Ok(NodeKind::CharDevice),
        no_controlling_terminal: true,
        mode: 0o666,
        ..OpenOptions::default()
    };
    let object = fs.open(&CWD, &path, &options)?;
    let mut rights = Rights::all();
    rights.set(Rights::READ, options.read);
    rights.set(Rights::WRITE, options.write);
    insert(
        call,
        Handle {
            object,
            rights,
            close_on_exec: false,
        },
    )
}

/// Puts a handle at the lowest free descriptor below 16.
pub(crate) fn insert(call: &Call<'_>, handle: Handle) -> Result<i32, Errno> {
    let table = call.process().handles();
    let number = table.insert(handle, 0)?;
    if number >= NOFILE {
        drop(table.remove(number));
        return Err(Errno);
    }
    Ok(number as i32)
}

fn make(
    call: &Call<'_>,
    path: UserStr,
    kind: NodeKind,
    rdev: DeviceId,
    mode: u16,
) -> Result<i32, Errno> {
    let credentials = call.process().credentials();
    let node = NewNode {
        kind,
        mode,
        uid: credentials.fsuid,
        gid: credentials.fsgid,
        rdev,
    };
    call.process().fs().make(&CWD, &new_name(path)?, &node)?;
    Ok(0)
}

pub(crate) fn mknod(
    call: &mut Call<'_>,
    path: UserStr,
    major: i16,
    minor: i16,
) -> Result<i32, Errno> {
    let rdev = match major {
        CONSOLE => CONSOLE_DEVICE,
        _ => DeviceId {
            major: major as u16 as u32,
            minor: minor as u16 as u32,
        },
    };
    make(call, path, NodeKind::CharDevice, rdev, 0o666)
}

pub(crate) fn mkdir(call: &mut Call<'_>, path: UserStr) -> Result<i32, Errno> {
    make(call, path, NodeKind::Directory, DeviceId::default(), 0o777)
}

pub(crate) fn unlink(call: &mut Call<'_>, path: UserStr) -> Result<i32, Errno> {
    let path = new_name(path)?;
    let fs = call.process().fs();
    match fs.unlink(&CWD, &path) {
        Err(Error::IsDirectory | Error::NotPermitted) => fs.remove_directory(&CWD, &path)?,
        other => other?,
    }
    Ok(0)
}

pub(crate) fn link(call: &mut Call<'_>, old: UserStr, new: UserStr) -> Result<i32, Errno> {
    let fs = call.process().fs();
    let from = fs.resolve(&CWD, &short(old)?, true)?;
    if from.metadata().kind == NodeKind::Directory {
        return Err(Errno);
    }
    fs.link(&from, &CWD, &new_name(new)?)?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn names_are_cut_to_fourteen_bytes() {
        assert_eq!(cut(b"/a/123456789012345/b"), b"/a/12345678901234/b");
        assert_eq!(cut(b""), b".");
        assert_eq!(cut(b"//x"), b"//x");
    }
}

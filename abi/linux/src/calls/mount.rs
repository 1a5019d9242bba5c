//! The calls of the `mount` group.

use crate::calls::path::{PATH_LIMIT, find, privileged};
use crate::errno::Errno;
use crate::types::Dir;
use alloc::vec::Vec;
use kapi::fstypes::{self, MakeArgs};
use kapi::vfs::MountFlags;
use kapi::{Call, UserStr};

/// A text that may be left out.
fn optional(text: UserStr) -> Result<Vec<u8>, Errno> {
    if text.0 == 0 {
        return Ok(Vec::new());
    }
    Ok(text.read(PATH_LIMIT)?.to_vec())
}

pub(crate) fn mount(
    call: &mut Call<'_>,
    source: UserStr,
    target: UserStr,
    kind: UserStr,
    flags: u64,
    data: UserStr,
) -> Result<(), Errno> {
    const READ_ONLY: u64 = 1;
    const NO_SUID: u64 = 2;
    const NO_DEV: u64 = 4;
    const NO_EXEC: u64 = 8;
    const BIND: u64 = 0x1000;
    const REC: u64 = 0x4000;
    const PRIVATE: u64 = 0x4_0000;
    const SLAVE: u64 = 0x8_0000;
    /// SILENT, NOATIME, NODIRATIME, RELATIME, STRICTATIME: no effect.
    const HARMLESS: u64 = 0x8000 | 0x400 | 0x800 | 0x20_0000 | 0x100_0000 | 0xc0ed_0000;
    privileged(call)?;
    let fs = call.process().fs();
    let at = find(call, Dir::WORKING, target, true)?;
    if flags & (PRIVATE | SLAVE) != 0 && flags & !(PRIVATE | SLAVE | REC | 0x8000) == 0 {
        // Mounts never spread to other namespaces.
        return Ok(());
    }
    if flags & !(READ_ONLY | NO_SUID | NO_DEV | NO_EXEC | BIND | REC | HARMLESS) != 0 {
        return Err(Errno::EINVAL);
    }
    let mount_flags = MountFlags {
        read_only: flags & READ_ONLY != 0,
        no_exec: flags & NO_EXEC != 0,
        no_suid: flags & NO_SUID != 0,
        no_dev: flags & NO_DEV != 0,
        abi: None,
    };
    if flags & BIND != 0 {
        let from = find(call, Dir::WORKING, source, true)?;
        let recursive = flags & REC != 0;
        return Ok(fs.namespace().bind(&from, &at, recursive, mount_flags)?);
    }
    let (source, kind, options) = (optional(source)?, optional(kind)?, optional(data)?);
    let made = (fstypes::find(&kind)?.make)(&MakeArgs {
        fs: &fs,
        source: &source,
        options: &options,
    })?;
    Ok(fs.namespace().mount(made, &at, &source, mount_flags)?)
}

pub(crate) fn umount2(call: &mut Call<'_>, target: UserStr, flags: u32) -> Result<(), Errno> {
    const FORCE: u32 = 1;
    const DETACH: u32 = 2;
    const NO_FOLLOW: u32 = 8;
    privileged(call)?;
    if flags & !(FORCE | DETACH | NO_FOLLOW) != 0 {
        return Err(Errno::EINVAL);
    }
    let at = find(call, Dir::WORKING, target, flags & NO_FOLLOW == 0)?;
    let fs = call.process().fs();
    Ok(fs.namespace().unmount(&at, flags & DETACH != 0)?)
}

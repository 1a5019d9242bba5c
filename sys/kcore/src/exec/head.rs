//! Finding a program's file, reading its head, and choosing the ABI.

use super::elf::Elf;
use super::{ABI_ATTRIBUTE, Head, abi_named, abis};
use crate::abi::Abi;
use crate::io::Sink;
use crate::vfs::{Base, File, FsContext, NodeKind, Path};
use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Bytes of a file that ABIs may look at.
const HEAD: usize = 4096;

/// Finds a program and opens it; AccessDenied when it may not be executed.
pub(super) fn open(fs: &FsContext, path: &[u8]) -> Result<Arc<File>> {
    let place = fs.resolve(&Base::WorkingDirectory, path, true)?;
    check(fs, &place)?;
    File::for_execution(place)
}

/// Whether the node at `place` may be executed by the current program.
pub(super) fn check(fs: &FsContext, place: &Path) -> Result<()> {
    if place.metadata().kind != NodeKind::Regular || place.mount_flags().no_exec {
        return Err(Error::AccessDenied);
    }
    fs.access(place, false, false, true, false)
}

/// Reads exactly at an offset: fewer bytes than asked only at the file's end.
pub(super) fn read_at(file: &File, offset: u64, into: &mut [u8]) -> Result<usize> {
    let inode = file.inode();
    let mut done = 0;
    while done < into.len() {
        let mut sink = Sink::kernel(&mut into[done..]);
        match inode.read_at(offset + done as u64, &mut sink)? {
            0 => break,
            read => done += read,
        }
    }
    Ok(done)
}

/// The first bytes of the file.
pub(super) fn read_head(file: &File) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(HEAD)?;
    bytes.resize(HEAD, 0);
    let len = read_at(file, 0, &mut bytes)?;
    bytes.truncate(len);
    Ok(bytes)
}

/// The head with the ELF facts, if it is one.
pub(super) fn parse<'a>(bytes: &'a [u8], file: &File) -> Head<'a> {
    let elf = Elf::parse(bytes, &|offset, into| {
        if offset > i64::MAX as u64 {
            return Ok(0);
        }
        read_at(file, offset, into)
    });
    Head { bytes, elf }
}

/// The ABI of an image, by the rules at the head of [`super`].
pub(super) fn choose(
    forced: Option<&'static Abi>,
    file: &File,
    head: &Head<'_>,
) -> Result<&'static Abi> {
    if let Some(abi) = forced {
        return Ok(abi);
    }
    if let Ok(name) = file.inode().get_attribute(ABI_ATTRIBUTE) {
        let name = core::str::from_utf8(&name).map_err(|_| Error::NotExecutable)?;
        return abi_named(name).ok_or(Error::NotExecutable);
    }
    let mount = file.path().mount_flags().abi;
    by_rules(abis(), head, mount.and_then(abi_named)).ok_or(Error::NotExecutable)
}

/// The rules that look at nothing but the head and the mount's override.
pub(super) fn by_rules(
    abis: &[&'static Abi],
    head: &Head<'_>,
    mount: Option<&'static Abi>,
) -> Option<&'static Abi> {
    let mut special = abis.iter().filter(|abi| !abi.is_default);
    if let Some(abi) = special.find(|abi| (abi.recognize)(head)) {
        return Some(abi);
    }
    let sound = |elf: &Elf| elf.machine == hal::user::ELF_MACHINE && !elf.segments.is_empty();
    if !head.elf.as_ref().is_some_and(sound) {
        return None;
    }
    mount.or_else(|| abis.iter().copied().find(|abi| abi.is_default))
}

//! The "new ASCII" format of cpio (newc, and its variant with checksums, which are not checked): a header of hexadecimal
//! fields, the name, the contents, each padded to four bytes from the start of the archive.

use kcore::vfs::{DeviceId, NodeKind};
use kcore::{Error, Result};

const HEADER: usize = 110;
const TRAILER: &[u8] = b"TRAILER!!!";

/// One entry of an archive.
pub(crate) struct Entry {
    pub(crate) name: &'static [u8],
    pub(crate) contents: &'static [u8],
    pub(crate) kind: NodeKind,
    pub(crate) mode: u16,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Names of the node in this archive: more than one for hard links.
    pub(crate) links: u32,
    pub(crate) modified_s: u32,
    pub(crate) rdev: DeviceId,
    /// Tells nodes of one archive apart: its device and inode number.
    pub(crate) identity: (u32, u32, u32),
    /// Which archive of those in a row.
    pub(crate) archive: u32,
}

/// The entries of archives in a row.
pub(crate) struct Entries {
    rest: &'static [u8],
    archive: u32,
}

impl Entries {
    pub(crate) fn new(bytes: &'static [u8]) -> Entries {
        Entries {
            rest: bytes,
            archive: 0,
        }
    }

    fn step(&mut self) -> Result<Option<Entry>> {
        loop {
            let nul = self.rest.iter().take_while(|&&byte| byte == 0).count();
            self.rest = &self.rest[nul..];
            if self.rest.is_empty() {
                return Ok(None);
            }
            let (entry, rest) = parse(self.rest, self.archive).ok_or(Error::InvalidArgument)?;
            self.rest = rest;
            if entry.name != TRAILER {
                return Ok(Some(entry));
            }
            self.archive += 1;
        }
    }
}

impl Iterator for Entries {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Result<Entry>> {
        let step = self.step();
        if step.is_err() {
            self.rest = &[];
        }
        step.transpose()
    }
}

fn parse(bytes: &'static [u8], archive: u32) -> Option<(Entry, &'static [u8])> {
    let header = bytes.get(..HEADER)?;
    if !matches!(&header[..6], b"070701" | b"070702") {
        return None;
    }
    let mut fields = [0u32; 13];
    for (field, text) in fields.iter_mut().zip(header[6..].chunks_exact(8)) {
        *field = u32::from_str_radix(core::str::from_utf8(text).ok()?, 16).ok()?;
    }
    let [
        inode,
        mode,
        uid,
        gid,
        links,
        modified_s,
        size,
        major,
        minor,
        rmajor,
        rminor,
        name_size,
        _,
    ] = fields;
    // Each header starts at a multiple of four, so what is counted from here is aligned as from the archive's start.
    let name_end = HEADER.checked_add(name_size as usize)?;
    let name = bytes.get(HEADER..name_end)?;
    // The name may be padded with NULs so that the contents start on a page.
    let name = &name[..name.iter().position(|&byte| byte == 0)?];
    let start = name_end.checked_next_multiple_of(4)?;
    let end = start.checked_add(size as usize)?;
    let contents = bytes.get(start..end)?;
    let rest = bytes.get(end.next_multiple_of(4)..).unwrap_or(&[]);
    let entry = Entry {
        name,
        contents,
        kind: kind(mode)?,
        mode: (mode & 0o7777) as u16,
        uid,
        gid,
        links,
        modified_s,
        rdev: DeviceId {
            major: rmajor,
            minor: rminor,
        },
        identity: (major, minor, inode),
        archive,
    };
    Some((entry, rest))
}

/// The trailer has mode 0 and counts as a regular file.
fn kind(mode: u32) -> Option<NodeKind> {
    match mode & 0o170_000 {
        0o010_000 => Some(NodeKind::Pipe),
        0o020_000 => Some(NodeKind::CharDevice),
        0o040_000 => Some(NodeKind::Directory),
        0o060_000 => Some(NodeKind::BlockDevice),
        0 | 0o100_000 => Some(NodeKind::Regular),
        0o120_000 => Some(NodeKind::Symlink),
        0o140_000 => Some(NodeKind::Socket),
        _ => None,
    }
}

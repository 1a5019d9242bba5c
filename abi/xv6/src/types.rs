//! Argument types and structures of the xv6 table. Source: kernel/stat.h, kernel/fs.h, kernel/fcntl.h.

use core::fmt::{self, Write};
use kapi::vfs::{Metadata, NodeKind};
use kapi::{Arg, BadArg};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Most bytes of a file name.
pub(crate) const DIRSIZ: usize = 14;
/// Longest path, with its NUL.
pub(crate) const MAXPATH: usize = 128;
/// Open files of a process.
pub(crate) const NOFILE: u32 = 16;

/// A descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fd(pub(crate) u32);

impl Arg for Fd {
    fn decode(word: u64) -> Result<Self, BadArg> {
        let fd = word as u32;
        if fd < NOFILE { Ok(Fd(fd)) } else { Err(BadArg) }
    }

    fn show(words: &[u64; 6], index: usize, out: &mut dyn Write) -> fmt::Result {
        write!(out, "{}", words[index] as i32)
    }
}

/// `struct stat`.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Stat {
    pub(crate) dev: i32,
    pub(crate) ino: u32,
    pub(crate) kind: i16,
    pub(crate) nlink: i16,
    pub(crate) pad: u32,
    pub(crate) size: u64,
}

impl From<Metadata> for Stat {
    fn from(m: Metadata) -> Stat {
        let kind = match m.kind {
            NodeKind::Directory => 1,
            NodeKind::Regular | NodeKind::Symlink => 2,
            NodeKind::Pipe | NodeKind::Socket | NodeKind::CharDevice | NodeKind::BlockDevice => 3,
        };
        let nlink = i16::try_from(m.links).unwrap_or(i16::MAX);
        Stat {
            dev: 1,
            ino: u32::from(fold(m.inode)),
            kind,
            nlink,
            pad: 0,
            size: m.size,
        }
    }
}

/// An inode number in 16 bits, never 0 (which marks a free record).
pub(crate) fn fold(inode: u64) -> u16 {
    (inode % 0xffff) as u16 + 1
}

/// `struct dirent`: inode number, then the name, filled with zeros.
pub(crate) fn dirent(inode: u64, name: &[u8]) -> [u8; 16] {
    let mut record = [0; 16];
    record[..2].copy_from_slice(&fold(inode).to_le_bytes());
    let len = name.len().min(DIRSIZ);
    record[2..2 + len].copy_from_slice(&name[..len]);
    record
}

#[cfg(test)]
mod tests {
    use super::{Stat, dirent, fold};

    #[test]
    fn layouts_are_those_of_the_original() {
        assert_eq!(size_of::<Stat>(), 24);
        assert_eq!(core::mem::offset_of!(Stat, size), 16);
        assert_eq!(&dirent(4, b"a-name-of-16-byt"), b"\x05\0a-name-of-16-b");
    }

    #[test]
    fn folded_inodes_are_never_zero() {
        assert!(
            [0, 1, 0xfffe, 0xffff, 0x10000, u64::MAX]
                .iter()
                .all(|&inode| fold(inode) != 0)
        );
    }
}

//! Files and directories.

use crate::io::{self, Handle};
use crate::sys::{NONE, Nr, Text, call};
use crate::{Error, Result};
use alloc::vec;
use alloc::vec::Vec;

/// What a node is; the numbers are the ABI's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain words")]
pub enum Kind {
    Regular,
    Directory,
    Symlink,
    Pipe,
    Socket,
    CharDevice,
    BlockDevice,
}

impl Kind {
    fn from_number(number: u32) -> Kind {
        match number {
            1 => Kind::Directory,
            2 => Kind::Symlink,
            3 => Kind::Pipe,
            4 => Kind::Socket,
            5 => Kind::CharDevice,
            6 => Kind::BlockDevice,
            _ => Kind::Regular,
        }
    }
}

/// Facts about a node.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
#[expect(missing_docs, reason = "plain words")]
pub struct Metadata {
    pub inode: u64,
    pub device: u64,
    pub size: u64,
    /// 512-byte units.
    pub blocks: u64,
    /// Permission bits.
    pub mode: u32,
    kind: u32,
    pub links: u32,
    pub uid: u32,
    pub gid: u32,
    pub block_size: u32,
    pub major: u32,
    pub minor: u32,
    /// ns since 1970.
    pub accessed: i64,
    pub modified: i64,
    pub changed: i64,
}

impl Metadata {
    /// What it is.
    pub fn kind(&self) -> Kind {
        Kind::from_number(self.kind)
    }

    /// Whether it is a directory.
    pub fn is_dir(&self) -> bool {
        self.kind() == Kind::Directory
    }
}

/// How to open.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenOptions(u32);

macro_rules! options {
    ($($(#[doc = $doc:literal])* $name:ident $bit:literal),* $(,)?) => {
        impl OpenOptions {
            /// Nothing asked yet.
            pub fn new() -> Self {
                OpenOptions(0)
            }
            $($(#[doc = $doc])* pub fn $name(self) -> Self { OpenOptions(self.0 | $bit) })*
        }
    };
}

options! {
    /// For reading.
    read 1,
    /// For writing.
    write 2,
    /// For writing at the end.
    append 4,
    /// Makes the file if there is none.
    create 8,
    /// Fails if there is one.
    exclusive 16,
    /// Cuts it to nothing.
    truncate 32,
    /// Only a directory.
    directory 64,
    /// Not through a last symlink.
    no_follow 128,
}

impl OpenOptions {
    /// Opens; a new file gets mode 0o666 less the umask. The handle is not passed on by exec.
    pub fn open(self, path: &[u8]) -> Result<Handle> {
        const CLOSE_ON_EXEC: u32 = 512;
        let flags = (self.0 | CLOSE_ON_EXEC) as usize;
        let words = [
            NONE as usize,
            path.as_ptr() as usize,
            path.len(),
            flags,
            0o666,
        ];
        call(Nr::Open, words).map(|number| Handle::from_number(number as u32))
    }
}

/// Opens for reading.
pub fn open(path: &[u8]) -> Result<Handle> {
    OpenOptions::new().read().open(path)
}

/// Makes or empties a file for writing.
pub fn create(path: &[u8]) -> Result<Handle> {
    OpenOptions::new().write().create().truncate().open(path)
}

/// The whole contents.
pub fn read(path: &[u8]) -> Result<Vec<u8>> {
    io::read_to_end(open(path)?.number())
}

fn stat(path: &[u8], flags: usize) -> Result<Metadata> {
    let mut facts = Metadata::default();
    let words = [
        NONE as usize,
        path.as_ptr() as usize,
        path.len(),
        flags,
        &raw mut facts as usize,
    ];
    call(Nr::Stat, words)?;
    Ok(facts)
}

/// Facts about a node, through symlinks.
pub fn metadata(path: &[u8]) -> Result<Metadata> {
    stat(path, 0)
}

/// Facts about a node, of a last symlink itself.
pub fn symlink_metadata(path: &[u8]) -> Result<Metadata> {
    stat(path, 1)
}

/// Facts about an open file.
pub fn handle_metadata(number: u32) -> Result<Metadata> {
    let mut facts = Metadata::default();
    call(Nr::StatHandle, [number as usize, &raw mut facts as usize])?;
    Ok(facts)
}

/// A directory entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Name without path.
    pub name: Vec<u8>,
    /// Inode number.
    pub inode: u64,
    /// What it is.
    pub kind: Kind,
}

/// The entries of a directory but `.` and `..`, by name.
pub fn read_dir(path: &[u8]) -> Result<Vec<Entry>> {
    let directory = OpenOptions::new().read().directory().open(path)?;
    let mut entries = Vec::new();
    let mut records = vec![0; 16384];
    loop {
        let words = [
            directory.number() as usize,
            records.as_mut_ptr() as usize,
            records.len(),
        ];
        let len = call(Nr::List, words)?;
        if len == 0 {
            break;
        }
        parse_records(&records[..len], &mut entries)?;
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// Records: next u64, inode u64, kind u16, name length u16, record length u32, name.
fn parse_records(mut records: &[u8], entries: &mut Vec<Entry>) -> Result<()> {
    while records.len() >= 24 {
        let word = |at: usize, len: usize| {
            records[at..at + len]
                .iter()
                .rev()
                .fold(0_u64, |value, &byte| value << 8 | u64::from(byte))
        };
        let (name_len, len) = (word(18, 2) as usize, word(20, 4) as usize);
        let name = records.get(24..24 + name_len).ok_or(Error::Io)?;
        if name != b"." && name != b".." {
            let kind = Kind::from_number(word(16, 2) as u32);
            entries.push(Entry {
                name: name.to_vec(),
                inode: word(8, 8),
                kind,
            });
        }
        records = records.get(len.max(24)..).ok_or(Error::Io)?;
    }
    Ok(())
}

/// Makes a directory.
pub fn create_dir(path: &[u8]) -> Result<()> {
    make(path, 1, 0o777, 0)
}

/// Makes a device node or named pipe; kind as in the ABI's table.
pub fn make(path: &[u8], kind: usize, mode: usize, rdev: usize) -> Result<()> {
    call(
        Nr::Make,
        [
            NONE as usize,
            path.as_ptr() as usize,
            path.len(),
            kind,
            mode,
            rdev,
        ],
    )
    .map(drop)
}

/// Makes a directory and those above it that are missing.
pub fn create_dir_all(path: &[u8]) -> Result<()> {
    for end in (1..path.len())
        .filter(|&at| path[at] == b'/')
        .chain([path.len()])
    {
        match create_dir(&path[..end]) {
            Err(Error::AlreadyExists) => {}
            other => other?,
        }
    }
    Ok(())
}

/// Removes a name that is not a directory.
pub fn remove_file(path: &[u8]) -> Result<()> {
    call(
        Nr::Remove,
        [NONE as usize, path.as_ptr() as usize, path.len(), 0],
    )
    .map(drop)
}

/// Removes an empty directory.
pub fn remove_dir(path: &[u8]) -> Result<()> {
    call(
        Nr::Remove,
        [NONE as usize, path.as_ptr() as usize, path.len(), 1],
    )
    .map(drop)
}

fn two(number: Nr, from: &[u8], to: &[u8]) -> Result<()> {
    let (from_at, to_at) = (from.as_ptr() as usize, to.as_ptr() as usize);
    call(
        number,
        [
            NONE as usize,
            from_at,
            from.len(),
            NONE as usize,
            to_at,
            to.len(),
        ],
    )
    .map(drop)
}

/// Renames; an existing target is replaced.
pub fn rename(from: &[u8], to: &[u8]) -> Result<()> {
    two(Nr::Rename, from, to)
}

/// Another name for a file.
pub fn hard_link(from: &[u8], to: &[u8]) -> Result<()> {
    two(Nr::Link, from, to)
}

/// Makes a symlink at `path`.
pub fn symlink(target: &[u8], path: &[u8]) -> Result<()> {
    let words = [
        target.as_ptr() as usize,
        target.len(),
        NONE as usize,
        path.as_ptr() as usize,
        path.len(),
    ];
    call(Nr::Symlink, words).map(drop)
}

/// The target of a symlink.
pub fn read_link(path: &[u8]) -> Result<Vec<u8>> {
    let mut target = vec![0; 4096];
    let words = [
        NONE as usize,
        path.as_ptr() as usize,
        path.len(),
        target.as_mut_ptr() as usize,
        target.len(),
    ];
    let len = call(Nr::ReadLink, words)?;
    target.truncate(len);
    Ok(target)
}

#[repr(C)]
#[derive(Default)]
struct Change {
    mask: u32,
    mode: u32,
    uid: u32,
    gid: u32,
    size: u64,
    accessed: i64,
    modified: i64,
}

fn change(path: &[u8], change: &Change) -> Result<()> {
    let words = [
        NONE as usize,
        path.as_ptr() as usize,
        path.len(),
        &raw const *change as usize,
        0,
    ];
    call(Nr::Change, words).map(drop)
}

/// Sets the permission bits.
pub fn set_mode(path: &[u8], mode: u32) -> Result<()> {
    change(
        path,
        &Change {
            mask: 1,
            mode,
            ..Change::default()
        },
    )
}

/// Sets both times, in ns since 1970.
pub fn set_times(path: &[u8], accessed: i64, modified: i64) -> Result<()> {
    change(
        path,
        &Change {
            mask: 48,
            accessed,
            modified,
            ..Change::default()
        },
    )
}

/// Space of a file system, in blocks.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
#[expect(missing_docs, reason = "plain words")]
pub struct Usage {
    pub block_size: u64,
    pub blocks: u64,
    pub free: u64,
    pub files: u64,
    pub files_free: u64,
    pub read_only: u32,
    pad: u32,
}

/// Space of the file system that holds a path.
pub fn usage(path: &[u8]) -> Result<Usage> {
    let mut usage = Usage::default();
    let words = [
        NONE as usize,
        path.as_ptr() as usize,
        path.len(),
        &raw mut usage as usize,
    ];
    call(Nr::Usage, words)?;
    Ok(usage)
}

#[repr(C)]
struct MountArgs {
    source: Text,
    target: Text,
    kind: Text,
    options: Text,
    flags: u32,
    pad: u32,
}

/// Mounts; kind `bind` binds. Flags: 1 read only, 2 no exec, 4 recursive.
pub fn mount(source: &[u8], target: &[u8], kind: &[u8], options: &[u8], flags: u32) -> Result<()> {
    let args = MountArgs {
        source: Text::new(source),
        target: Text::new(target),
        kind: Text::new(kind),
        options: Text::new(options),
        flags,
        pad: 0,
    };
    call(Nr::Mount, [&raw const args as usize]).map(drop)
}

/// Takes a mount away; `lazy`: as soon as nobody uses it.
pub fn unmount(path: &[u8], lazy: bool) -> Result<()> {
    call(
        Nr::Unmount,
        [path.as_ptr() as usize, path.len(), usize::from(lazy)],
    )
    .map(drop)
}

/// The mount table as text.
pub fn mounts() -> Result<Vec<u8>> {
    let mut text = vec![0; 16384];
    let len = call(Nr::Mounts, [text.as_mut_ptr() as usize, text.len()])?;
    text.truncate(len);
    Ok(text)
}

/// Joins a directory and a name.
pub fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = directory.to_vec();
    if !path.is_empty() && !path.ends_with(b"/") {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

/// The last name of a path.
pub fn file_name(path: &[u8]) -> &[u8] {
    let end = path
        .iter()
        .rposition(|&byte| byte != b'/')
        .map_or(path.len(), |at| at + 1);
    let start = path[..end]
        .iter()
        .rposition(|&byte| byte == b'/')
        .map_or(0, |at| at + 1);
    &path[start..end]
}

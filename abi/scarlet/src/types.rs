//! Argument types and structures of the native table. All integers are little-endian, naturally aligned.

use core::fmt::{self, Write};
use kapi::object::{Kind, Readiness};
use kapi::vfs::{Metadata, NodeKind};
use kapi::{Arg, BadArg};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A handle number; [`Handle::NONE`] means the working directory, the lowest free number, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handle(pub(crate) u32);

impl Handle {
    pub(crate) const NONE: Handle = Handle(u32::MAX);
}

impl Arg for Handle {
    fn decode(word: u64) -> Result<Self, BadArg> {
        Ok(Handle(word as u32))
    }

    fn show(words: &[u64; 6], index: usize, out: &mut dyn Write) -> fmt::Result {
        match words[index] as u32 {
            u32::MAX => out.write_str("-"),
            number => write!(out, "{number}"),
        }
    }
}

/// A string in user memory: address and length.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Text {
    pub(crate) address: u64,
    pub(crate) len: u64,
}

/// What process_spawn and process_exec take.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct SpawnArgs {
    pub(crate) path: Text,
    /// Array of [`Text`].
    pub(crate) args: u64,
    pub(crate) args_count: u64,
    pub(crate) env: u64,
    pub(crate) env_count: u64,
    /// Array of handle numbers of the caller, for the child's 0, 1, 2...
    pub(crate) handles: u64,
    pub(crate) handles_count: u64,
    /// Name of the ABI to use whatever the image looks like; length 0: by the rules.
    pub(crate) abi: Text,
    /// -1 the caller's group, 0 a new one, else that one.
    pub(crate) group: i64,
    /// 1: the child's group becomes the terminal's foreground group (terminal = the child's handle 0).
    pub(crate) flags: u64,
    /// A tracer's handle, or all ones.
    pub(crate) tracer: u32,
    pub(crate) pad: u32,
}

/// What process_wait gives.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct ChildNews {
    pub(crate) id: u32,
    /// 0 exited, 1 killed, 2 stopped, 3 continued.
    pub(crate) what: u32,
    /// Exit code, or the event's number.
    pub(crate) code: i32,
    pub(crate) pad: u32,
    pub(crate) user_ns: u64,
    pub(crate) system_ns: u64,
}

/// What process_info gives.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct ProcessInfo {
    pub(crate) id: u32,
    pub(crate) parent: u32,
    pub(crate) group: u32,
    pub(crate) session: u32,
    /// A letter: R running, S sleeping, T stopped, Z ended.
    pub(crate) state: u32,
    pub(crate) threads: u32,
    pub(crate) uid: u32,
    pub(crate) nice: i32,
    pub(crate) abi: [u8; 16],
    pub(crate) name: [u8; 16],
    /// Bytes.
    pub(crate) mapped: u64,
    pub(crate) resident: u64,
    pub(crate) user_ns: u64,
    pub(crate) system_ns: u64,
    pub(crate) start_ns: u64,
}

/// What handle_info gives.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct HandleInfo {
    pub(crate) kind: u32,
    pub(crate) rights: u32,
    /// 1 close on exec, 2 non-blocking.
    pub(crate) flags: u32,
    pub(crate) pad: u32,
}

/// One handle of wait_many.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Poll {
    pub(crate) handle: u32,
    /// 1 read, 2 write, 4 error, 8 hang-up, 16 priority.
    pub(crate) interest: u32,
    pub(crate) ready: u32,
    pub(crate) pad: u32,
}

/// Terminal settings: mode bits as kapi's, special characters, and the raw mode's minimum and time (1/10 s).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Settings {
    pub(crate) modes: u32,
    pub(crate) characters: [u8; 14],
    pub(crate) min: u8,
    pub(crate) time: u8,
}

/// Window size in cells and pixels.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Window {
    pub(crate) rows: u16,
    pub(crate) columns: u16,
    pub(crate) width: u16,
    pub(crate) height: u16,
}

/// Facts about a node.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Stat {
    pub(crate) inode: u64,
    pub(crate) device: u64,
    pub(crate) size: u64,
    /// 512-byte units.
    pub(crate) blocks: u64,
    pub(crate) mode: u32,
    pub(crate) kind: u32,
    pub(crate) links: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) block_size: u32,
    pub(crate) major: u32,
    pub(crate) minor: u32,
    /// ns since 1970.
    pub(crate) accessed: i64,
    pub(crate) modified: i64,
    pub(crate) changed: i64,
}

impl From<Metadata> for Stat {
    fn from(m: Metadata) -> Stat {
        Stat {
            inode: m.inode,
            device: m.device,
            size: m.size,
            blocks: m.blocks,
            mode: u32::from(m.mode),
            kind: node_number(m.kind),
            links: m.links,
            uid: m.uid,
            gid: m.gid,
            block_size: m.block_size,
            major: m.rdev.major,
            minor: m.rdev.minor,
            accessed: m.accessed as i64,
            modified: m.modified as i64,
            changed: m.changed as i64,
        }
    }
}

/// The number of a node kind.
pub(crate) fn node_number(kind: NodeKind) -> u32 {
    match kind {
        NodeKind::Regular => 0,
        NodeKind::Directory => 1,
        NodeKind::Symlink => 2,
        NodeKind::Pipe => 3,
        NodeKind::Socket => 4,
        NodeKind::CharDevice => 5,
        NodeKind::BlockDevice => 6,
    }
}

/// The node kind of a number that make accepts.
pub(crate) fn node_kind(number: u32) -> Option<NodeKind> {
    Some(match number {
        0 => NodeKind::Regular,
        1 => NodeKind::Directory,
        3 => NodeKind::Pipe,
        5 => NodeKind::CharDevice,
        6 => NodeKind::BlockDevice,
        _ => return None,
    })
}

/// The number of an object kind.
pub(crate) fn kind_number(kind: Kind) -> u32 {
    match kind {
        Kind::File => 0,
        Kind::Directory => 1,
        Kind::Device => 2,
        Kind::Pipe => 3,
        Kind::Terminal => 4,
        Kind::Event => 5,
        Kind::Timer => 6,
        Kind::Memory => 7,
        Kind::Process => 8,
        Kind::Thread => 9,
        Kind::Namespace => 10,
        Kind::Environment => 11,
        Kind::Tracer => 12,
        Kind::Socket => 13,
        Kind::Channel => 14,
    }
}

/// Changes to a node; `mask` says which fields count: 1 mode, 2 uid, 4 gid, 8 size, 16 accessed, 32 modified.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Change {
    pub(crate) mask: u32,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) size: u64,
    pub(crate) accessed: i64,
    pub(crate) modified: i64,
}

/// Space of a file system.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Usage {
    pub(crate) block_size: u64,
    pub(crate) blocks: u64,
    pub(crate) free: u64,
    pub(crate) files: u64,
    pub(crate) files_free: u64,
    pub(crate) read_only: u32,
    pub(crate) pad: u32,
}

/// What mount takes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct MountArgs {
    pub(crate) source: Text,
    pub(crate) target: Text,
    pub(crate) kind: Text,
    pub(crate) options: Text,
    pub(crate) flags: u32,
    pub(crate) pad: u32,
}

/// One view of an environment.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct ViewSpec {
    pub(crate) abi: Text,
    /// Paths joined by `:`, the top one first.
    pub(crate) layers: Text,
    pub(crate) upper: Text,
    /// `from:to` or `from:to:ro`, joined by `;`.
    pub(crate) binds: Text,
    /// `NAME=value`, each ended by NUL.
    pub(crate) env: Text,
}

/// What system_info gives: bytes, ns, counts.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct SystemInfo {
    pub(crate) total: u64,
    pub(crate) free: u64,
    pub(crate) heap: u64,
    pub(crate) heap_used: u64,
    pub(crate) page_tables: u64,
    pub(crate) image: u64,
    pub(crate) uptime_ns: u64,
    pub(crate) idle_ns: u64,
    pub(crate) cpus: u32,
    pub(crate) processes: u32,
    /// Load averages times 65536.
    pub(crate) load: [u32; 3],
    pub(crate) pad: u32,
}

/// The bits of a readiness, if all are known.
pub(crate) fn readiness(bits: u32) -> Option<Readiness> {
    Readiness::from_bits(bits)
}

#[cfg(test)]
mod tests {
    use super::{
        ChildNews, HandleInfo, MountArgs, Poll, ProcessInfo, SpawnArgs, Stat, SystemInfo, ViewSpec,
    };

    #[test]
    fn structures_have_their_documented_sizes() {
        let sizes = [
            size_of::<SpawnArgs>(),
            size_of::<ChildNews>(),
            size_of::<ProcessInfo>(),
            size_of::<HandleInfo>(),
            size_of::<Poll>(),
            size_of::<Stat>(),
            size_of::<MountArgs>(),
            size_of::<ViewSpec>(),
            size_of::<SystemInfo>(),
        ];
        assert_eq!(sizes, [104, 32, 104, 16, 16, 88, 72, 80, 88]);
    }
}

//! Structures and flags of files. Source: include/uapi/asm-generic/{stat,statfs,fcntl}.h, include/uapi/linux/{stat,uio,openat2}.h.

use kapi::vfs::{DeviceId, Metadata, NodeKind, Timestamp, Usage};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// One piece of a scattered transfer.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct IoVec {
    pub(crate) base: u64,
    pub(crate) len: u64,
}

/// struct stat.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Stat {
    pub(crate) dev: u64,
    pub(crate) ino: u64,
    pub(crate) mode: u32,
    pub(crate) links: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) rdev: u64,
    pad: u64,
    pub(crate) size: i64,
    pub(crate) block_size: i32,
    pad2: i32,
    pub(crate) blocks: i64,
    pub(crate) accessed: [i64; 2],
    pub(crate) modified: [i64; 2],
    pub(crate) changed: [i64; 2],
    unused: [u32; 2],
}

/// The S_IFMT bits of a kind.
pub(crate) fn format(kind: NodeKind) -> u32 {
    match kind {
        NodeKind::Pipe => 0o010_000,
        NodeKind::CharDevice => 0o020_000,
        NodeKind::Directory => 0o040_000,
        NodeKind::BlockDevice => 0o060_000,
        NodeKind::Regular => 0o100_000,
        NodeKind::Symlink => 0o120_000,
        NodeKind::Socket => 0o140_000,
    }
}

/// The kind that S_IFMT bits name; 0 is a regular file.
pub(crate) fn kind_of(mode: u32) -> Option<NodeKind> {
    Some(match mode & 0o170_000 {
        0 | 0o100_000 => NodeKind::Regular,
        0o010_000 => NodeKind::Pipe,
        0o020_000 => NodeKind::CharDevice,
        0o040_000 => NodeKind::Directory,
        0o060_000 => NodeKind::BlockDevice,
        0o140_000 => NodeKind::Socket,
        _ => return None,
    })
}

/// A device number as programs see it (glibc's makedev).
pub(crate) fn device(id: DeviceId) -> u64 {
    let (major, minor) = (u64::from(id.major), u64::from(id.minor));
    (minor & 0xff) | (major & 0xfff) << 8 | (minor & !0xff) << 12 | (major & !0xfff) << 32
}

/// The device that a 32-bit number names (the kernel's own packing, as mknod takes it).
pub(crate) fn device_id(dev: u32) -> DeviceId {
    DeviceId {
        major: dev >> 8 & 0xfff,
        minor: dev & 0xff | dev >> 12 & 0xf_ff00,
    }
}

/// Seconds and nanoseconds of a time stamp.
pub(crate) fn split(time: Timestamp) -> [i64; 2] {
    const SECOND: i128 = 1_000_000_000;
    [
        time.div_euclid(SECOND) as i64,
        time.rem_euclid(SECOND) as i64,
    ]
}

impl From<Metadata> for Stat {
    fn from(m: Metadata) -> Stat {
        Stat {
            dev: m.device,
            ino: m.inode,
            mode: format(m.kind) | u32::from(m.mode),
            links: m.links,
            uid: m.uid,
            gid: m.gid,
            rdev: device(m.rdev),
            pad: 0,
            size: m.size as i64,
            block_size: m.block_size as i32,
            pad2: 0,
            blocks: m.blocks as i64,
            accessed: split(m.accessed),
            modified: split(m.modified),
            changed: split(m.changed),
            unused: [0; 2],
        }
    }
}

/// struct statx_timestamp.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct StatxTime {
    seconds: i64,
    nanoseconds: u32,
    pad: i32,
}

impl From<Timestamp> for StatxTime {
    fn from(time: Timestamp) -> StatxTime {
        let [seconds, nanoseconds] = split(time);
        StatxTime {
            seconds,
            nanoseconds: nanoseconds as u32,
            pad: 0,
        }
    }
}

/// struct statx.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Statx {
    mask: u32,
    block_size: u32,
    attributes: u64,
    links: u32,
    uid: u32,
    gid: u32,
    mode: u16,
    pad: u16,
    ino: u64,
    size: u64,
    blocks: u64,
    attributes_mask: u64,
    accessed: StatxTime,
    created: StatxTime,
    changed: StatxTime,
    modified: StatxTime,
    rdev: [u32; 2],
    dev: [u32; 2],
    rest: [u64; 14],
}

impl From<Metadata> for Statx {
    fn from(m: Metadata) -> Statx {
        /// STATX_BASIC_STATS | STATX_BTIME.
        const MASK: u32 = 0xfff;
        Statx {
            mask: MASK,
            block_size: m.block_size,
            attributes: 0,
            links: m.links,
            uid: m.uid,
            gid: m.gid,
            mode: (format(m.kind) | u32::from(m.mode)) as u16,
            pad: 0,
            ino: m.inode,
            size: m.size,
            blocks: m.blocks,
            attributes_mask: 0,
            accessed: m.accessed.into(),
            created: m.created.into(),
            changed: m.changed.into(),
            modified: m.modified.into(),
            rdev: [m.rdev.major, m.rdev.minor],
            dev: split_device(m.device),
            rest: [0; 14],
        }
    }
}

/// Major and minor of a number as `stat` gives it, so that both calls agree.
fn split_device(dev: u64) -> [u32; 2] {
    [
        (dev >> 8 & 0xfff | dev >> 32 & !0xfff) as u32,
        (dev & 0xff | dev >> 12 & 0xffff_ff00) as u32,
    ]
}

/// struct statfs.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct StatFs {
    magic: u64,
    block_size: u64,
    blocks: u64,
    free: u64,
    available: u64,
    files: u64,
    files_free: u64,
    id: [i32; 2],
    name_max: u64,
    fragment_size: u64,
    flags: u64,
    spare: [u64; 4],
}

impl From<Usage> for StatFs {
    fn from(u: Usage) -> StatFs {
        StatFs {
            magic: u.magic,
            block_size: u.block_size,
            blocks: u.blocks,
            free: u.free,
            available: u.free,
            files: u.files,
            files_free: u.files_free,
            id: [0; 2],
            name_max: u.name_max,
            fragment_size: u.block_size,
            // ST_VALID, ST_RDONLY.
            flags: 0x20 | u64::from(u.read_only),
            spare: [0; 4],
        }
    }
}

/// struct flock.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Flock {
    pub(crate) kind: i16,
    pub(crate) whence: i16,
    pub(crate) pad: u32,
    pub(crate) start: i64,
    pub(crate) len: i64,
    pub(crate) pid: i32,
    pub(crate) pad2: u32,
}

/// struct open_how.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct OpenHow {
    pub(crate) flags: u64,
    pub(crate) mode: u64,
    pub(crate) resolve: u64,
}

bitflags::bitflags! {
    /// The O_ flags behind the access mode (lowest two bits).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Open: u32 {
        const CREATE = 0o100;
        const EXCLUSIVE = 0o200;
        const NO_CONTROLLING = 0o400;
        const TRUNCATE = 0o1000;
        const APPEND = 0o2000;
        const NONBLOCK = 0o4000;
        const DIRECT = 0o40000;
        const LARGE = 0o100_000;
        const DIRECTORY = 0o200_000;
        const NO_FOLLOW = 0o400_000;
        const CLOSE_ON_EXEC = 0o2_000_000;
        const PATH = 0o10_000_000;
        /// With DIRECTORY: O_TMPFILE.
        const TEMPORARY = 0o20_000_000;
    }
}

#[cfg(test)]
mod tests {
    use super::{Flock, Stat, StatFs, Statx, device, device_id, split, split_device};
    use core::mem::offset_of;
    use kapi::vfs::DeviceId;

    #[test]
    fn structures_have_the_layout_of_the_headers() {
        let sizes = [
            size_of::<Stat>(),
            size_of::<Statx>(),
            size_of::<StatFs>(),
            size_of::<Flock>(),
        ];
        assert_eq!(sizes, [128, 256, 120, 32]);
        let offsets = [
            offset_of!(Stat, mode),
            offset_of!(Stat, rdev),
            offset_of!(Stat, size),
            offset_of!(Stat, blocks),
            offset_of!(Stat, accessed),
            offset_of!(Stat, changed),
        ];
        assert_eq!(offsets, [16, 32, 48, 64, 72, 104]);
        assert_eq!(offset_of!(Statx, rdev), 128);
    }

    #[test]
    fn device_numbers_survive_packing() {
        let id = DeviceId {
            major: 4,
            minor: 64,
        };
        assert_eq!(device(id), 0x440);
        assert_eq!(device_id(0x440), id);
        let big = DeviceId {
            major: 0x12345,
            minor: 0xabcde,
        };
        assert_eq!(split_device(device(big)), [0x12345, 0xabcde]);
    }

    #[test]
    fn times_before_1970_have_positive_nanoseconds() {
        assert_eq!(split(-1), [-1, 999_999_999]);
        assert_eq!(split(1_500_000_000), [1, 500_000_000]);
    }
}

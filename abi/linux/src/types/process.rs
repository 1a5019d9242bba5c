//! Structures of processes. Source: include/uapi/linux/{sched,resource}.h.

use crate::types::time::TimeVal;
use kapi::event::EventKind;
use kapi::process::{ChildChange, ExitStatus};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// struct clone_args.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct CloneArgs {
    pub(crate) flags: u64,
    pub(crate) pidfd: u64,
    pub(crate) child_tid: u64,
    pub(crate) parent_tid: u64,
    pub(crate) exit_signal: u64,
    pub(crate) stack: u64,
    pub(crate) stack_size: u64,
    pub(crate) tls: u64,
    pub(crate) set_tid: u64,
    pub(crate) set_tid_size: u64,
    pub(crate) cgroup: u64,
}

/// struct rlimit64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct RLimit {
    pub(crate) soft: u64,
    pub(crate) hard: u64,
}

/// struct rusage; only the times are known.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct RUsage {
    pub(crate) user: TimeVal,
    pub(crate) system: TimeVal,
    pub(crate) rest: [i64; 14],
}

impl RUsage {
    /// From ns.
    pub(crate) fn new(user: u64, system: u64) -> RUsage {
        RUsage {
            user: TimeVal::from_ns(user),
            system: TimeVal::from_ns(system),
            rest: [0; 14],
        }
    }
}

bitflags::bitflags! {
    /// The CLONE_ flags that are followed or harmless.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Clone: u64 {
        const VM = 0x100;
        const FS = 0x200;
        const FILES = 0x400;
        const SIGHAND = 0x800;
        const VFORK = 0x4000;
        const PARENT = 0x8000;
        const THREAD = 0x1_0000;
        /// No SysV semaphores here, so nothing to share.
        const SYSVSEM = 0x4_0000;
        const SETTLS = 0x8_0000;
        const PARENT_SETTID = 0x10_0000;
        const CHILD_CLEARTID = 0x20_0000;
        /// Obsolete, ignored.
        const DETACHED = 0x40_0000;
        /// Nobody traces, so nothing to forbid.
        const UNTRACED = 0x80_0000;
        const CHILD_SETTID = 0x100_0000;
        /// One I/O context for all.
        const IO = 0x8000_0000;
        /// clone3 only.
        const CLEAR_SIGHAND = 0x1_0000_0000;
    }
}

/// The word that wait4 gives for a change.
pub(crate) fn wait_status(change: ChildChange, number: impl Fn(EventKind) -> u32) -> i32 {
    (match change {
        ChildChange::Ended(ExitStatus::Exited(code)) => (code as u32 & 0xff) << 8,
        ChildChange::Ended(ExitStatus::Killed(kind)) => number(kind) & 0x7f,
        ChildChange::Stopped(kind) => number(kind) << 8 | 0x7f,
        ChildChange::Continued => 0xffff,
    }) as i32
}

#[cfg(test)]
mod tests {
    use super::{CloneArgs, RUsage, wait_status};
    use kapi::event::EventKind;
    use kapi::process::{ChildChange, ExitStatus};

    #[test]
    fn structures_have_the_size_of_the_headers() {
        assert_eq!((size_of::<CloneArgs>(), size_of::<RUsage>()), (88, 144));
    }

    #[test]
    fn wait_words_are_packed_as_the_macros_unpack_them() {
        let word = |change| wait_status(change, |_| 11);
        assert_eq!(word(ChildChange::Ended(ExitStatus::Exited(258))), 0x200);
        let killed = ExitStatus::Killed(EventKind::Kill);
        assert_eq!(word(ChildChange::Ended(killed)), 11);
        assert_eq!(word(ChildChange::Stopped(EventKind::Stop)), 0xb7f);
        assert_eq!(word(ChildChange::Continued), 0xffff);
    }
}

//! Structures of signals. Source: include/uapi/asm-generic/{signal,siginfo}.h, arch/riscv/include/uapi/asm/{sigcontext,ucontext}.h.

use kapi::event::EventKind;
use kapi::process::{ChildChange, ExitStatus};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// struct sigaction as the kernel takes it here: without a restorer.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub(crate) struct SigAction {
    /// An address, or [`SigAction::DEFAULT`] or [`SigAction::IGNORE`].
    pub(crate) handler: u64,
    pub(crate) flags: u64,
    pub(crate) mask: u64,
}

impl SigAction {
    pub(crate) const DEFAULT: u64 = 0;
    pub(crate) const IGNORE: u64 = 1;
    /// SA_NOCLDSTOP.
    pub(crate) const NO_CHILD_STOP: u64 = 1;
    /// SA_NOCLDWAIT.
    pub(crate) const NO_CHILD_WAIT: u64 = 2;
    pub(crate) const ON_STACK: u64 = 0x0800_0000;
    pub(crate) const RESTART: u64 = 0x1000_0000;
    pub(crate) const NO_DEFER: u64 = 0x4000_0000;
    pub(crate) const RESET: u64 = 0x8000_0000;
}

/// stack_t.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct AltStack {
    pub(crate) address: u64,
    pub(crate) flags: i32,
    pub(crate) pad: u32,
    pub(crate) size: u64,
}

impl AltStack {
    /// SS_ONSTACK.
    pub(crate) const ACTIVE: i32 = 1;
    /// SS_DISABLE.
    pub(crate) const DISABLED: i32 = 2;
    /// MINSIGSTKSZ.
    pub(crate) const LEAST: u64 = 2048;
    /// No alternative stack.
    pub(crate) const NONE: AltStack = AltStack {
        address: 0,
        flags: AltStack::DISABLED,
        pad: 0,
        size: 0,
    };

    /// Whether `sp` is on it.
    pub(crate) fn holds(&self, sp: u64) -> bool {
        self.flags & AltStack::DISABLED == 0
            && sp.wrapping_sub(self.address).wrapping_sub(1) < self.size
    }
}

/// siginfo_t: the head, then words whose meaning depends on the code.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub(crate) struct SigInfo {
    pub(crate) signal: i32,
    pub(crate) errno: i32,
    pub(crate) code: i32,
    pub(crate) pad: i32,
    pub(crate) words: [u64; 14],
}

/// Sent by kill.
pub(crate) const SI_USER: i32 = 0;
/// Sent by the kernel.
pub(crate) const SI_KERNEL: i32 = 0x80;
/// Sent by tkill.
pub(crate) const SI_TKILL: i32 = -6;

/// si_code and si_status of a child's change.
pub(crate) fn child_code(change: ChildChange, number: impl Fn(EventKind) -> u32) -> (i32, i32) {
    match change {
        ChildChange::Ended(ExitStatus::Exited(code)) => (1, code & 0xff),
        ChildChange::Ended(ExitStatus::Killed(kind)) => (2, number(kind) as i32),
        ChildChange::Stopped(kind) => (5, number(kind) as i32),
        ChildChange::Continued => (6, number(EventKind::Continue) as i32),
    }
}

/// struct ucontext with its sigcontext.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct UContext {
    pub(crate) flags: u64,
    pub(crate) link: u64,
    pub(crate) stack: AltStack,
    pub(crate) mask: u64,
    pub(crate) mask_room: [u64; 15],
    /// Puts the registers at a multiple of 16, as their type asks.
    pub(crate) align: u64,
    pub(crate) pc: u64,
    /// x1 to x31.
    pub(crate) regs: [u64; 31],
    /// f0 to f31, then fcsr.
    pub(crate) fp: [u64; 33],
    /// Room for quad precision; the last three words are the header of extensions, here always none.
    pub(crate) fp_rest: [u64; 33],
}

/// struct rt_sigframe.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Frame {
    pub(crate) info: SigInfo,
    pub(crate) context: UContext,
}

#[cfg(test)]
mod tests {
    use super::{AltStack, Frame, SigAction, SigInfo, UContext};
    use core::mem::offset_of;

    #[test]
    fn the_frame_has_the_layout_of_the_headers() {
        assert_eq!(size_of::<SigInfo>(), 128);
        assert_eq!(size_of::<UContext>(), 960);
        assert_eq!(size_of::<Frame>(), 1088);
        assert_eq!(size_of::<SigAction>(), 24);
        assert_eq!(offset_of!(Frame, context), 128);
        let offsets = [
            offset_of!(UContext, stack),
            offset_of!(UContext, mask),
            offset_of!(UContext, pc),
            offset_of!(UContext, regs),
            offset_of!(UContext, fp),
        ];
        assert_eq!(offsets, [16, 40, 176, 184, 432]);
    }

    #[test]
    fn the_alternative_stack_ends_at_its_top() {
        let stack = AltStack {
            address: 0x1000,
            flags: 0,
            pad: 0,
            size: 0x1000,
        };
        assert!(stack.holds(0x2000) && stack.holds(0x1001));
        assert!(!stack.holds(0x1000) && !stack.holds(0x2001));
        assert!(!AltStack::NONE.holds(0));
    }
}

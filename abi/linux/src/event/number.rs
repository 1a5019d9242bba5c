//! Signal numbers, how they relate to the kernel's events, and what they do by default.
//! Source: arch-neutral include/uapi/asm-generic/signal.h; signal(7).

use kapi::event::EventKind;
use kapi::user::FaultKind;

pub(crate) const SIGKILL: u32 = 9;
pub(crate) const SIGSEGV: u32 = 11;
pub(crate) const SIGCHLD: u32 = 17;
pub(crate) const SIGCONT: u32 = 18;
pub(crate) const SIGSTOP: u32 = 19;
pub(crate) const SIGTSTP: u32 = 20;
pub(crate) const SIGTTIN: u32 = 21;
pub(crate) const SIGTTOU: u32 = 22;

/// The bit of a signal in a set.
pub(crate) const fn bit(number: u32) -> u64 {
    1 << (number - 1)
}

/// Signals that nothing can block.
pub(crate) const UNBLOCKABLE: u64 = bit(SIGKILL) | bit(SIGSTOP);
/// Signals that stop.
pub(crate) const STOPPING: u64 = bit(SIGSTOP) | bit(SIGTSTP) | bit(SIGTTIN) | bit(SIGTTOU);
/// Made by the program's own faults; delivered before others.
pub(crate) const SYNCHRONOUS: u64 = bit(4) | bit(5) | bit(7) | bit(8) | bit(11) | bit(31);

/// The signal that an event is; 0 for a number of another ABI that is none here.
pub(crate) fn of(kind: EventKind) -> u32 {
    match kind {
        EventKind::HangUp => 1,
        EventKind::Interrupt => 2,
        EventKind::Quit => 3,
        EventKind::Fault(FaultKind::Illegal) => 4,
        EventKind::Fault(FaultKind::Breakpoint) => 5,
        EventKind::Abort => 6,
        EventKind::Fault(FaultKind::Misaligned | FaultKind::Access) => 7,
        EventKind::Kill => SIGKILL,
        EventKind::Fault(FaultKind::Read | FaultKind::Write | FaultKind::Execute) => SIGSEGV,
        EventKind::BrokenPipe => 13,
        EventKind::Alarm => 14,
        EventKind::Terminate => 15,
        EventKind::ChildChanged => SIGCHLD,
        EventKind::Continue => SIGCONT,
        EventKind::Stop => SIGSTOP,
        EventKind::Suspend => SIGTSTP,
        EventKind::TerminalRead => SIGTTIN,
        EventKind::TerminalWrite => SIGTTOU,
        EventKind::WindowChange => 28,
        EventKind::Other(n) if n as usize <= crate::state::SIGNALS => u32::from(n),
        EventKind::Other(_) => 0,
    }
}

/// The event that sending a signal is. Signals of faults become numbers of their own: only the program itself faults.
pub(crate) fn kind(number: u32) -> EventKind {
    match number {
        1 => EventKind::HangUp,
        2 => EventKind::Interrupt,
        3 => EventKind::Quit,
        6 => EventKind::Abort,
        SIGKILL => EventKind::Kill,
        13 => EventKind::BrokenPipe,
        14 => EventKind::Alarm,
        15 => EventKind::Terminate,
        SIGCHLD => EventKind::ChildChanged,
        SIGCONT => EventKind::Continue,
        SIGSTOP => EventKind::Stop,
        SIGTSTP => EventKind::Suspend,
        SIGTTIN => EventKind::TerminalRead,
        SIGTTOU => EventKind::TerminalWrite,
        28 => EventKind::WindowChange,
        n => EventKind::Other(n as u8),
    }
}

/// What a signal does when the program has said nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Default {
    Ignore,
    Stop,
    Continue,
    End,
}

/// The default action.
pub(crate) fn default(number: u32) -> Default {
    match number {
        SIGCHLD | 23 | 28 => Default::Ignore,
        SIGCONT => Default::Continue,
        SIGSTOP | SIGTSTP | SIGTTIN | SIGTTOU => Default::Stop,
        _ => Default::End,
    }
}

#[cfg(test)]
mod tests {
    use super::{Default, default, kind, of};

    #[test]
    fn every_signal_survives_the_way_through_an_event() {
        for number in 1..=64 {
            assert_eq!(of(kind(number)), number);
        }
    }

    #[test]
    fn defaults_are_those_of_the_manual() {
        assert_eq!(default(15), Default::End);
        assert_eq!(default(17), Default::Ignore);
        assert_eq!(default(20), Default::Stop);
        assert_eq!(default(18), Default::Continue);
        assert_eq!(default(64), Default::End);
    }
}

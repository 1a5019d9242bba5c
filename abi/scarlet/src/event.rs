//! What events do to a native process: end it, stop it, let it go on, or nothing. There are no handlers.

use crate::state;
use alloc::sync::Arc;
use core::fmt::{self, Write};
use kapi::Call;
use kapi::event::{Event, EventKind, Reaction};
use kapi::process::{Process, Thread};
use kapi::user::Fault;

/// The number of an event, as programs see it.
pub(crate) fn number(kind: EventKind) -> u32 {
    match kind {
        EventKind::Kill => 1,
        EventKind::Terminate => 2,
        EventKind::Interrupt => 3,
        EventKind::Quit => 4,
        EventKind::HangUp => 5,
        EventKind::Suspend => 6,
        EventKind::Stop => 7,
        EventKind::Continue => 8,
        EventKind::TerminalRead => 9,
        EventKind::TerminalWrite => 10,
        EventKind::ChildChanged => 11,
        EventKind::Alarm => 12,
        EventKind::BrokenPipe => 13,
        EventKind::WindowChange => 14,
        EventKind::Fault(_) => 15,
        EventKind::Abort => 16,
        EventKind::Other(n) => 64 + u32::from(n),
    }
}

/// The event that a program may post under this number (not a fault, which only the program itself can have).
pub(crate) fn kind(number: u32) -> Option<EventKind> {
    Some(match number {
        1 => EventKind::Kill,
        2 => EventKind::Terminate,
        3 => EventKind::Interrupt,
        4 => EventKind::Quit,
        5 => EventKind::HangUp,
        6 => EventKind::Suspend,
        7 => EventKind::Stop,
        8 => EventKind::Continue,
        9 => EventKind::TerminalRead,
        10 => EventKind::TerminalWrite,
        11 => EventKind::ChildChanged,
        12 => EventKind::Alarm,
        13 => EventKind::BrokenPipe,
        14 => EventKind::WindowChange,
        16 => EventKind::Abort,
        64..=191 => EventKind::Other((number - 64) as u8),
        _ => return None,
    })
}

pub(crate) fn post(
    process: &Arc<Process>,
    _thread: Option<&Arc<Thread>>,
    event: &Event,
) -> Reaction {
    let number = number(event.kind);
    let ignored = number < 64 && state::ignored(process) & (1 << number) != 0;
    match event.kind {
        EventKind::Kill => Reaction::Kill,
        EventKind::Stop => Reaction::Stop,
        EventKind::Continue => Reaction::Continue,
        // A fault cannot be ignored: the program could not go on.
        EventKind::Fault(_) => Reaction::Kill,
        EventKind::ChildChanged | EventKind::WindowChange => Reaction::None,
        _ if ignored => Reaction::None,
        EventKind::Suspend | EventKind::TerminalRead | EventKind::TerminalWrite => Reaction::Stop,
        EventKind::Terminate
        | EventKind::Interrupt
        | EventKind::Quit
        | EventKind::HangUp
        | EventKind::Alarm
        | EventKind::BrokenPipe
        | EventKind::Abort
        | EventKind::Other(_) => Reaction::Kill,
    }
}

/// Nothing is ever pending: every event acts when it is posted.
pub(crate) fn deliver(_call: &mut Call<'_>) {}

pub(crate) fn thread_exit(_thread: &Arc<Thread>) {}

/// Native faults are told by the parent (the shell), not by the kernel.
pub(crate) fn fault_message(
    _: &Process,
    _: &Fault,
    _pc: usize,
    _out: &mut dyn Write,
) -> fmt::Result {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{kind, number};

    #[test]
    fn numbers_and_kinds_agree() {
        for n in (1..=14).chain([16, 64, 100, 191]) {
            assert_eq!(kind(n).map(number), Some(n));
        }
        assert_eq!(
            (kind(0), kind(15), kind(17), kind(192)),
            (None, None, None, None)
        );
    }
}

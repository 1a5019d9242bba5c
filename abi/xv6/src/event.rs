//! xv6 knows one event: kill. Everything that would end a process of another system ends an xv6 process.

use alloc::sync::Arc;
use core::fmt::{self, Write};
use kapi::Call;
use kapi::event::{Event, EventKind, Reaction};
use kapi::process::{Process, Thread};
use kapi::user::Fault;

pub(crate) fn post(_: &Arc<Process>, _: Option<&Arc<Thread>>, event: &Event) -> Reaction {
    match event.kind {
        EventKind::ChildChanged | EventKind::WindowChange | EventKind::BrokenPipe => Reaction::None,
        EventKind::Continue => Reaction::Continue,
        EventKind::Stop
        | EventKind::Suspend
        | EventKind::TerminalRead
        | EventKind::TerminalWrite => Reaction::Stop,
        EventKind::Kill
        | EventKind::Terminate
        | EventKind::Interrupt
        | EventKind::Quit
        | EventKind::HangUp
        | EventKind::Alarm
        | EventKind::Abort
        | EventKind::Fault(_)
        | EventKind::Other(_) => Reaction::Kill,
    }
}

/// Nothing is ever pending: every event acts when it is posted.
pub(crate) fn deliver(_call: &mut Call<'_>) {}

pub(crate) fn thread_exit(_thread: &Arc<Thread>) {}

/// The lines of kernel/trap.c.
pub(crate) fn fault_message(
    process: &Process,
    fault: &Fault,
    pc: usize,
    out: &mut dyn Write,
) -> fmt::Result {
    writeln!(
        out,
        "usertrap(): unexpected scause {:#x} pid={}",
        fault.cause,
        process.id()
    )?;
    writeln!(out, "            sepc={pc:#x} stval={:#x}", fault.addr)
}

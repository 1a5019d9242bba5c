//! Events that reach a process from outside its own flow: from other programs, the terminal, its children, its own faults.
//! ABI-neutral; each ABI's `event.rs` says what becomes of them (a Linux signal, an xv6 kill...).

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// Ends the process; cannot be caught.
    Kill,
    /// A polite request to end.
    Terminate,
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-\.
    Quit,
    /// The terminal is gone.
    HangUp,
    /// Ctrl-Z.
    Suspend,
    /// Stops the process; cannot be caught.
    Stop,
    Continue,
    /// A background process read from its terminal.
    TerminalRead,
    /// A background process wrote to its terminal.
    TerminalWrite,
    ChildChanged,
    Alarm,
    BrokenPipe,
    WindowChange,
    /// The program's own fault.
    Fault(hal::user::FaultKind),
    /// Aborted by itself.
    Abort,
    /// A number that only the ABI of sender and receiver knows.
    Other(u8),
}

/// An event with its circumstances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub kind: EventKind,
    /// The process that sent it; 0: the kernel.
    pub sender: u32,
    pub sender_uid: u32,
    /// Fault address, child id, queued value: by kind.
    pub value: u64,
    /// ABI-specific detail (Linux si_code).
    pub code: i32,
}

impl Event {
    pub const fn new(kind: EventKind) -> Self {
        Event {
            kind,
            sender: 0,
            sender_uid: 0,
            value: 0,
            code: 0,
        }
    }
}

/// What an ABI made of an event posted to one of its processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing to do (ignored, or blocked and stored).
    None,
    /// It is stored; interrupt a thread that can take it (the given one, or any).
    Interrupt,
    /// End the process.
    Kill,
    Stop,
    Continue,
}

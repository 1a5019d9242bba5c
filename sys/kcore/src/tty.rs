//! Terminals: the line discipline between a device and the programs of a session.

mod discipline;
mod terminal;

pub use terminal::{Tty, controlling, hang_up, print_for};

bitflags::bitflags! {
    /// What the line discipline does.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Modes: u32 {
        /// Input: carriage return becomes newline.
        const CR_TO_NL = 1 << 0;
        const NL_TO_CR = 1 << 1;
        const IGNORE_CR = 1 << 2;
        /// Output processing at all.
        const OUTPUT = 1 << 3;
        /// Output: newline becomes carriage return and newline.
        const NL_TO_CRNL = 1 << 4;
        /// Line editing.
        const CANONICAL = 1 << 5;
        const ECHO = 1 << 6;
        const ECHO_ERASE = 1 << 7;
        const ECHO_KILL = 1 << 8;
        const ECHO_NL = 1 << 9;
        /// Control characters are echoed as ^X.
        const ECHO_CONTROL = 1 << 10;
        /// Ctrl-C and its like make events.
        const SIGNALS = 1 << 11;
        /// Word erase, literal next.
        const EXTENDED = 1 << 12;
        /// Background output stops its process.
        const STOP_BACKGROUND = 1 << 13;
        /// Ctrl-S, Ctrl-Q.
        const FLOW = 1 << 14;
        const STRIP = 1 << 15;
        const NO_FLUSH = 1 << 16;
        const ECHO_KILL_LINE = 1 << 17;
        /// Flow control: any character restarts.
        const FLOW_ANY = 1 << 18;
        const UTF8 = 1 << 19;
    }
}

/// Index of each special character in [`Settings::characters`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    Interrupt,
    Quit,
    Erase,
    Kill,
    EndOfFile,
    Start,
    Stop,
    Suspend,
    EndOfLine,
    Reprint,
    WordErase,
    LiteralNext,
    EndOfLine2,
    Discard,
}

/// Terminal settings. A special character of 0 is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    pub modes: Modes,
    pub characters: [u8; 14],
    /** VMIN */
    pub min: u8,
    /** VTIME, 1/10 s */
    pub time: u8,
}

/// Size in character cells and pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub rows: u16,
    pub columns: u16,
    pub width: u16,
    pub height: u16,
}

/// When new settings take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Now,
    Drained,
    Flushed,
}

/// A control request; answers are written into it. Objects answer [`crate::Error::NotTerminal`] to what is not theirs.
#[derive(Debug)]
pub enum Request {
    GetSettings(Option<Settings>),
    SetSettings(Settings, When),
    GetWindow(Window),
    SetWindow(Window),
    GetForeground(u32),
    SetForeground(u32),
    GetSession(u32),
    /// Make it the controlling terminal of the caller's session.
    BecomeControlling {
        steal: bool,
    },
    GiveUpControlling,
    /// Bytes that can be read at once.
    Available(usize),
    /// Throw away unread input / unsent output.
    Flush {
        input: bool,
        output: bool,
    },
    /// Wait until output is sent.
    Drain,
}

/// The device below a terminal.
pub trait Backend: Send + Sync {
    /// Queues output; takes what fits and returns how much. When it took less, it calls [`Tty::output_ready`] later.
    fn write(&self, bytes: &[u8]) -> usize;
}

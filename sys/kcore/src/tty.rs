//! Terminals: the line discipline between a device and the programs of a session.

mod discipline;
mod open;
mod session;
mod terminal;

pub use session::{controlling, hang_up, print_for};
pub use terminal::Tty;

bitflags::bitflags! {
    /// What the line discipline does.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Modes: u32 {
        /// Input: carriage return becomes newline.
        const CR_TO_NL = 1 << 0;
        /// Input: newline becomes carriage return.
        const NL_TO_CR = 1 << 1;
        /// Input: carriage returns are dropped.
        const IGNORE_CR = 1 << 2;
        /// Output processing at all.
        const OUTPUT = 1 << 3;
        /// Output: newline becomes carriage return and newline.
        const NL_TO_CRNL = 1 << 4;
        /// Line editing.
        const CANONICAL = 1 << 5;
        /// Input is shown.
        const ECHO = 1 << 6;
        /// An erased character goes from the screen.
        const ECHO_ERASE = 1 << 7;
        /// A newline follows the kill character, where that is shown.
        const ECHO_KILL = 1 << 8;
        /// A line's newline is shown even without ECHO.
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
        /// Input: the eighth bit is cleared.
        const STRIP = 1 << 15;
        /// Keys that make events leave the input alone.
        const NO_FLUSH = 1 << 16;
        /// A killed line goes from the screen.
        const ECHO_KILL_LINE = 1 << 17;
        /// Flow control: any character restarts.
        const FLOW_ANY = 1 << 18;
        /// Input is UTF-8 (kept for programs; erasing always takes whole UTF-8 characters).
        const UTF8 = 1 << 19;
    }
}

/// Index of each special character in [`Settings::characters`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// Ctrl-C: ends the foreground group.
    Interrupt,
    /// Ctrl-\: the same, with a core dump.
    Quit,
    /// DEL: takes back a character.
    Erase,
    /// Ctrl-U: takes back the line.
    Kill,
    /// Ctrl-D: hands over the line as it is; alone, the end of file.
    EndOfFile,
    /// Ctrl-Q: output goes on.
    Start,
    /// Ctrl-S: output waits.
    Stop,
    /// Ctrl-Z: stops the foreground group.
    Suspend,
    /// Ends a line as newline does.
    EndOfLine,
    /// Ctrl-R: shows the line again.
    Reprint,
    /// Ctrl-W: takes back a word.
    WordErase,
    /// Ctrl-V: the next byte is an ordinary one.
    LiteralNext,
    /// Another one that ends a line.
    EndOfLine2,
    /// Ctrl-O: kept for programs, does nothing.
    Discard,
}

/// Terminal settings. A special character of 0 is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What is on.
    pub modes: Modes,
    /// By [`Special`].
    pub characters: [u8; 14],
    /// Raw mode: least bytes that a read waits for (VMIN).
    pub min: u8,
    /// Raw mode: how long a read waits, 1/10 s (VTIME): for its first byte when `min` is 0, else for each further one.
    pub time: u8,
}

/// Size in character cells and pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Lines.
    pub rows: u16,
    /// Characters of a line.
    pub columns: u16,
    /// Pixels.
    pub width: u16,
    /// Pixels.
    pub height: u16,
}

/// When new settings take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At once.
    Now,
    /// After the output before.
    Drained,
    /// After that; unread input is thrown away.
    Flushed,
}

/// A control request; answers are written into it. Objects answer [`crate::Error::NotTerminal`] to what is not theirs.
#[derive(Debug)]
pub enum Request {
    /// The settings.
    GetSettings(Option<Settings>),
    /// Changes them.
    SetSettings(Settings, When),
    /// The size.
    GetWindow(Window),
    /// Changes it; the foreground group is told.
    SetWindow(Window),
    /// The foreground group; for its own session only.
    GetForeground(u32),
    /// Changes it to a group of the same session.
    SetForeground(u32),
    /// The session that it controls.
    GetSession(u32),
    /// Make it the controlling terminal of the caller's session.
    BecomeControlling {
        /// Even if it controls another one; only for the privileged.
        steal: bool,
    },
    /// It controls the caller's session no longer, if the caller leads that.
    GiveUpControlling,
    /// Bytes that can be read at once.
    Available(usize),
    /// Throw away unread input / unsent output.
    Flush {
        /// Unread input.
        input: bool,
        /// Unsent output.
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

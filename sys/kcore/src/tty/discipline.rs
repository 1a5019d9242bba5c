//! The line discipline without a terminal: bytes in; echo, lines and events out. No locks, no waiting.
//!
//! Nothing here grows without bound: input beyond [`LIMIT`] is dropped, whatever it is made of.

#[cfg(test)]
mod tests;

use super::{Modes, Settings, Special};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Most bytes kept for readers, with those of the line being edited.
pub(super) const LIMIT: usize = 4096;
const BELL: u8 = 7;
const BACKSPACE: u8 = 8;

/// What a key makes of the foreground group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Interrupt,
    Quit,
    Suspend,
}

/// What input led to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Bytes to show (before output processing).
    pub(super) echo: Vec<u8>,
    pub(super) signal: Option<Signal>,
    /// Readers have something new.
    pub(super) readable: bool,
}

/// A piece of finished input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Byte(u8),
    /// The last byte of its line.
    Last(u8),
    /// The end-of-file key: ends a line without being part of it.
    End,
}

/// The state between keys and readers, and between writers and the screen.
pub(super) struct Discipline {
    pub(super) settings: Settings,
    /// Ctrl-S: output waits.
    pub(super) stopped: bool,
    ready: VecDeque<Item>,
    /// The line being edited.
    line: Vec<u8>,
    /// The next byte has no special meaning.
    literal: bool,
    /// Where the cursor is.
    column: usize,
    /// Where it was when the line began.
    start: usize,
}

/// Settings of a fresh terminal.
pub(super) fn defaults() -> Settings {
    Settings {
        modes: Modes::CR_TO_NL
            | Modes::OUTPUT
            | Modes::NL_TO_CRNL
            | Modes::CANONICAL
            | Modes::ECHO
            | Modes::ECHO_ERASE
            | Modes::ECHO_KILL
            | Modes::ECHO_KILL_LINE
            | Modes::ECHO_CONTROL
            | Modes::SIGNALS
            | Modes::EXTENDED
            | Modes::FLOW,
        // Ctrl-C, Ctrl-\, DEL, Ctrl-U, Ctrl-D, Ctrl-Q, Ctrl-S, Ctrl-Z, -, Ctrl-R, Ctrl-W, Ctrl-V, -, Ctrl-O.
        characters: [3, 28, 127, 21, 4, 17, 19, 26, 0, 18, 23, 22, 0, 15],
        min: 1,
        time: 0,
    }
}

impl Discipline {
    pub(super) fn new() -> Discipline {
        Discipline {
            settings: defaults(),
            stopped: false,
            // All of it now: input comes in interrupt context.
            ready: VecDeque::with_capacity(LIMIT),
            line: Vec::with_capacity(LIMIT),
            literal: false,
            column: 0,
            start: 0,
        }
    }

    fn has(&self, modes: Modes) -> bool {
        self.settings.modes.contains(modes)
    }

    fn is(&self, byte: u8, special: Special) -> bool {
        let character = self.settings.characters[special as usize];
        character != 0 && character == byte
    }

    /// Takes a byte from the device.
    pub(super) fn input(&mut self, byte: u8) -> Outcome {
        let mut out = Outcome::default();
        let strip = if self.has(Modes::STRIP) { 0x7f } else { 0xff };
        let byte = byte & strip;
        if core::mem::take(&mut self.literal) {
            self.accept(byte, true, &mut out);
            return out;
        }
        let Some(byte) = self.map_input(byte) else {
            return out;
        };
        if self.flow(byte) {
            return out;
        }
        if let Some(signal) = self.signal_of(byte) {
            if !self.has(Modes::NO_FLUSH) {
                self.flush();
            }
            self.stopped = false;
            self.echo(byte, &mut out);
            if self.has(Modes::ECHO) {
                out.echo.push(b'\n');
            }
            out.signal = Some(signal);
        } else if !self.has(Modes::CANONICAL) || !self.edit(byte, &mut out) {
            self.accept(byte, false, &mut out);
        }
        out
    }

    fn map_input(&self, byte: u8) -> Option<u8> {
        match byte {
            b'\r' if self.has(Modes::IGNORE_CR) => None,
            b'\r' if self.has(Modes::CR_TO_NL) => Some(b'\n'),
            b'\n' if self.has(Modes::NL_TO_CR) => Some(b'\r'),
            byte => Some(byte),
        }
    }

    /// Stops output or lets it go on; true: the byte was for that alone.
    fn flow(&mut self, byte: u8) -> bool {
        if !self.has(Modes::FLOW) {
            return false;
        }
        let (start, stop) = (self.is(byte, Special::Start), self.is(byte, Special::Stop));
        if start {
            self.stopped = false;
        } else if stop {
            self.stopped = true;
        } else if self.has(Modes::FLOW_ANY) {
            self.stopped = false;
        }
        start || stop
    }

    fn signal_of(&self, byte: u8) -> Option<Signal> {
        if !self.has(Modes::SIGNALS) {
            return None;
        }
        [
            (Special::Interrupt, Signal::Interrupt),
            (Special::Quit, Signal::Quit),
            (Special::Suspend, Signal::Suspend),
        ]
        .into_iter()
        .find(|&(special, _)| self.is(byte, special))
        .map(|(_, signal)| signal)
    }

    /// Editing keys of canonical mode; false: an ordinary byte.
    fn edit(&mut self, byte: u8, out: &mut Outcome) -> bool {
        let extended = self.has(Modes::EXTENDED);
        if self.is(byte, Special::Erase) || byte == BACKSPACE {
            if self.erase(out) {
                self.echo_unless_erased(byte, out);
            }
        } else if self.is(byte, Special::Kill) {
            self.kill(byte, out);
        } else if extended && self.is(byte, Special::WordErase) {
            let blank = |last: &u8| matches!(last, b' ' | b'\t');
            let before = self.line.len();
            while self.line.last().is_some_and(blank) && self.erase(out) {}
            while self.line.last().is_some_and(|last| !blank(last)) && self.erase(out) {}
            if self.line.len() < before {
                self.echo_unless_erased(byte, out);
            }
        } else if extended && self.is(byte, Special::LiteralNext) {
            self.literal = true;
            if self.has(Modes::ECHO | Modes::ECHO_CONTROL) {
                out.echo.extend([b'^', BACKSPACE]);
            }
        } else if extended && self.is(byte, Special::Reprint) {
            if self.has(Modes::ECHO) {
                self.echo(byte, out);
                out.echo.push(b'\n');
                self.start = 0;
                self.line.iter().for_each(|&byte| self.echo(byte, out));
            }
        } else if self.is(byte, Special::EndOfFile) {
            self.finish(Item::End, out);
        } else {
            return false;
        }
        true
    }

    /// Takes the whole line back.
    fn kill(&mut self, byte: u8, out: &mut Outcome) {
        if self.has(Modes::ECHO_ERASE | Modes::ECHO_KILL | Modes::ECHO_KILL_LINE) {
            while self.erase(out) {}
            return;
        }
        self.line.clear();
        self.echo(byte, out);
        if self.has(Modes::ECHO | Modes::ECHO_KILL) {
            out.echo.push(b'\n');
        }
    }

    /// Takes the last character back, with its columns on the screen.
    fn erase(&mut self, out: &mut Outcome) -> bool {
        let mut last = self.line.pop();
        // The bytes of one UTF-8 character go together.
        while last.is_some_and(is_continuation)
            && self.line.last().is_some_and(|&byte| byte >= 0x80)
        {
            last = self.line.pop();
        }
        let Some(byte) = last else { return false };
        if self.has(Modes::ECHO | Modes::ECHO_ERASE) {
            for _ in 0..self.width_after_line(byte) {
                out.echo.extend(b"\x08 \x08");
            }
        }
        true
    }

    /// How many columns a byte takes that follows the line.
    fn width_after_line(&self, byte: u8) -> usize {
        if byte == b'\t' {
            let end = self.line.iter().fold(self.start, |column, &byte| {
                column + self.width(byte, column)
            });
            return self.width(byte, end);
        }
        // A lone continuation byte was shown as something.
        self.width(byte, 0).max(1)
    }

    fn width(&self, byte: u8, column: usize) -> usize {
        match byte {
            b'\t' => 8 - column % 8,
            byte if self.is_shown_as_two(byte) => 2,
            byte if is_continuation(byte) => 0,
            _ => 1,
        }
    }

    fn is_shown_as_two(&self, byte: u8) -> bool {
        self.has(Modes::ECHO_CONTROL) && (byte < 32 && byte != b'\t' || byte == 127)
    }

    fn echo(&self, byte: u8, out: &mut Outcome) {
        if !self.has(Modes::ECHO) {
        } else if self.is_shown_as_two(byte) {
            out.echo.extend([b'^', byte ^ 0x40]);
        } else {
            out.echo.push(byte);
        }
    }

    /// Shows an editing key where its effect is not shown.
    fn echo_unless_erased(&self, byte: u8, out: &mut Outcome) {
        if !self.has(Modes::ECHO_ERASE) {
            self.echo(byte, out);
        }
    }

    /// An ordinary byte.
    fn accept(&mut self, byte: u8, literal: bool, out: &mut Outcome) {
        let newline = byte == b'\n' && !literal;
        let canonical = self.has(Modes::CANONICAL);
        let ends = canonical && !literal && self.ends_line(byte);
        // One place is kept for the end of a line that fills the buffer.
        if self.room() <= usize::from(!ends) {
            if canonical {
                out.echo.push(BELL);
            }
            return;
        }
        if canonical && self.line.is_empty() {
            self.start = self.column;
        }
        if !newline {
            self.echo(byte, out);
        } else if self.has(Modes::ECHO) || canonical && self.has(Modes::ECHO_NL) {
            out.echo.push(b'\n');
        }
        if ends {
            self.finish(Item::Last(byte), out);
        } else if canonical {
            self.line.push(byte);
        } else {
            self.ready.push_back(Item::Byte(byte));
            out.readable = true;
        }
    }

    fn ends_line(&self, byte: u8) -> bool {
        byte == b'\n' || self.is(byte, Special::EndOfLine) || self.is(byte, Special::EndOfLine2)
    }

    fn room(&self) -> usize {
        LIMIT.saturating_sub(self.ready.len() + self.line.len())
    }

    /// Hands the line to the readers.
    fn finish(&mut self, end: Item, out: &mut Outcome) {
        if self.room() == 0 {
            return;
        }
        self.ready.extend(self.line.drain(..).map(Item::Byte));
        self.ready.push_back(end);
        out.readable = true;
    }

    /// Throws unread input away.
    pub(super) fn flush(&mut self) {
        self.ready.clear();
        self.line.clear();
        self.literal = false;
    }

    /// Changes the settings; what was typed so far is read by the new rules.
    pub(super) fn set(&mut self, settings: Settings) {
        let was_canonical = self.has(Modes::CANONICAL);
        self.settings = settings;
        self.stopped &= self.has(Modes::FLOW);
        match (was_canonical, self.has(Modes::CANONICAL)) {
            (true, false) => {
                self.literal = false;
                self.ready.extend(self.line.drain(..).map(Item::Byte));
                self.ready.retain(|item| *item != Item::End);
            }
            (false, true) => {
                for item in &mut self.ready {
                    if *item == Item::Byte(b'\n') {
                        *item = Item::Last(b'\n');
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether a poll says that a read would not wait.
    pub(super) fn is_ready(&self) -> bool {
        let need = match self.has(Modes::CANONICAL) || self.settings.time > 0 {
            true => 1,
            false => usize::from(self.settings.min).max(1),
        };
        self.ready.len() >= need
    }

    /// Whether a read of up to `most` bytes has all that it waits for.
    pub(super) fn has_enough(&self, most: usize) -> bool {
        let need = match self.has(Modes::CANONICAL) {
            true => 1,
            false => usize::from(self.settings.min).min(most).max(1),
        };
        self.ready.len() >= need
    }

    /// How much finished input there is; more whenever a reader should look again.
    pub(super) fn pending(&self) -> usize {
        self.ready.len()
    }

    /// Bytes that can be read at once.
    pub(super) fn available(&self) -> usize {
        self.ready.iter().filter(|item| **item != Item::End).count()
    }

    /// Takes what fits: in canonical mode of one line. 0 in canonical mode: the end of file.
    pub(super) fn take(&mut self, into: &mut [u8]) -> usize {
        let canonical = self.has(Modes::CANONICAL);
        let mut taken = 0;
        for place in into {
            let (byte, last) = match self.ready.pop_front() {
                Some(Item::Byte(byte)) => (byte, false),
                Some(Item::Last(byte)) => (byte, true),
                Some(Item::End) | None => return taken,
            };
            *place = byte;
            taken += 1;
            if last && canonical {
                return taken;
            }
        }
        // A line that was read whole takes its invisible end along.
        if taken > 0 && self.ready.front() == Some(&Item::End) {
            self.ready.pop_front();
        }
        taken
    }

    /// What output becomes on its way to the device, byte by byte.
    pub(super) fn output(&mut self, bytes: &[u8], mut emit: impl FnMut(u8)) {
        let newline = self.has(Modes::OUTPUT | Modes::NL_TO_CRNL);
        for &byte in bytes {
            if newline && byte == b'\n' {
                emit(b'\r');
            }
            emit(byte);
            self.column = match byte {
                b'\n' | b'\r' => 0,
                BACKSPACE => self.column.saturating_sub(1),
                b'\t' => self.column.saturating_add(8 - self.column % 8),
                byte if byte < 32 || byte == 127 || is_continuation(byte) => self.column,
                _ => self.column.saturating_add(1),
            };
        }
    }
}

/// Whether a byte is inside a UTF-8 character.
fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

//! The line discipline without a terminal: bytes in; echo, lines and events out. No locks, no waiting.

use super::{Modes, Settings, Special};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Most bytes kept for readers, and most bytes of a line.
pub(super) const LIMIT: usize = 4096;
const BELL: u8 = 7;

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

/// The state between keys and readers.
pub(super) struct Discipline {
    pub(super) settings: Settings,
    /// Finished input. In canonical mode `None` ends a line that has no newline: the end-of-file key.
    ready: VecDeque<Option<u8>>,
    /// The line being edited.
    line: Vec<u8>,
    literal: bool,
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
            ready: VecDeque::new(),
            line: Vec::new(),
            literal: false,
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
        let Some(byte) = self.map_input(byte) else {
            return out;
        };
        if core::mem::take(&mut self.literal) {
            self.accept(byte, &mut out);
            return out;
        }
        if self.has(Modes::SIGNALS)
            && let Some(signal) = self.signal_of(byte)
        {
            if !self.has(Modes::NO_FLUSH) {
                self.flush();
            }
            self.echo(byte, &mut out);
            if self.has(Modes::ECHO) {
                out.echo.push(b'\n');
            }
            out.signal = Some(signal);
            return out;
        }
        if self.has(Modes::EXTENDED | Modes::CANONICAL) && self.is(byte, Special::LiteralNext) {
            self.literal = true;
        } else if !self.has(Modes::CANONICAL) || !self.edit(byte, &mut out) {
            self.accept(byte, &mut out);
        }
        out
    }

    fn map_input(&self, byte: u8) -> Option<u8> {
        let byte = if self.has(Modes::STRIP) {
            byte & 0x7f
        } else {
            byte
        };
        match byte {
            b'\r' if self.has(Modes::IGNORE_CR) => None,
            b'\r' if self.has(Modes::CR_TO_NL) => Some(b'\n'),
            b'\n' if self.has(Modes::NL_TO_CR) => Some(b'\r'),
            byte => Some(byte),
        }
    }

    fn signal_of(&self, byte: u8) -> Option<Signal> {
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
        if self.is(byte, Special::Erase) || byte == 8 {
            self.erase(out);
        } else if self.is(byte, Special::Kill) {
            while self.erase(out) {}
        } else if self.has(Modes::EXTENDED) && self.is(byte, Special::WordErase) {
            while self.line.last() == Some(&b' ') && self.erase(out) {}
            while self.line.last().is_some_and(|&last| last != b' ') && self.erase(out) {}
        } else if self.has(Modes::EXTENDED) && self.is(byte, Special::Reprint) {
            self.echo(byte, out);
            out.echo.push(b'\n');
            let line = self.line.clone();
            line.into_iter().for_each(|byte| self.echo(byte, out));
        } else if self.is(byte, Special::EndOfFile) {
            self.finish(None, out);
        } else {
            return false;
        }
        true
    }

    /// Takes the last character back, with its columns on the screen.
    fn erase(&mut self, out: &mut Outcome) -> bool {
        let mut last = self.line.pop();
        // The bytes of one UTF-8 character go together.
        while last.is_some_and(|byte| byte & 0xc0 == 0x80)
            && self.line.last().is_some_and(|&byte| byte >= 0x80)
        {
            last = self.line.pop();
        }
        let Some(byte) = last else { return false };
        if self.has(Modes::ECHO | Modes::ECHO_ERASE) {
            let columns = if self.is_shown_as_two(byte) { 2 } else { 1 };
            out.echo.extend(b"\x08 \x08".repeat(columns));
        }
        true
    }

    fn is_shown_as_two(&self, byte: u8) -> bool {
        self.has(Modes::ECHO_CONTROL)
            && (byte < 32 && byte != b'\t' && byte != b'\n' || byte == 127)
    }

    fn echo(&self, byte: u8, out: &mut Outcome) {
        let newline = byte == b'\n' && self.has(Modes::ECHO_NL | Modes::CANONICAL);
        if !self.has(Modes::ECHO) && !newline {
            return;
        }
        if self.is_shown_as_two(byte) {
            out.echo.extend([b'^', byte ^ 0x40]);
        } else {
            out.echo.push(byte);
        }
    }

    /// An ordinary byte.
    fn accept(&mut self, byte: u8, out: &mut Outcome) {
        if self.ready.len() + self.line.len() >= LIMIT - 1 && byte != b'\n' {
            out.echo.push(BELL);
            return;
        }
        self.echo(byte, out);
        if !self.has(Modes::CANONICAL) {
            self.ready.push_back(Some(byte));
            out.readable = true;
            return;
        }
        self.line.push(byte);
        if byte == b'\n' || self.is(byte, Special::EndOfLine) || self.is(byte, Special::EndOfLine2)
        {
            self.finish(Some(()), out);
        }
    }

    /// Hands the line to the readers; without a delimiter of its own it gets an invisible one.
    fn finish(&mut self, delimited: Option<()>, out: &mut Outcome) {
        self.ready.extend(self.line.drain(..).map(Some));
        if delimited.is_none() {
            self.ready.push_back(None);
        }
        out.readable = true;
    }

    /// Throws unread input away.
    pub(super) fn flush(&mut self) {
        self.ready.clear();
        self.line.clear();
    }

    /// Changes the settings; what was typed so far is read by the new rules.
    pub(super) fn set(&mut self, settings: Settings) {
        let was_canonical = self.has(Modes::CANONICAL);
        self.settings = settings;
        if was_canonical && !self.has(Modes::CANONICAL) {
            self.ready.extend(self.line.drain(..).map(Some));
            self.ready.retain(Option::is_some);
        }
    }

    /// Whether a read would not wait.
    pub(super) fn is_ready(&self) -> bool {
        match self.has(Modes::CANONICAL) {
            true => !self.ready.is_empty(),
            false => {
                self.ready.len() >= usize::from(self.settings.min).clamp(1, LIMIT)
                    || self.settings.min == 0 && !self.ready.is_empty()
            }
        }
    }

    /// Bytes that can be read at once.
    pub(super) fn available(&self) -> usize {
        self.ready.iter().flatten().count()
    }

    /// Takes up to `most` bytes: in canonical mode of one line. Empty in canonical mode: the end of file.
    pub(super) fn take(&mut self, most: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < most {
            match self.ready.pop_front() {
                Some(Some(byte)) => {
                    bytes.push(byte);
                    let ends = byte == b'\n'
                        || self.is(byte, Special::EndOfLine)
                        || self.is(byte, Special::EndOfLine2);
                    if self.has(Modes::CANONICAL) && ends {
                        break;
                    }
                }
                Some(None) | None => return bytes,
            }
        }
        // A line that was read whole takes its invisible end along.
        if self.has(Modes::CANONICAL)
            && self.ready.front() == Some(&None)
            && !bytes.ends_with(b"\n")
        {
            self.ready.pop_front();
        }
        bytes
    }

    /// What output becomes on its way to the device.
    pub(super) fn output(&self, bytes: &[u8], out: &mut Vec<u8>) {
        let newline = self.has(Modes::OUTPUT | Modes::NL_TO_CRNL);
        for &byte in bytes {
            if newline && byte == b'\n' {
                out.push(b'\r');
            }
            out.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Discipline, Modes, Signal};

    /// Types keys; gives the echo, what can be read by one read after the other, and the signals.
    fn check(discipline: &mut Discipline, keys: &[u8]) -> (String, Vec<String>, Vec<Signal>) {
        let (mut echo, mut reads, mut signals) = (Vec::new(), Vec::new(), Vec::new());
        for &key in keys {
            let out = discipline.input(key);
            echo.extend(out.echo);
            signals.extend(out.signal);
        }
        while discipline.is_ready() {
            reads.push(String::from_utf8_lossy(&discipline.take(100)).into_owned());
        }
        (String::from_utf8_lossy(&echo).into_owned(), reads, signals)
    }

    fn canonical(keys: &[u8], echo: &str, reads: &[&str]) {
        let got = check(&mut Discipline::new(), keys);
        assert_eq!(
            (
                got.0.as_str(),
                got.1.iter().map(String::as_str).collect::<Vec<_>>()
            ),
            (echo, reads.to_vec())
        );
    }

    #[test]
    fn lines_are_edited() {
        canonical(b"ab\r", "ab\n", &["ab\n"]);
        canonical(b"ab", "ab", &[]);
        canonical(b"abc\x7f\x7fd\n", "abc\x08 \x08\x08 \x08d\n", &["ad\n"]);
        canonical(b"\x7fa\n", "a\n", &["a\n"]);
        canonical(
            b"abc\x15x\n",
            &format!("abc{}x\n", "\x08 \x08".repeat(3)),
            &["x\n"],
        );
        canonical(
            b"ab cd\x17x\n",
            &format!("ab cd{}x\n", "\x08 \x08".repeat(2)),
            &["ab x\n"],
        );
        canonical("é\x7fa\n".as_bytes(), "é\x08 \x08a\n", &["a\n"]);
        canonical(b"\x01\x7fa\n", "^A\x08 \x08\x08 \x08a\n", &["a\n"]);
        canonical(b"a\x16\x03b\n", "a^Cb\n", &["a\x03b\n"]);
        canonical(b"a\x12\n", "a^R\na\n", &["a\n"]);
        canonical(b"one\ntwo\n", "one\ntwo\n", &["one\n", "two\n"]);
    }

    #[test]
    fn the_end_of_file_key_ends_a_read() {
        canonical(b"\x04", "", &[""]);
        canonical(b"ab\x04", "ab", &["ab"]);
        canonical(b"ab\x04\x04", "ab", &["ab", ""]);
        canonical(b"a\n\x04", "a\n", &["a\n", ""]);
    }

    #[test]
    fn keys_make_signals_and_flush() {
        let mut discipline = Discipline::new();
        let got = check(&mut discipline, b"ab\x03cd\n");
        assert_eq!(
            got,
            (
                "ab^C\ncd\n".into(),
                vec!["cd\n".into()],
                vec![Signal::Interrupt]
            )
        );
        assert_eq!(
            check(&mut discipline, b"\x1c\x1a").2,
            [Signal::Quit, Signal::Suspend]
        );
        discipline.settings.modes.remove(Modes::SIGNALS);
        assert_eq!(check(&mut discipline, b"\x03\n").1, ["\x03\n"]);
    }

    #[test]
    fn raw_mode_hands_bytes_on() {
        let mut discipline = Discipline::new();
        let mut raw = discipline.settings;
        raw.modes
            .remove(Modes::CANONICAL | Modes::ECHO | Modes::SIGNALS | Modes::CR_TO_NL);
        assert_eq!(check(&mut discipline, b"ab").1, Vec::<String>::new());
        discipline.set(raw);
        assert_eq!(check(&mut discipline, b"\r\x03\x04").1, ["ab\r\x03\x04"]);
        discipline.settings.min = 3;
        assert_eq!(check(&mut discipline, b"xy").1, Vec::<String>::new());
        assert_eq!(check(&mut discipline, b"z").1, ["xyz"]);
    }

    #[test]
    fn a_flood_is_bounded_and_newlines_still_count() {
        let mut discipline = Discipline::new();
        for _ in 0..10_000 {
            discipline.input(b'x');
        }
        discipline.input(b'\n');
        assert_eq!(discipline.take(100_000).len(), 4096);
    }

    #[test]
    fn output_gets_carriage_returns() {
        let mut out = Vec::new();
        Discipline::new().output(b"a\nb", &mut out);
        assert_eq!(out, b"a\r\nb");
    }
}

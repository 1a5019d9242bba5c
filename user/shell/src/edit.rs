//! The line editor: keys in, a line and what to draw out. Knows nothing of the terminal but escape sequences.

use alloc::vec::Vec;

/// What a key led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Go on.
    Continue,
    /// The line is done.
    Line(Vec<u8>),
    /// Ctrl-C: the line is thrown away.
    Interrupted,
    /// Ctrl-D on an empty line.
    EndOfInput,
    /// Tab: complete the line up to the cursor, then call [`Editor::complete`].
    Complete,
    /// Ctrl-L.
    Clear,
}

/// A line being edited, and those before it.
#[derive(Default)]
pub struct Editor {
    line: Vec<u8>,
    cursor: usize,
    history: Vec<Vec<u8>>,
    /// Which of the history is shown; its length: the new line.
    shown: usize,
    /// The new line, kept while older ones are shown.
    draft: Vec<u8>,
    /// Bytes of an escape sequence so far.
    escape: Vec<u8>,
}

const CTRL_A: u8 = 1;
const CTRL_B: u8 = 2;
const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const CTRL_E: u8 = 5;
const CTRL_F: u8 = 6;
const CTRL_K: u8 = 11;
const CTRL_L: u8 = 12;
const CTRL_N: u8 = 14;
const CTRL_P: u8 = 16;
const CTRL_U: u8 = 21;
const CTRL_W: u8 = 23;
const ESCAPE: u8 = 27;
const DELETE: u8 = 127;

impl Editor {
    /// The bytes before the cursor.
    pub fn before_cursor(&self) -> &[u8] {
        &self.line[..self.cursor]
    }

    /// Lines entered so far, oldest first.
    pub fn history(&self) -> &[Vec<u8>] {
        &self.history
    }

    /// Takes a byte of input.
    pub fn key(&mut self, byte: u8) -> Step {
        if !self.escape.is_empty() {
            self.escape.push(byte);
            return self.escaped();
        }
        match byte {
            ESCAPE => self.escape.push(byte),
            b'\r' | b'\n' => return Step::Line(self.finish()),
            CTRL_C => {
                self.reset();
                return Step::Interrupted;
            }
            CTRL_D if self.line.is_empty() => return Step::EndOfInput,
            CTRL_D => self.delete(),
            CTRL_L => return Step::Clear,
            b'\t' => return Step::Complete,
            8 | DELETE => {
                if self.left() {
                    self.delete();
                }
            }
            CTRL_A => self.cursor = 0,
            CTRL_E => self.cursor = self.line.len(),
            CTRL_B => drop(self.left()),
            CTRL_F => self.right(),
            CTRL_K => self.line.truncate(self.cursor),
            CTRL_U => {
                self.line.drain(..self.cursor);
                self.cursor = 0;
            }
            CTRL_W => self.delete_word(),
            CTRL_P => self.older(),
            CTRL_N => self.newer(),
            0..=31 => {}
            byte => self.insert(&[byte]),
        }
        Step::Continue
    }

    fn escaped(&mut self) -> Step {
        match self.escape.as_slice() {
            [ESCAPE, b'[' | b'O'] => return Step::Continue,
            [ESCAPE, b'[', digits @ ..]
                if digits
                    .iter()
                    .all(|byte| byte.is_ascii_digit() || *byte == b';') =>
            {
                return Step::Continue;
            }
            [ESCAPE, _, b'A'] => self.older(),
            [ESCAPE, _, b'B'] => self.newer(),
            [ESCAPE, _, b'C'] => self.right(),
            [ESCAPE, _, b'D'] => drop(self.left()),
            [ESCAPE, _, b'H'] | [ESCAPE, _, b'1' | b'7', b'~'] => self.cursor = 0,
            [ESCAPE, _, b'F'] | [ESCAPE, _, b'4' | b'8', b'~'] => self.cursor = self.line.len(),
            [ESCAPE, _, b'3', b'~'] => self.delete(),
            _ => {}
        }
        self.escape.clear();
        Step::Continue
    }

    fn insert(&mut self, bytes: &[u8]) {
        self.line
            .splice(self.cursor..self.cursor, bytes.iter().copied());
        self.cursor += bytes.len();
    }

    /// Puts completed text in at the cursor.
    pub fn complete(&mut self, bytes: &[u8]) {
        self.insert(bytes);
    }

    /// To the start of the character before the cursor.
    fn left(&mut self) -> bool {
        let at = self.cursor;
        while self.cursor > 0 {
            self.cursor -= 1;
            if !is_continuation(self.line[self.cursor]) {
                break;
            }
        }
        at != self.cursor
    }

    fn right(&mut self) {
        if self.cursor < self.line.len() {
            self.cursor += self.char_len();
        }
    }

    /// Bytes of the character at the cursor.
    fn char_len(&self) -> usize {
        let rest = &self.line[self.cursor + 1..];
        1 + rest
            .iter()
            .take_while(|byte| is_continuation(**byte))
            .count()
    }

    fn delete(&mut self) {
        if self.cursor < self.line.len() {
            self.line.drain(self.cursor..self.cursor + self.char_len());
        }
    }

    fn delete_word(&mut self) {
        let before = &self.line[..self.cursor];
        let end = before
            .iter()
            .rposition(|&byte| byte != b' ')
            .map_or(0, |at| at + 1);
        let start = before[..end]
            .iter()
            .rposition(|&byte| byte == b' ')
            .map_or(0, |at| at + 1);
        self.line.drain(start..self.cursor);
        self.cursor = start;
    }

    fn older(&mut self) {
        if self.shown == self.history.len() {
            self.draft = self.line.clone();
        }
        if self.shown > 0 {
            self.shown -= 1;
            self.show(self.history[self.shown].clone());
        }
    }

    fn newer(&mut self) {
        if self.shown < self.history.len() {
            self.shown += 1;
            let line = self.history.get(self.shown).unwrap_or(&self.draft).clone();
            self.show(line);
        }
    }

    fn show(&mut self, line: Vec<u8>) {
        self.cursor = line.len();
        self.line = line;
    }

    fn finish(&mut self) -> Vec<u8> {
        let line = core::mem::take(&mut self.line);
        let blank = line.iter().all(|byte| *byte == b' ');
        if !blank && self.history.last() != Some(&line) {
            self.history.push(line.clone());
        }
        self.reset();
        line
    }

    fn reset(&mut self) {
        self.line.clear();
        self.draft.clear();
        self.cursor = 0;
        self.shown = self.history.len();
    }

    /// What redraws the line: back to its start, prompt, text, clear the rest, cursor to its place.
    pub fn draw(&self, prompt: &[u8]) -> Vec<u8> {
        let mut out = Vec::from(b"\r".as_slice());
        out.extend_from_slice(prompt);
        out.extend_from_slice(&self.line);
        out.extend_from_slice(b"\x1b[K");
        let behind = self.line[self.cursor..]
            .iter()
            .filter(|byte| !is_continuation(**byte))
            .count();
        if behind > 0 {
            out.extend_from_slice(alloc::format!("\x1b[{behind}D").as_bytes());
        }
        out
    }
}

/// Whether a byte continues a UTF-8 character.
fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// The longest beginning that all have in common.
pub fn common_prefix(names: &[Vec<u8>]) -> Vec<u8> {
    let Some((first, rest)) = names.split_first() else {
        return Vec::new();
    };
    let len = rest.iter().fold(first.len(), |len, name| {
        let same = first.iter().zip(name).take_while(|(a, b)| a == b).count();
        len.min(same)
    });
    first[..len].to_vec()
}

#[cfg(test)]
mod tests {
    use super::{Editor, Step, common_prefix};

    fn type_in(editor: &mut Editor, keys: &[u8]) -> Step {
        keys.iter().map(|&key| editor.key(key)).last().unwrap()
    }

    fn check(keys: &[u8], expected: &str) {
        let step = type_in(&mut Editor::default(), &[keys, b"\r"].concat());
        assert_eq!(step, Step::Line(expected.into()), "{}", keys.escape_ascii());
    }

    #[test]
    fn keys_edit_the_line() {
        check(b"abc", "abc");
        check(b"abc\x7f\x7fx", "ax");
        check(b"ac\x1b[Db", "abc");
        check(b"bc\x01a\x05d", "abcd");
        check(b"one two three\x17x", "one two x");
        check(b"abc\x15x", "x");
        check(b"abc\x01\x0b", "");
        check(b"abc\x1b[H\x1b[3~", "bc");
        check("aé\x7fb".as_bytes(), "ab");
        check(b"\x1b[1;5Cab", "ab");
    }

    #[test]
    fn history_keeps_the_draft() {
        let mut editor = Editor::default();
        type_in(&mut editor, b"first\r");
        type_in(&mut editor, b"second\r");
        assert_eq!(
            type_in(&mut editor, b"dra\x1b[A\x1b[A\x1b[B\x1b[Bft\r"),
            Step::Line(b"draft".to_vec())
        );
        assert_eq!(
            type_in(&mut editor, b"\x1b[A\x1b[A\r"),
            Step::Line(b"second".to_vec())
        );
    }

    #[test]
    fn control_keys() {
        let mut editor = Editor::default();
        assert_eq!(editor.key(4), Step::EndOfInput);
        assert_eq!(type_in(&mut editor, b"abc\x03"), Step::Interrupted);
        assert_eq!(editor.before_cursor(), b"");
        assert_eq!(type_in(&mut editor, b"ab\t"), Step::Complete);
        editor.complete(b"cd ");
        assert_eq!(editor.before_cursor(), b"abcd ");
    }

    #[test]
    fn prefixes() {
        assert_eq!(common_prefix(&[b"abc".to_vec(), b"abd".to_vec()]), b"ab");
        assert_eq!(common_prefix(&[]), b"");
    }
}

//! The kernel log: records with time, level and module, kept in a ring and shown on the console.
//!
//! On a multiplexed console (`console.mux=1` on the command line) a record is framed, so that the host can tell it from
//! the terminal's bytes: DLE `L` text DLE `E`. Text never holds DLE.

use crate::system;
use core::fmt::{self, Write};
use hal::sync::{IrqLock, Once};
use log::{LevelFilter, Log, Metadata, Record};

/// Bytes of the ring.
const RING: usize = 32 << 10;
/// Longest line, in bytes; what is longer is cut.
const LINE: usize = 512;
/// The byte that frames records on a multiplexed console.
pub const DLE: u8 = 0x10;

/// Takes whole records for the console; must not log and must not block. May be called with interrupts off.
pub type Sink = fn(&[u8]);

struct Ring {
    bytes: [u8; RING],
    /// Bytes ever written.
    end: u64,
}

static KEPT: IrqLock<Ring> = IrqLock::new(Ring {
    bytes: [0; RING],
    end: 0,
});
static SINK: Once<Sink> = Once::new();

/// A line being made.
struct Line {
    bytes: [u8; LINE],
    len: usize,
}

impl Line {
    const fn new() -> Line {
        Line {
            bytes: [0; LINE],
            len: 0,
        }
    }
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }
    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes()
            .filter(|&byte| byte != DLE)
            .for_each(|byte| self.push(byte));
        Ok(())
    }
}

struct Logger;

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }
    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let level = record.level().as_str();
            let mut line = Line::new();
            let now = hal::time::now_ns() / 1000;
            // Writing to a line cannot fail.
            let _ = write!(
                line,
                "[{:5}.{:06}] {} {}: {}",
                now / 1_000_000,
                now % 1_000_000,
                Lower(level),
                record.target(),
                record.args()
            );
            keep(line.bytes());
            show(line.bytes());
        }
    }
    fn flush(&self) {}
}

/// A text in small letters.
struct Lower<'a>(&'a str);

impl fmt::Display for Lower<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .chars()
            .try_for_each(|letter| f.write_char(letter.to_ascii_lowercase()))
    }
}

/// Starts logging at the level of `loglevel=` (default: warnings, or everything from info on without `quiet`).
pub fn init() {
    let level = match system::option("loglevel") {
        Some("error") => LevelFilter::Error,
        Some("warn") => LevelFilter::Warn,
        Some("debug") => LevelFilter::Debug,
        Some("trace") => LevelFilter::Trace,
        None if system::option("quiet").is_some() => LevelFilter::Warn,
        _ => LevelFilter::Info,
    };
    // Fails only when called twice, which changes nothing.
    let _ = log::set_logger(&Logger);
    log::set_max_level(level);
}

/// Has records go to `sink` instead of the emergency console; once.
pub fn set_sink(sink: Sink) {
    SINK.call_once(|| sink);
}

/// Whether the console carries the terminal and the log side by side.
pub fn is_multiplexed() -> bool {
    system::option("console.mux") == Some("1")
}

fn keep(line: &[u8]) {
    let mut ring = KEPT.lock();
    for &byte in line.iter().chain(b"\n") {
        let at = (ring.end % RING as u64) as usize;
        ring.bytes[at] = byte;
        ring.end += 1;
    }
}

/// Shows a whole line on the console as a record.
fn show(line: &[u8]) {
    let mut framed = [0; LINE + 4];
    let len = frame(line, is_multiplexed(), &mut framed);
    match SINK.get() {
        Some(sink) => sink(&framed[..len]),
        None => hal::console::write(&framed[..len]),
    }
}

/// As a record, straight to the hardware, for a crash: not kept, waits for nobody.
pub fn emergency(text: fmt::Arguments<'_>) {
    let mut line = Line::new();
    let _ = line.write_fmt(text);
    let mut framed = [0; LINE + 4];
    let len = frame(line.bytes(), is_multiplexed(), &mut framed);
    hal::console::write(&framed[..len]);
}

/// Puts the record around a line; gives its length.
fn frame(line: &[u8], multiplexed: bool, into: &mut [u8; LINE + 4]) -> usize {
    let (before, after): (&[u8], &[u8]) = if multiplexed {
        (&[DLE, b'L'], &[DLE, b'E'])
    } else {
        (&[], b"\r\n")
    };
    let mut len = 0;
    for part in [before, line, after] {
        into[len..len + part.len()].copy_from_slice(part);
        len += part.len();
    }
    len
}

/// The log as text, from byte `from` of all that was ever logged; gives the place of the first byte given and how many
/// there are. What the ring no longer holds is skipped.
pub fn read(from: u64, into: &mut [u8]) -> (u64, usize) {
    let ring = KEPT.lock();
    let from = from.max(ring.end.saturating_sub(RING as u64)).min(ring.end);
    let len = into.len().min((ring.end - from) as usize);
    for (at, byte) in into[..len].iter_mut().enumerate() {
        *byte = ring.bytes[((from + at as u64) % RING as u64) as usize];
    }
    (from, len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_and_cuts() {
        let mut line = Line::new();
        line.write_str("a\u{10}b").unwrap();
        let mut out = [0; LINE + 4];
        let len = frame(line.bytes(), true, &mut out);
        assert_eq!(&out[..len], b"\x10Lab\x10E");
        let len = frame(line.bytes(), false, &mut out);
        assert_eq!(&out[..len], b"ab\r\n");
        for _ in 0..LINE {
            line.write_str("xyz").unwrap();
        }
        assert_eq!(line.bytes().len(), LINE);
        assert_eq!(frame(line.bytes(), true, &mut out), LINE + 4);
    }

    #[test]
    fn the_ring_keeps_the_newest() {
        let start = KEPT.lock().end;
        keep(b"one");
        let mut out = [0; 16];
        let (from, len) = read(start, &mut out);
        assert_eq!((from, &out[..len]), (start, b"one\n".as_slice()));
        (0..RING).for_each(|_| keep(b"two"));
        let (from, len) = read(start, &mut out);
        assert_eq!(from, KEPT.lock().end - RING as u64);
        assert_eq!(&out[..len], b"two\ntwo\ntwo\ntwo\n");
    }
}

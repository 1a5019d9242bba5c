//! An open file of text, and helpers to write it.

use alloc::string::String;
use alloc::vec::Vec;
use core::any::Any;
use core::fmt::{Arguments, Write};
use kcore::io::{Sink, Source};
use kcore::object::{IoFlags, Kind, Object, Seek, SeekFrom, Stream};
use kcore::sync::Mutex;
use kcore::{Error, Result};

/// Text being written.
#[derive(Default)]
pub(crate) struct Text(Vec<u8>);

impl Text {
    /// Adds formatted text.
    pub(crate) fn put(&mut self, text: Arguments<'_>) {
        // Writing to memory does not fail.
        let _ = self.write_fmt(text);
    }

    /// Adds bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Adds a path or name, with space, tab, newline and backslash as octal, so that it stays one word of one line.
    pub(crate) fn word(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match byte {
                b' ' | b'\t' | b'\n' | b'\\' => self.put(format_args!("\\{byte:03o}")),
                _ => self.0.push(byte),
            }
        }
    }

    /// What was written.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Bytes as readable text, for fields that end at a newline.
pub(crate) fn printable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\n', "\\n")
}

/// A file as it was when opened.
pub(crate) struct Opened {
    bytes: Vec<u8>,
    position: Mutex<u64>,
}

impl Opened {
    pub(crate) fn new(bytes: Vec<u8>) -> Opened {
        Opened {
            bytes,
            position: Mutex::new(0),
        }
    }
}

impl Object for Opened {
    fn kind(&self) -> Kind {
        Kind::File
    }
    fn stream(&self) -> Option<&dyn Stream> {
        Some(self)
    }
    fn seek(&self) -> Option<&dyn Seek> {
        Some(self)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for Opened {
    fn read(&self, to: &mut Sink<'_>, _flags: IoFlags) -> Result<usize> {
        let mut position = self.position.lock();
        let done = self.read_at(*position, to)?;
        *position += done as u64;
        Ok(done)
    }

    fn write(&self, _from: &mut Source<'_>, _flags: IoFlags) -> Result<usize> {
        Err(Error::NotPermitted)
    }
}

impl Seek for Opened {
    fn seek(&self, to: SeekFrom) -> Result<u64> {
        let mut position = self.position.lock();
        let (start, by) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::Current(by) => (*position, by),
            SeekFrom::End(by) => (self.bytes.len() as u64, by),
        };
        let at = start.checked_add_signed(by);
        *position = at
            .filter(|&at| i64::try_from(at).is_ok())
            .ok_or(Error::InvalidArgument)?;
        Ok(*position)
    }

    fn read_at(&self, offset: u64, to: &mut Sink<'_>) -> Result<usize> {
        let start = usize::try_from(offset).map_or(self.bytes.len(), |at| at.min(self.bytes.len()));
        to.put(&self.bytes[start..])
    }

    fn write_at(&self, _offset: u64, _from: &mut Source<'_>) -> Result<usize> {
        Err(Error::NotPermitted)
    }
}

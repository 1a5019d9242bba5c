//! Kernel objects and their capabilities.
//!
//! Everything a program can hold is an [`Object`]. What it can do, it says by giving out capability traits;
//! what its holder may do with it, the rights of the handle say.

use crate::io::{Sink, Source};
use crate::wait::WaitQueue;
use crate::{Error, Result};
use alloc::sync::Arc;
use core::any::Any;

bitflags::bitflags! {
    /// What the holder of a handle may do. Can only shrink.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Rights: u32 {
        const READ = 1 << 0;
        const WRITE = 1 << 1;
        const EXECUTE = 1 << 2;
        const SEEK = 1 << 3;
        const MAP = 1 << 4;
        const DUPLICATE = 1 << 5;
        /// Pass to another process (spawn, exec, channel).
        const TRANSFER = 1 << 6;
        const WAIT = 1 << 7;
        /// Read its metadata.
        const INSPECT = 1 << 8;
        /// Change its metadata or state.
        const CONTROL = 1 << 9;
        const MOUNT = 1 << 10;
    }
}

bitflags::bitflags! {
    /// What can be done now without waiting.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Readiness: u32 {
        const READ = 1;
        const WRITE = 2;
        const ERROR = 4;
        const HANG_UP = 8;
        const PRIORITY = 16;
    }
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Directory,
    Device,
    Pipe,
    Terminal,
    Event,
    Timer,
    Memory,
    Process,
    Thread,
    Namespace,
    Environment,
    Tracer,
    Socket,
    Channel,
}

/// A kernel object.
pub trait Object: Any + Send + Sync {
    fn kind(&self) -> Kind;
    fn stream(&self) -> Option<&dyn Stream> {
        None
    }
    fn seek(&self) -> Option<&dyn Seek> {
        None
    }
    fn wait(&self) -> Option<&dyn Wait> {
        None
    }
    fn control(&self) -> Option<&dyn Control> {
        None
    }
    /// An open file (regular, directory or device) of a file system.
    fn file(&self) -> Option<&crate::vfs::File> {
        None
    }
    /// For kinds that only their own calls know (process, timer...).
    fn as_any(&self) -> &dyn Any;
    /// The last handle in some table was closed (not the object's end).
    fn on_close(&self) {}
}

/// How a single transfer behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IoFlags {
    /// Never wait: [`Error::WouldBlock`].
    pub no_wait: bool,
}

/// Bytes in order.
pub trait Stream {
    /// Reads up to `to.remaining()` bytes; 0 at the end. Waits unless told not to (by `flags` or the object's own mode).
    fn read(&self, to: &mut Sink<'_>, flags: IoFlags) -> Result<usize>;
    /// Writes; may be short when a wait was interrupted after the first byte.
    fn write(&self, from: &mut Source<'_>, flags: IoFlags) -> Result<usize>;
    /// Non-blocking mode of the open object (shared by its duplicates).
    fn nonblocking(&self) -> bool {
        false
    }
    fn set_nonblocking(&self, on: bool) -> Result<()> {
        Err(Error::NotSupported)
    }
}

/// Where to go from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeekFrom {
    Start(u64),
    Current(i64),
    End(i64),
}

/// A position, and transfers that do not use it.
pub trait Seek {
    fn seek(&self, to: SeekFrom) -> Result<u64>;
    fn read_at(&self, offset: u64, to: &mut Sink<'_>) -> Result<usize>;
    fn write_at(&self, offset: u64, from: &mut Source<'_>) -> Result<usize>;
}

/// Something to wait for.
pub trait Wait {
    fn readiness(&self) -> Readiness;
    /// Woken whenever [`Wait::readiness`] may have grown.
    fn queue(&self) -> &WaitQueue;
}

/// Device and terminal control, as typed requests.
pub trait Control {
    fn control(&self, request: &mut crate::tty::Request) -> Result<()>;
}

/// A counted reference to any object.
pub type ObjectRef = Arc<dyn Object>;

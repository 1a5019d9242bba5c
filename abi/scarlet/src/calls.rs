//! The handlers, one module per group of the table.

pub(crate) mod file;
pub(crate) mod handle;
pub(crate) mod memory;
pub(crate) mod namespace;
pub(crate) mod path;
pub(crate) mod process;
pub(crate) mod stream;
pub(crate) mod system;
pub(crate) mod thread;

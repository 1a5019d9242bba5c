//! The handlers, one file for each group of the table.

pub(crate) mod attribute;
pub(crate) mod file;
pub(crate) mod identity;
pub(crate) mod io;
pub(crate) mod memory;
pub(crate) mod mount;
pub(crate) mod path;
pub(crate) mod poll;
pub(crate) mod process;
pub(crate) mod signal;
pub(crate) mod socket;
pub(crate) mod system;
pub(crate) mod terminal;
pub(crate) mod thread;
pub(crate) mod time;

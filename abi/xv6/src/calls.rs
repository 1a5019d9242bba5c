//! The handlers, one module per group of the table.

pub(crate) mod file;
pub(crate) mod path;
pub(crate) mod process;

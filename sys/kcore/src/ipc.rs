//! Pipes (and later channels, shared memory).

use crate::Result;
use crate::object::ObjectRef;

/// Bytes a pipe holds.
pub const PIPE_CAPACITY: usize = 65536;

/// A pipe: its reader and its writer.
pub fn pipe() -> Result<(ObjectRef, ObjectRef)> {
    todo!()
}

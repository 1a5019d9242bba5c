//! The call tracer: one line per call of a traced process, decoded by its ABI's table.

use crate::object::{Kind, Object, ObjectRef};
use alloc::sync::Arc;
use core::any::Any;

/// Receives the lines of the processes that carry it.
pub struct Tracer {
    to: ObjectRef,
}

impl Tracer {
    /// Lines are written to `to` (a stream).
    pub fn new(to: ObjectRef) -> Arc<Tracer> {
        Arc::new(Tracer { to })
    }
    /// Writes one whole line.
    pub fn line(&self, line: &[u8]) {
        todo!()
    }
}

impl Object for Tracer {
    fn kind(&self) -> Kind {
        Kind::Tracer
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Counts and logs (once per ABI and number) a call that the ABI does not have.
pub fn unknown_call(call: &crate::abi::Call<'_>, number: u64) {
    todo!()
}

//! The emergency console: polled output that works from the first instruction on and in a panic.

/// Writes bytes, polling. Not for ordinary output: the tty's driver is interrupt-driven.
pub fn write(bytes: &[u8]) {
    crate::arch::console::write(bytes);
}

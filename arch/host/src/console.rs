//! The emergency console: standard error.

use std::io::Write;

/// Writes bytes.
pub fn write(bytes: &[u8]) {
    // Nobody can be told that standard error is gone.
    let _ = std::io::stderr().write_all(bytes);
}

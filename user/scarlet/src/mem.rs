//! Memory mappings.

use crate::Result;
use crate::sys::{NONE, Nr, call};

/// Bytes of a page.
pub const PAGE: usize = 4096;

/// What may be done with mapped memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prot(u32);

impl Prot {
    /// Nothing.
    pub const NONE: Prot = Prot(0);
    /// Read.
    pub const READ: Prot = Prot(1);
    /// Read and write.
    pub const READ_WRITE: Prot = Prot(3);
    /// Read and execute.
    pub const READ_EXECUTE: Prot = Prot(5);
}

/// Maps `len` bytes of zeros.
pub fn map(len: usize, prot: Prot) -> Result<*mut u8> {
    let at = call(Nr::Map, [0, len, prot.0 as usize, 0, NONE as usize, 0])?;
    Ok(core::ptr::with_exposed_provenance_mut(at))
}

/// Takes a mapping away.
///
/// # Safety
/// Nothing may use that memory any more.
pub unsafe fn unmap(at: *mut u8, len: usize) -> Result<()> {
    call(Nr::Unmap, [at.expose_provenance(), len]).map(drop)
}

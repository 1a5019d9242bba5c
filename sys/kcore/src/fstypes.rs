//! The kinds of file systems that can be mounted, by name. The kernel binary registers its list at boot.

use crate::vfs::{FileSystem, FsContext};
use crate::{Error, Result};
use alloc::sync::Arc;
use hal::sync::Once;

/// A kind of file system.
pub struct FsType {
    /// As mount names it.
    pub name: &'static str,
    /// Makes one.
    pub make: fn(&MakeArgs<'_>) -> Result<Arc<dyn FileSystem>>,
}

/// What a mount says of the file system to make.
pub struct MakeArgs<'a> {
    /// The mounting process' view: paths in options are meant in it.
    pub fs: &'a FsContext,
    /// Device path, or anything for file systems without one.
    pub source: &'a [u8],
    /// `name=value,name` text.
    pub options: &'a [u8],
}

impl<'a> MakeArgs<'a> {
    /// The value of option `name`; empty when it has none.
    pub fn option(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.options.split(|&byte| byte == b',').find_map(|option| {
            let mut parts = option.splitn(2, |&byte| byte == b'=');
            (parts.next() == Some(name)).then(|| parts.next().unwrap_or(&[]))
        })
    }
}

static TYPES: Once<&'static [&'static FsType]> = Once::new();

/// Registers the kernel's list, once.
pub fn register(types: &'static [&'static FsType]) {
    TYPES.call_once(|| types);
}

/// All registered.
pub fn all() -> &'static [&'static FsType] {
    TYPES.get().copied().unwrap_or(&[])
}

/// The kind of that name; [`Error::NoDevice`] when there is none.
pub fn find(name: &[u8]) -> Result<&'static FsType> {
    all()
        .iter()
        .copied()
        .find(|kind| kind.name.as_bytes() == name)
        .ok_or(Error::NoDevice)
}

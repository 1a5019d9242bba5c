//! Builds what the programs of one ABI see: a namespace made of layers and binds. The policy comes from init.

use crate::abi::Abi;
use crate::exec::View;
use crate::fstypes::{self, MakeArgs};
use crate::vfs::{Base, FsContext, MountFlags, Namespace, NewNode, NodeKind};
use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The kind of file system that joins layers.
const OVERLAY: &[u8] = b"overlay";

/// A tree made visible inside the view.
pub struct Bind<'a> {
    /// In the maker's namespace.
    pub from: &'a [u8],
    /// In the view.
    pub to: &'a [u8],
    /// Not writable through this bind.
    pub read_only: bool,
}

/// What a view is made of; paths in the maker's namespace.
pub struct ViewSpec<'a> {
    /// Whose programs see it.
    pub abi: &'static Abi,
    /// Read-only layers, top first, joined by `:`.
    pub layers: &'a [u8],
    /// Where changes go; empty: the view cannot be changed.
    pub upper: &'a [u8],
    /// Trees of the maker's namespace.
    pub binds: Vec<Bind<'a>>,
    /// `NAME=value` set when another ABI's program enters this one.
    pub env: Vec<Vec<u8>>,
}

/// Builds the view. Missing directories for `upper` and the binds are made.
pub fn build(fs: &FsContext, spec: &ViewSpec<'_>) -> Result<View> {
    let mut options = Vec::from(b"lowerdir=".as_slice());
    options.extend_from_slice(spec.layers);
    if !spec.upper.is_empty() {
        make_directories(fs, spec.upper)?;
        options.extend_from_slice(b",upperdir=");
        options.extend_from_slice(spec.upper);
    }
    let args = MakeArgs {
        fs,
        source: OVERLAY,
        options: &options,
    };
    let namespace = Namespace::new((fstypes::find(OVERLAY)?.make)(&args)?)?;
    let inside = FsContext::new(namespace.clone(), namespace.root());
    for bind in &spec.binds {
        let from = fs.resolve(&Base::WorkingDirectory, bind.from, true)?;
        make_directories(&inside, bind.to)?;
        let at = inside.resolve(&Base::WorkingDirectory, bind.to, true)?;
        let flags = MountFlags {
            read_only: bind.read_only,
            ..MountFlags::default()
        };
        namespace.bind(&from, &at, true, flags)?;
    }
    let root = namespace.root();
    Ok(View {
        abi: spec.abi,
        namespace,
        root,
        env: spec.env.clone(),
    })
}

/// Makes a directory and those above it, as far as they are missing.
fn make_directories(fs: &FsContext, path: &[u8]) -> Result<()> {
    let node = NewNode {
        kind: NodeKind::Directory,
        mode: 0o755,
        uid: 0,
        gid: 0,
        rdev: crate::vfs::DeviceId::default(),
    };
    let ends = (1..path.len())
        .filter(|&at| path[at] == b'/')
        .chain([path.len()]);
    for end in ends {
        match fs.make(&Base::WorkingDirectory, &path[..end], &node) {
            Ok(()) | Err(Error::AlreadyExists | Error::ReadOnly) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// An environment object over these views.
pub fn environment(views: Vec<View>) -> Arc<crate::exec::Environment> {
    Arc::new(crate::exec::Environment { views })
}

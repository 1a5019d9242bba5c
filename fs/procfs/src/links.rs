//! Links to places: working directory, root, program, open files.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use kcore::object::{Kind, ObjectRef, Rights};
use kcore::process::{self, Process};
use kcore::vfs::{DeviceId, Inode, Metadata, NodeKind, OpenOptions, Path, now};
use kcore::{Error, Result};

/// Which link of a process' directory.
#[derive(Clone, Copy)]
pub(crate) enum Which {
    WorkingDirectory,
    Root,
    Program,
}

impl Which {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Which::WorkingDirectory => "cwd",
            Which::Root => "root",
            Which::Program => "exe",
        }
    }
}

/// Only the process' own user, or the superuser, may see where it is.
fn may_look(process: &Process) -> Result<()> {
    let (reader, owner) = (process::current(), process.credentials());
    let reader = reader.process().credentials();
    if reader.euid == 0 || (reader.euid == owner.uid && reader.euid == owner.euid) {
        Ok(())
    } else {
        Err(Error::AccessDenied)
    }
}

/// What the link says.
pub(crate) fn text(process: &Process, which: Which) -> Result<Vec<u8>> {
    may_look(process)?;
    match which {
        Which::WorkingDirectory => Ok(name(process, &process.fs().working_directory())),
        Which::Root => Ok(name(process, &process.fs().root())),
        Which::Program => {
            let (path, _) = process.program();
            if path.is_empty() {
                return Err(Error::NotFound);
            }
            Ok(path)
        }
    }
}

/// Where the link leads, if it leads there whatever it says.
pub(crate) fn place(process: &Process, which: Which) -> Result<Option<Path>> {
    may_look(process)?;
    Ok(match which {
        Which::WorkingDirectory => Some(process.fs().working_directory()),
        Which::Root => Some(process.fs().root()),
        Which::Program => {
            // The path is one of its own view.
            let (path, _) = process.program();
            let base = kcore::vfs::Base::WorkingDirectory;
            Some(process.fs().resolve(&base, &path, true)?)
        }
    })
}

/// The path of a place, as the reader sees it, else as its process does.
fn name(process: &Process, place: &Path) -> Vec<u8> {
    let reader = process::current().process().fs();
    match reader
        .name_of(place)
        .or_else(|_| process.fs().name_of(place))
    {
        Ok(path) => path,
        Err(_) => {
            let mut text = place.last_name().to_vec();
            if place.is_removed() {
                text.extend_from_slice(b" (deleted)");
            }
            text
        }
    }
}

fn object(process: &Process, number: u32) -> Result<ObjectRef> {
    may_look(process)?;
    let handles = process.handles();
    let object = handles.object(number, Rights::empty());
    object.map_err(|_| Error::NotFound)
}

/// What the link of an open file says.
pub(crate) fn handle_text(process: &Process, number: u32) -> Result<Vec<u8>> {
    let object = object(process, number)?;
    Ok(match object.file() {
        Some(file) => name(process, file.path()),
        None => label(&object).into_bytes(),
    })
}

/// Where the link of an open file leads: to the file, whatever its name is now; for what is no file, to the object itself.
pub(crate) fn handle_place(process: &Process, number: u32) -> Result<Path> {
    let object = object(process, number)?;
    if let Some(file) = object.file() {
        return Ok(file.path().clone());
    }
    let name = label(&object);
    Ok(Path::detached(
        Arc::new(Anonymous { object }),
        name.as_bytes(),
    ))
}

/// `pipe:[number]` and its like. The number tells objects apart and says nothing about where they are in memory.
fn label(object: &ObjectRef) -> String {
    let number = identity(object);
    match object.kind() {
        Kind::Pipe => format!("pipe:[{number}]"),
        Kind::Socket => format!("socket:[{number}]"),
        kind => format!("anon_inode:[{kind:?}]").to_ascii_lowercase(),
    }
}

fn identity(object: &ObjectRef) -> u32 {
    let address = Arc::as_ptr(object).cast::<()>() as usize as u64;
    (address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 34) as u32
}

/// The node of an object that is no file: opening it gives the object.
struct Anonymous {
    object: ObjectRef,
}

impl Inode for Anonymous {
    fn metadata(&self) -> Metadata {
        let kind = match self.object.kind() {
            Kind::Pipe => NodeKind::Pipe,
            Kind::Terminal | Kind::Device => NodeKind::CharDevice,
            _ => NodeKind::Regular,
        };
        let now = now();
        Metadata {
            kind,
            mode: 0o600,
            uid: 0,
            gid: 0,
            size: 0,
            blocks: 0,
            links: 1,
            inode: u64::from(identity(&self.object)),
            device: 0,
            rdev: DeviceId::default(),
            accessed: now,
            modified: now,
            changed: now,
            created: now,
            block_size: 4096,
        }
    }

    fn open(self: Arc<Self>, _options: &OpenOptions) -> Result<Option<ObjectRef>> {
        if self.object.kind() == Kind::Socket {
            return Err(Error::NoDevice);
        }
        Ok(Some(self.object.clone()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

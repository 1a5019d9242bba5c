//! What the first process starts with: its tree, its program, its handles.

use alloc::sync::Arc;
use alloc::vec::Vec;
use fs_cpiofs::CpioFs;
use fs_overlayfs::OverlayFs;
use fs_tmpfs::TmpFs;
use kcore::exec::Program;
use kcore::handle::Handle;
use kcore::object::Rights;
use kcore::vfs::{FsContext, Namespace};
use kcore::{Error, Result, driver, system};

/// The first program, unless the command line names another with `init=`.
const INIT: &str = "/system/scarlet/bin/init";

/// The boot image with a layer in memory over it that takes the changes.
pub(crate) fn mount() -> Result<Arc<FsContext>> {
    let image = hal::platform::boot_info().initrd.ok_or_else(|| {
        log::error!("the machine was booted without an initramfs");
        Error::NoDevice
    })?;
    let image = CpioFs::new(image)?;
    let changes = TmpFs::new(system::memory().total / 2, 0o755);
    let lower = Namespace::new(image)?.root();
    let upper = Namespace::new(changes)?.root();
    let namespace = Namespace::new(OverlayFs::new([lower].into(), Some(upper))?)?;
    let root = namespace.root();
    Ok(FsContext::new(namespace, root))
}

/// The first program as it is called.
pub(crate) fn first_program() -> Program {
    let path = system::option("init").unwrap_or(INIT).as_bytes().to_vec();
    Program {
        args: [path.clone()].into(),
        path,
        file: None,
        env: Vec::new(),
        abi: None,
    }
}

/// The console as handles 0, 1, 2.
pub(crate) fn console_handles() -> Vec<Handle> {
    let Some(console) = driver::console() else {
        return Vec::new();
    };
    let handle = Handle {
        object: console.open(),
        rights: Rights::all() - Rights::MAP - Rights::SEEK - Rights::MOUNT,
        close_on_exec: false,
    };
    [handle.clone(), handle.clone(), handle].into()
}

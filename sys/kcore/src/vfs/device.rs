//! Which driver stands behind a device number. Any node with the number leads to it, on whatever file system it lies.

use super::{DeviceId, NodeKind, OpenOptions};
use crate::object::ObjectRef;
use crate::sync::SpinLock;
use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Opens a device.
pub type Opener = Arc<dyn Fn(&OpenOptions) -> Result<ObjectRef> + Send + Sync>;

struct Driver {
    kind: NodeKind,
    id: DeviceId,
    opener: Opener,
}

static DRIVERS: SpinLock<Vec<Driver>> = SpinLock::new(Vec::new());

/// Puts a driver behind a number; [`Error::AlreadyExists`] when one is there. `kind`: character or block device.
pub fn register(kind: NodeKind, id: DeviceId, opener: Opener) -> Result<()> {
    let mut drivers = DRIVERS.lock();
    if drivers.iter().any(|d| d.kind == kind && d.id == id) {
        return Err(Error::AlreadyExists);
    }
    drivers.push(Driver { kind, id, opener });
    Ok(())
}

/// Opens the device of that number; [`Error::NoDevice`] when there is no driver.
pub fn open(kind: NodeKind, id: DeviceId, options: &OpenOptions) -> Result<ObjectRef> {
    let opener = {
        let drivers = DRIVERS.lock();
        let driver = drivers.iter().find(|d| d.kind == kind && d.id == id);
        driver.ok_or(Error::NoDevice)?.opener.clone()
    };
    opener(options)
}

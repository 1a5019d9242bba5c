//! Devices without hardware: null, zero, full, random, urandom.

use crate::register;
use alloc::sync::Arc;
use core::any::Any;
use kcore::io::{Sink, Source};
use kcore::object::{IoFlags, Kind, Object, ObjectRef, Seek, SeekFrom, Stream};
use kcore::vfs::{DeviceId, NodeKind};
use kcore::{Error, Result, random};

/// Major number of these devices.
const MAJOR: u32 = 1;
/// Random bytes made at once.
const PIECE: usize = 256;

/// Registers them, once.
pub fn register_memory_devices() -> Result<()> {
    let devices = [
        ("null", 3, Device::Null),
        ("zero", 5, Device::Zero),
        ("full", 7, Device::Full),
        ("random", 8, Device::Random),
        ("urandom", 9, Device::Random),
    ];
    for (name, minor, device) in devices {
        let object: ObjectRef = Arc::new(device);
        let id = DeviceId {
            major: MAJOR,
            minor,
        };
        let opener = Arc::new(move |_: &_| Ok(object.clone()));
        register(name, NodeKind::CharDevice, id, 0o666, opener)?;
    }
    Ok(())
}

/// A device. It keeps nothing, so one object serves all.
#[derive(Clone, Copy)]
pub(crate) enum Device {
    /// Nothing to read, takes all.
    Null,
    /// Zeros without end, takes all.
    Zero,
    /// Zeros without end, no space.
    Full,
    /// Random bytes without end; what is written is mixed in.
    Random,
}

impl Object for Device {
    fn kind(&self) -> Kind {
        Kind::Device
    }
    fn stream(&self) -> Option<&dyn Stream> {
        Some(self)
    }
    fn seek(&self) -> Option<&dyn Seek> {
        Some(self)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for Device {
    fn read(&self, to: &mut Sink<'_>, _flags: IoFlags) -> Result<usize> {
        match self {
            Device::Null => Ok(0),
            Device::Zero | Device::Full => to.put_zeros(to.remaining()),
            Device::Random => read_random(to),
        }
    }

    fn write(&self, from: &mut Source<'_>, _flags: IoFlags) -> Result<usize> {
        let len = from.remaining();
        match self {
            Device::Null | Device::Zero => Ok(len),
            Device::Full if len == 0 => Ok(0),
            Device::Full => Err(Error::NoSpace),
            Device::Random => mix(from),
        }
    }
}

fn read_random(to: &mut Sink<'_>) -> Result<usize> {
    let mut bytes = [0; PIECE];
    let mut done = 0;
    while to.remaining() > 0 {
        let piece = &mut bytes[..to.remaining().min(PIECE)];
        random::fill(piece);
        match to.put(piece) {
            Ok(n) => {
                done += n;
                if n < piece.len() {
                    break;
                }
            }
            Err(error) if done == 0 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(done)
}

fn mix(from: &mut Source<'_>) -> Result<usize> {
    let mut bytes = [0; PIECE];
    let mut done = 0;
    while from.remaining() > 0 {
        match from.take(&mut bytes) {
            Ok(0) => break,
            Ok(n) => {
                random::mix(&bytes[..n]);
                done += n;
            }
            Err(error) if done == 0 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(done)
}

/// They have no position; seeking succeeds and changes nothing.
impl Seek for Device {
    fn seek(&self, _to: SeekFrom) -> Result<u64> {
        Ok(0)
    }
    fn read_at(&self, _offset: u64, to: &mut Sink<'_>) -> Result<usize> {
        self.read(to, IoFlags::default())
    }
    fn write_at(&self, _offset: u64, from: &mut Source<'_>) -> Result<usize> {
        self.write(from, IoFlags::default())
    }
}

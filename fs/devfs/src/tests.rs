//! The devices, opened by path through the file layer.

use crate::{DevFs, register, register_memory_devices};
use alloc::sync::Arc;
use alloc::vec;
use kcore::Error;
use kcore::io::{Sink, Source};
use kcore::object::{IoFlags, Kind, ObjectRef};
use kcore::vfs::{Base, DeviceId, FsContext, Namespace, NodeKind, OpenOptions};

fn open(fs: &FsContext, name: &[u8]) -> Result<ObjectRef, Error> {
    let options = OpenOptions {
        read: true,
        write: true,
        ..OpenOptions::default()
    };
    fs.open(&Base::WorkingDirectory, name, &options)
}

#[test]
fn the_devices_without_hardware_do_what_they_say() {
    let _machine = hal::testing::boot(1, 1 << 20);
    register_memory_devices().unwrap();
    let namespace = Namespace::new(DevFs::new()).unwrap();
    let fs = FsContext::new(namespace.clone(), namespace.root());
    let no = IoFlags::default();
    for (name, got, took) in [
        (&b"null"[..], 0, Ok(5)),
        (b"zero", 600, Ok(5)),
        (b"full", 600, Err(Error::NoSpace)),
        (b"random", 600, Ok(5)),
    ] {
        let object = open(&fs, name).unwrap();
        assert_eq!(object.kind(), Kind::Device);
        let stream = object.stream().unwrap();
        let mut bytes = vec![0; 600];
        assert_eq!(stream.read(&mut Sink::kernel(&mut bytes), no), Ok(got));
        assert_eq!(bytes.iter().any(|&byte| byte != 0), name == b"random");
        assert_eq!(stream.write(&mut Source::kernel(b"bytes"), no), took);
        let metadata = object.file().unwrap().metadata();
        assert_eq!(
            (metadata.kind, metadata.rdev.major),
            (NodeKind::CharDevice, 1)
        );
    }
    // A driver that comes later shows up, though its name was asked for before.
    assert_eq!(open(&fs, b"late").err(), Some(Error::NotFound));
    let id = DeviceId { major: 9, minor: 9 };
    let opener = Arc::new(|_: &_| Err(Error::Busy));
    register("late", NodeKind::CharDevice, id, 0o600, opener.clone()).unwrap();
    assert_eq!(open(&fs, b"late").err(), Some(Error::Busy));
    let again = register("late", NodeKind::CharDevice, id, 0o600, opener.clone());
    assert_eq!(again, Err(Error::AlreadyExists));
    let again = register("later", NodeKind::CharDevice, id, 0o600, opener);
    assert_eq!(again, Err(Error::AlreadyExists));
    let link = fs
        .resolve(&Base::WorkingDirectory, b"stdin", false)
        .unwrap();
    assert_eq!(link.inode().read_link().unwrap(), b"/proc/self/fd/0");
}

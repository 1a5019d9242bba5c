//! The formats, as data; what needs running processes is tested on the booted machine.

use crate::ProcFs;
use crate::memory::line;
use crate::mounts::{info_line, table_line};
use crate::text::Text;
use alloc::sync::Arc;
use kcore::mm::{Area, Prot};
use kcore::vfs::{FileSystem, MountFlags, MountInfo, NodeKind};

fn written(write: impl FnOnce(&mut Text)) -> String {
    let mut text = Text::default();
    write(&mut text);
    String::from_utf8(text.into_bytes()).unwrap()
}

#[test]
fn a_mount_is_one_line_of_words() {
    let mount = MountInfo {
        id: 7,
        parent: 1,
        target: b"/with space".to_vec(),
        source: Vec::new(),
        root: b"/".to_vec(),
        kind: "tmpfs",
        flags: MountFlags {
            read_only: true,
            no_exec: true,
            ..MountFlags::default()
        },
        device: 0x103,
    };
    assert_eq!(
        written(|text| table_line(&mount, text)),
        "none /with\\040space tmpfs ro,noexec,relatime 0 0\n"
    );
    assert_eq!(
        written(|text| info_line(&mount, text)),
        "7 1 1:3 / /with\\040space ro,noexec,relatime - tmpfs none ro\n"
    );
}

#[test]
fn an_area_has_its_name_in_a_column_of_its_own() {
    let area = Area {
        range: 0x1_0000..0x2_0000,
        prot: Prot::READ | Prot::EXECUTE,
        shared: false,
        name: Arc::from(&b"/bin/sh"[..]),
        offset: 0x1000,
        identity: (2, 34),
        resident: 0,
    };
    let text = written(|text| line(&area, text));
    assert!(text.starts_with("00010000-00020000 r-xp 00001000 00:02 34 "));
    assert_eq!(text.find("/bin/sh"), Some(73));
}

#[test]
fn the_fixed_files_are_there_and_differ() {
    let root = ProcFs.root();
    let kernel = root.lookup(b"sys").unwrap().lookup(b"kernel").unwrap();
    let limit = kernel.lookup(b"pid_max").unwrap();
    assert_eq!(limit.metadata().kind, NodeKind::Regular);
    assert_ne!(
        limit.metadata().inode,
        kernel.lookup(b"hostname").unwrap().metadata().inode
    );
    assert_eq!(
        root.lookup(b"mounts").unwrap().read_link().unwrap(),
        b"self/mounts"
    );
    assert!(limit.lookup(b"x").is_err());
}

//! Device nodes: memory devices, and the console under its names.

use alloc::sync::Arc;
use kcore::object::ObjectRef;
use kcore::vfs::{DeviceId, NodeKind};
use kcore::{Error, driver, process, tty};

/// The console's names and numbers, as programs of several systems know them.
const CONSOLE: [(&str, DeviceId, u16); 2] = [
    ("console", DeviceId { major: 5, minor: 1 }, 0o600),
    (
        "ttyS0",
        DeviceId {
            major: 4,
            minor: 64,
        },
        0o620,
    ),
];

/// Makes the nodes.
pub(crate) fn register() {
    complain("memory devices", fs_devfs::register_memory_devices());
    let own = DeviceId { major: 5, minor: 0 };
    let done = fs_devfs::register(
        "tty",
        NodeKind::CharDevice,
        own,
        0o666,
        Arc::new(open_controlling),
    );
    complain("tty", done);
    let Some(console) = driver::console() else {
        log::error!("no driver offers a console");
        return;
    };
    for (name, id, mode) in CONSOLE {
        let opener = Arc::new(|_: &kcore::vfs::OpenOptions| Ok(console.open()));
        let done = fs_devfs::register(name, NodeKind::CharDevice, id, mode, opener);
        complain(name, done);
    }
}

/// Opens the terminal that controls the caller's session.
fn open_controlling(_: &kcore::vfs::OpenOptions) -> kcore::Result<ObjectRef> {
    let session = process::current().process().session_id();
    let terminal = tty::controlling(session).ok_or(Error::NoDevice)?;
    Ok(terminal.open())
}

fn complain(what: &str, result: kcore::Result<()>) {
    if let Err(error) = result {
        log::error!("{what}: {error:?}");
    }
}

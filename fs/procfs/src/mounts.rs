//! The mounts that a process sees.

use crate::text::Text;
use alloc::sync::Arc;
use alloc::vec::Vec;
use kcore::Result;
use kcore::process::Process;
use kcore::vfs::{MountFlags, MountInfo};

fn mounts(process: &Process) -> Vec<MountInfo> {
    process.fs().namespace().mounts()
}

fn flags(flags: MountFlags, text: &mut Text) {
    let words = [
        (true, if flags.read_only { "ro" } else { "rw" }),
        (flags.no_suid, ",nosuid"),
        (flags.no_dev, ",nodev"),
        (flags.no_exec, ",noexec"),
        (true, ",relatime"),
    ];
    for (_, word) in words.iter().filter(|(on, _)| *on) {
        text.put(format_args!("{word}"));
    }
}

fn source(mount: &MountInfo) -> &[u8] {
    if mount.source.is_empty() {
        b"none"
    } else {
        &mount.source
    }
}

pub(crate) fn table(process: &Arc<Process>, text: &mut Text) -> Result<()> {
    for mount in mounts(process) {
        table_line(&mount, text);
    }
    Ok(())
}

pub(crate) fn table_line(mount: &MountInfo, text: &mut Text) {
    text.word(source(mount));
    text.put(format_args!(" "));
    text.word(&mount.target);
    text.put(format_args!(" {} ", mount.kind));
    flags(mount.flags, text);
    text.put(format_args!(" 0 0\n"));
}

pub(crate) fn info(process: &Arc<Process>, text: &mut Text) -> Result<()> {
    for mount in mounts(process) {
        info_line(&mount, text);
    }
    Ok(())
}

pub(crate) fn info_line(mount: &MountInfo, text: &mut Text) {
    let (major, minor) = (mount.device >> 8, mount.device & 0xff);
    text.put(format_args!(
        "{} {} {major}:{minor} ",
        mount.id, mount.parent
    ));
    text.word(&mount.root);
    text.put(format_args!(" "));
    text.word(&mount.target);
    text.put(format_args!(" "));
    flags(mount.flags, text);
    text.put(format_args!(" - {} ", mount.kind));
    text.word(source(mount));
    text.put(format_args!(
        " {}\n",
        if mount.flags.read_only { "ro" } else { "rw" }
    ));
}

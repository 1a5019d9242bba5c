//! The calls of the `file` group: on open files.

use crate::errno::Errno;
use crate::types::{Handle, Stat, node_number};
use alloc::vec::Vec;
use kapi::object::{ObjectRef, Rights};
use kapi::vfs::{DirEntry, Metadata, NodeKind};
use kapi::{Address, Call, Error, UserPtr, user};

/// Bytes of a directory record before the name.
const RECORD_HEAD: usize = 24;
/// Most bytes of records given at once.
const LIST_LIMIT: usize = 64 << 10;

pub(crate) fn stat_handle(
    call: &mut Call<'_>,
    handle: Handle,
    stat: UserPtr<Stat>,
) -> Result<(), Errno> {
    let object = call.process().handles().object(handle.0, Rights::INSPECT)?;
    Ok(stat.write(&facts(&object).into())?)
}

/// The metadata of an object; for what is no file, just its kind.
fn facts(object: &ObjectRef) -> Metadata {
    if let Some(file) = object.file() {
        return file.metadata();
    }
    let kind = match object.kind() {
        kapi::object::Kind::Pipe => NodeKind::Pipe,
        kapi::object::Kind::Socket | kapi::object::Kind::Channel => NodeKind::Socket,
        _ => NodeKind::CharDevice,
    };
    Metadata {
        kind,
        mode: 0o600,
        uid: 0,
        gid: 0,
        size: 0,
        blocks: 0,
        links: 1,
        inode: 0,
        device: 0,
        rdev: kapi::vfs::DeviceId::default(),
        accessed: 0,
        modified: 0,
        changed: 0,
        created: 0,
        block_size: 4096,
    }
}

pub(crate) fn list(
    call: &mut Call<'_>,
    handle: Handle,
    to: Address,
    len: usize,
) -> Result<usize, Errno> {
    let object = call.process().handles().object(handle.0, Rights::READ)?;
    let file = object.file().ok_or(Error::NotDirectory)?;
    let limit = len.min(LIST_LIMIT);
    let mut records = Vec::new();
    let mut too_small = false;
    file.list(&mut |entry| {
        let fits = records.len() + record_len(&entry) <= limit;
        if fits {
            push_record(&mut records, &entry);
        }
        too_small |= !fits && records.is_empty();
        fits
    })?;
    if too_small {
        return Err(Error::OutOfRange.into());
    }
    user::copy_out(to.0, &records)?;
    Ok(records.len())
}

fn record_len(entry: &DirEntry<'_>) -> usize {
    (RECORD_HEAD + entry.name.len()).next_multiple_of(8)
}

/// One record: next cookie, inode, kind (u16), name length (u16), record length (u32), name, padding.
fn push_record(records: &mut Vec<u8>, entry: &DirEntry<'_>) {
    let len = record_len(entry);
    let end = records.len() + len;
    records.extend_from_slice(&entry.next.to_le_bytes());
    records.extend_from_slice(&entry.inode.to_le_bytes());
    records.extend_from_slice(&(node_number(entry.kind) as u16).to_le_bytes());
    records.extend_from_slice(&(entry.name.len() as u16).to_le_bytes());
    records.extend_from_slice(&(len as u32).to_le_bytes());
    records.extend_from_slice(entry.name);
    records.resize(end, 0);
}

pub(crate) fn truncate(call: &mut Call<'_>, handle: Handle, len: u64) -> Result<(), Errno> {
    let object = call.process().handles().object(handle.0, Rights::WRITE)?;
    Ok(object.file().ok_or(Error::NotSupported)?.truncate(len)?)
}

pub(crate) fn sync(call: &mut Call<'_>, handle: Handle) -> Result<(), Errno> {
    let object = call.process().handles().object(handle.0, Rights::empty())?;
    Ok(object.file().ok_or(Error::NotSupported)?.sync()?)
}

#[cfg(test)]
mod tests {
    use super::{DirEntry, NodeKind, push_record};

    #[test]
    fn records_are_padded_to_eight() {
        let mut records = Vec::new();
        push_record(
            &mut records,
            &DirEntry {
                name: b"abc",
                inode: 7,
                kind: NodeKind::Directory,
                next: 9,
            },
        );
        assert_eq!(records.len(), 32);
        assert_eq!(
            (
                records[0],
                records[8],
                records[16],
                records[18],
                records[20]
            ),
            (9, 7, 1, 3, 32)
        );
        assert_eq!(&records[24..28], b"abc\0");
    }
}

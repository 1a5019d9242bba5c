//! Reading xv6's file system from a disk image: the programs in its root. Source: kernel/fs.h.

use crate::Result;
use std::path::Path;

const BLOCK: usize = 1024;
const MAGIC: u32 = 0x1020_3040;
const DIRECT: usize = 12;
const INODE: usize = 64;
const FILE: u16 = 2;

/// Name and contents of every regular file of the root directory.
pub(crate) fn programs(image: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let bytes = std::fs::read(image).map_err(|error| format!("{}: {error}", image.display()))?;
    read(&bytes).ok_or(format!(
        "{}: no xv6 file system, or a damaged one",
        image.display()
    ))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn read(bytes: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let super_block = bytes.get(BLOCK..2 * BLOCK)?;
    if word(super_block, 0)? != MAGIC {
        return None;
    }
    let inodes = word(super_block, 24)? as usize * BLOCK;
    let (_, root) = file(bytes, inodes, 1)?;
    let mut out = Vec::new();
    for record in root.chunks_exact(16) {
        let number = u16::from_le_bytes([record[0], record[1]]);
        let end = record[2..].iter().position(|&byte| byte == 0).unwrap_or(14) + 2;
        let name = String::from_utf8_lossy(&record[2..end]).into_owned();
        if number == 0 || name == "." || name == ".." {
            continue;
        }
        let (kind, contents) = file(bytes, inodes, usize::from(number))?;
        if kind == FILE {
            out.push((name.trim_start_matches('_').to_string(), contents));
        }
    }
    Some(out)
}

/// Kind and contents of an inode.
fn file(bytes: &[u8], inodes: usize, number: usize) -> Option<(u16, Vec<u8>)> {
    let inode = bytes.get(inodes + number * INODE..inodes + (number + 1) * INODE)?;
    let kind = u16::from_le_bytes([inode[0], inode[1]]);
    let size = word(inode, 8)? as usize;
    let indirect = word(inode, 12 + 4 * DIRECT)? as usize * BLOCK;
    let mut contents = Vec::new();
    for index in 0..size.div_ceil(BLOCK) {
        let block = match index.checked_sub(DIRECT) {
            None => word(inode, 12 + 4 * index)?,
            Some(index) if index < BLOCK / 4 => word(bytes, indirect + 4 * index)?,
            Some(_) => return None,
        };
        let at = block as usize * BLOCK;
        contents.extend_from_slice(bytes.get(at..at + BLOCK.min(size - contents.len()))?);
    }
    Some((kind, contents))
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, INODE, MAGIC, read};

    /// An image with one file `_hi` of 13 blocks, the last behind the indirect block.
    fn image() -> Vec<u8> {
        let mut bytes = vec![0; 40 * BLOCK];
        let mut put =
            |at: usize, value: u32| bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        put(BLOCK, MAGIC);
        put(BLOCK + 24, 2);
        let inode = |number: usize| 2 * BLOCK + number * INODE;
        put(inode(1), 1);
        put(inode(1) + 8, 32);
        put(inode(1) + 12, 5);
        put(inode(2), 2);
        put(inode(2) + 8, 12 * BLOCK as u32 + 3);
        for index in 0..12 {
            put(inode(2) + 12 + 4 * index, 10 + index as u32);
        }
        put(inode(2) + 60, 30);
        put(30 * BLOCK, 31);
        bytes[5 * BLOCK] = 2;
        bytes[5 * BLOCK + 2..5 * BLOCK + 5].copy_from_slice(b"_hi");
        bytes[31 * BLOCK..31 * BLOCK + 3].copy_from_slice(b"end");
        bytes
    }

    #[test]
    fn files_are_found_and_damage_is_no_panic() {
        let found = read(&image()).unwrap();
        assert_eq!(
            (found.len(), found[0].0.as_str(), found[0].1.len()),
            (1, "hi", 12 * BLOCK + 3)
        );
        assert!(found[0].1.ends_with(b"end"));
        assert_eq!(read(&[0; 100]), None);
        let mut cut = image();
        cut.truncate(31 * BLOCK);
        assert_eq!(read(&cut), None);
    }
}

//! Writing initramfs archives: cpio, "newc" format, so that the kernel can map files where they lie.
//!
//! The data of every file begins on a page boundary of the archive (the name field is filled up with NULs for that) and is
//! filled up with zeros to the next. Archives are a multiple of a page long, so they can be joined.

use crate::Result;
use std::path::Path;

const PAGE: usize = 4096;
const HEADER: usize = 110;
const DIRECTORY: u32 = 0o040_755;
const SYMLINK: u32 = 0o120_777;
const FILE: u32 = 0o100_000;

/// An archive under construction.
#[derive(Default)]
pub(crate) struct Archive {
    bytes: Vec<u8>,
    entries: u32,
}

impl Archive {
    fn entry(&mut self, name: &str, mode: u32, data: &[u8]) {
        let mut name = name.as_bytes().to_vec();
        name.push(0);
        if !data.is_empty() {
            let end = (self.bytes.len() + HEADER + name.len()).next_multiple_of(PAGE);
            name.resize(end - self.bytes.len() - HEADER, 0);
        }
        self.entries += 1;
        let fields = [
            self.entries,
            mode,
            0,
            0,
            1,
            0,
            data.len() as u32,
            0,
            0,
            0,
            0,
            name.len() as u32,
            0,
        ];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes
                .extend_from_slice(format!("{field:08X}").as_bytes());
        }
        self.bytes.extend_from_slice(&name);
        self.pad(4);
        self.bytes.extend_from_slice(data);
        self.pad(if data.is_empty() { 4 } else { PAGE });
    }

    fn pad(&mut self, to: usize) {
        self.bytes.resize(self.bytes.len().next_multiple_of(to), 0);
    }

    /// Adds the folders above `name`.
    pub(crate) fn parents(&mut self, name: &str) {
        for (at, _) in name.match_indices('/').filter(|(at, _)| *at > 0) {
            self.directory(&name[..at]);
        }
    }

    pub(crate) fn directory(&mut self, name: &str) {
        self.entry(name.trim_start_matches('/'), DIRECTORY, &[]);
    }

    pub(crate) fn symlink(&mut self, name: &str, target: &str) {
        self.entry(name.trim_start_matches('/'), SYMLINK, target.as_bytes());
    }

    pub(crate) fn file(&mut self, name: &str, data: &[u8], mode: u32) {
        self.entry(name.trim_start_matches('/'), FILE | mode, data);
    }

    /// Adds a file, link or folder of the host with all in it.
    pub(crate) fn tree(&mut self, from: &Path, name: &str) -> Result<()> {
        let fail = |error: std::io::Error| format!("{}: {error}", from.display());
        let facts = std::fs::symlink_metadata(from).map_err(fail)?;
        if facts.is_symlink() {
            let target = std::fs::read_link(from).map_err(fail)?;
            self.symlink(name, &target.to_string_lossy());
        } else if facts.is_dir() {
            if !name.trim_matches('/').is_empty() {
                self.directory(name);
            }
            let mut entries: Vec<_> = std::fs::read_dir(from).map_err(fail)?.flatten().collect();
            entries.sort_by_key(std::fs::DirEntry::file_name);
            for entry in entries {
                let inner = format!(
                    "{}/{}",
                    name.trim_end_matches('/'),
                    entry.file_name().to_string_lossy()
                );
                self.tree(&entry.path(), &inner)?;
            }
        } else {
            use std::os::unix::fs::PermissionsExt;
            let data = std::fs::read(from).map_err(fail)?;
            self.file(name, &data, facts.permissions().mode() & 0o7777);
        }
        Ok(())
    }

    /// The whole archive.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, &[]);
        self.pad(PAGE);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::Archive;

    #[test]
    fn data_begins_and_ends_on_pages() {
        let mut archive = Archive::default();
        archive.directory("/a");
        archive.file("/a/one", b"hello", 0o644);
        archive.symlink("/a/two", "one");
        archive.file("/a/three", &[7; 5000], 0o755);
        let bytes = archive.finish();
        assert_eq!(bytes.len() % 4096, 0);
        assert_eq!(&bytes[4096..4101], b"hello");
        assert!(bytes[4101..8192].iter().all(|&byte| byte == 0));
        let at = bytes
            .windows(5000)
            .position(|window| window == [7; 5000])
            .unwrap();
        assert_eq!(at % 4096, 0);
    }
}

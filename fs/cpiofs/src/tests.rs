//! Archives built here, read back through the tree.

use crate::CpioFs;
use alloc::boxed::Box;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use kcore::Error;
use kcore::io::Sink;
use kcore::vfs::{FileSystem, Inode, NodeKind};

const FILE: u32 = 0o100_644;
const DIRECTORY: u32 = 0o040_700;
const LINK: u32 = 0o120_777;

#[derive(Default)]
struct Archive(Vec<u8>);

impl Archive {
    fn add(mut self, name: &str, mode: u32, contents: &[u8], inode: u32, links: u32) -> Self {
        let size = contents.len();
        let name_size = name.len() + 1;
        let header = format!(
            "070701{inode:08x}{mode:08x}{:08x}{:08x}{links:08x}{:08x}{size:08x}{:08x}{:08x}{:08x}{:08x}{name_size:08x}{:08x}",
            7, 8, 1000, 1, 2, 5, 6, 0
        );
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(name.as_bytes());
        self.0.push(0);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self.0.extend_from_slice(contents);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    fn end(self) -> Self {
        let mut ended = self.add("TRAILER!!!", 0, b"", 0, 1);
        ended.0.resize(ended.0.len().next_multiple_of(512), 0);
        ended
    }

    fn mount(self) -> Arc<CpioFs> {
        CpioFs::new(Box::leak(self.0.into_boxed_slice())).unwrap()
    }
}

fn find(fs: &CpioFs, path: &str) -> Result<Arc<dyn Inode>, Error> {
    let mut at = fs.root();
    for name in path.split('/') {
        at = at.lookup(name.as_bytes())?;
    }
    Ok(at)
}

fn text(inode: &Arc<dyn Inode>) -> Vec<u8> {
    let mut bytes = vec![0; inode.metadata().size as usize + 5];
    let done = inode.read_at(0, &mut Sink::kernel(&mut bytes)).unwrap();
    bytes.truncate(done);
    bytes
}

#[test]
fn a_tree_is_as_the_archive_says() {
    let fs = Archive::default()
        .add("./bin", DIRECTORY, b"", 1, 2)
        .add("./bin/sh", FILE, b"shell", 2, 1)
        .add("bin/dash", LINK, b"sh", 3, 1)
        .add("a/b/c", FILE, b"", 4, 1)
        .end()
        .mount();
    assert_eq!(text(&find(&fs, "bin/sh").unwrap()), b"shell");
    assert_eq!(find(&fs, "bin/dash").unwrap().read_link().unwrap(), b"sh");
    let bin = find(&fs, "bin").unwrap().metadata();
    assert_eq!(
        (bin.kind, bin.mode, bin.uid, bin.gid),
        (NodeKind::Directory, 0o700, 7, 8)
    );
    assert_eq!(bin.modified, 1_000_000_000_000);
    // Directories that no entry describes.
    assert_eq!(find(&fs, "a/b").unwrap().metadata().mode, 0o755);
    assert_eq!(find(&fs, "a").unwrap().metadata().links, 3);
    assert_eq!(find(&fs, "a/b/x").err(), Some(Error::NotFound));
    assert_eq!(find(&fs, "bin/sh/x").err(), Some(Error::NotDirectory));
}

#[test]
fn hard_links_are_one_node_with_the_contents_of_the_last() {
    let fs = Archive::default()
        .add("x", FILE, b"", 9, 3)
        .add("y", FILE, b"", 9, 3)
        .add("z", FILE, b"contents", 9, 3)
        .end()
        .mount();
    let numbers = ["x", "y", "z"].map(|name| {
        let node = find(&fs, name).unwrap();
        assert_eq!(text(&node), b"contents");
        (node.metadata().inode, node.metadata().links)
    });
    assert_eq!(numbers, [(numbers[0].0, 3); 3]);
}

#[test]
fn of_archives_in_a_row_the_last_counts() {
    let mut all = Archive::default()
        .add("f", FILE, b"old", 1, 1)
        .add("d/x", FILE, b"x", 2, 1)
        .add("was-dir/inner", FILE, b"i", 3, 1)
        .end();
    let more = Archive::default()
        .add("f", FILE, b"new", 1, 1)
        .add("d/y", FILE, b"y", 2, 1)
        .add("was-dir", FILE, b"file", 3, 1)
        .end();
    all.0.extend_from_slice(&more.0);
    let fs = all.mount();
    assert_eq!(text(&find(&fs, "f").unwrap()), b"new");
    assert_eq!(text(&find(&fs, "d/x").unwrap()), b"x");
    assert_eq!(text(&find(&fs, "d/y").unwrap()), b"y");
    assert_eq!(text(&find(&fs, "was-dir").unwrap()), b"file");
}

#[test]
fn damaged_archives_are_refused_and_never_worse() {
    let whole = Archive::default()
        .add("d/x", FILE, b"abcdef", 2, 2)
        .add("l", LINK, b"d/x", 3, 1)
        .end();
    let mut refused = 0;
    for at in 0..whole.0.len() {
        for value in [0, b'0', b'f', 0xff] {
            let mut bytes = whole.0.clone();
            bytes[at] = value;
            refused += usize::from(CpioFs::new(Box::leak(bytes.into_boxed_slice())).is_err());
        }
    }
    assert!(refused > 100);
    let cut = whole.0[..150].to_vec();
    assert!(CpioFs::new(Box::leak(cut.into_boxed_slice())).is_err());
}

#[test]
fn pages_show_the_contents_and_zeros_behind() {
    let _machine = hal::testing::boot(1, 1 << 20);
    let contents: Vec<u8> = (0..5000u32).map(|n| n as u8).collect();
    let fs = Archive::default()
        .add("f", FILE, &contents, 1, 1)
        .add("g", FILE, b"behind", 1, 1)
        .end()
        .mount();
    let pages = find(&fs, "f").unwrap().pages().unwrap();
    let mut bytes = vec![0xaa; 4096];
    pages.page(0, false).unwrap().read(0, &mut bytes);
    assert_eq!(bytes, contents[..4096]);
    let last = pages.page(1, false).unwrap();
    last.read(0, &mut bytes);
    assert_eq!(bytes[..904], contents[4096..]);
    assert!(bytes[904..].iter().all(|&byte| byte == 0));
    assert_eq!(pages.page(1, false).unwrap().number(), last.number());
    assert_eq!(pages.page(2, false).err(), Some(Error::OutOfRange));
}

//! Random operations against a plain map; contents against a byte vector.

use crate::TmpFs;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use kcore::Error;
use kcore::io::{Sink, Source};
use kcore::vfs::{Change, DeviceId, FileSystem, Inode, NewNode, NodeKind, RenameFlags};

/// A small generator, the same numbers every time (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// The host as a machine, alone.
fn machine() -> hal::testing::Machine {
    hal::testing::boot(1, 16 << 20)
}

fn node(kind: NodeKind) -> NewNode {
    NewNode {
        kind,
        mode: 0o644,
        uid: 1,
        gid: 2,
        rdev: DeviceId::default(),
    }
}

#[test]
fn contents_are_as_a_vector_of_bytes_says() {
    let _machine = machine();
    let fs = TmpFs::new(1 << 20, 0o755);
    let file = fs.root().create(b"f", &node(NodeKind::Regular)).unwrap();
    let mut model: Vec<u8> = Vec::new();
    let mut dice = Dice(1);
    for step in 0..3000u64 {
        let offset = dice.below(40_000);
        let len = dice.below(9_000) as usize;
        match dice.below(5) {
            0 | 1 => {
                let bytes = vec![step as u8 | 1; len];
                let done = file.write_at(offset, &mut Source::kernel(&bytes)).unwrap();
                assert_eq!(done, len);
                let end = offset as usize + len;
                if len != 0 {
                    model.resize(model.len().max(end), 0);
                    model[offset as usize..end].copy_from_slice(&bytes);
                }
            }
            2 => {
                let bytes = vec![step as u8 | 1; len / 64];
                let at = file.append(&mut Source::kernel(&bytes)).unwrap();
                assert_eq!(at, (model.len() as u64, bytes.len()));
                model.extend_from_slice(&bytes);
            }
            3 => {
                let change = Change {
                    size: Some(offset),
                    ..Change::default()
                };
                file.change(&change).unwrap();
                model.resize(offset as usize, 0);
            }
            _ => {
                let mut bytes = vec![0xaa; len];
                let done = file.read_at(offset, &mut Sink::kernel(&mut bytes)).unwrap();
                let start = model.len().min(offset as usize);
                let end = model.len().min(offset as usize + len);
                assert_eq!(&bytes[..done], &model[start..end], "step {step}");
            }
        }
        assert_eq!(file.metadata().size, model.len() as u64);
    }
}

#[test]
fn the_size_limit_holds_and_pages_come_back() {
    let _machine = machine();
    let fs = TmpFs::new(4 * 4096, 0o755);
    let file = fs.root().create(b"f", &node(NodeKind::Regular)).unwrap();
    let bytes = vec![7; 5 * 4096];
    assert_eq!(file.write_at(0, &mut Source::kernel(&bytes)), Ok(4 * 4096));
    assert_eq!(
        file.append(&mut Source::kernel(&bytes)),
        Err(Error::NoSpace)
    );
    assert_eq!(fs.usage().free, 0);
    fs.root().unlink(b"f").unwrap();
    // Whoever holds it still reads it.
    assert_eq!(file.metadata().links, 0);
    assert_eq!(file.read_at(0, &mut Sink::kernel(&mut [0; 10])), Ok(10));
    drop(file);
    assert_eq!(fs.usage().free, 4);
}

#[test]
fn a_mapping_cannot_smuggle_bytes_past_the_end() {
    let _machine = machine();
    let fs = TmpFs::new(1 << 20, 0o755);
    let file = fs.root().create(b"f", &node(NodeKind::Regular)).unwrap();
    file.write_at(0, &mut Source::kernel(b"abc")).unwrap();
    let frame = file.clone().pages().unwrap().page(0, true).unwrap();
    frame.write(3, b"smuggled");
    file.write_at(20, &mut Source::kernel(b"z")).unwrap();
    let mut bytes = [9; 21];
    file.read_at(0, &mut Sink::kernel(&mut bytes)).unwrap();
    assert_eq!(&bytes, b"abc\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0z");
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Model {
    Directory(BTreeMap<u8, Model>),
    File(u64),
}

/// Two directories of the root, `a` and `b`, with names of one letter in them: every operation, against a map.
#[test]
fn names_are_as_a_map_says() {
    let _machine = machine();
    let fs = TmpFs::new(1 << 20, 0o755);
    let dirs = [b"a", b"b"].map(|name| fs.root().create(name, &node(NodeKind::Directory)).unwrap());
    let mut model = [BTreeMap::new(), BTreeMap::new()];
    let mut dice = Dice(2);
    for step in 0..20_000 {
        let (d, e) = (dice.below(2) as usize, dice.below(2) as usize);
        let (n, m) = (dice.below(5) as u8, dice.below(5) as u8);
        let old = model[d].get(&n).cloned();
        let target = model[e].get(&m).cloned();
        match dice.below(5) {
            kind @ 0..2 => {
                let kind = [NodeKind::Regular, NodeKind::Directory][kind as usize];
                let made = dirs[d].create(&[n], &node(kind));
                assert_eq!(made.is_err(), old.is_some(), "step {step}");
                if let Ok(made) = made {
                    let entry = match kind {
                        NodeKind::Regular => Model::File(made.metadata().inode),
                        _ => Model::Directory(BTreeMap::new()),
                    };
                    model[d].insert(n, entry);
                }
            }
            2 => {
                let want = match old {
                    Some(Model::File(_)) => Ok(()),
                    Some(Model::Directory(_)) => Err(Error::IsDirectory),
                    None => Err(Error::NotFound),
                };
                assert_eq!(dirs[d].unlink(&[n]), want, "step {step}");
                if want.is_ok() {
                    model[d].remove(&n);
                }
            }
            3 => {
                let want = match old {
                    Some(Model::File(_)) => Err(Error::NotDirectory),
                    Some(Model::Directory(_)) => Ok(()),
                    None => Err(Error::NotFound),
                };
                assert_eq!(dirs[d].remove_directory(&[n]), want, "step {step}");
                if want.is_ok() {
                    model[d].remove(&n);
                }
            }
            _ => {
                let same = (d, n) == (e, m);
                let want = match (&old, &target) {
                    (None, _) => Err(Error::NotFound),
                    (Some(_), _) if same => Ok(()),
                    (Some(Model::Directory(_)), Some(Model::File(_))) => Err(Error::NotDirectory),
                    (Some(Model::File(_)), Some(Model::Directory(_))) => Err(Error::IsDirectory),
                    _ => Ok(()),
                };
                let done = dirs[d].rename(&[n], &dirs[e], &[m], RenameFlags::default());
                assert_eq!(done, want, "step {step}");
                if want.is_ok() {
                    let moved = model[d].remove(&n).unwrap();
                    model[e].insert(m, moved);
                }
            }
        }
        check(&*dirs[d], &model[d]);
        check(&*dirs[e], &model[e]);
    }
}

fn check(dir: &dyn Inode, model: &BTreeMap<u8, Model>) {
    let mut listed = BTreeMap::new();
    dir.list(0, &mut |entry| {
        listed.insert(entry.name[0], (entry.kind, entry.inode));
        true
    })
    .unwrap();
    assert_eq!(listed.len(), model.len());
    let mut directories = 0;
    for (name, entry) in model {
        let (kind, inode) = listed[name];
        match entry {
            Model::File(number) => assert_eq!((kind, inode), (NodeKind::Regular, *number)),
            Model::Directory(_) => {
                assert_eq!(kind, NodeKind::Directory);
                directories += 1;
            }
        }
    }
    assert_eq!(dir.metadata().links, 2 + directories);
}

#[test]
fn a_listing_goes_on_where_it_was_whatever_changed() {
    let _machine = machine();
    let fs = TmpFs::new(1 << 20, 0o755);
    let root = fs.root();
    for name in 0..100u8 {
        root.create(&[name], &node(NodeKind::Regular)).unwrap();
    }
    let (mut seen, mut from) = (Vec::new(), 0);
    loop {
        let before = seen.len();
        root.list(from, &mut |entry| {
            seen.push(entry.name[0]);
            from = entry.next;
            seen.len() < before + 7
        })
        .unwrap();
        if seen.len() == before {
            break;
        }
        for name in &seen[before..] {
            root.unlink(&[*name]).unwrap();
        }
    }
    assert_eq!(seen, (0..100).collect::<Vec<u8>>());
}

#[test]
fn a_very_deep_tree_goes_without_deep_recursion() {
    let _machine = machine();
    let fs = TmpFs::new(1 << 20, 0o755);
    let mut dir = fs.root();
    for _ in 0..200_000 {
        dir = dir.create(b"d", &node(NodeKind::Directory)).unwrap();
    }
    drop(dir);
    drop(fs);
}

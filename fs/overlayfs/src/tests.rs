//! An overlay against a model: a plain tree that starts as the layers say, changed by the same random operations.

use crate::OverlayFs;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use fs_tmpfs::TmpFs;
use kcore::io::{Sink, Source};
use kcore::object::{IoFlags, ObjectRef};
use kcore::vfs::{
    Base, Change, DeviceId, FsContext, Namespace, NewNode, NodeKind, OpenOptions, Path, RenameFlags,
};
use kcore::{Error, Result};

const HERE: Base = Base::WorkingDirectory;

fn machine() -> hal::testing::Machine {
    hal::testing::boot(1, 16 << 20)
}

fn directory() -> NewNode {
    NewNode {
        kind: NodeKind::Directory,
        mode: 0o755,
        uid: 0,
        gid: 0,
        rdev: DeviceId::default(),
    }
}

fn context(root: Arc<dyn kcore::vfs::FileSystem>) -> Arc<FsContext> {
    let namespace = Namespace::new(root).unwrap();
    FsContext::new(namespace.clone(), namespace.root())
}

fn open(fs: &FsContext, path: &[u8], write: bool, create: bool) -> Result<ObjectRef> {
    let options = OpenOptions {
        read: true,
        write,
        create,
        truncate: create,
        mode: 0o644,
        ..OpenOptions::default()
    };
    fs.open(&HERE, path, &options)
}

fn write(fs: &FsContext, path: &[u8], text: &[u8]) -> Result<()> {
    let file = open(fs, path, true, true)?;
    let stream = file.stream().unwrap();
    stream.write(&mut Source::kernel(text), IoFlags::default())?;
    Ok(())
}

fn text_of(file: &ObjectRef) -> Vec<u8> {
    let mut bytes = vec![0; 100];
    let seek = file.seek().unwrap();
    let done = seek.read_at(0, &mut Sink::kernel(&mut bytes)).unwrap();
    bytes.truncate(done);
    bytes
}

fn read(fs: &FsContext, path: &[u8]) -> Result<Vec<u8>> {
    Ok(text_of(&open(fs, path, false, false)?))
}

/// Directory names end in a slash.
fn list(fs: &FsContext, path: &[u8]) -> Result<Vec<Vec<u8>>> {
    let options = OpenOptions {
        read: true,
        directory: true,
        ..OpenOptions::default()
    };
    let object = fs.open(&HERE, path, &options)?;
    let mut names = Vec::new();
    // Two at a time, so that each listing goes on often.
    loop {
        let before = names.len();
        object.file().unwrap().list(&mut |entry| {
            let mut name = entry.name.to_vec();
            if entry.kind == NodeKind::Directory {
                name.push(b'/');
            }
            names.push(name);
            names.len() < before + 2
        })?;
        let refused = names.len() == before + 2;
        if !refused {
            break;
        }
        names.pop();
    }
    names.retain(|name| name != b"./" && name != b"../");
    names.sort();
    Ok(names)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Model {
    /// A directory, and whether a lower layer has a part in it.
    Directory(BTreeMap<Vec<u8>, Model>, bool),
    File(Vec<u8>),
}

/// A tree of layers: two lower ones and an empty upper one, all in memory.
struct World {
    fs: Arc<FsContext>,
    lowers: Vec<Arc<FsContext>>,
    model: Model,
}

fn world() -> World {
    let tmpfs: Vec<Arc<TmpFs>> = (0..3).map(|_| TmpFs::new(8 << 20, 0o755)).collect();
    let lowers = [context(tmpfs[0].clone()), context(tmpfs[1].clone())];
    for (layer, path, text) in [
        (0, &b"a/x"[..], &b"top"[..]),
        (0, b"b", b"file over directory"),
        (0, b"c/d/y", b"y"),
        (1, b"a/x", b"bottom"),
        (1, b"a/z", b"z"),
        (1, b"b/hidden", b"h"),
        (1, b"c/d/w", b"w"),
        (1, b"e", b"e"),
    ] {
        for (at, _) in path.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
            let _ = lowers[layer].make(&HERE, &path[..at], &directory());
        }
        write(&lowers[layer], path, text).unwrap();
    }
    let paths = [&tmpfs[0], &tmpfs[1]].map(|fs| Path::root_of(fs.clone()));
    let upper = Path::root_of(tmpfs[2].clone());
    let overlay = OverlayFs::new(paths.to_vec(), Some(upper)).unwrap();
    let file = |text: &[u8]| Model::File(text.to_vec());
    let dir = |entries: Vec<(&[u8], Model)>| {
        let entries = entries
            .into_iter()
            .map(|(name, node)| (name.to_vec(), node));
        Model::Directory(entries.collect(), true)
    };
    let model = dir(vec![
        (b"a", dir(vec![(b"x", file(b"top")), (b"z", file(b"z"))])),
        (b"b", file(b"file over directory")),
        (
            b"c",
            dir(vec![(
                b"d",
                dir(vec![(b"y", file(b"y")), (b"w", file(b"w"))]),
            )]),
        ),
        (b"e", file(b"e")),
    ]);
    World {
        fs: context(overlay),
        lowers: lowers.to_vec(),
        model,
    }
}

impl Model {
    fn at(&mut self, path: &[Vec<u8>]) -> Result<&mut Model> {
        match (path.split_first(), self) {
            (None, node) => Ok(node),
            (Some((first, rest)), Model::Directory(entries, _)) => {
                entries.get_mut(first).ok_or(Error::NotFound)?.at(rest)
            }
            (Some(_), Model::File(_)) => Err(Error::NotDirectory),
        }
    }

    fn directory_at(&mut self, path: &[Vec<u8>]) -> Result<&mut BTreeMap<Vec<u8>, Model>> {
        match self.at(path)? {
            Model::Directory(entries, _) => Ok(entries),
            Model::File(_) => Err(Error::NotDirectory),
        }
    }

    fn write(&mut self, path: &[Vec<u8>], text: &[u8]) -> Result<()> {
        let (name, dir) = path.split_last().unwrap();
        let entries = self.directory_at(dir)?;
        match entries.get_mut(name) {
            Some(Model::Directory(..)) => Err(Error::IsDirectory),
            _ => {
                entries.insert(name.clone(), Model::File(text.to_vec()));
                Ok(())
            }
        }
    }

    fn make(&mut self, path: &[Vec<u8>]) -> Result<()> {
        let (name, dir) = path.split_last().unwrap();
        let entries = self.directory_at(dir)?;
        if entries.contains_key(name) {
            return Err(Error::AlreadyExists);
        }
        entries.insert(name.clone(), Model::Directory(BTreeMap::new(), false));
        Ok(())
    }

    fn remove(&mut self, path: &[Vec<u8>], directory: bool) -> Result<()> {
        let (name, dir) = path.split_last().unwrap();
        let entries = self.directory_at(dir)?;
        match entries.get(name).ok_or(Error::NotFound)? {
            Model::Directory(..) if !directory => return Err(Error::IsDirectory),
            Model::File(_) if directory => return Err(Error::NotDirectory),
            Model::Directory(inner, _) if !inner.is_empty() => return Err(Error::NotEmpty),
            _ => {}
        }
        entries.remove(name);
        Ok(())
    }

    fn rename(&mut self, from: &[Vec<u8>], to: &[Vec<u8>]) -> Result<()> {
        let (name, dir) = from.split_last().unwrap();
        let (to_name, to_dir) = to.split_last().unwrap();
        self.directory_at(dir)?;
        self.directory_at(to_dir)?;
        let source = self.at(from)?.clone();
        let target = self.at(to).ok().cloned();
        let is_directory = |node: &Model| matches!(node, Model::Directory(..));
        if from == to {
            return Ok(());
        }
        if is_directory(&source) && to.starts_with(from) {
            return Err(Error::InvalidArgument);
        }
        if let Some(target) = &target {
            if is_directory(target) && from.starts_with(to) {
                return Err(Error::NotEmpty);
            }
            match (is_directory(&source), is_directory(target)) {
                (true, false) => return Err(Error::NotDirectory),
                (false, true) => return Err(Error::IsDirectory),
                _ => {}
            }
        }
        if matches!(source, Model::Directory(_, true)) {
            return Err(Error::CrossDevice);
        }
        if let Some(Model::Directory(inner, _)) = &target
            && !inner.is_empty()
        {
            return Err(Error::NotEmpty);
        }
        self.directory_at(dir)?.remove(name);
        self.directory_at(to_dir)?.insert(to_name.clone(), source);
        Ok(())
    }
}

fn compare(fs: &FsContext, at: &[u8], model: &Model) {
    match model {
        Model::File(text) => assert_eq!(read(fs, at).as_ref(), Ok(text), "{}", show(at)),
        Model::Directory(entries, _) => {
            let mut names: Vec<Vec<u8>> = entries
                .iter()
                .map(|(name, node)| {
                    let slash: &[u8] = match node {
                        Model::Directory(..) => b"/",
                        Model::File(_) => b"",
                    };
                    [name, slash].concat()
                })
                .collect();
            names.sort();
            assert_eq!(list(fs, at).unwrap(), names, "{}", show(at));
            for (name, node) in entries {
                compare(fs, &[at, b"/", name].concat(), node);
            }
        }
    }
}

fn show(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

/// A small generator, the same numbers every time (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    fn path(&mut self) -> Vec<Vec<u8>> {
        let names = [&b"a"[..], b"b", b"c", b"d", b"e", b"x", b"y", b"z"];
        let depth = 1 + self.below(3);
        (0..depth)
            .map(|_| names[self.below(names.len() as u64) as usize].to_vec())
            .collect()
    }
}

fn run(seed: u64, steps: u64) {
    let mut world = world();
    let lowers_before: Vec<_> = world.lowers.iter().map(|fs| tree(fs, b"/")).collect();
    let mut dice = Dice(seed);
    for step in 0..steps {
        let (path, to) = (dice.path(), dice.path());
        let (name, to_name) = (path.join(&b'/'), to.join(&b'/'));
        let (fs, model) = (&world.fs, &mut world.model);
        let what = dice.below(5);
        let (done, want) = match what {
            0 => {
                let text = alloc::format!("{seed} {step}").into_bytes();
                (write(fs, &name, &text), model.write(&path, &text))
            }
            1 => (fs.make(&HERE, &name, &directory()), model.make(&path)),
            2 => (fs.unlink(&HERE, &name), model.remove(&path, false)),
            3 => (fs.remove_directory(&HERE, &name), model.remove(&path, true)),
            _ => {
                let flags = RenameFlags::default();
                let done = fs.rename(&HERE, &name, &HERE, &to_name, flags);
                (done, model.rename(&path, &to))
            }
        };
        let label = alloc::format!(
            "seed {seed} step {step}: {what} {} {}",
            show(&name),
            show(&to_name)
        );
        assert_eq!(done, want, "{label}");
        if step % 16 == 0 {
            compare(fs, b"/", model);
            // Nothing may hang on what was cached.
            kcore::vfs::reclaim_names(usize::MAX >> 40);
            compare(fs, b"/", model);
        }
    }
    let lowers_after: Vec<_> = world.lowers.iter().map(|fs| tree(fs, b"/")).collect();
    assert_eq!(lowers_before, lowers_after, "a lower layer was changed");
}

/// All files below `at`.
fn tree(fs: &FsContext, at: &[u8]) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut all = BTreeMap::new();
    for name in list(fs, at).unwrap() {
        let path = [at, b"/", &name].concat();
        if name.ends_with(b"/") {
            all.append(&mut tree(fs, &path[..path.len() - 1]));
        } else {
            let text = read(fs, &path).unwrap();
            all.insert(path, text);
        }
    }
    all
}

#[test]
fn random_operations_are_as_the_model_says() {
    let _machine = machine();
    for seed in 0..40 {
        run(seed, 400);
    }
}

#[test]
fn who_has_a_lower_file_open_sees_the_copy() {
    let _machine = machine();
    let world = world();
    let reader = open(&world.fs, b"e", false, false).unwrap();
    let number = reader.file().unwrap().metadata().inode;
    let change = Change {
        mode: Some(0o600),
        ..Change::default()
    };
    let place = world.fs.resolve(&HERE, b"e", true).unwrap();
    world.fs.change(&place, &change).unwrap();
    let writer = open(&world.fs, b"e", true, false).unwrap();
    let stream = writer.stream().unwrap();
    stream
        .write(&mut Source::kernel(b"E"), IoFlags::default())
        .unwrap();
    assert_eq!(text_of(&reader), b"E");
    let metadata = reader.file().unwrap().metadata();
    assert_eq!((metadata.inode, metadata.mode), (number, 0o600));
}

#[test]
fn a_removed_lower_file_lives_on_for_who_has_it_open() {
    let _machine = machine();
    let world = world();
    let place = world.fs.resolve(&HERE, b"a/z", true).unwrap();
    world.fs.unlink(&HERE, b"a/z").unwrap();
    write(&world.fs, b"a/z", b"another").unwrap();
    place
        .inode()
        .write_at(1, &mut Source::kernel(b"!"))
        .unwrap();
    let mut bytes = [0; 2];
    place
        .inode()
        .read_at(0, &mut Sink::kernel(&mut bytes))
        .unwrap();
    assert_eq!(&bytes, b"z!");
    assert_eq!(read(&world.fs, b"a/z").unwrap(), b"another");
    assert_eq!(list(&world.fs, b"/").unwrap().len(), 4);
}

/// An overlay whose layers all lie in another overlay: as the views of ABIs do.
#[test]
fn an_overlay_over_an_overlay_hides_and_shows() {
    let _machine = machine();
    let world = world();
    world.fs.make(&HERE, b"up", &directory()).unwrap();
    let place = |path: &[u8]| world.fs.resolve(&HERE, path, true).unwrap();
    let inner = OverlayFs::new(vec![place(b"c/d"), place(b"a")], Some(place(b"up"))).unwrap();
    let inner = context(inner);
    let names = |names: &[&[u8]]| -> Vec<Vec<u8>> { names.iter().map(|n| n.to_vec()).collect() };
    assert_eq!(
        list(&inner, b"/").unwrap(),
        names(&[b"w", b"x", b"y", b"z"])
    );
    inner.unlink(&HERE, b"w").unwrap();
    inner
        .rename(&HERE, b"x", &HERE, b"y", RenameFlags::default())
        .unwrap();
    write(&inner, b"new", b"new").unwrap();
    assert_eq!(list(&inner, b"/").unwrap(), names(&[b"new", b"y", b"z"]));
    assert_eq!(read(&inner, b"y").unwrap(), b"top");
    assert_eq!(read(&inner, b"w"), Err(Error::NotFound));
    // The layers themselves are as before; the upper one holds what changed, marks included.
    assert_eq!(read(&world.fs, b"c/d/w").unwrap(), b"w");
    assert_eq!(
        list(&world.fs, b"up").unwrap(),
        names(&[b"new", b"w", b"x", b"y"])
    );
    assert_eq!(place(b"up/w").metadata().kind, NodeKind::CharDevice);
}

#[test]
fn hard_links_are_one_file_in_the_upper_layer() {
    let _machine = machine();
    let world = world();
    let place = world.fs.resolve(&HERE, b"e", true).unwrap();
    world.fs.link(&place, &HERE, b"a/link").unwrap();
    write(&world.fs, b"a/link", b"both").unwrap();
    assert_eq!(read(&world.fs, b"e").unwrap(), b"both");
    // Renaming one over the other does nothing.
    let flags = RenameFlags::default();
    world
        .fs
        .rename(&HERE, b"e", &HERE, b"a/link", flags)
        .unwrap();
    assert_eq!(read(&world.fs, b"e").unwrap(), b"both");
    assert_eq!(place.metadata().links, 2);
}

#[test]
fn without_an_upper_layer_nothing_can_change() {
    let _machine = machine();
    let lower = TmpFs::new(1 << 20, 0o755);
    write(&context(lower.clone()), b"f", b"f").unwrap();
    let fs = context(OverlayFs::new(vec![Path::root_of(lower)], None).unwrap());
    assert_eq!(write(&fs, b"f", b"g"), Err(Error::ReadOnly));
    assert_eq!(write(&fs, b"g", b"g"), Err(Error::ReadOnly));
    assert_eq!(fs.unlink(&HERE, b"f"), Err(Error::ReadOnly));
    assert_eq!(read(&fs, b"f").unwrap(), b"f");
}

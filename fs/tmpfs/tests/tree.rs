//! The file layer of the kernel over file systems in memory: walking, opening, mounts, views.

use fs_tmpfs::TmpFs;
use kcore::io::{Sink, Source};
use kcore::object::{IoFlags, ObjectRef, SeekFrom};
use kcore::vfs::{
    Base, DeviceId, FsContext, MountFlags, Namespace, NewNode, NodeKind, OpenOptions, RenameFlags,
};
use kcore::{Error, Result};
use std::sync::Arc;

const HERE: Base = Base::WorkingDirectory;

fn tmpfs() -> Arc<TmpFs> {
    TmpFs::new(4 << 20, 0o755)
}

fn context() -> Arc<FsContext> {
    let namespace = Namespace::new(tmpfs()).unwrap();
    FsContext::new(namespace.clone(), namespace.root())
}

fn node(kind: NodeKind) -> NewNode {
    NewNode {
        kind,
        mode: 0o755,
        uid: 0,
        gid: 0,
        rdev: DeviceId::default(),
    }
}

fn mkdir(fs: &FsContext, path: &str) -> Result<()> {
    fs.make(&HERE, path.as_bytes(), &node(NodeKind::Directory))
}

const READ: OpenOptions = OpenOptions {
    read: true,
    write: false,
    append: false,
    create: false,
    exclusive: false,
    truncate: false,
    directory: false,
    no_follow: false,
    nonblocking: false,
    path_only: false,
    no_controlling_terminal: false,
    mode: 0o644,
};
const CREATE: OpenOptions = OpenOptions {
    write: true,
    create: true,
    ..READ
};

fn open(fs: &FsContext, path: &str, options: OpenOptions) -> Result<ObjectRef> {
    fs.open(&HERE, path.as_bytes(), &options)
}

fn write(fs: &FsContext, path: &str, text: &str) -> Result<()> {
    let file = open(fs, path, CREATE)?;
    put(&file, text).map(drop)
}

fn put(file: &ObjectRef, text: &str) -> Result<usize> {
    let mut source = Source::kernel(text.as_bytes());
    file.stream()
        .unwrap()
        .write(&mut source, IoFlags::default())
}

fn get(file: &ObjectRef) -> Result<String> {
    let mut bytes = [0; 64];
    let mut sink = Sink::kernel(&mut bytes);
    let done = file.stream().unwrap().read(&mut sink, IoFlags::default())?;
    Ok(String::from_utf8_lossy(&bytes[..done]).into_owned())
}

fn read(fs: &FsContext, path: &str) -> Result<String> {
    get(&open(fs, path, READ)?)
}

fn name(fs: &FsContext, path: &str) -> Result<String> {
    let place = fs.resolve(&HERE, path.as_bytes(), true)?;
    Ok(String::from_utf8(fs.name_of(&place)?).unwrap())
}

fn rename(fs: &FsContext, from: &str, to: &str) -> Result<()> {
    let flags = RenameFlags::default();
    fs.rename(&HERE, from.as_bytes(), &HERE, to.as_bytes(), flags)
}

/// `/a/b/c` (directories), `/a/f` (a file), and links.
fn tree() -> Arc<FsContext> {
    let fs = context();
    for path in ["/a", "/a/b", "/a/b/c"] {
        mkdir(&fs, path).unwrap();
    }
    write(&fs, "/a/f", "text").unwrap();
    for (path, target) in [
        ("/to-b", "a/b"),
        ("/a/b/up", "../f"),
        ("/abs", "/a/b/../f"),
        ("/loop", "loop"),
        ("/dangling", "nowhere/at/all"),
        ("/new", "a/made"),
        ("/slashed", "a/b/"),
        ("/chain", "to-b/up"),
    ] {
        fs.symlink(target.as_bytes(), &HERE, path.as_bytes())
            .unwrap();
    }
    fs
}

#[test]
fn paths_lead_where_they_should() {
    let _machine = hal::testing::boot(1, 8 << 20);
    let fs = tree();
    let long = "x".repeat(256);
    let cases: &[(&str, Result<&str>)] = &[
        ("/", Ok("/")),
        ("//a///b/./c/..", Ok("/a/b")),
        ("a/b/c/", Ok("/a/b/c")),
        ("../../..", Ok("/")),
        ("to-b/c", Ok("/a/b/c")),
        ("to-b/", Ok("/a/b")),
        ("to-b/..", Ok("/a")),
        ("a/b/up", Ok("/a/f")),
        ("abs", Ok("/a/f")),
        ("chain", Ok("/a/f")),
        ("slashed/c", Ok("/a/b/c")),
        ("", Err(Error::NotFound)),
        ("a/x", Err(Error::NotFound)),
        ("a/x/y", Err(Error::NotFound)),
        ("a/f/x", Err(Error::NotDirectory)),
        ("a/f/", Err(Error::NotDirectory)),
        ("a/f/..", Err(Error::NotDirectory)),
        ("a/f/.", Err(Error::NotDirectory)),
        ("abs/", Err(Error::NotDirectory)),
        ("loop", Err(Error::SymlinkLoop)),
        ("dangling", Err(Error::NotFound)),
        (&long, Err(Error::NameTooLong)),
    ];
    // Twice: the second time from the cache, absent names too.
    for _ in 0..2 {
        for (path, want) in cases {
            assert_eq!(name(&fs, path), want.map(String::from), "{path}");
        }
    }
    let link = fs.resolve(&HERE, b"to-b", false).unwrap();
    assert_eq!(link.kind(), NodeKind::Symlink);
}

#[test]
fn opening_makes_follows_and_refuses() {
    let _machine = hal::testing::boot(1, 8 << 20);
    let fs = tree();
    let exclusive = OpenOptions {
        exclusive: true,
        ..CREATE
    };
    let no_follow = OpenOptions {
        no_follow: true,
        ..READ
    };
    let directory = OpenOptions {
        directory: true,
        ..READ
    };
    let cases = [
        ("a/f", exclusive, Some(Error::AlreadyExists)),
        ("new", exclusive, Some(Error::AlreadyExists)),
        ("new", CREATE, None),
        ("a/g", exclusive, None),
        ("a/g/", CREATE, Some(Error::IsDirectory)),
        ("a/b", CREATE, Some(Error::IsDirectory)),
        ("a/b", READ, None),
        ("dangling", CREATE, Some(Error::NotFound)),
        ("loop", CREATE, Some(Error::SymlinkLoop)),
        ("abs", no_follow, Some(Error::SymlinkLoop)),
        ("a/f", directory, Some(Error::NotDirectory)),
        ("a/f/x", CREATE, Some(Error::NotDirectory)),
    ];
    for (path, options, error) in cases {
        assert_eq!(open(&fs, path, options).err(), error, "{path}");
    }
    // The link's target was made, not the link replaced.
    assert_eq!(name(&fs, "new").unwrap(), "/a/made");
    let metadata = fs.resolve(&HERE, b"a/g", true).unwrap().metadata();
    assert_eq!((metadata.kind, metadata.links), (NodeKind::Regular, 1));
}

#[test]
fn files_have_positions_and_append() {
    let _machine = hal::testing::boot(1, 8 << 20);
    let fs = tree();
    let (a, b) = (
        open(&fs, "a/f", CREATE).unwrap(),
        open(&fs, "a/f", CREATE).unwrap(),
    );
    b.file().unwrap().set_append(true);
    assert_eq!(put(&b, "+1"), Ok(2));
    assert_eq!(get(&a).unwrap(), "text+1");
    assert_eq!(a.seek().unwrap().seek(SeekFrom::End(-1)), Ok(5));
    assert_eq!(
        a.seek().unwrap().seek(SeekFrom::Current(-6)),
        Err(Error::InvalidArgument)
    );
    assert_eq!(put(&a, "2!"), Ok(2));
    a.file().unwrap().truncate(6).unwrap();
    assert_eq!(put(&b, "."), Ok(1));
    assert_eq!(read(&fs, "a/f").unwrap(), "text+2.");
    let reader = open(&fs, "a/f", READ).unwrap();
    assert_eq!(put(&reader, "x"), Err(Error::BadHandle));
    // A removed file lives on for who has it open.
    fs.unlink(&HERE, b"a/f").unwrap();
    assert_eq!(read(&fs, "a/f"), Err(Error::NotFound));
    assert_eq!(get(&reader).unwrap(), "text+2.");
    assert_eq!(
        fs.name_of(reader.file().unwrap().path()),
        Err(Error::NotFound)
    );
}

#[test]
fn names_are_removed_and_renamed_by_the_rules() {
    let _machine = hal::testing::boot(1, 8 << 20);
    let fs = tree();
    assert_eq!(rename(&fs, "a", "a/b/c/in"), Err(Error::InvalidArgument));
    assert_eq!(rename(&fs, "a/b/c", "a"), Err(Error::NotEmpty));
    assert_eq!(rename(&fs, "a/f", "a/b"), Err(Error::IsDirectory));
    assert_eq!(rename(&fs, "a/b", "a/f"), Err(Error::NotDirectory));
    assert_eq!(rename(&fs, "a/.", "b"), Err(Error::Busy));
    assert_eq!(fs.unlink(&HERE, b"a/b"), Err(Error::IsDirectory));
    assert_eq!(fs.remove_directory(&HERE, b"a/f"), Err(Error::NotDirectory));
    assert_eq!(fs.remove_directory(&HERE, b"a"), Err(Error::NotEmpty));
    assert_eq!(
        fs.remove_directory(&HERE, b"a/."),
        Err(Error::InvalidArgument)
    );
    assert_eq!(mkdir(&fs, "a/"), Err(Error::AlreadyExists));
    // A working directory that moves keeps working; one that is removed has no name and takes nothing.
    let c = fs.resolve(&HERE, b"a/b/c", true).unwrap();
    fs.set_working_directory(c.clone()).unwrap();
    rename(&fs, "/a/b", "/moved").unwrap();
    assert_eq!(name(&fs, ".").unwrap(), "/moved/c");
    fs.remove_directory(&HERE, b"/moved/c").unwrap();
    assert_eq!(fs.name_of(&c), Err(Error::NotFound));
    assert_eq!(mkdir(&fs, "x"), Err(Error::NotFound));
    assert_eq!(name(&fs, "..").unwrap(), "/moved");
    // Hard links are one node.
    let f = fs.resolve(&HERE, b"/a/f", true).unwrap();
    fs.link(&f, &HERE, b"/moved/g").unwrap();
    assert_eq!(f.metadata().links, 2);
    rename(&fs, "/a/f", "/moved/g").unwrap();
    assert_eq!(f.metadata().links, 2);
    let exchange = RenameFlags {
        exchange: true,
        ..RenameFlags::default()
    };
    fs.rename(&HERE, b"/moved", &HERE, b"/a/f", exchange)
        .unwrap();
    assert_eq!(read(&fs, "/moved").unwrap(), "text");
    assert_eq!(read(&fs, "/a/f/g").unwrap(), "text");
}

#[test]
fn mounts_cover_and_uncover() {
    let _machine = hal::testing::boot(1, 8 << 20);
    let fs = tree();
    let namespace = fs.namespace();
    let place = |path: &str| fs.resolve(&HERE, path.as_bytes(), true).unwrap();
    let flags = MountFlags::default();
    namespace
        .mount(tmpfs(), &place("/a/b"), b"src", flags)
        .unwrap();
    write(&fs, "/a/b/inside", "i").unwrap();
    assert_eq!(name(&fs, "/a/b/../f").unwrap(), "/a/f");
    assert_eq!(name(&fs, "/a/b/c"), Err(Error::NotFound));
    assert_eq!(rename(&fs, "/a/f", "/a/b/f"), Err(Error::CrossDevice));
    assert_eq!(rename(&fs, "/a/b", "/z"), Err(Error::Busy));
    assert_eq!(fs.remove_directory(&HERE, b"/a/b"), Err(Error::Busy));
    // Bound elsewhere, the same files; read-only there only.
    mkdir(&fs, "/bound").unwrap();
    let read_only = MountFlags {
        read_only: true,
        ..flags
    };
    namespace
        .bind(&place("/a"), &place("/bound"), true, read_only)
        .unwrap();
    assert_eq!(read(&fs, "/bound/b/inside").unwrap(), "i");
    assert_eq!(write(&fs, "/bound/b/inside", "x"), Err(Error::ReadOnly));
    assert_eq!(mkdir(&fs, "/bound/x"), Err(Error::ReadOnly));
    assert_eq!(mkdir(&fs, "/bound/b"), Err(Error::AlreadyExists));
    write(&fs, "/a/b/inside", "j").unwrap();
    assert_eq!(read(&fs, "/bound/b/inside").unwrap(), "j");
    let targets: Vec<_> = namespace.mounts().into_iter().map(|m| m.target).collect();
    assert_eq!(targets, [&b"/"[..], b"/a/b", b"/bound", b"/bound/b"]);
    // In use: not taken off, unless lazily.
    let file = open(&fs, "/bound/b/inside", READ).unwrap();
    assert_eq!(namespace.unmount(&place("/bound"), false), Err(Error::Busy));
    assert_eq!(
        namespace.unmount(&place("/bound/b"), false),
        Err(Error::Busy)
    );
    namespace.unmount(&place("/bound"), true).unwrap();
    assert_eq!(read(&fs, "/bound/f"), Err(Error::NotFound));
    assert_eq!(get(&file).unwrap(), "j");
    namespace.unmount(&place("/a/b"), false).unwrap();
    assert_eq!(name(&fs, "/a/b/c").unwrap(), "/a/b/c");
    assert_eq!(
        namespace.unmount(&place("/a/b"), false),
        Err(Error::InvalidArgument)
    );
    fs.remove_directory(&HERE, b"/bound").unwrap();
}

#[test]
fn views_are_apart_and_roots_are_closed() {
    let _machine = hal::testing::boot(1, 8 << 20);
    let fs = tree();
    let copy = fs.duplicate();
    copy.unshare_namespace().unwrap();
    let at = copy.resolve(&HERE, b"/a/b", true).unwrap();
    let mounted = copy
        .namespace()
        .mount(tmpfs(), &at, b"", MountFlags::default());
    mounted.unwrap();
    write(&copy, "/a/b/private", "p").unwrap();
    assert_eq!(read(&fs, "/a/b/private"), Err(Error::NotFound));
    // A mount of one namespace is none of another's business.
    let foreign = fs.resolve(&HERE, b"/a/b", true).unwrap();
    let refused = copy
        .namespace()
        .mount(tmpfs(), &foreign, b"", MountFlags::default());
    assert_eq!(refused, Err(Error::InvalidArgument));
    // In a changed root, neither `..` nor absolute links lead out.
    fs.set_root(fs.resolve(&HERE, b"/a", true).unwrap())
        .unwrap();
    fs.set_working_directory(fs.root()).unwrap();
    assert_eq!(name(&fs, "../../b/../..").unwrap(), "/");
    assert_eq!(name(&fs, "/b/up").unwrap(), "/f");
    fs.symlink(b"/f", &HERE, b"abs").unwrap();
    assert_eq!(name(&fs, "abs").unwrap(), "/f");
    assert_eq!(name(&fs, "/a"), Err(Error::NotFound));
}

#[test]
fn forgotten_names_are_found_again() {
    let _machine = hal::testing::boot(1, 8 << 20);
    let fs = context();
    for number in 0..20_000 {
        mkdir(&fs, &format!("/{number}")).unwrap();
    }
    assert!(kcore::vfs::reclaim_names(50_000) > 10_000);
    for number in 0..20_000 {
        assert_eq!(name(&fs, &format!("{number}")), Ok(format!("/{number}")));
        assert_eq!(name(&fs, &format!("{number}/x")), Err(Error::NotFound));
    }
}

#[test]
fn removed_directories_nested_deep_go_without_deep_recursion() {
    let _machine = hal::testing::boot(1, 8 << 20);
    let fs = context();
    let mut places = vec![fs.root()];
    for _ in 0..100_000 {
        let last = places.last().unwrap();
        places.push(last.make_child(b"d", &node(NodeKind::Directory)).unwrap());
    }
    let deepest = places.pop().unwrap();
    while let Some(place) = places.pop() {
        place.remove_child_directory(b"d").unwrap();
    }
    assert!(deepest.is_removed());
    drop(deepest);
}

#[test]
fn an_unused_file_system_gives_its_memory_back() {
    let _machine = hal::testing::boot(1, 8 << 20);
    let before = kcore::system::memory().free;
    {
        let fs = tree();
        write(&fs, "/a/big", &"x".repeat(100_000)).unwrap();
        assert!(kcore::system::memory().free < before);
    }
    assert_eq!(kcore::system::memory().free, before);
}

#[test]
fn a_named_pipe_is_one_pipe_for_all_who_open_it() {
    let _machine = hal::testing::boot(1, 8 << 20);
    let fs = context();
    fs.make(&HERE, b"fifo", &node(NodeKind::Pipe)).unwrap();
    let both = OpenOptions {
        write: true,
        nonblocking: true,
        ..READ
    };
    let write_only = OpenOptions {
        read: false,
        ..both
    };
    // Without a reader, a writer that may not wait is refused.
    assert_eq!(open(&fs, "fifo", write_only).err(), Some(Error::NoDevice));
    let (a, b) = (
        open(&fs, "fifo", both).unwrap(),
        open(&fs, "fifo", both).unwrap(),
    );
    assert_eq!(put(&a, "through"), Ok(7));
    assert_eq!(get(&b).unwrap(), "through");
    assert_eq!(get(&a), Err(Error::WouldBlock));
    assert!(a.seek().is_none());
    assert_eq!(a.file().unwrap().metadata().kind, NodeKind::Pipe);
}

//! Nodes: what there is, where.

use crate::text::{Opened, Text};
use crate::{links, machine, memory, mounts, process as texts};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use kcore::object::{ObjectRef, Rights};
use kcore::process::{self, Process};
use kcore::sync::Once;
use kcore::vfs::{
    DeviceId, DirEntry, Inode, Metadata, NodeKind, OpenOptions, Path, Timestamp, new_device, now,
};
use kcore::{Error, Result};

type Machine = fn(&mut Text);
type OfProcess = fn(&Arc<Process>, &mut Text) -> Result<()>;

/// What a node is.
#[derive(Clone, Copy)]
pub(crate) enum What {
    Root,
    /// A fixed directory of texts about the machine, or of such directories.
    Directory(&'static [(&'static str, What)]),
    Machine(Machine),
    /// A link with fixed text.
    Fixed(&'static str),
    /// The link to the reader's own directory.
    SelfLink,
    Process(u32),
    Tasks(u32),
    Text(u32, OfProcess, u16),
    Link(u32, links::Which),
    Handles(u32),
    Handle(u32, u32),
}

const ROOT: &[(&str, What)] = &[
    ("self", What::SelfLink),
    ("thread-self", What::SelfLink),
    ("mounts", What::Fixed("self/mounts")),
    ("cmdline", What::Machine(machine::command_line)),
    ("cpuinfo", What::Machine(machine::processors)),
    ("filesystems", What::Machine(machine::file_systems)),
    ("loadavg", What::Machine(machine::load)),
    ("meminfo", What::Machine(machine::memory)),
    ("stat", What::Machine(machine::statistics)),
    ("uptime", What::Machine(machine::uptime)),
    ("version", What::Machine(machine::version)),
    (
        "sys",
        What::Directory(&[("kernel", What::Directory(KERNEL))]),
    ),
];

const KERNEL: &[(&str, What)] = &[
    (
        "cap_last_cap",
        What::Machine(|text| text.put(format_args!("40\n"))),
    ),
    ("hostname", What::Machine(machine::host_name)),
    (
        "ngroups_max",
        What::Machine(|text| text.put(format_args!("65536\n"))),
    ),
    ("osrelease", What::Machine(machine::os_release)),
    ("ostype", What::Machine(machine::os_type)),
    (
        "pid_max",
        What::Machine(|text| text.put(format_args!("4194304\n"))),
    ),
];

/// The entries of a process' directory.
fn of_process(id: u32) -> [(&'static str, What); 14] {
    [
        ("cmdline", What::Text(id, texts::command_line, 0o444)),
        ("comm", What::Text(id, texts::name, 0o444)),
        ("cwd", What::Link(id, links::Which::WorkingDirectory)),
        ("exe", What::Link(id, links::Which::Program)),
        ("fd", What::Handles(id)),
        ("limits", What::Text(id, texts::limits, 0o444)),
        ("maps", What::Text(id, memory::maps, 0o400)),
        ("mountinfo", What::Text(id, mounts::info, 0o444)),
        ("mounts", What::Text(id, mounts::table, 0o444)),
        ("root", What::Link(id, links::Which::Root)),
        ("stat", What::Text(id, texts::stat, 0o444)),
        ("statm", What::Text(id, memory::statm, 0o444)),
        ("status", What::Text(id, texts::status, 0o444)),
        ("task", What::Tasks(id)),
    ]
}

/// A node. It holds only what it stands for, and is made anew for each look.
pub(crate) struct Node {
    pub(crate) what: What,
}

pub(crate) fn find(id: u32) -> Result<Arc<Process>> {
    process::find(id).ok_or(Error::NotFound)
}

/// A process' or, inside its list, one of its threads' number.
fn number(name: &[u8]) -> Option<u32> {
    let text = core::str::from_utf8(name).ok()?;
    // `+1` and `01` are no names.
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    (plain || text == "0").then(|| text.parse().ok()).flatten()
}

impl Node {
    pub(crate) fn new(what: What) -> Arc<Node> {
        Arc::new(Node { what })
    }

    fn kind(&self) -> NodeKind {
        match self.what {
            What::Root
            | What::Directory(_)
            | What::Process(_)
            | What::Tasks(_)
            | What::Handles(_) => NodeKind::Directory,
            What::Machine(_) | What::Text(..) => NodeKind::Regular,
            What::Fixed(_) | What::SelfLink | What::Link(..) | What::Handle(..) => {
                NodeKind::Symlink
            }
        }
    }

    fn mode(&self) -> u16 {
        match self.what {
            What::Root | What::Directory(_) | What::Process(_) | What::Tasks(_) => 0o555,
            What::Machine(_) => 0o444,
            What::Text(_, _, mode) => mode,
            What::Handles(_) => 0o500,
            What::Handle(..) => 0o700,
            What::Fixed(_) | What::SelfLink | What::Link(..) => 0o777,
        }
    }

    fn process_id(&self) -> Option<u32> {
        match self.what {
            What::Process(id)
            | What::Tasks(id)
            | What::Text(id, ..)
            | What::Link(id, _)
            | What::Handles(id)
            | What::Handle(id, _) => Some(id),
            _ => None,
        }
    }

    /// A number that the same node has each time, and hardly any other.
    fn inode(&self, name: &[u8]) -> u64 {
        match self.what {
            What::Root => 1,
            What::Process(id) => inode_of(u64::from(id) + 1, b""),
            _ => inode_of(self.process_id().map_or(0, |id| u64::from(id) + 1), name),
        }
    }

    /// Every name in this directory, with what it stands for.
    fn entries(&self) -> Result<Vec<(String, What)>> {
        let fixed = |list: &[(&str, What)]| -> Vec<(String, What)> {
            let entries = list.iter().map(|&(name, what)| (String::from(name), what));
            entries.collect()
        };
        Ok(match self.what {
            What::Root => {
                let ids: BTreeSet<u32> = process::all().iter().map(|p| p.id()).collect();
                let mut entries = fixed(ROOT);
                entries.extend(ids.iter().map(|&id| (format!("{id}"), What::Process(id))));
                entries
            }
            What::Directory(list) => fixed(list),
            What::Process(id) => {
                find(id)?;
                fixed(&of_process(id))
            }
            What::Tasks(id) => {
                let threads = find(id)?.threads();
                let ids: BTreeSet<u32> = threads.iter().map(|thread| thread.id()).collect();
                let entry = |id: u32| (format!("{id}"), What::Process(id));
                ids.into_iter().map(entry).collect()
            }
            What::Handles(id) => {
                let numbers = find(id)?.handles().numbers();
                let entry = |n: u32| (format!("{n}"), What::Handle(id, n));
                numbers.into_iter().map(entry).collect()
            }
            _ => return Err(Error::NotDirectory),
        })
    }

    /// What `name` stands for, without making the whole list.
    fn child(&self, name: &[u8]) -> Result<What> {
        let fixed = |list: &[(&str, What)]| {
            let entry = list.iter().find(|(other, _)| other.as_bytes() == name);
            entry.map(|(_, what)| *what)
        };
        let found = match self.what {
            What::Root => fixed(ROOT).or_else(|| {
                let id = number(name).filter(|&id| process::find(id).is_some());
                id.map(What::Process)
            }),
            What::Directory(list) => fixed(list),
            What::Process(id) => {
                owner(id)?;
                fixed(&of_process(id))
            }
            What::Tasks(id) => {
                let threads = find(id)?.threads();
                let id = number(name).filter(|id| threads.iter().any(|t| t.id() == *id));
                id.map(What::Process)
            }
            What::Handles(id) => {
                let handles = find(id)?.handles();
                let n = number(name).filter(|&n| handles.get(n, Rights::empty()).is_ok());
                n.map(|n| What::Handle(id, n))
            }
            _ => return Err(Error::NotDirectory),
        };
        found.ok_or(Error::NotFound)
    }
}

/// The process of that number, or the one that has such a thread.
pub(crate) fn owner(id: u32) -> Result<Arc<Process>> {
    match process::find(id) {
        Some(process) => Ok(process),
        None => {
            let thread = process::find_thread(id).ok_or(Error::NotFound)?;
            Ok(thread.process().clone())
        }
    }
}

fn inode_of(process: u64, name: &[u8]) -> u64 {
    // FNV-1a.
    let hash = name.iter().fold(0xcbf2_9ce4_8422_2325u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    (process << 32) | (hash & 0xffff_fff0) | 2
}

fn device() -> u64 {
    static DEVICE: Once<u64> = Once::new();
    *DEVICE.call_once(new_device)
}

impl Inode for Node {
    fn metadata(&self) -> Metadata {
        let process = self.process_id().and_then(|id| owner(id).ok());
        let (uid, gid) = process.as_ref().map_or((0, 0), |process| {
            let credentials = process.credentials();
            (credentials.euid, credentials.egid)
        });
        let time: Timestamp = match &process {
            Some(process) => {
                let age = kcore::time::now().saturating_sub(process.start_time_ns());
                now() - Timestamp::from(age)
            }
            None => now(),
        };
        Metadata {
            kind: self.kind(),
            mode: self.mode(),
            uid,
            gid,
            size: 0,
            blocks: 0,
            links: if self.kind() == NodeKind::Directory {
                2
            } else {
                1
            },
            inode: self.inode(self.tag().as_bytes()),
            device: device(),
            rdev: DeviceId::default(),
            accessed: time,
            modified: time,
            changed: time,
            created: time,
            block_size: 1024,
        }
    }

    fn lookup(&self, name: &[u8]) -> Result<Arc<dyn Inode>> {
        Ok(Node::new(self.child(name)?))
    }

    fn list(&self, from: u64, each: &mut dyn FnMut(DirEntry<'_>) -> bool) -> Result<()> {
        // The fixed names come first; a number's cookie is the number, so the listing survives others' coming and going.
        let fixed = ROOT.len() as u64;
        for (index, (name, what)) in self.entries()?.into_iter().enumerate() {
            let next = match number(name.as_bytes()) {
                Some(n) => fixed + u64::from(n) + 1,
                None => index as u64 + 1,
            };
            if next <= from {
                continue;
            }
            let node = Node { what };
            let entry = DirEntry {
                name: name.as_bytes(),
                inode: node.inode(node.tag().as_bytes()),
                kind: node.kind(),
                next,
            };
            if !each(entry) {
                break;
            }
        }
        Ok(())
    }

    fn read_link(&self) -> Result<Vec<u8>> {
        match self.what {
            What::Fixed(text) => Ok(text.as_bytes().to_vec()),
            What::SelfLink => Ok(format!("{}", process::current().process().id()).into_bytes()),
            What::Link(id, which) => links::text(&*owner(id)?, which),
            What::Handle(id, n) => links::handle_text(&*find(id)?, n),
            _ => Err(Error::InvalidArgument),
        }
    }

    fn jump(&self) -> Result<Option<Path>> {
        match self.what {
            What::Link(id, which) => links::place(&*owner(id)?, which),
            What::Handle(id, n) => links::handle_place(&*find(id)?, n).map(Some),
            _ => Ok(None),
        }
    }

    fn open(self: Arc<Self>, options: &OpenOptions) -> Result<Option<ObjectRef>> {
        let mut text = Text::default();
        match self.what {
            What::Machine(write) => write(&mut text),
            What::Text(id, write, _) => {
                write(&owner(id).map_err(|_| Error::NoSuchProcess)?, &mut text)?;
            }
            _ => return Ok(None),
        }
        if options.write {
            return Err(Error::AccessDenied);
        }
        Ok(Some(Arc::new(Opened::new(text.into_bytes()))))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Node {
    /// What tells it from other nodes of the same process.
    fn tag(&self) -> String {
        let name_in = |list: &[(&'static str, What)], address: usize| {
            let same = |what: &What| match what {
                What::Machine(write) => *write as usize == address,
                What::Text(_, write, _) => *write as usize == address,
                _ => false,
            };
            list.iter()
                .find(|(_, what)| same(what))
                .map(|(name, _)| *name)
        };
        let text = match self.what {
            What::Root => "",
            What::Directory(list) => return format!("directory {}", list.len()),
            What::Machine(write) => name_in(ROOT, write as usize)
                .or_else(|| name_in(KERNEL, write as usize))
                .unwrap_or("machine"),
            What::Fixed(target) => target,
            What::SelfLink => "self",
            What::Process(_) => "",
            What::Tasks(_) => "task",
            What::Text(id, write, _) => name_in(&of_process(id), write as usize).unwrap_or("text"),
            What::Link(_, which) => which.name(),
            What::Handles(_) => "fd",
            What::Handle(_, n) => return format!("fd {n}"),
        };
        String::from(text)
    }
}

//! Building a new image beside the running one.

use super::{Loader, Program, Start, View, environment, head, script};
use crate::abi::Abi;
use crate::handle::HandleTable;
use crate::mm::AddressSpace;
use crate::process::{AbiState, Credentials, Process};
use crate::vfs::{File, FsContext};
use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// How many scripts may interpret scripts.
const SCRIPTS: usize = 4;
/// Most bytes of arguments and environment, counting a pointer for each.
const ARGUMENTS: usize = 2 << 20;

/// A whole new image: everything that [`Process::replace_image`] puts in place.
pub(crate) struct Image {
    pub(crate) abi: &'static Abi,
    pub(crate) memory: Arc<AddressSpace>,
    /// The new view of the files, if it changes.
    pub(crate) fs: Option<Arc<FsContext>>,
    /// The process' own copy of its handle table, if it shared it with another process.
    pub(crate) handles: Option<Arc<HandleTable>>,
    /// Who it acts as from now on, if that changes.
    pub(crate) credentials: Option<Arc<Credentials>>,
    /// Short name: the file name of the program.
    pub(crate) name: Vec<u8>,
    /// Path in its own namespace, and arguments.
    pub(crate) path: Vec<u8>,
    pub(crate) args: Vec<Vec<u8>>,
    pub(crate) process_state: AbiState,
    pub(crate) thread_state: AbiState,
    pub(crate) start: Start,
}

/// The file that is really run, after following `#!` lines.
struct Found {
    file: Arc<File>,
    bytes: Vec<u8>,
    /// As the caller, or the last script, named it.
    path: Vec<u8>,
    args: Vec<Vec<u8>>,
    /// The script that the caller named, and where its path is in `args`.
    script: Option<(Arc<File>, usize)>,
}

/// Builds the image of `program` as `process` would run it, which is not changed. Fails without a trace: NotFound, AccessDenied, NotExecutable,
/// SymlinkLoop (scripts too deep), ArgumentsTooLong, OutOfMemory, Io.
pub(crate) fn build(process: &Arc<Process>, program: Program) -> Result<Image> {
    check_size(&program)?;
    let old_fs = process.fs();
    let Program {
        path: given,
        env,
        abi: forced,
        ..
    } = &program;
    let (given, env, forced) = (given.clone(), env.clone(), *forced);
    let found = find(process, &old_fs, program)?;
    let parsed = head::parse(&found.bytes, &found.file);
    let abi = head::choose(forced, &found.file, &parsed)?;
    let view = new_view(process, abi);
    let environment = process.environment();
    let view: Option<&View> = view.then(|| environment.view(abi)).flatten();
    let fs = view
        .map(|view| environment::enter(view, &old_fs))
        .transpose()?;
    let Found {
        file,
        mut path,
        mut args,
        script,
        ..
    } = found;
    if let Some(new) = &fs {
        if let Some((script, at)) = script {
            let named = environment::translate(&old_fs, new, &script, &args[at]);
            args[at] = named;
        }
        path = environment::translate(&old_fs, new, &file, &path);
    }
    let env = match view {
        Some(view) => environment::variables(env, &view.env),
        None => env,
    };
    let old = process.credentials();
    let credentials = new_credentials(&old, &file);
    let mut loader = Loader {
        process,
        file,
        head: parsed,
        path,
        args,
        env,
        secure: credentials
            .as_ref()
            .is_some_and(|new| new.euid != old.uid || new.egid != old.gid),
        credentials: credentials.clone().unwrap_or(old),
        memory: None,
        fs: fs.clone().unwrap_or(old_fs),
    };
    let start = (abi.load)(&mut loader)?;
    let Loader {
        memory, path, args, ..
    } = loader;
    // An ABI that claims success without having made memory has not loaded anything.
    let memory = memory.ok_or(Error::NotExecutable)?;
    hal::user::flush_icache();
    Ok(Image {
        abi,
        memory,
        fs,
        handles: own_handles(process)?,
        credentials,
        name: short_name(&given),
        path,
        args,
        process_state: (abi.new_process_state)(),
        thread_state: (abi.new_thread_state)(),
        start,
    })
}

/// Whether running this ABI means leaving the world that the process is in.
fn new_view(process: &Process, abi: &Abi) -> bool {
    process.abi().name != abi.name
}

fn check_size(program: &Program) -> Result<()> {
    let strings = program.args.iter().chain(&program.env);
    let bytes: usize = strings.map(|s| s.len() + 1 + size_of::<usize>()).sum();
    if bytes > ARGUMENTS {
        return Err(Error::ArgumentsTooLong);
    }
    Ok(())
}

/// Follows `#!` lines to a file that is none.
fn find(process: &Arc<Process>, fs: &Arc<FsContext>, program: Program) -> Result<Found> {
    let mut file = match program.file {
        Some(file) => {
            head::check(fs, file.path())?;
            file
        }
        None => head::open(fs, &program.path)?,
    };
    let (mut path, mut args) = (program.path, program.args);
    let after_name = args.len().saturating_sub(1);
    let mut script = None;
    for _ in 0..=SCRIPTS {
        let bytes = head::read_head(&file)?;
        let Some(line) = script::parse(&bytes).map_err(|()| Error::NotExecutable)? else {
            let script = script.map(|script| (script, args.len() - after_name - 1));
            return Ok(Found {
                file,
                bytes,
                path,
                args,
                script,
            });
        };
        let mut new_args = Vec::with_capacity(args.len() + 2);
        new_args.push(line.interpreter.to_vec());
        new_args.extend(line.argument.map(<[u8]>::to_vec));
        new_args.push(path);
        new_args.extend(args.into_iter().skip(1));
        args = new_args;
        path = line.interpreter.to_vec();
        let interpreter = open_interpreter(process, fs, program.abi, &path)?;
        let outer = core::mem::replace(&mut file, interpreter);
        script.get_or_insert(outer);
    }
    Err(Error::SymlinkLoop)
}

/// Opens a script's interpreter: as the caller sees files; else in the forced ABI's view, else in the first view that has it
/// (a script of another world, run from outside).
fn open_interpreter(
    process: &Arc<Process>,
    fs: &Arc<FsContext>,
    forced: Option<&'static Abi>,
    path: &[u8],
) -> Result<Arc<File>> {
    let missing = match head::open(fs, path) {
        Err(error @ (Error::NotFound | Error::NotDirectory)) => error,
        result => return result,
    };
    let environment = process.environment();
    let first = forced.and_then(|abi| environment.view(abi));
    for view in first.into_iter().chain(&environment.views) {
        let inside = environment::enter(view, fs)?;
        if let Ok(file) = head::open(&inside, path) {
            return Ok(file);
        }
    }
    Err(missing)
}

/// Set-user-id and set-group-id; `None` when nothing changes.
fn new_credentials(old: &Arc<Credentials>, file: &File) -> Option<Arc<Credentials>> {
    const SET_UID: u16 = 0o4000;
    /// Set-group-id counts only with the right of the group to execute.
    const SET_GID: u16 = 0o2010;
    let node = file.metadata();
    let mut new = Credentials::clone(old);
    if !file.path().mount_flags().no_suid {
        if node.mode & SET_UID != 0 {
            new.euid = node.uid;
        }
        if node.mode & SET_GID == SET_GID {
            new.egid = node.gid;
        }
    }
    (new.suid, new.fsuid) = (new.euid, new.euid);
    (new.sgid, new.fsgid) = (new.egid, new.egid);
    (new != **old).then(|| Arc::new(new))
}

/// A copy of the handle table when another process uses it too. A count that is higher for a moment only costs the copy.
fn own_handles(process: &Process) -> Result<Option<Arc<HandleTable>>> {
    let table = process.handles();
    let shared = Arc::strong_count(&table) > 2;
    shared.then(|| table.duplicate()).transpose()
}

/// At most 15 bytes of the last component.
fn short_name(path: &[u8]) -> Vec<u8> {
    let last = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    last[..last.len().min(15)].to_vec()
}

//! The calls of the `process` group.

use crate::calls::path::{base, text};
use crate::convention::A0;
use crate::errno::Errno;
use crate::event::number;
use crate::state::{self, LIMITS, ProcessState, ThreadState, with_process};
use crate::types::process::{Clone, CloneArgs, RLimit, RUsage, wait_status};
use crate::types::signal::{SigAction, SigInfo, child_code};
use crate::types::{Dir, Fd};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::Ordering::Relaxed;
use kapi::exec::{self, Program};
use kapi::object::Rights;
use kapi::process::{
    self, ChildFilter, ChildNews, ChildWait, ExitStatus, ForkOptions, Limits, Process, Thread,
};
use kapi::{Address, Call, Error, Replaced, UserPtr, UserStr};

/// Most bytes of one argument, and most arguments.
const ARGUMENT_LIMIT: usize = 128 << 10;
const COUNT_LIMIT: usize = 64 << 10;

/// A clone as both calls ask for it.
struct Request {
    flags: Clone,
    exit_signal: u64,
    stack: usize,
    tls: usize,
    parent_tid: UserPtr<u32>,
    child_tid: usize,
}

pub(crate) fn clone(
    call: &mut Call<'_>,
    flags: u64,
    stack: Address,
    parent_tid: UserPtr<u32>,
    tls: Address,
    child_tid: Address,
) -> Result<u32, Errno> {
    let request = Request {
        flags: Clone::from_bits(flags & 0xffff_ff00).ok_or(Errno::EINVAL)?,
        exit_signal: flags & 0xff,
        stack: stack.0,
        tls: tls.0,
        parent_tid,
        child_tid: child_tid.0,
    };
    start(call, &request)
}

pub(crate) fn clone3(
    call: &mut Call<'_>,
    args: UserPtr<CloneArgs>,
    size: usize,
) -> Result<u32, Errno> {
    if size < 64 {
        return Err(Errno::EINVAL);
    }
    if size > 4096 {
        return Err(Errno::E2BIG);
    }
    // A shorter structure is an older one: the rest counts as zero.
    let mut bytes = [0; size_of::<CloneArgs>()];
    let known = size.min(bytes.len());
    kapi::user::copy_in(&mut bytes[..known], args.address())?;
    let args: CloneArgs = kapi::zerocopy::transmute!(bytes);
    if args.set_tid_size != 0 || args.stack == 0 && args.stack_size != 0 {
        return Err(Errno::EINVAL);
    }
    let request = Request {
        flags: Clone::from_bits(args.flags).ok_or(Errno::EINVAL)?,
        exit_signal: args.exit_signal,
        stack: (args.stack as usize).wrapping_add(args.stack_size as usize),
        tls: args.tls as usize,
        parent_tid: UserPtr::new(args.parent_tid as usize),
        child_tid: args.child_tid as usize,
    };
    start(call, &request)
}

/// The kernel's terms for a clone, if the flags make sense together.
fn options(request: &Request) -> Result<ForkOptions, Errno> {
    let flags = request.flags;
    let thread = flags.contains(Clone::THREAD);
    let missing = |flag, needs| flags.contains(flag) && !flags.contains(needs);
    if missing(Clone::THREAD, Clone::SIGHAND)
        || missing(Clone::SIGHAND, Clone::VM)
        || missing(Clone::SIGHAND, Clone::THREAD)
        || flags.contains(Clone::SIGHAND | Clone::CLEAR_SIGHAND)
        || request.exit_signal > state::SIGNALS as u64
    {
        return Err(Errno::EINVAL);
    }
    Ok(ForkOptions {
        thread,
        share_memory: flags.contains(Clone::VM),
        share_handles: flags.contains(Clone::FILES),
        share_fs: flags.contains(Clone::FS),
        wait_for_exec: flags.contains(Clone::VFORK),
        sibling: flags.contains(Clone::PARENT),
        exit_note: request.exit_signal as u8,
    })
}

fn start(call: &mut Call<'_>, request: &Request) -> Result<u32, Errno> {
    let options = options(request)?;
    let flags = request.flags;
    let id = process::fork(call, options, |child, regs| {
        regs.set_reg(A0, 0);
        if request.stack != 0 {
            regs.set_sp(request.stack);
        }
        if flags.contains(Clone::SETTLS) {
            regs.set_tls(request.tls);
        }
        if flags.contains(Clone::PARENT_SETTID) {
            request.parent_tid.write(&child.id())?;
        }
        if flags.contains(Clone::CHILD_SETTID) {
            let memory = child.process().memory();
            memory.write(request.child_tid, &child.id().to_le_bytes())?;
        }
        prepare_state(child, request);
        Ok(())
    })?;
    Ok(id)
}

fn prepare_state(child: &Arc<Thread>, request: &Request) {
    if request.flags.contains(Clone::CHILD_CLEARTID) {
        state::with_thread(child, |t| t.clear_tid.store(request.child_tid, Relaxed));
    }
    if request.flags.contains(Clone::CLEAR_SIGHAND) {
        with_process(child.process(), |p| {
            for action in &mut p.signals.lock().actions {
                if action.handler > SigAction::IGNORE {
                    *action = SigAction::default();
                }
            }
        });
    }
    if request.flags.contains(Clone::VM) && !request.flags.contains(Clone::VFORK) {
        // Another stack of its own: the maker's alternative one is not for it.
        state::with_thread(child, |t| {
            *t.alt_stack.lock() = crate::types::signal::AltStack::NONE;
        });
    }
}

/// The strings of an array of pointers that ends with 0; no array is an empty one.
fn strings(array: UserPtr<u64>) -> Result<Vec<Vec<u8>>, Errno> {
    let mut list = Vec::new();
    if array.is_null() {
        return Ok(list);
    }
    loop {
        let address = array.at(list.len()).read()?;
        if address == 0 {
            return Ok(list);
        }
        if list.len() == COUNT_LIMIT {
            return Err(Errno::E2BIG);
        }
        match UserStr(address as usize).read(ARGUMENT_LIMIT) {
            Ok(text) => list.push(text.to_vec()),
            Err(Error::NameTooLong) => return Err(Errno::E2BIG),
            Err(error) => return Err(error.into()),
        }
    }
}

pub(crate) fn execve(
    call: &mut Call<'_>,
    path: UserStr,
    argv: UserPtr<u64>,
    envp: UserPtr<u64>,
) -> Result<Replaced, Errno> {
    let path = text(path)?.to_vec();
    run(call, path, argv, envp)
}

fn run(
    call: &mut Call<'_>,
    path: Vec<u8>,
    argv: UserPtr<u64>,
    envp: UserPtr<u64>,
) -> Result<Replaced, Errno> {
    let mut args = strings(argv)?;
    if args.is_empty() {
        // Programs count on a name; the kernel gives an empty one.
        args.push(Vec::new());
    }
    let program = Program {
        path,
        file: None,
        args,
        env: strings(envp)?,
        abi: None,
    };
    let kept = state::before_exec(call.thread);
    exec::exec(call, program)?;
    state::after_exec(&kept, call.thread);
    Ok(Replaced)
}

pub(crate) fn execveat(
    call: &mut Call<'_>,
    dir: Dir,
    path: UserStr,
    argv: UserPtr<u64>,
    envp: UserPtr<u64>,
    flags: u32,
) -> Result<Replaced, Errno> {
    const EMPTY_PATH: u32 = 0x1000;
    const NO_FOLLOW: u32 = 0x100;
    if flags & !(EMPTY_PATH | NO_FOLLOW) != 0 {
        return Err(Errno::EINVAL);
    }
    let name = path.read(4096)?;
    let fs = call.process().fs();
    let place = if name.is_empty() {
        if flags & EMPTY_PATH == 0 {
            return Err(Errno::ENOENT);
        }
        let object = Fd(dir.0).object(call, Rights::empty())?;
        object.file().ok_or(Error::AccessDenied)?.path().clone()
    } else {
        fs.resolve(&base(call, dir, &name)?, &name, flags & NO_FOLLOW == 0)?
    };
    let path = fs.name_of(&place)?;
    run(call, path, argv, envp)
}

pub(crate) fn exit(call: &mut Call<'_>, code: i32) -> Result<Replaced, Errno> {
    call.thread.end(code & 0xff);
    Ok(Replaced)
}

pub(crate) fn exit_group(call: &mut Call<'_>, code: i32) -> Result<Replaced, Errno> {
    call.process().end(ExitStatus::Exited(code & 0xff));
    Ok(Replaced)
}

const NO_HANG: u32 = 1;
const STOPPED: u32 = 2;
const EXITED: u32 = 4;
const CONTINUED: u32 = 8;
const NO_WAIT: u32 = 0x0100_0000;
/// __WNOTHREAD, __WALL, __WCLONE: children of all threads and kinds are waited for anyway.
const HARMLESS: u32 = 0xe000_0000;

fn wait(call: &Call<'_>, filter: ChildFilter, what: ChildWait) -> Result<Option<ChildNews>, Errno> {
    let ignored = with_process(call.process(), |p| {
        let action = p.signals.lock().actions[number::SIGCHLD as usize - 1];
        action.handler == SigAction::IGNORE || action.flags & SigAction::NO_CHILD_WAIT != 0
    });
    if ignored != Some(true) || what.no_wait {
        return Ok(process::wait_child(filter, what)?);
    }
    // Children vanish by themselves: this waits until the last is gone, and then there is none.
    loop {
        match process::wait_child(filter, what)? {
            Some(news) if matches!(news.change, process::ChildChange::Ended(_)) => {}
            other => return Ok(other),
        }
    }
}

pub(crate) fn wait4(
    call: &mut Call<'_>,
    pid: i32,
    status: UserPtr<i32>,
    options: u32,
    usage: UserPtr<RUsage>,
) -> Result<u32, Errno> {
    if options & !(NO_HANG | STOPPED | CONTINUED | HARMLESS) != 0 {
        return Err(Errno::EINVAL);
    }
    let filter = match pid {
        -1 => ChildFilter::Any,
        0 => ChildFilter::Group(call.process().group_id()),
        1.. => ChildFilter::Process(pid as u32),
        i32::MIN => return Err(Errno::ESRCH),
        _ => ChildFilter::Group(pid.unsigned_abs()),
    };
    let what = ChildWait {
        exited: true,
        stopped: options & STOPPED != 0,
        continued: options & CONTINUED != 0,
        no_wait: options & NO_HANG != 0,
        keep: false,
    };
    let Some(news) = wait(call, filter, what)? else {
        return Ok(0);
    };
    status.write_opt(&wait_status(news.change, number::of))?;
    usage.write_opt(&RUsage::new(news.times.user, news.times.system))?;
    Ok(news.id)
}

pub(crate) fn waitid(
    call: &mut Call<'_>,
    which: u32,
    id: u32,
    info: UserPtr<SigInfo>,
    options: u32,
    usage: UserPtr<RUsage>,
) -> Result<(), Errno> {
    let known = NO_HANG | STOPPED | EXITED | CONTINUED | NO_WAIT | HARMLESS;
    if options & !known != 0 || options & (STOPPED | EXITED | CONTINUED) == 0 {
        return Err(Errno::EINVAL);
    }
    let filter = match which {
        0 => ChildFilter::Any,
        1 => ChildFilter::Process(id),
        2 if id == 0 => ChildFilter::Group(call.process().group_id()),
        2 => ChildFilter::Group(id),
        _ => return Err(Errno::EINVAL),
    };
    let what = ChildWait {
        exited: options & EXITED != 0,
        stopped: options & STOPPED != 0,
        continued: options & CONTINUED != 0,
        no_wait: options & NO_HANG != 0,
        keep: options & NO_WAIT != 0,
    };
    let news = wait(call, filter, what)?;
    info.write_opt(&news.as_ref().map_or_else(SigInfo::default, describe))?;
    if let Some(news) = news {
        usage.write_opt(&RUsage::new(news.times.user, news.times.system))?;
    }
    Ok(())
}

/// A child's news as a siginfo.
fn describe(news: &ChildNews) -> SigInfo {
    let (code, status) = child_code(news.change, number::of);
    let mut words = [0; 14];
    words[0] = u64::from(news.id) | u64::from(news.uid) << 32;
    words[1] = u64::from(status as u32);
    SigInfo {
        signal: number::SIGCHLD as i32,
        errno: 0,
        code,
        pad: 0,
        words,
    }
}

pub(crate) fn getpid(call: &mut Call<'_>) -> Result<u32, Errno> {
    Ok(call.process().id())
}

pub(crate) fn getppid(call: &mut Call<'_>) -> Result<u32, Errno> {
    Ok(call.process().parent_id())
}

pub(crate) fn gettid(call: &mut Call<'_>) -> Result<u32, Errno> {
    Ok(call.thread.id())
}

/// The process of that id; 0 is the caller's.
pub(crate) fn process_of(call: &Call<'_>, id: u32) -> Result<Arc<Process>, Errno> {
    if id == 0 {
        return Ok(call.process().clone());
    }
    process::find(id).ok_or(Errno::ESRCH)
}

pub(crate) fn setpgid(call: &mut Call<'_>, pid: u32, group: u32) -> Result<(), Errno> {
    if (group as i32) < 0 {
        return Err(Errno::EINVAL);
    }
    let id = if pid == 0 { call.process().id() } else { pid };
    let group = if group == 0 { id } else { group };
    Ok(call.process().set_group(id, group)?)
}

pub(crate) fn getpgid(call: &mut Call<'_>, pid: u32) -> Result<u32, Errno> {
    Ok(process_of(call, pid)?.group_id())
}

pub(crate) fn setsid(call: &mut Call<'_>) -> Result<u32, Errno> {
    Ok(call.process().new_session()?)
}

pub(crate) fn getsid(call: &mut Call<'_>, pid: u32) -> Result<u32, Errno> {
    Ok(process_of(call, pid)?.session_id())
}

pub(crate) fn getrusage(
    call: &mut Call<'_>,
    who: i32,
    usage: UserPtr<RUsage>,
) -> Result<(), Errno> {
    let times = call.process().times();
    let used = match who {
        // RUSAGE_SELF and RUSAGE_THREAD.
        0 | 1 => RUsage::new(times.user, times.system),
        -1 => RUsage::new(times.children_user, times.children_system),
        _ => return Err(Errno::EINVAL),
    };
    Ok(usage.write(&used)?)
}

/// The kernel's own field for a kind of limit.
fn field(limits: &mut Limits, resource: usize) -> Option<&mut u64> {
    Some(match resource {
        1 => &mut limits.file_size,
        2 => &mut limits.data,
        3 => &mut limits.stack,
        6 => &mut limits.processes,
        7 => &mut limits.handles,
        9 => &mut limits.address_space,
        _ => return None,
    })
}

fn limit_of(process: &Process, resource: usize) -> RLimit {
    let kept = with_process(process, |p| p.limits.lock()[resource]);
    let mut limit = kept.unwrap_or(RLimit {
        soft: u64::MAX,
        hard: u64::MAX,
    });
    if let Some(soft) = field(&mut process.limits(), resource) {
        limit.soft = *soft;
        limit.hard = limit.hard.max(*soft);
    }
    limit
}

fn set_limit(call: &Call<'_>, resource: usize, new: RLimit) -> Result<(), Errno> {
    let process = call.process();
    let old = limit_of(process, resource);
    if new.soft > new.hard {
        return Err(Errno::EINVAL);
    }
    if new.hard > old.hard && process.credentials().euid != 0 {
        return Err(Errno::EPERM);
    }
    with_process(process, |p| p.limits.lock()[resource] = new);
    let mut limits = process.limits();
    if let Some(soft) = field(&mut limits, resource) {
        *soft = new.soft;
        process.set_limits(limits);
    }
    Ok(())
}

fn resource(number: u32) -> Result<usize, Errno> {
    let resource = number as usize;
    if resource < LIMITS {
        Ok(resource)
    } else {
        Err(Errno::EINVAL)
    }
}

pub(crate) fn getrlimit(
    call: &mut Call<'_>,
    which: u32,
    limit: UserPtr<RLimit>,
) -> Result<(), Errno> {
    Ok(limit.write(&limit_of(call.process(), resource(which)?))?)
}

pub(crate) fn setrlimit(
    call: &mut Call<'_>,
    which: u32,
    limit: UserPtr<RLimit>,
) -> Result<(), Errno> {
    set_limit(call, resource(which)?, limit.read()?)
}

pub(crate) fn prlimit64(
    call: &mut Call<'_>,
    pid: u32,
    which: u32,
    new: UserPtr<RLimit>,
    old: UserPtr<RLimit>,
) -> Result<(), Errno> {
    let resource = resource(which)?;
    let process = process_of(call, pid)?;
    let was = limit_of(&process, resource);
    if let Some(new) = new.some() {
        if process.id() != call.process().id() {
            return Err(Errno::EPERM);
        }
        set_limit(call, resource, new.read()?)?;
    }
    Ok(old.write_opt(&was)?)
}

pub(crate) fn prctl(
    call: &mut Call<'_>,
    option: u32,
    a: u64,
    b: u64,
    c: u64,
    d: u64,
) -> Result<u64, Errno> {
    const GET_DUMPABLE: u32 = 3;
    const SET_DUMPABLE: u32 = 4;
    const GET_KEEPCAPS: u32 = 7;
    const SET_KEEPCAPS: u32 = 8;
    const SET_NAME: u32 = 15;
    const GET_NAME: u32 = 16;
    const CAPBSET_READ: u32 = 23;
    const SET_NO_NEW_PRIVS: u32 = 38;
    const GET_NO_NEW_PRIVS: u32 = 39;
    let process = call.process();
    let state = process.abi_state();
    let state = state.downcast_ref::<ProcessState>().ok_or(Errno::EINVAL)?;
    Ok(match option {
        GET_DUMPABLE => u64::from(state.dumpable.load(Relaxed)),
        SET_DUMPABLE if a <= 1 => {
            state.dumpable.store(a as u32, Relaxed);
            0
        }
        GET_KEEPCAPS => u64::from(state.keep_caps.load(Relaxed)),
        SET_KEEPCAPS if a <= 1 => {
            state.keep_caps.store(a == 1, Relaxed);
            0
        }
        SET_NAME => {
            let mut name = [0; 15];
            let len = kapi::user::copy_in_str(&mut name, a as usize)?.unwrap_or(name.len());
            process.set_name(&name[..len]);
            0
        }
        GET_NAME => {
            let mut name = [0; 16];
            let own = process.name();
            let len = own.len().min(15);
            name[..len].copy_from_slice(&own[..len]);
            UserPtr::<[u8; 16]>::new(a as usize).write(&name)?;
            0
        }
        CAPBSET_READ if a <= 40 => 1,
        SET_NO_NEW_PRIVS if (a, b, c, d) == (1, 0, 0, 0) => {
            state.no_new_privileges.store(true, Relaxed);
            0
        }
        GET_NO_NEW_PRIVS => u64::from(state.no_new_privileges.load(Relaxed)),
        _ => return Err(Errno::EINVAL),
    })
}

pub(crate) fn personality(_call: &mut Call<'_>, persona: u32) -> Result<u32, Errno> {
    match persona {
        // Plain, or only asked for.
        0 | u32::MAX => Ok(0),
        _ => Err(Errno::EINVAL),
    }
}

/// Runs `use_it` on the caller's own thread state.
pub(crate) fn own_thread<R>(
    call: &Call<'_>,
    use_it: impl FnOnce(&ThreadState) -> R,
) -> Result<R, Errno> {
    state::with_thread(call.thread, use_it).ok_or(Errno::EINVAL)
}

#[cfg(test)]
mod tests {
    use super::{Request, options};
    use crate::types::process::Clone;
    use kapi::UserPtr;

    fn request(flags: Clone) -> Request {
        Request {
            flags,
            exit_signal: 17,
            stack: 0,
            tls: 0,
            parent_tid: UserPtr::new(0),
            child_tid: 0,
        }
    }

    #[test]
    fn flags_that_contradict_each_other_are_refused() {
        assert!(options(&request(Clone::THREAD)).is_err());
        assert!(options(&request(Clone::SIGHAND)).is_err());
        let thread = Clone::VM | Clone::SIGHAND | Clone::THREAD | Clone::FILES | Clone::FS;
        let made = options(&request(thread)).unwrap();
        assert!(made.thread && made.share_memory && made.share_handles && made.share_fs);
        let spawn = options(&request(Clone::VM | Clone::VFORK)).unwrap();
        assert!(spawn.wait_for_exec && spawn.share_memory && !spawn.thread);
    }
}

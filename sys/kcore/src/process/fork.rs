//! Making processes and threads.

use super::{Parts, Process, TRACED, Thread, check_memory, run, tree};
use crate::abi::Call;
use crate::handle::{Handle, HandleTable};
use crate::sched::{self, Entity};
use crate::wait::{WaitOptions, WaitQueue};
use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU32, AtomicU64, Ordering};
use hal::sync::SpinLock;
use hal::user::UserContext;

/// What a new process or thread shares with its maker.
#[derive(Clone, Copy, Debug, Default)]
pub struct ForkOptions {
    /// Another thread of the same process (implies the next three).
    pub thread: bool,
    /// One address space.
    pub share_memory: bool,
    /// One handle table.
    pub share_handles: bool,
    /// One view of the files.
    pub share_fs: bool,
    /// The maker waits until the child execs or ends.
    pub wait_for_exec: bool,
    /// The child's parent is the maker's parent.
    pub sibling: bool,
    /// ABI detail kept with the child: what its parent is told when it ends (Linux: a signal number).
    pub exit_note: u8,
}

/// Makes a process or thread that goes on from `call`'s registers. `prepare` runs before it is started and may change its
/// registers (result, stack, thread pointer) and memory words. Gives its id (for a thread, the thread's).
pub fn fork(
    call: &mut Call<'_>,
    options: ForkOptions,
    prepare: impl FnOnce(&Arc<Thread>, &mut UserContext) -> Result<()>,
) -> Result<u32> {
    check_memory()?;
    let maker = call.process();
    let id = tree::new_id();
    let process = if options.thread {
        maker.clone()
    } else {
        copy(maker, id, options)?
    };
    let abi = maker.abi();
    let state = (abi.fork_thread_state)(&call.thread.abi_state(), !options.thread);
    let thread = Thread::new(id, &process, state)?;
    let mut regs = call.regs.clone();
    if let Err(error) = prepare(&thread, &mut regs) {
        thread.entity.forget_kernel();
        return Err(error);
    }
    if !options.thread {
        let parent = if options.sibling {
            maker.parent_id()
        } else {
            maker.id()
        };
        tree::enter(&process, parent);
    }
    thread.launch(regs);
    if options.wait_for_exec {
        let wait = WaitOptions {
            deadline: None,
            uninterruptible: true,
        };
        let released = || process.released.load(Ordering::SeqCst).then_some(());
        // Only the own end comes between, and that needs no answer.
        let _ = process.release.wait(wait, released);
    }
    Ok(id)
}

/// A process like `maker`, in no tree, without threads.
fn copy(maker: &Arc<Process>, id: u32, options: ForkOptions) -> Result<Arc<Process>> {
    let (memory, handles, fs) = (maker.memory(), maker.handles(), maker.fs());
    let memory = if options.share_memory {
        memory
    } else {
        memory.fork()?
    };
    let handles = if options.share_handles {
        handles
    } else {
        handles.duplicate()?
    };
    let fs = if options.share_fs { fs } else { fs.duplicate() };
    let abi_state = (maker.abi().fork_process_state)(&maker.abi_state());
    let parts = {
        let old = maker.parts.lock();
        Parts {
            abi: old.abi,
            memory: Some(memory),
            handles: Some(handles),
            fs: Some(fs),
            credentials: old.credentials.clone(),
            abi_state,
            name: old.name.clone(),
            path: old.path.clone(),
            args: old.args.clone(),
            limits: old.limits,
            tracer: old.tracer.clone(),
            environment: old.environment.clone(),
        }
    };
    let process = Process::new(id, parts, maker.nice());
    process
        .exit_note
        .store(options.exit_note, Ordering::Relaxed);
    Ok(process)
}

impl Process {
    pub(super) fn new(id: u32, parts: Parts, nice: i32) -> Arc<Process> {
        Arc::new(Process {
            id,
            start_ns: crate::time::now(),
            parts: SpinLock::new(parts),
            threads: SpinLock::new(Vec::new()),
            status: SpinLock::new(None),
            ended: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            resumed: WaitQueue::new(),
            news: WaitQueue::new(),
            released: AtomicBool::new(false),
            release: WaitQueue::new(),
            fewer_threads: WaitQueue::new(),
            nice: AtomicI32::new(nice),
            past_run_time: AtomicU64::new(0),
            exit_note: AtomicU8::new(0),
        })
    }
}

impl Thread {
    /// A thread with its kernel stack, not started.
    pub(super) fn new(
        id: u32,
        process: &Arc<Process>,
        state: super::AbiState,
    ) -> Result<Arc<Thread>> {
        let thread = Thread::bare(id, process, state);
        let kernel = hal::thread::Thread::new(run::enter_user, thread.clone())?;
        thread.entity.set_kernel(kernel);
        Ok(thread)
    }

    /// A thread without a stack: for boot flows.
    pub(super) fn bare(id: u32, process: &Arc<Process>, state: super::AbiState) -> Arc<Thread> {
        let traced = process.tracer().is_some();
        Arc::new(Thread {
            id,
            process: process.clone(),
            entity: Entity::new(process.nice()),
            flags: AtomicU32::new(if traced { TRACED } else { 0 }),
            abi_state: SpinLock::new(state),
            start: SpinLock::new(None),
        })
    }

    /// Enters it into its process and starts it with these registers.
    pub(super) fn launch(self: &Arc<Self>, regs: UserContext) {
        *self.start.lock() = Some(regs);
        self.process.threads.lock().push(self.clone());
        tree::enter_thread(self);
        // Its process may have been told to end while it was made.
        if self.process.status.lock().is_some() {
            self.flags.fetch_or(super::END, Ordering::SeqCst);
        }
        sched::start(self);
    }
}

/// A new process running a program, without a copy of the caller (native spawn). Handles are given in order from 0.
pub struct SpawnOptions {
    /// What it runs.
    pub program: crate::exec::Program,
    /// Its handles.
    pub handles: Vec<Option<Handle>>,
    /// Join this process group (0: its own new one); `None`: the caller's.
    pub group: Option<u32>,
    /// Who sees its calls.
    pub tracer: Option<Arc<crate::trace::Tracer>>,
}

/// Starts a program in a new process, a child of `parent`. On failure nothing was made.
pub fn spawn(parent: &Arc<Process>, options: SpawnOptions) -> Result<Arc<Process>> {
    check_memory()?;
    let id = tree::new_id();
    let table = HandleTable::new(usize::try_from(parent.limits().handles).unwrap_or(usize::MAX));
    for (number, handle) in options.handles.into_iter().enumerate() {
        if let Some(handle) = handle {
            table.replace(
                u32::try_from(number).map_err(|_| Error::TooManyHandles)?,
                handle,
            )?;
        }
    }
    let parts = {
        let old = parent.parts.lock();
        Parts {
            abi: old.abi,
            memory: None,
            handles: Some(table),
            fs: old.fs.clone(),
            credentials: old.credentials.clone(),
            abi_state: old.abi_state.clone(),
            name: Vec::new(),
            path: Vec::new(),
            args: Vec::new(),
            limits: old.limits,
            tracer: options.tracer,
            environment: old.environment.clone(),
        }
    };
    let fs = parts.fs.as_ref().map(|fs| fs.duplicate());
    let process = Process::new(id, Parts { fs, ..parts }, parent.nice());
    start_program(&process, options.program, |process| {
        tree::enter(process, parent.id());
        match options.group {
            Some(0) => tree::place_in_group(id, id),
            Some(group) => tree::place_in_group(id, group),
            None => {}
        }
    })?;
    Ok(process)
}

/// Builds a program's image for a process that has no thread, enters it into the tree by `enter`, and starts it.
pub(super) fn start_program(
    process: &Arc<Process>,
    program: crate::exec::Program,
    enter: impl FnOnce(&Arc<Process>),
) -> Result<()> {
    let image = crate::exec::build(process, program)?;
    let thread = Thread::new(process.id, process, image.thread_state.clone())?;
    process.put_image(&image);
    enter(process);
    thread.launch(image.start.context());
    Ok(())
}

impl Process {
    /// As [`Process::replace_image`] for a process that does not run yet.
    fn put_image(&self, image: &crate::exec::Image) {
        let mut parts = self.parts.lock();
        parts.memory = Some(image.memory.clone());
        if let Some(fs) = &image.fs {
            parts.fs = Some(fs.clone());
        }
        if let Some(credentials) = &image.credentials {
            parts.credentials = credentials.clone();
        }
        parts.abi = image.abi;
        parts.abi_state = image.process_state.clone();
        parts.name = image.name.clone();
        parts.path = image.path.clone();
        parts.args = image.args.clone();
    }
}

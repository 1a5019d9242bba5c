//! Processes and threads.
//!
//! A process owns what its threads share; a thread is what the scheduler runs. Family ties (parent, children, groups, sessions,
//! news for the parent) are in one place, [`tree`].
//!
//! Locks, outer first: the tree, a process' fields (each alone, never two at once), a thread's.

mod change;
mod events;
mod exit;
mod fork;
mod run;
mod tree;
mod wait;

use crate::abi::Abi;
use crate::event::EventKind;
use crate::handle::HandleTable;
use crate::mm::AddressSpace;
use crate::sched::{self, Entity};
use crate::vfs::FsContext;
use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU32, AtomicU64, Ordering};
use hal::sync::{Once, SpinLock};
use hal::user::UserContext;

pub use events::post_group;
pub use fork::{ForkOptions, SpawnOptions, fork, spawn};
pub use run::{start_idle, start_init};
pub(crate) use tree::is_orphaned;
pub use tree::{all, find, find_thread};
pub use wait::{ChildChange, ChildFilter, ChildNews, ChildWait, wait_child};

/// State that an ABI keeps per process or thread.
pub type AbiState = Arc<dyn Any + Send + Sync>;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// By itself, with this code.
    Exited(i32),
    /// By an event.
    Killed(EventKind),
}

/// Who a process acts as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the usual names: real, effective, saved, file system"
)]
pub struct Credentials {
    pub uid: u32,
    pub euid: u32,
    pub suid: u32,
    pub fsuid: u32,
    pub gid: u32,
    pub egid: u32,
    pub sgid: u32,
    pub fsgid: u32,
    pub groups: Vec<u32>,
}

/// CPU times in ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// In user mode. All time counts here: the kernel does not tell its own part apart.
    pub user: u64,
    /// In the kernel.
    pub system: u64,
    /// Of waited-for children.
    pub children_user: u64,
    /// Of waited-for children.
    pub children_system: u64,
}

/// What a process may use at most; `u64::MAX`: no limit. Bytes, but for the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest stack.
    pub stack: u64,
    /// Largest heap.
    pub data: u64,
    /// Most mapped memory.
    pub address_space: u64,
    /// Most handles.
    pub handles: u64,
    /// Largest file.
    pub file_size: u64,
    /// Most processes of one user.
    pub processes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        const NONE: u64 = u64::MAX;
        Limits {
            stack: 8 << 20,
            data: NONE,
            address_space: NONE,
            handles: 1024,
            file_size: NONE,
            processes: NONE,
        }
    }
}

/// What exec replaces, and what else changes rarely. Each read copies a reference out.
struct Parts {
    abi: &'static Abi,
    memory: Option<Arc<AddressSpace>>,
    handles: Option<Arc<HandleTable>>,
    fs: Option<Arc<FsContext>>,
    credentials: Arc<Credentials>,
    abi_state: AbiState,
    name: Vec<u8>,
    path: Vec<u8>,
    args: Vec<Vec<u8>>,
    limits: Limits,
    tracer: Option<Arc<crate::trace::Tracer>>,
    environment: Arc<crate::exec::Environment>,
}

/// A process: an address space, handles, a view of the files, and at least one thread.
pub struct Process {
    id: u32,
    start_ns: u64,
    parts: SpinLock<Parts>,
    threads: SpinLock<Vec<Arc<Thread>>>,
    /// Set once, by the first that ends it.
    status: SpinLock<Option<ExitStatus>>,
    ended: AtomicBool,
    stopped: AtomicBool,
    /// Its threads wait here while it is stopped.
    resumed: crate::wait::WaitQueue,
    /// It waits here for news of its children.
    news: crate::wait::WaitQueue,
    /// It no longer uses its maker's memory (exec, end); its maker may wait for that.
    released: AtomicBool,
    release: crate::wait::WaitQueue,
    /// Its other threads have ended; the one that execs waits for that.
    fewer_threads: crate::wait::WaitQueue,
    nice: AtomicI32,
    /// Run time of threads that have ended, ns.
    past_run_time: AtomicU64,
    /// ABI detail: what its parent is told when it ends.
    exit_note: AtomicU8,
}

static NO_MEMORY: Once<Arc<AddressSpace>> = Once::new();
static NO_HANDLES: Once<Arc<HandleTable>> = Once::new();
static NO_FILES: Once<Arc<FsContext>> = Once::new();

impl Process {
    /// Its number.
    #[inline]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// What it runs as.
    #[inline]
    pub fn abi(&self) -> &'static Abi {
        self.parts.lock().abi
    }

    /// Short name (file name of the program; settable), at most 15 bytes.
    pub fn name(&self) -> Vec<u8> {
        self.parts.lock().name.clone()
    }

    /// Sets the short name; what is too long is cut.
    pub fn set_name(&self, name: &[u8]) {
        self.parts.lock().name = name[..name.len().min(15)].to_vec();
    }

    /// Path of the program file as seen in its own namespace, and its arguments.
    pub fn program(&self) -> (Vec<u8>, Vec<Vec<u8>>) {
        let parts = self.parts.lock();
        (parts.path.clone(), parts.args.clone())
    }

    /// Its memory; an empty address space when it has ended.
    pub fn memory(&self) -> Arc<AddressSpace> {
        let memory = self.parts.lock().memory.clone();
        memory.unwrap_or_else(|| NO_MEMORY.get().expect("made at boot").clone())
    }

    /// Its handles; an empty table when it has ended.
    pub fn handles(&self) -> Arc<HandleTable> {
        let handles = self.parts.lock().handles.clone();
        handles.unwrap_or_else(|| NO_HANDLES.call_once(|| HandleTable::new(0)).clone())
    }

    /// Its view of the files; the first process' at boot when it has ended.
    pub fn fs(&self) -> Arc<FsContext> {
        let fs = self.parts.lock().fs.clone();
        fs.unwrap_or_else(|| NO_FILES.get().expect("made at boot").clone())
    }

    /// Who it acts as.
    pub fn credentials(&self) -> Arc<Credentials> {
        self.parts.lock().credentials.clone()
    }

    /// Changes that.
    pub fn set_credentials(&self, credentials: Credentials) {
        self.parts.lock().credentials = Arc::new(credentials);
    }

    /// The ABI's per-process state.
    pub fn abi_state(&self) -> AbiState {
        self.parts.lock().abi_state.clone()
    }

    /// Its threads that have not ended.
    pub fn threads(&self) -> Vec<Arc<Thread>> {
        self.threads.lock().clone()
    }

    /// CPU time used by its threads (user, system) and by waited-for children, in ns.
    pub fn times(&self) -> Times {
        // What runs is accounted for when it stops running; the caller's own time is wanted up to now.
        sched::charge_current();
        let running: u64 = self
            .threads
            .lock()
            .iter()
            .map(|thread| thread.entity.run_time())
            .sum();
        let children = tree::children_time(self.id);
        let user = running + self.past_run_time.load(Ordering::Relaxed);
        Times {
            user,
            system: 0,
            children_user: children,
            children_system: 0,
        }
    }

    /// Running, sleeping, stopped, ended: as one letter R S T Z.
    pub fn state_letter(&self) -> char {
        if self.ended.load(Ordering::Relaxed) {
            return 'Z';
        }
        if self.stopped.load(Ordering::Relaxed) {
            return 'T';
        }
        let asleep = self
            .threads
            .lock()
            .iter()
            .all(|thread| thread.entity.is_asleep());
        if asleep { 'S' } else { 'R' }
    }

    /// What it may use.
    pub fn limits(&self) -> Limits {
        self.parts.lock().limits
    }

    /// Changes that.
    pub fn set_limits(&self, limits: Limits) {
        self.parts.lock().limits = limits;
        self.handles()
            .set_limit(usize::try_from(limits.handles).unwrap_or(usize::MAX));
        self.memory().set_limits(limits.address_space, limits.stack);
    }

    /// When it was made, ns since power-on.
    pub fn start_time_ns(&self) -> u64 {
        self.start_ns
    }

    /// Scheduling weight: -20 (most) to 19 (least), 0 is normal.
    pub fn nice(&self) -> i32 {
        self.nice.load(Ordering::Relaxed)
    }

    /// Changes that, for all its threads.
    pub fn set_nice(&self, nice: i32) {
        let nice = nice.clamp(-20, 19);
        self.nice.store(nice, Ordering::Relaxed);
        self.threads
            .lock()
            .iter()
            .for_each(|thread| thread.entity.set_nice(nice));
    }

    /// The tracer that sees its calls, if any (inherited).
    pub fn tracer(&self) -> Option<Arc<crate::trace::Tracer>> {
        self.parts.lock().tracer.clone()
    }

    /// Changes that; its threads notice at their next call.
    pub fn set_tracer(&self, tracer: Option<Arc<crate::trace::Tracer>>) {
        let on = tracer.is_some();
        self.parts.lock().tracer = tracer;
        self.threads
            .lock()
            .iter()
            .for_each(|thread| thread.set_traced(on));
    }

    /// The environment object that tells exec what each ABI's world looks like.
    pub fn environment(&self) -> Arc<crate::exec::Environment> {
        self.parts.lock().environment.clone()
    }

    /// Uses another one from now on.
    pub fn set_environment(&self, environment: Arc<crate::exec::Environment>) {
        self.parts.lock().environment = environment;
    }

    /// ABI detail kept since its making (Linux: the signal that its parent gets when it ends).
    pub fn exit_note(&self) -> u8 {
        self.exit_note.load(Ordering::Relaxed)
    }
}

/// Something happened that the ABI must deliver.
const EVENT: u32 = 1;
/// The thread is to end.
const END: u32 = 2;
/// The process is stopped.
const STOP: u32 = 4;
/// Its calls are traced. Not looked at before going to user mode.
const TRACED: u32 = 8;

/// A thread of a process.
pub struct Thread {
    id: u32,
    process: Arc<Process>,
    pub(crate) entity: Entity,
    flags: AtomicU32,
    abi_state: SpinLock<AbiState>,
    /// The registers that it starts with, until it does.
    start: SpinLock<Option<UserContext>>,
}

impl Thread {
    /// Its number; the first thread's is its process'.
    #[inline]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Its process.
    #[inline]
    pub fn process(&self) -> &Arc<Process> {
        &self.process
    }

    /// The ABI's per-thread state.
    pub fn abi_state(&self) -> AbiState {
        self.abi_state.lock().clone()
    }

    /// Replaces it.
    pub fn set_abi_state(&self, state: AbiState) {
        *self.abi_state.lock() = state;
    }

    /// Wakes it from an interruptible wait with [`Error::Interrupted`].
    pub fn interrupt(self: &Arc<Self>) {
        self.raise(EVENT);
    }

    /// Ends this thread only; the last one ends the process with `code`.
    pub fn end(self: &Arc<Self>, code: i32) {
        let last = self.process.threads.lock().len() <= 1;
        if last {
            self.process.end(ExitStatus::Exited(code));
        } else {
            self.raise(END);
        }
    }

    /// Sets a flag and has the thread look at it.
    fn raise(self: &Arc<Self>, flag: u32) {
        self.flags.fetch_or(flag, Ordering::SeqCst);
        sched::wake(self);
        sched::poke(self);
    }

    /// Whether a wait must end: an event is there, or it is to end.
    pub(crate) fn must_stop_waiting(&self, only_for_the_end: bool) -> bool {
        let flags = self.flags.load(Ordering::SeqCst);
        flags
            & if only_for_the_end {
                END
            } else {
                END | EVENT | STOP
            }
            != 0
    }

    /// Whether an event, a stop or its end is due: an ABI call that loops asks.
    pub fn has_pending(&self) -> bool {
        self.must_stop_waiting(false)
    }

    fn set_traced(&self, on: bool) {
        if on {
            self.flags.fetch_or(TRACED, Ordering::Relaxed);
        } else {
            self.flags.fetch_and(!TRACED, Ordering::Relaxed);
        }
    }

    /// Whether it is a processor's idle thread.
    pub(crate) fn is_idle(&self) -> bool {
        self.process.id == 0
    }

    /// Makes its address space current; an idle thread runs in whatever is.
    pub(crate) fn activate(&self) {
        if self.is_idle() {
            return;
        }
        let root = self
            .process
            .parts
            .lock()
            .memory
            .as_ref()
            .map(|memory| memory.root());
        hal::paging::activate(root);
    }
}

/// The thread that runs here.
pub fn current() -> Arc<Thread> {
    let body = hal::thread::with_current(|thread| thread.body().clone());
    body.downcast::<Thread>()
        .unwrap_or_else(|_| unreachable!("every kernel thread is a thread of a process"))
}

/// Only so much memory is left that new processes would take it from those that run.
fn check_memory() -> Result<()> {
    if hal::frame::is_short() {
        Err(Error::LimitReached)
    } else {
        Ok(())
    }
}

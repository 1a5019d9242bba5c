//! Processes and threads.

use crate::abi::{Abi, Call};
use crate::event::{Event, EventKind};
use crate::handle::HandleTable;
use crate::mm::AddressSpace;
use crate::vfs::FsContext;
use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use hal::user::UserContext;

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

/// A process: an address space, handles, a view of the files, and at least one thread.
pub struct Process {
    _p: (),
}

impl Process {
    pub fn id(&self) -> u32 {
        todo!()
    }
    pub fn parent_id(&self) -> u32 {
        todo!()
    }
    pub fn group_id(&self) -> u32 {
        todo!()
    }
    pub fn session_id(&self) -> u32 {
        todo!()
    }
    /// Makes a new session and group (setsid); gives its id.
    pub fn new_session(&self) -> Result<u32> {
        todo!()
    }
    /// Moves `target` (self or a child) to `group` (setpgid rules).
    pub fn set_group(&self, target: u32, group: u32) -> Result<()> {
        todo!()
    }
    pub fn abi(&self) -> &'static Abi {
        todo!()
    }
    /// Short name (file name of the program; settable), at most 15 bytes.
    pub fn name(&self) -> Vec<u8> {
        todo!()
    }
    pub fn set_name(&self, name: &[u8]) {
        todo!()
    }
    /// Path of the program file as seen in its own namespace, and its arguments.
    pub fn program(&self) -> (Vec<u8>, Vec<Vec<u8>>) {
        todo!()
    }
    pub fn memory(&self) -> Arc<AddressSpace> {
        todo!()
    }
    pub fn handles(&self) -> Arc<HandleTable> {
        todo!()
    }
    pub fn fs(&self) -> Arc<FsContext> {
        todo!()
    }
    pub fn credentials(&self) -> Arc<Credentials> {
        todo!()
    }
    pub fn set_credentials(&self, credentials: Credentials) {
        todo!()
    }
    /// The ABI's per-process state.
    pub fn abi_state(&self) -> AbiState {
        todo!()
    }
    pub fn threads(&self) -> Vec<Arc<Thread>> {
        todo!()
    }
    /// Ends all threads but `survivor` and waits until they are gone (exec). Interrupted when the process itself is ending.
    pub(crate) fn end_other_threads(&self, survivor: &Arc<Thread>) -> Result<()> {
        todo!()
    }
    /// Puts a new image in place of the old one, whose parts are dropped; cannot fail. `thread` is the one thread left: its
    /// ABI state is replaced too. When it is the running one, the new memory is made current before the old is dropped.
    /// Handles stay (the executor closes); whoever waits for the exec (vfork) is woken.
    pub(crate) fn replace_image(&self, thread: &Arc<Thread>, image: &crate::exec::Image) {
        todo!()
    }
    /// Posts an event from outside (kill): the ABI reacts, threads are interrupted.
    pub fn post(&self, event: Event) {
        todo!()
    }
    /// Ends the process: all its threads end at their next chance; the first status given counts.
    pub fn end(&self, status: ExitStatus) {
        todo!()
    }
    /// CPU time used by its threads (user, system) and by waited-for children, in ns.
    pub fn times(&self) -> Times {
        todo!()
    }
    /// Running, sleeping, stopped, ended: as one letter R S T Z.
    pub fn state_letter(&self) -> char {
        todo!()
    }
    /// Resource limits by kcore's own index.
    pub fn limits(&self) -> Limits {
        todo!()
    }
    pub fn set_limits(&self, limits: Limits) {
        todo!()
    }
    pub fn start_time_ns(&self) -> u64 {
        todo!()
    }
    /// Scheduling weight: -20 (most) to 19 (least), 0 is normal.
    pub fn nice(&self) -> i32 {
        todo!()
    }
    pub fn set_nice(&self, nice: i32) {
        todo!()
    }
    /// The tracer that sees its calls, if any (inherited).
    pub fn tracer(&self) -> Option<Arc<crate::trace::Tracer>> {
        todo!()
    }
    pub fn set_tracer(&self, tracer: Option<Arc<crate::trace::Tracer>>) {
        todo!()
    }
    /// The environment object that tells exec what each ABI's world looks like.
    pub fn set_environment(&self, environment: Arc<crate::exec::Environment>) {
        todo!()
    }
    pub fn environment(&self) -> Arc<crate::exec::Environment> {
        todo!()
    }
}

/// CPU times in ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub user: u64,
    pub system: u64,
    pub children_user: u64,
    pub children_system: u64,
}

/// What a process may use at most; `u64::MAX`: no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub stack: u64,
    pub data: u64,
    pub address_space: u64,
    pub handles: u64,
    pub file_size: u64,
    pub processes: u64,
}

/// A thread of a process.
pub struct Thread {
    _p: (),
}

impl Thread {
    pub fn id(&self) -> u32 {
        todo!()
    }
    pub fn process(&self) -> &Arc<Process> {
        todo!()
    }
    /// The ABI's per-thread state.
    pub fn abi_state(&self) -> AbiState {
        todo!()
    }
    pub fn set_abi_state(&self, state: AbiState) {
        todo!()
    }
    /// Posts an event to this thread alone (tgkill, own fault).
    pub fn post(&self, event: Event) {
        todo!()
    }
    /// Wakes it from an interruptible wait with [`Error::Interrupted`].
    pub fn interrupt(&self) {
        todo!()
    }
    /// Ends this thread only; the last one ends the process with `code`.
    pub fn end(&self, code: i32) {
        todo!()
    }
}

/// The thread that runs here.
pub fn current() -> Arc<Thread> {
    todo!()
}
/// A process by id.
pub fn find(id: u32) -> Option<Arc<Process>> {
    todo!()
}
/// A thread by id.
pub fn find_thread(id: u32) -> Option<Arc<Thread>> {
    todo!()
}
/// All processes, by id.
pub fn all() -> Vec<Arc<Process>> {
    todo!()
}
/// Posts to every member of a process group; [`Error::NoSuchProcess`] when there is none.
pub fn post_group(group: u32, event: Event) -> Result<()> {
    todo!()
}

/// What a new process or thread shares with its maker.
#[derive(Clone, Copy, Debug, Default)]
pub struct ForkOptions {
    /// Another thread of the same process (implies the next three).
    pub thread: bool,
    pub share_memory: bool,
    pub share_handles: bool,
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
    todo!()
}

/// A new process running a program, without a copy of the caller (native spawn). Handles are given in order from 0.
pub struct SpawnOptions {
    pub program: crate::exec::Program,
    pub handles: Vec<Option<crate::handle::Handle>>,
    /// Join this process group (0: its own new one); `None`: the caller's.
    pub group: Option<u32>,
    pub tracer: Option<Arc<crate::trace::Tracer>>,
}
pub fn spawn(parent: &Arc<Process>, options: SpawnOptions) -> Result<Arc<Process>> {
    todo!()
}

/// Which children to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildFilter {
    Any,
    Process(u32),
    Group(u32),
}

/// What to wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChildWait {
    pub stopped: bool,
    pub continued: bool,
    pub exited: bool,
    pub no_wait: bool,
    pub keep: bool,
}

/// What a child did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildChange {
    Ended(ExitStatus),
    Stopped(EventKind),
    Continued,
}

/// A child's news: its id, what it did, the CPU time it used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildNews {
    pub id: u32,
    pub uid: u32,
    pub change: ChildChange,
    pub times: Times,
}

/// Waits for a child of the caller. `Ok(None)`: nothing yet and told not to wait. [`Error::NoChild`]: none can come.
pub fn wait_child(filter: ChildFilter, what: ChildWait) -> Result<Option<ChildNews>> {
    todo!()
}

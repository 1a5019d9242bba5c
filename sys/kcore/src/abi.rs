//! What an ABI module is: a value with every field filled. `kapi` hands this on to the modules.

use crate::Result;
use crate::event::{Event, Reaction};
use crate::exec::{Head, Loader, Start};
use crate::process::{AbiState, Process, Thread};
use alloc::sync::Arc;
use core::fmt;
use hal::user::UserContext;

/// One personality of the kernel.
pub struct Abi {
    /// Short name: `scarlet`, `linux-riscv64`, `xv6-riscv64`; also its folder below /system.
    pub name: &'static str,
    /// The call table, for the tracer and the documentation.
    pub table: &'static [Info],
    /// The row that a call's registers name.
    pub row: fn(&UserContext) -> Option<&'static Info>,
    /// The argument words of the call in these registers.
    pub arguments: fn(&UserContext) -> [u64; 6],
    /// Runs one call: reads the registers, runs the handler, writes the result.
    pub call: fn(&mut Call<'_>),
    /// The result in these registers as the tracer shows it (`0`, `-1 ENOENT`).
    pub show_result: fn(&UserContext, &mut dyn fmt::Write) -> fmt::Result,
    /// Whether this image is decisively of this ABI (never a score; see the executor for the order of rules).
    pub recognize: fn(&Head<'_>) -> bool,
    /// Whether images that nobody recognises decisively but that are sound for the machine go to this ABI.
    pub is_default: bool,
    /// Builds the new image: segments, stack, first registers.
    pub load: fn(&mut Loader<'_>) -> Result<Start>,
    /// Fresh per-process and per-thread state, made at exec.
    pub new_process_state: fn() -> AbiState,
    pub new_thread_state: fn() -> AbiState,
    /// State of a forked process and thread, from its maker's. `thread`: a thread in the same process (process state is shared as it is).
    pub fork_process_state: fn(&AbiState) -> AbiState,
    pub fork_thread_state: fn(&AbiState, new_process: bool) -> AbiState,
    /// An event was posted to a process (`None`: any thread may take it). Called by the sender, holding no lock; must not block.
    pub post: fn(&Arc<Process>, Option<&Arc<Thread>>, &Event) -> Reaction,
    /// Just before going back to user mode with something pending: deliver (push a handler's frame...) or ask the process to end.
    pub deliver: fn(&mut Call<'_>),
    /// The thread ends: clean up what the ABI promised (clear-tid word, robust futexes). Runs in the thread, its memory still there.
    pub thread_exit: fn(&Arc<Thread>),
    /// A process died of `fault`: the message for its terminal, if this ABI prints one (xv6 does).
    pub fault_message:
        fn(&Process, &hal::user::Fault, pc: usize, &mut dyn fmt::Write) -> fmt::Result,
}

/// The context of one running call or delivery.
pub struct Call<'a> {
    pub thread: &'a Arc<Thread>,
    pub regs: &'a mut UserContext,
}

impl Call<'_> {
    pub fn process(&self) -> &Arc<Process> {
        self.thread.process()
    }
}

/// One parameter of a row. `show` writes argument `index` of `words` as the tracer shows it; it may read the caller's
/// memory, and the next word where that is the length.
#[derive(Debug)]
pub struct Param {
    pub name: &'static str,
    pub ty: &'static str,
    pub show: fn(words: &[u64; 6], index: usize, out: &mut dyn fmt::Write) -> fmt::Result,
}

/// How far a call is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Done,
    Partial(&'static str),
    Refused(&'static str),
}

/// One row of a call table.
#[derive(Debug)]
pub struct Info {
    pub group: &'static str,
    pub name: &'static str,
    pub numbers: &'static [Option<u32>],
    pub params: &'static [Param],
    pub ret: &'static str,
    pub status: Status,
    pub doc: &'static [&'static str],
}

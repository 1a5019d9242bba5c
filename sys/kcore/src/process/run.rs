//! The life of a thread: to user mode and back, until its end. And how the first ones come to be.

use super::fork::start_program;
use super::{
    Credentials, END, EVENT, Limits, NO_FILES, NO_MEMORY, Parts, Process, STOP, TRACED, Thread,
    current, tree,
};
use crate::abi::Call;
use crate::event::{Event, EventKind};
use crate::exec::{Environment, Program};
use crate::handle::{Handle, HandleTable};
use crate::mm::{AddressSpace, Layout};
use crate::vfs::FsContext;
use crate::{Result, sched, trace};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;
use hal::user::{Access, Fault, FaultKind, Trap, UserContext};

/// The first kernel code of every user thread.
pub(super) fn enter_user() -> ! {
    let thread = current();
    live(&thread);
    thread.finish()
}

/// Runs the program until the thread is to end.
fn live(thread: &Arc<Thread>) {
    hal::cpu::set_interrupts(true);
    let Some(mut regs) = thread.start.lock().take() else {
        return;
    };
    while is_to_go_on(thread, &mut regs) {
        match hal::user::run(&mut regs) {
            Trap::Call => {
                let mut call = Call {
                    thread,
                    regs: &mut regs,
                };
                if thread.flags.load(Ordering::Relaxed) & TRACED == 0 && !trace::all() {
                    (thread.process.abi().call)(&mut call);
                } else {
                    trace::call(&mut call);
                }
            }
            Trap::Fault(fault) => faulted(thread, &mut regs, fault),
            Trap::Interrupt => {}
        }
    }
}

/// Before user mode: everything that is due. False: the thread is to end.
#[inline]
fn is_to_go_on(thread: &Arc<Thread>, regs: &mut UserContext) -> bool {
    if thread.flags.load(Ordering::SeqCst) & (EVENT | END | STOP) == 0 && !sched::should_yield() {
        return true;
    }
    attend(thread, regs)
}

#[cold]
fn attend(thread: &Arc<Thread>, regs: &mut UserContext) -> bool {
    loop {
        let flags = thread.flags.load(Ordering::SeqCst);
        if flags & END != 0 {
            return false;
        }
        if flags & EVENT != 0 {
            thread.flags.fetch_and(!EVENT, Ordering::SeqCst);
            (thread.process.abi().deliver)(&mut Call { thread, regs });
        } else if flags & STOP != 0 {
            // First the flag: a stop that comes while it goes on sets it again.
            thread.flags.fetch_and(!STOP, Ordering::SeqCst);
            thread.wait_while_stopped();
        } else if sched::should_yield() {
            sched::run_deferred();
            sched::yield_now();
        } else {
            return true;
        }
    }
}

/// A fault: a page that can be brought in, or the program's own mistake.
fn faulted(thread: &Arc<Thread>, regs: &mut UserContext, fault: Fault) {
    let access = match fault.kind {
        FaultKind::Read => Some(Access::Read),
        FaultKind::Write => Some(Access::Write),
        FaultKind::Execute => Some(Access::Execute),
        FaultKind::Illegal | FaultKind::Misaligned | FaultKind::Breakpoint | FaultKind::Access => {
            None
        }
    };
    let process = &thread.process;
    let failed = match access {
        Some(access) => process.memory().resolve(fault.addr, access).err(),
        None => Some(crate::Error::BadAddress),
    };
    let Some(error) = failed else { return };
    let mut message = String::new();
    let written = (process.abi().fault_message)(process, &fault, regs.pc(), &mut message);
    if written.is_ok() && !message.is_empty() {
        crate::tty::print_for(process, message.as_bytes());
    }
    log::info!(
        "process {} ({}): {:?} fault at {:#x}, pc {:#x}: {error:?}",
        process.id(),
        String::from_utf8_lossy(&process.name()),
        fault.kind,
        fault.addr,
        regs.pc(),
    );
    // Beyond the end of a mapped object is another kind of fault than where nothing is mapped.
    let kind = match error {
        crate::Error::OutOfRange | crate::Error::Io => FaultKind::Access,
        _ => fault.kind,
    };
    let denied = i32::from(error == crate::Error::AccessDenied);
    let event = Event {
        value: fault.addr as u64,
        code: denied,
        ..Event::new(EventKind::Fault(kind))
    };
    thread.post(event);
}

/// The process that idle threads belong to.
fn kernel_process() -> Result<Arc<Process>> {
    let abi = crate::exec::abis()
        .first()
        .copied()
        .ok_or(crate::Error::NotExecutable)?;
    let parts = Parts {
        abi,
        memory: None,
        handles: None,
        fs: None,
        credentials: Arc::new(Credentials::default()),
        abi_state: Arc::new(()),
        name: b"idle".to_vec(),
        path: Vec::new(),
        args: Vec::new(),
        limits: Limits::default(),
        tracer: None,
        environment: Arc::new(Environment { views: Vec::new() }),
    };
    Ok(Process::new(0, parts, 0))
}

/// Makes the calling boot flow this processor's idle thread. Once per processor, before [`sched::idle`]; needs the ABIs registered.
pub fn start_idle() -> Result<()> {
    let process = kernel_process()?;
    sched::adopt(Thread::bare(0, &process, Arc::new(())));
    Ok(())
}

/// Who the running program acts as when it reaches for files; nobody while the kernel works for itself.
fn acting() -> Option<Arc<Credentials>> {
    let thread = current();
    (!thread.is_idle()).then(|| thread.process().credentials())
}

/// Looks at the load now and then.
static LOAD_TIMER: hal::sync::Once<Arc<crate::time::Timer>> = hal::sync::Once::new();

/// Starts the first process. `handles` become its 0, 1, 2...
pub fn start_init(
    program: Program,
    fs: &Arc<FsContext>,
    handles: Vec<Handle>,
) -> Result<Arc<Process>> {
    crate::vfs::set_credentials_source(acting);
    NO_FILES.call_once(|| fs.clone());
    let page = hal::PAGE_SIZE;
    let nowhere = Layout {
        map_top: page,
        bottom: page,
        top: page,
    };
    let empty = AddressSpace::new(nowhere)?;
    NO_MEMORY.call_once(|| empty);
    let limits = Limits::default();
    let table = HandleTable::new(limits.handles as usize);
    for handle in handles {
        table.insert(handle, 0)?;
    }
    let abi = crate::exec::abis()
        .first()
        .copied()
        .ok_or(crate::Error::NotExecutable)?;
    let parts = Parts {
        abi,
        memory: None,
        handles: Some(table),
        fs: Some(fs.clone()),
        credentials: Arc::new(Credentials::default()),
        abi_state: (abi.new_process_state)(),
        name: Vec::new(),
        path: Vec::new(),
        args: Vec::new(),
        limits,
        tracer: None,
        environment: Arc::new(Environment { views: Vec::new() }),
    };
    let process = Process::new(tree::new_id(), parts, 0);
    start_program(&process, program, |process| tree::enter(process, 0))?;
    LOAD_TIMER.call_once(|| {
        let timer = crate::time::Timer::new(sched::note_load);
        timer.arm(crate::time::now() + sched::LOAD_PERIOD, sched::LOAD_PERIOD);
        timer
    });
    Ok(process)
}

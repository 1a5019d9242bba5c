//! The calls of the `process` group. Source: kernel/sysproc.c, kernel/proc.c.

use crate::calls::path::short;
use crate::convention::A0;
use crate::errno::Errno;
use crate::image::TOP;
use crate::state;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;
use kapi::event::{Event, EventKind};
use kapi::exec::{self, Program};
use kapi::process::{self, ChildChange, ChildFilter, ChildWait, ExitStatus, ForkOptions};
use kapi::user::PAGE_SIZE;
use kapi::{Address, Call, Error, Replaced, UserPtr, UserStr, time};

/// A tick in ns: 0.1 s.
const TICK_NS: u64 = 100_000_000;
/// Most processes of this ABI at once, as the original's table.
const NPROC: usize = 64;
/// Most bytes that a process may grow eagerly: the original's memory, less the kernel's part.
const EAGER_LIMIT: usize = 120 << 20;
/// sbrk mode: promise only.
const SBRK_LAZY: i32 = 2;
const MAXARG: usize = 32;

pub(crate) fn fork(call: &mut Call<'_>) -> Result<i32, Errno> {
    let own = call.process().abi();
    let alive = process::all()
        .iter()
        .filter(|process| core::ptr::eq(process.abi(), own))
        .count();
    if alive >= NPROC {
        return Err(Errno);
    }
    let child = process::fork(call, ForkOptions::default(), |_, regs| {
        regs.set_reg(A0, 0);
        Ok(())
    })?;
    Ok(child as i32)
}

pub(crate) fn exit(call: &mut Call<'_>, status: i32) -> Result<Replaced, Errno> {
    call.process().end(ExitStatus::Exited(status));
    Ok(Replaced)
}

pub(crate) fn wait(_call: &mut Call<'_>, status: UserPtr<i32>) -> Result<i32, Errno> {
    let what = ChildWait {
        exited: true,
        ..ChildWait::default()
    };
    let news = loop {
        match process::wait_child(ChildFilter::Any, what) {
            Ok(Some(news)) => break news,
            // Events that do not end it do not interrupt an xv6 process either.
            Ok(None) => {}
            Err(_) => return Err(Errno),
        }
    };
    let code = match news.change {
        ChildChange::Ended(ExitStatus::Exited(code)) => code,
        _ => -1,
    };
    status.write_opt(&code)?;
    Ok(news.id as i32)
}

pub(crate) fn kill(call: &mut Call<'_>, pid: i32) -> Result<i32, Errno> {
    let target = process::find(u32::try_from(pid).map_err(|_| Errno)?).ok_or(Errno)?;
    let sender = call.process();
    let event = Event {
        sender: sender.id(),
        sender_uid: sender.credentials().uid,
        ..Event::new(EventKind::Kill)
    };
    target.post(event);
    Ok(0)
}

pub(crate) fn exec(
    call: &mut Call<'_>,
    path: UserStr,
    argv: UserPtr<u64>,
) -> Result<Replaced, Errno> {
    let path = short(path)?;
    let mut args = Vec::new();
    loop {
        let address = argv.at(args.len()).read()?;
        if address == 0 {
            break;
        }
        if args.len() == MAXARG {
            return Err(Errno);
        }
        args.push(UserStr(address as usize).read(PAGE_SIZE)?.to_vec());
    }
    exec::exec(
        call,
        Program {
            path,
            file: None,
            args,
            env: Vec::new(),
            abi: None,
        },
    )?;
    Ok(Replaced)
}

pub(crate) fn getpid(call: &mut Call<'_>) -> Result<i32, Errno> {
    Ok(call.process().id() as i32)
}

pub(crate) fn sbrk(call: &mut Call<'_>, n: i32, mode: i32) -> Result<Address, Errno> {
    let process = call.process();
    let memory = process.memory();
    let old = memory.break_end();
    let new = old.checked_add_signed(n as isize).ok_or(Errno)?;
    if new > TOP - PAGE_SIZE {
        return Err(Errno);
    }
    state::with(process, |state| {
        let eager = state.eager.load(Ordering::Relaxed);
        let eager = match (n > 0, mode) {
            (true, SBRK_LAZY) => eager,
            (true, _) => eager + n as usize,
            (false, _) => eager.saturating_sub(n.unsigned_abs() as usize),
        };
        if n > 0 && eager > EAGER_LIMIT {
            return Err(Errno);
        }
        memory.set_break(new)?;
        state.eager.store(eager, Ordering::Relaxed);
        Ok(Address(old))
    })
}

pub(crate) fn pause(_call: &mut Call<'_>, ticks: i32) -> Result<i32, Errno> {
    let ticks = u64::try_from(ticks).unwrap_or(0);
    match time::sleep_until(time::now().saturating_add(ticks * TICK_NS)) {
        Ok(()) => Ok(0),
        Err(Error::Interrupted) => Err(Errno),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn uptime(_call: &mut Call<'_>) -> Result<u32, Errno> {
    Ok((time::now() / TICK_NS) as u32)
}

//! The calls of the `thread` group.

use crate::convention::A0;
use crate::errno::Errno;
use kapi::process::{self, ForkOptions};
use kapi::{Address, Call, Replaced, mm, sched, time};

pub(crate) fn thread_create(
    call: &mut Call<'_>,
    entry: Address,
    stack_top: Address,
    argument: u64,
    tls: Address,
) -> Result<u32, Errno> {
    let options = ForkOptions {
        thread: true,
        ..ForkOptions::default()
    };
    Ok(process::fork(call, options, |_, regs| {
        regs.set_pc(entry.0);
        regs.set_sp(stack_top.0);
        regs.set_reg(A0, argument);
        regs.set_tls(tls.0);
        Ok(())
    })?)
}

pub(crate) fn thread_exit(call: &mut Call<'_>) -> Result<Replaced, Errno> {
    call.thread.end(0);
    Ok(Replaced)
}

pub(crate) fn thread_yield(_call: &mut Call<'_>) -> Result<(), Errno> {
    sched::yield_now();
    Ok(())
}

pub(crate) fn futex_wait(
    _call: &mut Call<'_>,
    word: Address,
    expected: u32,
    timeout_ns: i64,
) -> Result<(), Errno> {
    let deadline = u64::try_from(timeout_ns)
        .ok()
        .map(|ns| time::now().saturating_add(ns));
    Ok(mm::futex_wait(word.0, false, expected, u32::MAX, deadline)?)
}

pub(crate) fn futex_wake(
    _call: &mut Call<'_>,
    word: Address,
    count: usize,
) -> Result<usize, Errno> {
    Ok(mm::futex_wake(word.0, false, count, u32::MAX)?)
}

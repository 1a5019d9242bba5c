//! Registers of an xv6 call: a7 number, a0 to a5 arguments, a0 result. Source: kernel/syscall.c.

use crate::table;
use core::fmt::{self, Write};
use kapi::user::UserContext;
use kapi::{Call, Convention, Info};

/// Register a0.
pub(crate) const A0: usize = 10;

const CONVENTION: Convention = Convention {
    number: 17,
    args: [10, 11, 12, 13, 14, 15],
    result: A0,
};

pub(crate) fn call(call: &mut Call<'_>) {
    kapi::run(call, &CONVENTION, |call, number, words| {
        table::dispatch(call, 0, number, words)
    });
}

pub(crate) fn row(regs: &UserContext) -> Option<&'static Info> {
    table::row(0, CONVENTION.number(regs))
}

pub(crate) fn arguments(regs: &UserContext) -> [u64; 6] {
    CONVENTION.words(regs)
}

pub(crate) fn show_result(regs: &UserContext, out: &mut dyn Write) -> fmt::Result {
    write!(out, "{}", regs.reg(A0) as i64)
}

//! Registers of a native call: a7 number, a0 to a5 arguments, a0 result (a value, or minus an error code).

use crate::errno::Errno;
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
    let word = regs.reg(A0) as i64;
    match Errno::from_word(word) {
        Some(errno) => write!(out, "{word} {:?}", errno.0),
        None if (0..0x1_0000).contains(&word) => write!(out, "{word}"),
        None => write!(out, "{word:#x}"),
    }
}

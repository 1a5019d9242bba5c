//! Registers of a Linux call on RISC-V: a7 number, a0 to a5 arguments, a0 result (a value, or minus an error number).

use crate::errno::{self, Errno};
use crate::{event, table};
use core::fmt::{self, Write};
use kapi::user::UserContext;
use kapi::{Call, Convention, ErrorWord, Info, Outcome};

/// Return address register.
pub(crate) const RA: usize = 1;
/// First argument and result register.
pub(crate) const A0: usize = 10;

const CONVENTION: Convention = Convention {
    number: 17,
    args: [10, 11, 12, 13, 14, 15],
    result: A0,
};

pub(crate) fn call(call: &mut Call<'_>) {
    let number = CONVENTION.number(call.regs);
    let words = CONVENTION.words(call.regs);
    match table::dispatch(call, 0, number, &words) {
        Ok(Outcome::Value(value)) => call.regs.set_reg(A0, value),
        Ok(Outcome::Replaced) => {}
        Err(error) if error.is_restart() => event::interrupted(call, error, words[0]),
        Err(error) => call.regs.set_reg(A0, error.word()),
    }
}

pub(crate) fn row(regs: &UserContext) -> Option<&'static Info> {
    table::row(0, CONVENTION.number(regs))
}

pub(crate) fn arguments(regs: &UserContext) -> [u64; 6] {
    CONVENTION.words(regs)
}

pub(crate) fn show_result(regs: &UserContext, out: &mut dyn Write) -> fmt::Result {
    let word = regs.reg(A0) as i64;
    match word {
        -4095..0 => write!(out, "-1 {}", errno::name(-word as u16)),
        0..0x1_0000 => write!(out, "{word}"),
        _ => write!(out, "{word:#x}"),
    }
}

/// The result of a handler that has set the registers up to and including the result itself.
pub(crate) fn finish(call: &mut Call<'_>, result: Result<u64, Errno>) -> kapi::Replaced {
    call.regs
        .set_reg(A0, result.unwrap_or_else(ErrorWord::word));
    kapi::Replaced
}

//! Where an ABI keeps its call number, arguments and result: data, not code.

use crate::{Call, user::UserContext};

/// The calling convention of one ABI on one architecture: general registers by the architecture's own numbers.
#[derive(Debug)]
pub struct Convention {
    /// Holds the call number.
    pub number: usize,
    /// Hold the argument words.
    pub args: [usize; 6],
    /// Gets the result word.
    pub result: usize,
}

impl Convention {
    /// The call number.
    #[inline(always)]
    pub fn number(&self, regs: &UserContext) -> u64 {
        regs.reg(self.number)
    }

    /// The argument words.
    #[inline(always)]
    pub fn words(&self, regs: &UserContext) -> [u64; 6] {
        self.args.map(|index| regs.reg(index))
    }
}

/// What a call leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A result for the result register.
    Value(u64),
    /// The registers are already what they should be (exec, return from a handler, exit).
    Replaced,
}

/// The result type of a call whose registers are not to be touched any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaced;

/// An ABI's error, as the word that the program gets.
pub trait ErrorWord {
    /// The result register's value (`-errno`, -1...).
    fn word(self) -> u64;
}

/// Runs one call: decodes by the convention, dispatches, writes the result word.
#[inline(always)]
pub fn run<E: ErrorWord>(
    call: &mut Call<'_>,
    convention: &Convention,
    dispatch: impl FnOnce(&mut Call<'_>, u64, &[u64; 6]) -> Result<Outcome, E>,
) {
    let number = convention.number(call.regs);
    let words = convention.words(call.regs);
    match dispatch(call, number, &words) {
        Ok(Outcome::Value(value)) => call.regs.set_reg(convention.result, value),
        Ok(Outcome::Replaced) => {}
        Err(error) => call.regs.set_reg(convention.result, error.word()),
    }
}

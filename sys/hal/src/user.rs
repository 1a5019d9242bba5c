//! User mode and user memory. Going to user mode is a function that returns why it came back.

use crate::BadAddress;
use crate::arch::user as raw;

/// First address above user space.
pub const TOP: usize = crate::arch::paging::USER_TOP;

/// `e_machine` of the ELF images that [`run`] can run.
pub const ELF_MACHINE: u16 = raw::ELF_MACHINE;

/// The registers of a program: general ones by the architecture's number, program counter, floating point.
pub use raw::Context as UserContext;

/// Why user mode was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// The system-call instruction; the program counter is already behind it.
    Call,
    /// The program did something it may not, or touched a page that is not there.
    Fault(Fault),
    /// An interrupt, already handled.
    Interrupt,
}

/// A fault of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub kind: FaultKind,
    /// The address touched (memory faults) or the program counter.
    pub addr: usize,
    /// The architecture's own cause number, for messages.
    pub cause: u64,
}

/// Kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// A load from a page that is not there or not readable.
    Read,
    /// A store to a page that is not there or not writable.
    Write,
    /// A fetch from a page that is not there or not executable.
    Execute,
    /// No such instruction, or not allowed.
    Illegal,
    /// An address that is not aligned.
    Misaligned,
    /// The breakpoint instruction.
    Breakpoint,
    /// Memory that does not exist physically.
    Access,
}

/// How memory is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Load.
    Read,
    /// Store.
    Write,
    /// Fetch.
    Execute,
}

/// Runs the program until it traps. Call with interrupts on or off; returns with interrupts on.
#[inline]
pub fn run(ctx: &mut UserContext) -> Trap {
    match raw::run(ctx) {
        raw::RawTrap::Call => Trap::Call,
        raw::RawTrap::Interrupt => Trap::Interrupt,
        raw::RawTrap::Fault { kind, addr, cause } => {
            let kind = match kind {
                raw::RawFault::Read => FaultKind::Read,
                raw::RawFault::Write => FaultKind::Write,
                raw::RawFault::Execute => FaultKind::Execute,
                raw::RawFault::Illegal => FaultKind::Illegal,
                raw::RawFault::Misaligned => FaultKind::Misaligned,
                raw::RawFault::Breakpoint => FaultKind::Breakpoint,
                raw::RawFault::Access => FaultKind::Access,
            };
            Trap::Fault(Fault { kind, addr, cause })
        }
    }
}

/// Copies from the current address space. Missing pages are brought in through
/// [`crate::upcall::Upcalls::page_fault`]; never call it with a spin lock held.
#[inline]
pub fn copy_in(into: &mut [u8], user: usize) -> Result<(), BadAddress> {
    // SAFETY: `into` may be written for its length.
    unsafe { raw::copy_in(into.as_mut_ptr(), user, into.len()) }.map_err(|_| BadAddress)
}

/// Copies to the current address space; bytes before a bad page may have been written.
#[inline]
pub fn copy_out(user: usize, from: &[u8]) -> Result<(), BadAddress> {
    // SAFETY: `from` may be read for its length.
    unsafe { raw::copy_out(user, from.as_ptr(), from.len()) }.map_err(|_| BadAddress)
}

/// Writes zeros.
pub fn zero(user: usize, len: usize) -> Result<(), BadAddress> {
    raw::zero(user, len).map_err(|_| BadAddress)
}

/// Copies up to and without a NUL; `Ok(None)` when there is no NUL within `into.len()` bytes.
pub fn copy_in_str(into: &mut [u8], user: usize) -> Result<Option<usize>, BadAddress> {
    raw::copy_in_str(into, user).map_err(|_| BadAddress)
}

/// Reads an aligned 32-bit word atomically (futex).
pub fn load_u32(user: usize) -> Result<u32, BadAddress> {
    raw::load_u32(user).map_err(|_| BadAddress)
}

/// Stores if the word is `expected`; gives the value found.
pub fn compare_exchange_u32(user: usize, expected: u32, new: u32) -> Result<u32, BadAddress> {
    raw::compare_exchange_u32(user, expected, new).map_err(|_| BadAddress)
}

/// Makes instructions written by this CPU visible to its own and all other CPUs' fetches.
pub fn flush_icache() {
    crate::arch::tlb::flush_icache();
}

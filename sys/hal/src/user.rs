//! User mode and user memory. Going to user mode is a function that returns why it came back.

use crate::BadAddress;

/// First address above user space (Sv39: 256 GiB).
pub const TOP: usize = 1 << 38;

/// `e_machine` of the ELF images that [`run`] can run.
pub const ELF_MACHINE: u16 = 243;

/// The registers of a program: general ones by the architecture's number, program counter, floating point.
#[derive(Clone, Debug)]
pub struct UserContext {
    _regs: [u64; 33],
}

impl UserContext {
    /// All zero but the program counter and the stack pointer; floating point usable.
    pub fn new(pc: usize, sp: usize) -> Self {
        todo!()
    }
    pub fn reg(&self, index: usize) -> u64 {
        todo!()
    }
    pub fn set_reg(&mut self, index: usize, value: u64) {
        todo!()
    }
    pub fn pc(&self) -> usize {
        todo!()
    }
    pub fn set_pc(&mut self, pc: usize) {
        todo!()
    }
    pub fn sp(&self) -> usize {
        todo!()
    }
    pub fn set_sp(&mut self, sp: usize) {
        todo!()
    }
    /// Thread pointer register.
    pub fn set_tls(&mut self, tls: usize) {
        todo!()
    }
    /// Moves the program counter back onto the call instruction, so that it runs again.
    pub fn rewind_call(&mut self) {
        todo!()
    }
    /// The floating-point registers and control word (32 + 1 words), for signal frames.
    pub fn fp(&self) -> [u64; 33] {
        todo!()
    }
    pub fn set_fp(&mut self, fp: &[u64; 33]) {
        todo!()
    }
}

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
    pub kind: FaultKind,
    /// The address touched (memory faults) or the program counter.
    pub addr: usize,
    /// The architecture's own cause number, for messages.
    pub cause: u64,
}

/// Kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    Read,
    Write,
    Execute,
    Illegal,
    Misaligned,
    Breakpoint,
    Access,
}

/// How memory is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
    Execute,
}

/// Runs the program until it traps. Call with interrupts on or off; returns with interrupts on.
pub fn run(ctx: &mut UserContext) -> Trap {
    todo!()
}

/// Copies from the current address space. Missing pages are brought in through
/// [`crate::upcall::Upcalls::page_fault`]; never call it with a spin lock held.
pub fn copy_in(into: &mut [u8], user: usize) -> Result<(), BadAddress> {
    todo!()
}
/// Copies to the current address space; bytes before a bad page may have been written.
pub fn copy_out(user: usize, from: &[u8]) -> Result<(), BadAddress> {
    todo!()
}
/// Writes zeros.
pub fn zero(user: usize, len: usize) -> Result<(), BadAddress> {
    todo!()
}
/// Copies up to and without a NUL; `Ok(None)` when there is no NUL within `into.len()` bytes.
pub fn copy_in_str(into: &mut [u8], user: usize) -> Result<Option<usize>, BadAddress> {
    todo!()
}
/// Reads an aligned 32-bit word atomically (futex).
pub fn load_u32(user: usize) -> Result<u32, BadAddress> {
    todo!()
}
/// Stores if the word is `expected`; gives the value found.
pub fn compare_exchange_u32(user: usize, expected: u32, new: u32) -> Result<u32, BadAddress> {
    todo!()
}
/// Makes instructions written by this CPU visible to its own and all other CPUs' fetches.
pub fn flush_icache() {
    todo!()
}

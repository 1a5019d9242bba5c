//! User memory through the software walk of the current page table; registers of programs.

use crate::{memory, paging, tlb, trap};
use std::sync::atomic::{AtomicU32, Ordering};

const PAGE: usize = 4096;

/// `e_machine` of the images that would run here: RISC-V's.
pub const ELF_MACHINE: u16 = 243;

/// A program's registers, as RISC-V has them.
#[derive(Clone, Debug)]
pub struct Context {
    regs: [u64; 32],
    pc: u64,
    fp: [u64; 33],
}

/// How memory is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawAccess {
    /// Load.
    Read,
    /// Store.
    Write,
    /// Fetch.
    Execute,
}

/// Kinds of faults in user mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in `hal::user::FaultKind`")]
pub enum RawFault {
    Read,
    Write,
    Execute,
    Illegal,
    Misaligned,
    Breakpoint,
    Access,
}

/// Why user mode was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawTrap {
    /// The system-call instruction.
    Call,
    /// An interrupt.
    Interrupt,
    /// A fault.
    Fault {
        /// Its kind.
        kind: RawFault,
        /// The address touched, or the program counter.
        addr: usize,
        /// The cause number.
        cause: u64,
    },
}

impl Context {
    /// All zero but the program counter and the stack pointer.
    pub fn new(pc: usize, sp: usize) -> Context {
        let mut context = Context {
            regs: [0; 32],
            pc: pc as u64,
            fp: [0; 33],
        };
        context.set_sp(sp);
        context
    }
    /// General register `index`.
    pub fn reg(&self, index: usize) -> u64 {
        self.regs[index]
    }
    /// Sets a general register; register 0 stays 0.
    pub fn set_reg(&mut self, index: usize, value: u64) {
        if index != 0 {
            self.regs[index] = value;
        }
    }
    /// The program counter.
    pub fn pc(&self) -> usize {
        self.pc as usize
    }
    /// Sets the program counter.
    pub fn set_pc(&mut self, pc: usize) {
        self.pc = pc as u64;
    }
    /// The stack pointer.
    pub fn sp(&self) -> usize {
        self.regs[2] as usize
    }
    /// Sets the stack pointer.
    pub fn set_sp(&mut self, sp: usize) {
        self.regs[2] = sp as u64;
    }
    /// Sets the thread pointer.
    pub fn set_tls(&mut self, tls: usize) {
        self.regs[4] = tls as u64;
    }
    /// Moves the program counter back onto the call instruction.
    pub fn rewind_call(&mut self) {
        self.pc = self.pc.wrapping_sub(4);
    }
    /// The floating-point registers and control word.
    pub fn fp(&self) -> [u64; 33] {
        self.fp
    }
    /// Sets them.
    pub fn set_fp(&mut self, fp: &[u64; 33]) {
        self.fp = *fp;
    }
}

/// Programs cannot run here: every instruction is illegal.
pub fn run(context: &mut Context) -> RawTrap {
    RawTrap::Fault {
        kind: RawFault::Illegal,
        addr: context.pc(),
        cause: 2,
    }
}

/// A user address that cannot be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadUserAddress;

/// The host's address of a user byte, brought in if need be.
fn translate(va: usize, access: RawAccess) -> Result<*mut u8, BadUserAddress> {
    if va >= paging::USER_TOP {
        return Err(BadUserAddress);
    }
    match walk(va, access) {
        Some(at) => Ok(at),
        None if trap::page_fault(va, access) => walk(va, access).ok_or(BadUserAddress),
        None => Err(BadUserAddress),
    }
}

fn walk(va: usize, access: RawAccess) -> Option<*mut u8> {
    let mut frame = tlb::root()?;
    for level in (0..paging::LEVELS).rev() {
        let table = memory::direct(u64::from(frame) << 12).cast::<paging::Entry>();
        // SAFETY: an index inside a table of the current address space, which stays while it is current.
        let entry = unsafe { table.add(paging::index(va, level)).read_volatile() };
        if !paging::is_present(entry) {
            return None;
        }
        frame = paging::frame_of(entry);
        if level == 0 {
            let (read, write, execute) = paging::rights(entry);
            let allowed = match access {
                RawAccess::Read => read,
                RawAccess::Write => write,
                RawAccess::Execute => execute,
            };
            return allowed.then(|| memory::direct((u64::from(frame) << 12) + (va % PAGE) as u64));
        }
    }
    None
}

/// Calls `each` with every piece of a user range that lies in one page: offset, host address, length.
fn pieces(
    user: usize,
    len: usize,
    access: RawAccess,
    mut each: impl FnMut(usize, *mut u8, usize),
) -> Result<(), BadUserAddress> {
    user.checked_add(len)
        .filter(|&end| end <= paging::USER_TOP)
        .ok_or(BadUserAddress)?;
    let mut done = 0;
    while done < len {
        let va = user + done;
        let n = (PAGE - va % PAGE).min(len - done);
        each(done, translate(va, access)?, n);
        done += n;
    }
    Ok(())
}

/// Copies `len` bytes from the current address space to `to`.
///
/// # Safety
/// `to` may be written for `len` bytes.
pub unsafe fn copy_in(to: *mut u8, user: usize, len: usize) -> Result<(), BadUserAddress> {
    // SAFETY: a piece lies in one frame; `to` is as long as the caller says.
    pieces(user, len, RawAccess::Read, |at, from, n| unsafe {
        to.add(at).copy_from(from, n)
    })
}

/// Copies `len` bytes to the current address space.
///
/// # Safety
/// `from` may be read for `len` bytes.
pub unsafe fn copy_out(user: usize, from: *const u8, len: usize) -> Result<(), BadUserAddress> {
    // SAFETY: as in `copy_in`.
    pieces(user, len, RawAccess::Write, |at, to, n| unsafe {
        to.copy_from(from.add(at), n)
    })
}

/// Writes zeros.
pub fn zero(user: usize, len: usize) -> Result<(), BadUserAddress> {
    // SAFETY: a piece lies in one frame.
    pieces(user, len, RawAccess::Write, |_, to, n| unsafe {
        to.write_bytes(0, n)
    })
}

/// Copies up to and without a NUL.
pub fn copy_in_str(into: &mut [u8], user: usize) -> Result<Option<usize>, BadUserAddress> {
    for (index, byte) in into.iter_mut().enumerate() {
        let at = translate(
            user.checked_add(index).ok_or(BadUserAddress)?,
            RawAccess::Read,
        )?;
        // SAFETY: a byte of a frame.
        *byte = unsafe { at.read() };
        if *byte == 0 {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

fn word(user: usize, access: RawAccess) -> Result<&'static AtomicU32, BadUserAddress> {
    if !user.is_multiple_of(4) {
        return Err(BadUserAddress);
    }
    let at = translate(user, access)?;
    // SAFETY: aligned, in a frame of the arena, which lives for ever.
    Ok(unsafe { AtomicU32::from_ptr(at.cast()) })
}

/// Reads an aligned 32-bit word atomically.
pub fn load_u32(user: usize) -> Result<u32, BadUserAddress> {
    Ok(word(user, RawAccess::Read)?.load(Ordering::SeqCst))
}

/// Stores `new` if the word is `expected`; gives the value found.
pub fn compare_exchange_u32(user: usize, expected: u32, new: u32) -> Result<u32, BadUserAddress> {
    let word = word(user, RawAccess::Write)?;
    Ok(word
        .compare_exchange(expected, new, Ordering::SeqCst, Ordering::SeqCst)
        .unwrap_or_else(|found| found))
}

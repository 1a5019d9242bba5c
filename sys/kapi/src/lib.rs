//! The boundary: all that an ABI module may see of the kernel.
//!
//! An ABI is a [`Abi`] value, its calls are one [`syscalls!`] table, its handlers turn typed arguments into one or two
//! kernel operations. Nothing here knows any ABI; the words are neutral (event, handle), errors have no numbers.
#![cfg_attr(target_os = "none", no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod args;
mod convention;
mod memory;
mod table;

pub use args::{Arg, BadArg, Ret, show_bytes};
pub use convention::{Convention, ErrorWord, Outcome, Replaced, run};
pub use memory::{Address, InBuffer, PathBytes, UserPtr, UserStr};
pub use table::number_index;

pub use kcore::abi::{Abi, Call, Info, Param, Status};
pub use kcore::{Error, Result};
pub use kcore::{
    event, exec, fstypes, handle, io, ipc, mm, object, process, random, sched, sync, system, time,
    trace, tty, user, vfs, wait, world,
};
pub use zerocopy;

//! The kernel core: objects, processes, memory, files, time. Knows no processor and no ABI.
//!
//! Lower layers own the traits that higher ones implement: [`object::Object`] and its capabilities, [`vfs::FileSystem`],
//! [`tty::Backend`], [`abi::Abi`].
#![cfg_attr(target_os = "none", no_std)]
#![forbid(unsafe_code)]
#![expect(
    missing_docs,
    reason = "fields and variants with the field's standard names say what they are"
)]
#![expect(
    unused_variables,
    reason = "default bodies of traits keep the parameters' names for the documentation"
)]

extern crate alloc;

pub mod abi;
pub mod driver;
pub mod error;
pub mod event;
pub mod exec;
pub mod fstypes;
pub mod handle;
pub mod io;
pub mod ipc;
pub mod irq;
pub mod log;
pub mod mm;
pub mod object;
pub mod process;
pub mod random;
pub mod sched;
pub mod sync;
pub mod system;
pub mod time;
pub mod trace;
pub mod tty;
pub mod upcalls;
pub mod user;
pub mod vfs;
pub mod wait;
pub mod world;

pub use error::{Error, Result};

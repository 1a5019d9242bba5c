//! The native library: what `std` is elsewhere, for programs of the native ABI.
//!
//! A program is `#![no_std] #![no_main]`, has a `fn main() -> i32` and hands it over with [`main!`].
//! `unsafe` lives in [`sys`] (the calls), `rt` (the entry) and `heap` alone.
#![no_std]

extern crate alloc;

pub mod env;
pub mod error;
pub mod fs;
mod heap;
pub mod io;
pub mod mem;
pub mod process;
mod rt;
pub mod sync;
pub mod sys;
pub mod system;
pub mod term;
pub mod thread;
pub mod time;

pub use error::{Error, Result};

/// Makes `fn main() -> i32` the program.
#[macro_export]
macro_rules! main {
    ($main:path) => {
        #[unsafe(no_mangle)]
        extern "C" fn scarlet_main() -> i32 {
            $main()
        }
    };
}

/// Prints to standard output.
#[macro_export]
macro_rules! print {
    ($($arg:tt)*) => { $crate::io::print(format_args!($($arg)*)) };
}

/// Prints a line to standard output.
#[macro_export]
macro_rules! println {
    () => { $crate::io::print(format_args!("\n")) };
    ($($arg:tt)*) => { $crate::io::print(format_args!("{}\n", format_args!($($arg)*))) };
}

/// Prints a line to standard error.
#[macro_export]
macro_rules! eprintln {
    ($($arg:tt)*) => { $crate::io::eprint(format_args!("{}\n", format_args!($($arg)*))) };
}

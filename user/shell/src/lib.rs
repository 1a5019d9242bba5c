//! The shell's language, without a system: words, syntax, expansion, patterns, line editing. All of it runs on the host.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod edit;
pub mod expand;
pub mod lex;
pub mod parse;
pub mod pattern;
pub mod syntax;

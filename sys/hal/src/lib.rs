//! The unsafe floor made safe: all that the kernel knows of the machine.
//!
//! Everything above this crate forbids `unsafe`. The portable part lives here; what differs between
//! processors is `arch/*`, of which [`arch`] picks exactly one by target (the host is one of them).
#![cfg_attr(target_os = "none", no_std)]
#![expect(clippy::todo, reason = "skeleton")]
#![allow(unused_variables, missing_docs, clippy::allow_attributes)]

extern crate alloc;

pub mod console;
pub mod cpu;
pub mod frame;
pub mod irq;
pub mod mmio;
pub mod paging;
pub mod platform;
pub mod sync;
pub mod thread;
pub mod time;
pub mod upcall;
pub mod user;

/// Bytes of a page and of a frame.
pub const PAGE_SIZE: usize = 4096;
/// log2 of [`PAGE_SIZE`].
pub const PAGE_SHIFT: usize = 12;
/// Most processors that the kernel can use.
pub const MAX_CPUS: usize = 8;

/// No memory left for what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

/// A user address that cannot be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadAddress;

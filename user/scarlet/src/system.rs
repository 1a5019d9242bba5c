//! The machine.

use crate::Result;
use crate::io::Handle;
use crate::sys::{Nr, Text, call};
use alloc::vec;
use alloc::vec::Vec;

/// Memory in bytes, time in ns, counts.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
#[expect(missing_docs, reason = "plain words")]
pub struct Info {
    pub total: u64,
    pub free: u64,
    pub heap: u64,
    pub heap_used: u64,
    pub page_tables: u64,
    pub image: u64,
    pub uptime_ns: u64,
    pub idle_ns: u64,
    pub cpus: u32,
    pub processes: u32,
    /// Times 65536.
    pub load: [u32; 3],
    pad: u32,
}

/// The present figures.
pub fn info() -> Result<Info> {
    let mut info = Info::default();
    call(Nr::SystemInfo, [&raw mut info as usize])?;
    Ok(info)
}

/// The kernel log as text.
pub fn log() -> Result<Vec<u8>> {
    let mut all = Vec::new();
    let mut chunk = vec![0; 4096];
    loop {
        let words = [chunk.as_mut_ptr() as usize, chunk.len(), all.len()];
        match call(Nr::LogRead, words)? {
            0 => return Ok(all),
            n => all.extend_from_slice(&chunk[..n]),
        }
    }
}

/// Ends the machine; only for the first process.
pub fn power_off(status: u8) -> Result<()> {
    call(Nr::Power, [0, status as usize]).map(drop)
}

/// Starts the machine anew; only for the first process.
pub fn reboot() -> Result<()> {
    call(Nr::Power, [1, 0]).map(drop)
}

/// A tracer that writes to a stream.
pub fn tracer(to: &Handle) -> Result<Handle> {
    call(Nr::TracerCreate, [to.number() as usize]).map(|number| Handle::from_number(number as u32))
}

/// What the programs of one ABI see.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The ABI's name.
    pub abi: &'a [u8],
    /// Read-only layers, top first, joined by `:`.
    pub layers: &'a [u8],
    /// Where changes go.
    pub upper: &'a [u8],
    /// `from:to` or `from:to:ro`, joined by `;`.
    pub binds: &'a [u8],
    /// `NAME=value`, each ended by NUL.
    pub env: &'a [u8],
}

/// Makes an environment object.
pub fn environment(views: &[View<'_>]) -> Result<Handle> {
    let specs: Vec<[Text; 5]> = views
        .iter()
        .map(|view| [view.abi, view.layers, view.upper, view.binds, view.env].map(Text::new))
        .collect();
    call(
        Nr::EnvironmentCreate,
        [specs.as_ptr() as usize, specs.len()],
    )
    .map(|number| Handle::from_number(number as u32))
}

/// Uses an environment from now on, in this process and its children.
pub fn enter_environment(environment: &Handle) -> Result<()> {
    call(Nr::EnvironmentEnter, [environment.number() as usize]).map(drop)
}

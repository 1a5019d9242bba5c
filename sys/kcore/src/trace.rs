//! The call tracer: one line per call of a traced process, decoded by its ABI's table.

use crate::abi::{Call, Info};
use crate::io::Source;
use crate::object::{IoFlags, Kind, Object, ObjectRef};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use core::fmt::Write;
use core::sync::atomic::{AtomicBool, Ordering};
use hal::sync::SpinLock;

/// Receives the lines of the processes that carry it.
pub struct Tracer {
    to: ObjectRef,
}

impl Tracer {
    /// Lines are written to `to` (a stream).
    pub fn new(to: ObjectRef) -> Arc<Tracer> {
        Arc::new(Tracer { to })
    }

    /// Writes one whole line. A reader that is gone loses it.
    pub fn line(&self, line: &[u8]) {
        if let Some(stream) = self.to.stream() {
            let mut source = Source::kernel(line);
            while source.remaining() > 0 {
                match stream.write(&mut source, IoFlags::default()) {
                    Ok(0) | Err(_) => break,
                    Ok(_) => {}
                }
            }
        }
    }
}

impl Object for Tracer {
    fn kind(&self) -> Kind {
        Kind::Tracer
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Every process is traced, to the log.
static ALL: AtomicBool = AtomicBool::new(false);

/// Traces every process from now on, to the log.
pub fn trace_all() {
    ALL.store(true, Ordering::Relaxed);
}

#[inline]
pub(crate) fn all() -> bool {
    ALL.load(Ordering::Relaxed)
}

/// Runs a call and writes its line. The arguments are read before, as the call may change what they point to.
pub(crate) fn call(call: &mut Call<'_>) {
    let process = call.process().clone();
    let abi = process.abi();
    let mut line = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        line,
        "{} {} ",
        process.id(),
        String::from_utf8_lossy(&process.name())
    );
    let words = (abi.arguments)(call.regs);
    match (abi.row)(call.regs) {
        Some(info) => show(info, &words, &mut line),
        None => {
            let _ = write!(
                line,
                "unknown({:#x}, {:#x}, {:#x})",
                words[0], words[1], words[2]
            );
        }
    }
    (abi.call)(call);
    if call.thread.must_stop_waiting(true) {
        line.push_str(" = ?");
    } else {
        line.push_str(" = ");
        // A program that was replaced shows its result by its new ABI's rules.
        let _ = (process.abi().show_result)(call.regs, &mut line);
    }
    if all() {
        log::info!(target: "trace", "{line}");
    }
    if let Some(tracer) = process.tracer() {
        line.push('\n');
        tracer.line(line.as_bytes());
    }
}

fn show(info: &Info, words: &[u64; 6], line: &mut String) {
    let _ = write!(line, "{}(", info.name);
    for (index, param) in info.params.iter().enumerate() {
        let _ = write!(line, "{}{}=", if index > 0 { ", " } else { "" }, param.name);
        let _ = (param.show)(words, index, line);
    }
    line.push(')');
}

/// (ABI, number) pairs that were logged.
static UNKNOWN: SpinLock<Vec<(&'static str, u64)>> = SpinLock::new(Vec::new());
/// Pairs kept; further ones are not logged.
const KEPT: usize = 256;

/// Logs (once per ABI and number) a call that the ABI does not have.
#[cold]
pub fn unknown_call(call: &Call<'_>, number: u64) {
    let abi = call.process().abi().name;
    {
        let mut seen = UNKNOWN.lock();
        if seen.len() >= KEPT || seen.contains(&(abi, number)) {
            return;
        }
        seen.push((abi, number));
    }
    let name = call.process().name();
    log::warn!(
        "{}: {abi} has no call number {number}",
        String::from_utf8_lossy(&name)
    );
}

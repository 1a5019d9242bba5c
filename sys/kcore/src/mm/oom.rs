//! Out of memory: the largest program is ended, with a message, and the others go on.

use crate::event::EventKind;
use crate::process::{self, ExitStatus, Process};
use alloc::string::String;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicU32, Ordering};

/// How long a touch waits for the chosen program to be gone, ns.
const PATIENCE: u64 = 2_000_000_000;
/// How long between two looks, ns.
const STEP: u64 = 1_000_000;

/// The program chosen last: no second one is chosen while it is still ending.
static CHOSEN: AtomicU32 = AtomicU32::new(0);

/// Makes memory free for a page fault that could not be served. True: try again. False: the caller's own program was
/// chosen (or nothing can be done), and the fault is its end. Called without any lock of memory management held.
pub(super) fn relieve() -> bool {
    let own = process::current().process().id();
    let chosen = CHOSEN.load(Ordering::Relaxed);
    let victim = match process::find(chosen).filter(|p| p.state_letter() != 'Z') {
        Some(ending) => ending.id(),
        None => match largest() {
            Some((process, resident)) => {
                end(&process, resident);
                process.id()
            }
            None => return false,
        },
    };
    victim != own && wait_for_end(victim)
}

/// The process with most resident memory; never the first one.
fn largest() -> Option<(Arc<Process>, usize)> {
    process::all()
        .into_iter()
        .filter(|process| process.id() != 1 && process.state_letter() != 'Z')
        .filter_map(|process| {
            let resident = process.memory().try_resident()?;
            Some((process, resident))
        })
        .max_by_key(|(_, resident)| *resident)
}

fn end(process: &Arc<Process>, resident: usize) {
    log::error!(
        "out of memory: ending process {} ({}), which has {} KiB",
        process.id(),
        String::from_utf8_lossy(&process.name()),
        resident / 1024
    );
    CHOSEN.store(process.id(), Ordering::Relaxed);
    process.end(ExitStatus::Killed(EventKind::Kill));
}

/// Waits until the process has given its memory back; false when it takes too long or the caller is to end too.
fn wait_for_end(victim: u32) -> bool {
    let give_up = crate::time::now() + PATIENCE;
    while process::find(victim).is_some_and(|p| p.state_letter() != 'Z') {
        let now = crate::time::now();
        if now > give_up || crate::time::sleep_until(now + STEP).is_err() {
            return false;
        }
    }
    true
}

//! What the machine asks of the kernel, tied to the modules that do it.

use crate::{irq, mm, sched, time};
use hal::upcall::{self, Upcalls};

static UPCALLS: Upcalls = Upcalls {
    page_fault: mm::page_fault,
    timer: time::interrupt,
    reschedule: sched::kicked,
    external: irq::dispatch,
    park: sched::park,
    unpark: sched::unpark,
    // The kernel keeps nothing yet that it could have again: file pages are memory of their file systems.
    reclaim: || false,
};

/// Installs them; once, at boot.
pub fn install() {
    upcall::install(&UPCALLS);
}

//! Work that interrupt handlers leave for later: run by the next flow of this processor that is not an interrupt handler and holds
//! no lock - a thread on its way to user mode, or the idle thread.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::sync::atomic::{AtomicBool, Ordering};
use hal::sync::IrqLock;

type Work = Box<dyn FnOnce() + Send>;

static QUEUE: IrqLock<VecDeque<Work>> = IrqLock::new(VecDeque::new());
/// Something is queued; read without the lock.
static ANY: AtomicBool = AtomicBool::new(false);

/// Leaves work for later.
pub(crate) fn defer(work: impl FnOnce() + Send + 'static) {
    QUEUE.lock().push_back(Box::new(work));
    ANY.store(true, Ordering::SeqCst);
    super::ask_to_reschedule();
}

/// Whether there is work.
#[inline]
pub(super) fn is_pending() -> bool {
    ANY.load(Ordering::SeqCst)
}

/// Does all of it.
pub(crate) fn run() {
    while is_pending() {
        let work = {
            let mut queue = QUEUE.lock();
            let work = queue.pop_front();
            ANY.store(!queue.is_empty(), Ordering::SeqCst);
            work
        };
        match work {
            Some(work) => work(),
            None => return,
        }
    }
}

//! External interrupts: one controller, a handler for each source.

use crate::{Error, Result};
use alloc::sync::Arc;
use alloc::vec::Vec;
use hal::sync::{Once, RwSpinLock};

/// An interrupt controller. All but `enable` are called with interrupts off.
pub trait Controller: Send + Sync {
    /// The pending source of highest priority for this processor, claimed.
    fn claim(&self) -> Option<u32>;
    /// The source was handled and may interrupt again.
    fn complete(&self, source: u32);
    /// Lets a source interrupt.
    fn enable(&self, source: u32) -> Result<()>;
    /// Lets sources interrupt this processor; called once on each.
    fn start_cpu(&self);
}

/// Handles an interrupt of its source. Interrupts are off: no blocking, short.
pub trait Handler: Send + Sync {
    /// The source interrupts.
    fn interrupt(&self);
}

static CONTROLLER: Once<Arc<dyn Controller>> = Once::new();
/// Written while the drivers start, with interrupts of the source still off; read by handlers.
static HANDLERS: RwSpinLock<Vec<(u32, Arc<dyn Handler>)>> = RwSpinLock::new(Vec::new());

/// Makes it the machine's controller; the first one wins.
pub fn set_controller(controller: Arc<dyn Controller>) {
    CONTROLLER.call_once(|| controller);
}

/// Has `handler` called when `source` interrupts.
pub fn attach(source: u32, handler: Arc<dyn Handler>) -> Result<()> {
    let controller = CONTROLLER.get().ok_or(Error::NoDevice)?;
    let on = hal::cpu::set_interrupts(false);
    HANDLERS.write().push((source, handler));
    hal::cpu::set_interrupts(on);
    controller.enable(source)
}

/// Lets interrupts in on this processor.
pub fn start_cpu() {
    if let Some(controller) = CONTROLLER.get() {
        controller.start_cpu();
        hal::irq::enable_external();
    }
}

/// An external interrupt came: for [`hal::upcall::Upcalls::external`].
pub fn dispatch() {
    let Some(controller) = CONTROLLER.get() else {
        return;
    };
    while let Some(source) = controller.claim() {
        let handlers = HANDLERS.read();
        for (_, handler) in handlers.iter().filter(|(other, _)| *other == source) {
            handler.interrupt();
        }
        drop(handlers);
        controller.complete(source);
    }
}

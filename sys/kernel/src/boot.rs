//! The boot order.

use crate::{abis, devices, drivers, filesystems, root};
use kcore::{driver, exec, fstypes, irq, log, process, sched, system, upcalls};

/// Everything from power-on to the first process, in order; the calling flow becomes the first processor's idle thread.
pub(crate) fn main() -> ! {
    // Frames, heap, traps: nothing works before.
    hal::init();
    // From here on it can be said what goes wrong.
    log::init();
    announce();
    // What the machine asks of the kernel: faults, timers, interrupts.
    upcalls::install();
    // What programs and mounts can be.
    exec::register(abis::ABIS);
    fstypes::register(filesystems::FILE_SYSTEMS);
    // This processor can run threads.
    must("idle thread", process::start_idle());
    // Devices, interrupt controllers first; then their nodes.
    driver::probe_all(drivers::DRIVERS);
    irq::start_cpu();
    hal::cpu::set_interrupts(true);
    devices::register();
    // The other processors.
    hal::cpu::start_others(other);
    ::log::info!("{} processors run", hal::cpu::count());
    // The tree that the first process sees, and that process.
    let fs = must("root file system", root::mount());
    let handles = root::console_handles();
    must(
        "first process",
        process::start_init(root::first_program(), &fs, handles),
    );
    sched::idle()
}

/// Where a started processor comes in.
fn other() -> ! {
    must("idle thread", process::start_idle());
    irq::start_cpu();
    hal::cpu::set_interrupts(true);
    sched::idle()
}

fn announce() {
    let memory = system::memory();
    ::log::info!(
        "Scarlet {} on {}, {} MiB of memory, {} MiB free",
        env!("CARGO_PKG_VERSION"),
        system::cpu_model(),
        memory.total >> 20,
        memory.free >> 20,
    );
}

/// There is no going on without it.
fn must<T>(what: &str, result: kcore::Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("cannot make the {what}: {error:?}"),
    }
}

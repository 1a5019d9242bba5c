//! The platform-level interrupt controller of RISC-V boards.
//!
//! Sources have a priority each; a context (a processor in one mode) has enable bits, a threshold, and a register that claims
//! and completes. All sources get the same priority and interrupt the processor that booted; others may claim too.
#![cfg_attr(target_os = "none", no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::sync::Arc;
use alloc::vec::Vec;
use hal::mmio::Mmio;
use hal::platform::Device;
use hal::sync::IrqLock;
use kcore::driver::Driver;
use kcore::irq::{self, Controller};
use kcore::{Error, Result};

/// The driver.
pub static DRIVER: Driver = Driver {
    name: "plic",
    compatible: &["riscv,plic0", "sifive,plic-1.0.0"],
    probe,
};

/// Sources that the format has room for.
const SOURCES: u32 = 1024;
const ENABLE: usize = 0x2000;
const ENABLE_STRIDE: usize = 0x80;
const CONTEXT: usize = 0x20_0000;
const CONTEXT_STRIDE: usize = 0x1000;
const CLAIM: usize = 4;

struct Plic {
    regs: Mmio,
    /// For each processor its supervisor context.
    contexts: Vec<Option<usize>>,
    /// Guards the read-modify-write of enable bits.
    enabling: IrqLock<()>,
}

fn probe(device: &'static Device) -> Result<()> {
    let &(start, len) = device.regs.first().ok_or(Error::NoDevice)?;
    let regs = Mmio::map(start, len).ok_or(Error::NoDevice)?;
    irq::set_controller(Arc::new(Plic::new(regs, &device.interrupts)));
    Ok(())
}

impl Plic {
    /// `owners`: for each context the processor of which it is the supervisor context, else `u32::MAX`.
    fn new(regs: Mmio, owners: &[u32]) -> Plic {
        let contexts = (0..hal::MAX_CPUS as u32)
            .map(|cpu| owners.iter().position(|&owner| owner == cpu))
            .collect();
        Plic {
            regs,
            contexts,
            enabling: IrqLock::new(()),
        }
    }
    fn context(&self) -> Option<usize> {
        self.contexts.get(hal::cpu::id()).copied().flatten()
    }
}

impl Controller for Plic {
    fn claim(&self) -> Option<u32> {
        let at = CONTEXT + self.context()? * CONTEXT_STRIDE + CLAIM;
        Some(self.regs.read32(at)).filter(|&source| source != 0)
    }

    fn complete(&self, source: u32) {
        if let Some(context) = self.context() {
            let at = CONTEXT + context * CONTEXT_STRIDE + CLAIM;
            self.regs.write32(at, source);
        }
    }

    fn enable(&self, source: u32) -> Result<()> {
        if source == 0 || source >= SOURCES {
            return Err(Error::InvalidArgument);
        }
        let context = self
            .contexts
            .first()
            .copied()
            .flatten()
            .ok_or(Error::NoDevice)?;
        let _guard = self.enabling.lock();
        self.regs.write32(source as usize * 4, 1);
        let at = ENABLE + context * ENABLE_STRIDE + source as usize / 32 * 4;
        self.regs
            .write32(at, self.regs.read32(at) | 1 << (source % 32));
        Ok(())
    }

    fn start_cpu(&self) {
        if let Some(context) = self.context() {
            self.regs.write32(CONTEXT + context * CONTEXT_STRIDE, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fake() -> Plic {
        let regs = Mmio::fake(alloc::vec![0; 0x40_0000].leak());
        Plic::new(regs, &[u32::MAX, 0, u32::MAX, 1])
    }

    #[test]
    fn enables_in_the_supervisor_context_of_the_first_processor() {
        let plic = fake();
        plic.enable(10).unwrap();
        plic.enable(33).unwrap();
        assert_eq!(plic.regs.read32(40), 1);
        assert_eq!(plic.regs.read32(0x2080), 1 << 10);
        assert_eq!(plic.regs.read32(0x2084), 2);
        assert_eq!(plic.enable(0), Err(Error::InvalidArgument));
        assert_eq!(plic.enable(1024), Err(Error::InvalidArgument));
    }

    #[test]
    fn claims_what_is_pending() {
        let plic = fake();
        assert_eq!(plic.claim(), None);
        plic.regs.write32(0x20_1004, 10);
        assert_eq!(plic.claim(), Some(10));
        plic.complete(7);
        assert_eq!(plic.regs.read32(0x20_1004), 7);
    }
}

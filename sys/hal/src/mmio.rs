//! Device registers.

use crate::arch::memory;
use crate::platform;

/// A mapped block of device registers. Accesses are volatile and checked against the block's length.
#[derive(Debug)]
pub struct Mmio {
    base: *mut u8,
    len: usize,
}

// SAFETY: registers may be touched by any processor; drivers order their accesses by their own locks.
unsafe impl Send for Mmio {}
// SAFETY: as above.
unsafe impl Sync for Mmio {}

impl Mmio {
    /// Maps a register block of a device of [`crate::platform::boot_info`]; `None` if no device has it.
    pub fn map(physical: u64, len: u64) -> Option<Mmio> {
        let inside = |&(start, size): &(u64, u64)| {
            physical >= start && len <= size && physical - start <= size - len
        };
        let known = platform::boot_info()
            .devices
            .iter()
            .flat_map(|device| &device.regs)
            .any(inside);
        known.then(|| Mmio {
            base: memory::direct(physical),
            len: len as usize,
        })
    }

    /// Registers in ordinary memory, for drivers' tests.
    #[cfg(not(target_os = "none"))]
    pub fn fake(memory: &'static mut [u8]) -> Mmio {
        Mmio {
            base: memory.as_mut_ptr(),
            len: memory.len(),
        }
    }

    fn at(&self, offset: usize, width: usize) -> *mut u8 {
        assert!(
            offset.is_multiple_of(width) && offset + width <= self.len,
            "beyond the device's registers"
        );
        // SAFETY: inside the block.
        unsafe { self.base.add(offset) }
    }

    /// Reads a byte.
    pub fn read8(&self, offset: usize) -> u8 {
        // SAFETY: a register of the block, mapped for ever.
        unsafe { self.at(offset, 1).read_volatile() }
    }

    /// Writes a byte.
    pub fn write8(&self, offset: usize, value: u8) {
        // SAFETY: as in `read8`; a device's registers disturb nobody's memory but by DMA, which its driver sets up from frames.
        unsafe { self.at(offset, 1).write_volatile(value) }
    }

    /// Reads an aligned word.
    pub fn read32(&self, offset: usize) -> u32 {
        // SAFETY: as in `read8`, aligned.
        unsafe { self.at(offset, 4).cast::<u32>().read_volatile() }
    }

    /// Writes an aligned word.
    pub fn write32(&self, offset: usize, value: u32) {
        // SAFETY: as in `write8`, aligned.
        unsafe { self.at(offset, 4).cast::<u32>().write_volatile(value) }
    }
}

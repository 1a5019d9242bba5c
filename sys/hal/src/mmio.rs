//! Device registers.

/// A mapped block of device registers. Accesses are volatile and checked against the block's length.
pub struct Mmio {
    _base: usize,
    _len: usize,
}

impl Mmio {
    /// Maps a register block of a device of [`crate::platform::boot_info`]; `None` if no device has it.
    pub fn map(physical: u64, len: u64) -> Option<Mmio> {
        todo!()
    }
    pub fn read8(&self, offset: usize) -> u8 {
        todo!()
    }
    pub fn write8(&self, offset: usize, value: u8) {
        todo!()
    }
    pub fn read32(&self, offset: usize) -> u32 {
        todo!()
    }
    pub fn write32(&self, offset: usize, value: u32) {
        todo!()
    }
}

//! The board, as the device tree describes it.

use alloc::string::String;
use alloc::vec::Vec;

/// What the boot loader told.
pub struct BootInfo {
    pub command_line: String,
    /// The initramfs, if any; stays for ever.
    pub initrd: Option<&'static [u8]>,
    pub devices: Vec<Device>,
    pub timebase_hz: u64,
    /// ISA string or model of the processors, for /proc/cpuinfo.
    pub cpu_model: String,
}

/// A device of the tree.
#[derive(Clone, Debug)]
pub struct Device {
    pub name: String,
    pub compatible: Vec<String>,
    /// Physical start and length of each register block.
    pub regs: Vec<(u64, u64)>,
    pub interrupts: Vec<u32>,
}

/// The boot information; panics before the machine is set up.
pub fn boot_info() -> &'static BootInfo {
    todo!()
}

/// Ends the machine; `status` 0 is success. Never returns.
pub fn power_off(status: u8) -> ! {
    todo!()
}
/// Starts the machine anew.
pub fn reboot() -> ! {
    todo!()
}

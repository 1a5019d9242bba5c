//! The board, as the device tree describes it.

use crate::sync::Once;
use alloc::string::String;
use alloc::vec::Vec;

/// What the boot loader told.
pub struct BootInfo {
    /// The kernel command line.
    pub command_line: String,
    /// The initramfs, if any; stays for ever.
    pub initrd: Option<&'static [u8]>,
    /// All devices with registers.
    pub devices: Vec<Device>,
    /// Ticks of the time counter per second.
    pub timebase_hz: u64,
    /// ISA string or model of the processors, for /proc/cpuinfo.
    pub cpu_model: String,
}

/// A device of the tree.
#[derive(Clone, Debug)]
pub struct Device {
    /// The node's name.
    pub name: String,
    /// What it is compatible with, best first.
    pub compatible: Vec<String>,
    /// Physical start and length of each register block.
    pub regs: Vec<(u64, u64)>,
    /// Interrupt numbers. For an interrupt controller: for each of its contexts the processor that it interrupts in the
    /// kernel's mode, else `u32::MAX`.
    pub interrupts: Vec<u32>,
}

impl Device {
    /// Whether it is one of these.
    pub fn is(&self, names: &[&str]) -> bool {
        self.compatible
            .iter()
            .any(|compatible| names.contains(&compatible.as_str()))
    }
}

static INFO: Once<BootInfo> = Once::new();

/// The boot information; needs the heap.
pub fn boot_info() -> &'static BootInfo {
    INFO.call_once(read)
}

#[cfg(target_os = "none")]
fn read() -> BootInfo {
    use arch_riscv64::{boot, devicetree};
    let info = boot::info();
    let mut devices = Vec::new();
    devicetree::for_each_device(|device| {
        let mut interrupts = Vec::new();
        device.interrupts(|number| interrupts.push(number));
        devices.push(Device {
            name: device.name().into(),
            compatible: device.compatible().map(String::from).collect(),
            regs: device.registers().collect(),
            interrupts,
        });
    });
    BootInfo {
        command_line: info.command_line.into(),
        initrd: boot::initrd(),
        devices,
        timebase_hz: info.timebase_hz,
        cpu_model: info.isa.into(),
    }
}

#[cfg(not(target_os = "none"))]
fn read() -> BootInfo {
    BootInfo {
        command_line: String::new(),
        initrd: None,
        devices: Vec::new(),
        timebase_hz: crate::arch::timer::frequency(),
        cpu_model: "host".into(),
    }
}

/// Ends the machine; `status` 0 is success. Never returns.
pub fn power_off(status: u8) -> ! {
    crate::arch::power::off(status)
}

/// Starts the machine anew.
pub fn reboot() -> ! {
    crate::arch::power::reboot()
}

/// Calls `each` with the return addresses of the calls that led here, innermost first.
pub fn backtrace(each: impl FnMut(usize)) {
    #[cfg(target_os = "none")]
    arch_riscv64::backtrace::walk(each);
    #[cfg(not(target_os = "none"))]
    drop(each);
}

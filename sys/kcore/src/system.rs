//! The machine as a whole, as programs may ask about it.

pub use hal::frame::MemoryStats;

/// How memory is used.
pub fn memory() -> MemoryStats {
    hal::frame::stats()
}

/// How many processors run.
pub fn cpus() -> usize {
    hal::cpu::count()
}

/// Model of the processors, for listings.
pub fn cpu_model() -> &'static str {
    &hal::platform::boot_info().cpu_model
}

/// Ends the machine; `status` 0 is success.
pub fn power_off(status: u8) -> ! {
    hal::platform::power_off(status)
}

/// Starts the machine anew.
pub fn reboot() -> ! {
    hal::platform::reboot()
}

/// The kernel log as text, from byte `from` of all that was ever logged; gives how many bytes. What the ring no longer
/// holds is skipped.
pub fn read_log(_from: u64, _into: &mut [u8]) -> usize {
    todo!()
}

//! Ending the machine: ends the process.

/// Ends the machine.
pub fn off(status: u8) -> ! {
    std::process::exit(status.into())
}

/// Cannot start anew; ends.
pub fn reboot() -> ! {
    std::process::exit(0)
}

//! The goldfish real-time clock: nanoseconds since 1970 in two registers.
#![cfg_attr(target_os = "none", no_std)]
#![forbid(unsafe_code)]

use hal::mmio::Mmio;
use hal::platform::Device;
use kcore::driver::Driver;
use kcore::{Error, Result};

/// The driver.
pub static DRIVER: Driver = Driver {
    name: "goldfish-rtc",
    compatible: &["google,goldfish-rtc"],
    probe,
};

/// Low half; reading it latches the high half.
const LOW: usize = 0;
const HIGH: usize = 4;

fn probe(device: &'static Device) -> Result<()> {
    let &(start, len) = device.regs.first().ok_or(Error::NoDevice)?;
    let regs = Mmio::map(start, len).ok_or(Error::NoDevice)?;
    kcore::time::set_wall(read(&regs));
    Ok(())
}

fn read(regs: &Mmio) -> u64 {
    let low = regs.read32(LOW);
    u64::from(regs.read32(HIGH)) << 32 | u64::from(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_the_halves() {
        let regs = Mmio::fake(vec![0; 8].leak());
        regs.write32(LOW, 0x9abc_def0);
        regs.write32(HIGH, 0x1234_5678);
        assert_eq!(read(&regs), 0x1234_5678_9abc_def0);
    }
}

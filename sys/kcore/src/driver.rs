//! Drivers: which devices they are for, and what they gave the kernel.

use crate::Result;
use crate::tty::Tty;
use alloc::sync::Arc;
use hal::platform::{Device, boot_info};
use hal::sync::Once;

/// A driver.
pub struct Driver {
    /// Its name, for the log.
    pub name: &'static str,
    /// The devices that it drives, as the device tree names them.
    pub compatible: &'static [&'static str],
    /// Starts one device.
    pub probe: fn(&'static Device) -> Result<()>,
}

static CONSOLE: Once<Arc<Tty>> = Once::new();

/// Starts all devices that a driver of the list is for: drivers in the order of the list, so that interrupt
/// controllers come before who needs them.
pub fn probe_all(drivers: &[&Driver]) {
    for driver in drivers {
        let devices = boot_info().devices.iter();
        for device in devices.filter(|device| device.is(driver.compatible)) {
            match (driver.probe)(device) {
                Ok(()) => log::info!("{}: driven by {}", device.name, driver.name),
                Err(error) => log::error!(
                    "{}: {} cannot start it: {error:?}",
                    device.name,
                    driver.name
                ),
            }
        }
    }
}

/// A driver has a terminal that may be the console; the first one is.
pub fn offer_console(tty: Arc<Tty>) {
    CONSOLE.call_once(|| tty);
}

/// The console, if a driver offered one.
pub fn console() -> Option<&'static Arc<Tty>> {
    CONSOLE.get()
}

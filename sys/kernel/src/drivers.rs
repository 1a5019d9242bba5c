//! The drivers that are built in; they start in this order.

use kcore::driver::Driver;

/// One line for each.
pub(crate) static DRIVERS: &[&Driver] = &[
    &drv_plic::DRIVER,
    &drv_goldfish_rtc::DRIVER,
    &drv_uart16550::DRIVER,
];

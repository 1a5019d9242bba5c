//! The emergency console: the serial port, polled; before the port is known, the firmware's.

use super::memory;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Physical address of the port; 0: not known yet.
static PORT: AtomicU64 = AtomicU64::new(0);
/// Keeps the lines of several processors apart; given up on in a crash.
static BUSY: AtomicBool = AtomicBool::new(false);

/// Line status register and its "transmitter can take a byte" bit.
const STATUS: usize = 5;
const CAN_SEND: u8 = 0x20;
/// Turns of waiting for the lock after which its holder is taken for dead.
const PATIENCE: u32 = 10_000_000;

pub(crate) fn use_port(physical: u64) {
    PORT.store(physical, Ordering::Relaxed);
}

/// Writes bytes, polling. Works from the first instruction on and in a panic.
pub fn write(bytes: &[u8]) {
    let mut turns = 0;
    while BUSY.swap(true, Ordering::Acquire) && turns < PATIENCE {
        turns += 1;
        core::hint::spin_loop();
    }
    let port = PORT.load(Ordering::Relaxed);
    for &byte in bytes {
        if port == 0 {
            early(byte);
        } else {
            send(memory::direct(port), byte);
        }
    }
    BUSY.store(false, Ordering::Release);
}

/// By the firmware's oldest call, which every firmware still has; later ones are not there in QEMU 7.
#[expect(
    deprecated,
    reason = "the newer extension is missing in the firmware that Debian 12 ships"
)]
fn early(byte: u8) {
    sbi_rt::legacy::console_putchar(usize::from(byte));
}

fn send(port: *mut u8, byte: u8) {
    // SAFETY: `port` is the register block of a 16550, mapped for ever; polling and sending disturb nobody's memory.
    unsafe {
        while port.add(STATUS).read_volatile() & CAN_SEND == 0 {}
        port.write_volatile(byte);
    }
}

//! The end of the kernel by its own mistake: a message with a backtrace, and a failing status for whoever watches.

use core::fmt;
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};
use kcore::log::{DLE, emergency, is_multiplexed};
use rustc_demangle::demangle;

/// The status that the machine ends with.
const STATUS: u8 = 255;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    static DYING: AtomicBool = AtomicBool::new(false);
    hal::cpu::set_interrupts(false);
    if DYING.swap(true, Ordering::SeqCst) {
        // Another processor is at it, or the report itself failed.
        hal::platform::power_off(STATUS);
    }
    emergency(format_args!(
        "kernel panic on processor {}: {info}",
        hal::cpu::id()
    ));
    let symbols = symbols();
    hal::platform::backtrace(|pc| {
        // The address behind a call may be the next function's: look up the call itself.
        match find(symbols, pc as u64 - 1) {
            Some(name) => emergency(format_args!("  {pc:#x} {}", Demangled(name))),
            None => emergency(format_args!("  {pc:#x}")),
        }
    });
    if is_multiplexed() {
        hal::console::write(&[DLE, b'P', DLE, b'E']);
    }
    hal::platform::power_off(STATUS)
}

/// A function's name without the compiler's hash.
struct Demangled<'a>(&'a str);

impl fmt::Display for Demangled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", demangle(self.0))
    }
}

/// The kernel's symbols as the boot image has them: lines of address and size in hexadecimal and name, by address.
fn symbols() -> &'static [u8] {
    let image = hal::platform::boot_info().initrd;
    image
        .and_then(|image| fs_cpiofs::find(image, b"system/boot/symbols"))
        .unwrap_or(&[])
}

/// The name of the function that an address is in.
fn find(symbols: &'static [u8], pc: u64) -> Option<&'static str> {
    symbols.split(|&byte| byte == b'\n').find_map(|line| {
        let mut words = core::str::from_utf8(line).ok()?.split(' ');
        let start = u64::from_str_radix(words.next()?, 16).ok()?;
        let size = u64::from_str_radix(words.next()?, 16).ok()?;
        (start..start.saturating_add(size))
            .contains(&pc)
            .then(|| words.next())?
    })
}

//! The machine as a whole, as programs may ask about it.

use alloc::vec::Vec;
pub use hal::frame::MemoryStats;
use hal::sync::SpinLock;

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
pub fn read_log(from: u64, into: &mut [u8]) -> usize {
    crate::log::read(from, into).1
}

/// The kernel command line.
pub fn command_line() -> &'static str {
    &hal::platform::boot_info().command_line
}

static HOST_NAME: SpinLock<Vec<u8>> = SpinLock::new(Vec::new());

/// What the machine calls itself in a network.
pub fn host_name() -> Vec<u8> {
    let name = HOST_NAME.lock().clone();
    if name.is_empty() {
        b"scarlet".to_vec()
    } else {
        name
    }
}

/// Sets that; empty: the name it had at first.
pub fn set_host_name(name: &[u8]) {
    *HOST_NAME.lock() = name.to_vec();
}

/// The value of a word `name=value` of the kernel command line; empty for a word without value.
pub fn option(name: &str) -> Option<&'static str> {
    find_option(&hal::platform::boot_info().command_line, name)
}

fn find_option<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split_ascii_whitespace().find_map(|word| {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        (key == name).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::find_option;

    #[test]
    fn options_of_the_command_line() {
        let line = "quiet loglevel=debug  init=/a=b";
        assert_eq!(find_option(line, "quiet"), Some(""));
        assert_eq!(find_option(line, "loglevel"), Some("debug"));
        assert_eq!(find_option(line, "init"), Some("/a=b"));
        assert_eq!(find_option(line, "log"), None);
    }
}

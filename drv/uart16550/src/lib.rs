//! The 16550 serial port: the console. Interrupt-driven both ways.
//!
//! Output goes through a ring; the port is fed as long as it takes bytes, the rest when it says that it can take more.
//! On a multiplexed console the terminal's DLE bytes are doubled, and log records go in whole between them.
#![cfg_attr(target_os = "none", no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod port;
mod ring;

use alloc::sync::Arc;
use hal::mmio::Mmio;
use hal::platform::Device;
use hal::sync::{IrqLock, Once};
use kcore::driver::{self, Driver};
use kcore::irq::{self, Handler};
use kcore::log::DLE;
use kcore::tty::{Backend, Tty, Window};
use kcore::{Error, Result, system};
use port::Port;
use ring::Ring;

/// The driver.
pub static DRIVER: Driver = Driver {
    name: "uart16550",
    compatible: &["ns16550a", "ns16550"],
    probe,
};

/// The port that log records go to.
static CONSOLE: Once<Arc<Uart>> = Once::new();

struct Uart {
    state: IrqLock<State>,
    tty: Once<Arc<Tty>>,
    multiplexed: bool,
}

struct State {
    port: Port,
    ring: Ring,
    /// The terminal was told that its output did not fit.
    blocked: bool,
}

fn probe(device: &'static Device) -> Result<()> {
    let &(start, len) = device.regs.first().ok_or(Error::NoDevice)?;
    let source = *device.interrupts.first().ok_or(Error::NoDevice)?;
    let regs = Mmio::map(start, len).ok_or(Error::NoDevice)?;
    let uart = Arc::new(Uart::new(regs, kcore::log::is_multiplexed()));
    let tty = Tty::new(uart.clone(), window());
    uart.tty.call_once(|| tty.clone());
    irq::attach(source, uart.clone())?;
    uart.state.lock().port.start();
    CONSOLE.call_once(|| uart);
    kcore::log::set_sink(|record| {
        if let Some(uart) = CONSOLE.get() {
            uart.record(record);
        }
    });
    driver::offer_console(tty);
    Ok(())
}

/// The size that the host gave as `console.size=ROWSxCOLUMNS`, else that of a classic terminal.
fn window() -> Window {
    let given = system::option("console.size").and_then(|size| {
        let (rows, columns) = size.split_once('x')?;
        Some((rows.parse().ok()?, columns.parse().ok()?))
    });
    let (rows, columns) = given.unwrap_or((24, 80));
    Window {
        rows,
        columns,
        ..Window::default()
    }
}

impl Uart {
    fn new(regs: Mmio, multiplexed: bool) -> Uart {
        Uart {
            state: IrqLock::new(State {
                port: Port::new(regs),
                ring: Ring::new(),
                blocked: false,
            }),
            tty: Once::new(),
            multiplexed,
        }
    }

    /// Sends a whole log record. When there is no room, waits for the port itself: a record is never cut.
    fn record(&self, record: &[u8]) {
        let mut state = self.state.lock();
        while state.ring.room() < record.len() && !state.ring.is_empty() {
            state.pump();
        }
        for &byte in record {
            state.ring.push(byte);
        }
        state.pump();
    }
}

impl State {
    /// Feeds the port as long as it takes bytes, and has it interrupt when there is more to feed.
    fn pump(&mut self) {
        while !self.ring.is_empty() && self.port.can_send() {
            for _ in 0..port::FIFO {
                let Some(byte) = self.ring.pop() else { break };
                self.port.send(byte);
            }
        }
        self.port.interrupt_when_empty(!self.ring.is_empty());
    }
}

impl Backend for Uart {
    fn write(&self, bytes: &[u8]) -> usize {
        let mut state = self.state.lock();
        let mut taken = 0;
        for &byte in bytes {
            let double = self.multiplexed && byte == DLE;
            if state.ring.room() < 2 {
                state.pump();
                if state.ring.room() < 2 {
                    state.blocked = true;
                    break;
                }
            }
            state.ring.push(byte);
            if double {
                state.ring.push(DLE);
            }
            taken += 1;
        }
        state.pump();
        taken
    }
}

impl Handler for Uart {
    fn interrupt(&self) {
        let mut input = [0; 64];
        loop {
            let mut state = self.state.lock();
            let mut len = 0;
            while len < input.len()
                && let Some(byte) = state.port.receive()
            {
                input[len] = byte;
                len += 1;
            }
            state.pump();
            let ready = state.blocked && state.ring.room() > ring::SIZE / 2;
            state.blocked &= !ready;
            drop(state);
            if let Some(tty) = self.tty.get() {
                if len > 0 {
                    tty.receive(&input[..len]);
                }
                if ready {
                    tty.output_ready();
                }
            }
            if len < input.len() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// Registers in memory: what is written to the data register stays there, and the port never becomes busy by itself.
    fn fake(multiplexed: bool, can_send: bool) -> Uart {
        let regs = Mmio::fake(alloc::vec![0; 8].leak());
        if can_send {
            regs.write8(5, 0x20);
        }
        Uart::new(regs, multiplexed)
    }

    fn drain(uart: &Uart) -> Vec<u8> {
        let mut state = uart.state.lock();
        core::iter::from_fn(|| state.ring.pop()).collect()
    }

    #[test]
    fn output_waits_in_the_ring_and_the_port_is_asked_to_interrupt() {
        let uart = fake(false, false);
        assert_eq!(uart.write(b"hello"), 5);
        assert!(uart.state.lock().port.is_waiting());
        assert_eq!(drain(&uart), b"hello");
    }

    #[test]
    fn what_does_not_fit_is_left_to_the_terminal() {
        let uart = fake(false, false);
        let much = alloc::vec![b'x'; ring::SIZE * 2];
        let taken = uart.write(&much);
        assert!(taken < ring::SIZE && taken > ring::SIZE - 4);
        assert!(uart.state.lock().blocked);
    }

    #[test]
    fn a_free_port_takes_all_at_once() {
        let uart = fake(false, true);
        assert_eq!(uart.write(b"hello"), 5);
        assert!(uart.state.lock().ring.is_empty());
        assert!(!uart.state.lock().port.is_waiting());
    }

    #[test]
    fn the_terminals_dle_is_doubled_and_records_are_not() {
        let uart = fake(true, false);
        assert_eq!(uart.write(b"a\x10b"), 3);
        uart.record(b"\x10Lx\x10E");
        assert_eq!(drain(&uart), b"a\x10\x10b\x10Lx\x10E");
    }
}

//! The registers of the port.

use hal::mmio::Mmio;

/// Bytes that the port takes at once when it can take any.
pub(crate) const FIFO: usize = 16;

const DATA: usize = 0;
const INTERRUPTS: usize = 1;
const FIFO_CONTROL: usize = 2;
const MODEM_CONTROL: usize = 4;
const STATUS: usize = 5;

const ON_RECEIVED: u8 = 1;
const ON_EMPTY: u8 = 2;
const FIFO_ON_AND_CLEAR: u8 = 7;
/// Ready, request to send, and the gate that lets interrupts out.
const MODEM_READY: u8 = 0xb;
const HAS_DATA: u8 = 1;
const CAN_SEND: u8 = 0x20;

/// A port whose line settings the firmware has made.
pub(crate) struct Port {
    regs: Mmio,
    /// The interrupt register as last written, to spare accesses.
    interrupts: u8,
}

impl Port {
    pub(crate) fn new(regs: Mmio) -> Port {
        Port {
            regs,
            interrupts: 0,
        }
    }
    /// Turns the buffers and the receive interrupt on.
    pub(crate) fn start(&mut self) {
        self.regs.write8(FIFO_CONTROL, FIFO_ON_AND_CLEAR);
        self.regs.write8(MODEM_CONTROL, MODEM_READY);
        self.set(self.interrupts | ON_RECEIVED);
    }
    pub(crate) fn can_send(&self) -> bool {
        self.regs.read8(STATUS) & CAN_SEND != 0
    }
    pub(crate) fn send(&self, byte: u8) {
        self.regs.write8(DATA, byte);
    }
    pub(crate) fn receive(&self) -> Option<u8> {
        (self.regs.read8(STATUS) & HAS_DATA != 0).then(|| self.regs.read8(DATA))
    }
    /// Whether to interrupt when everything is sent.
    pub(crate) fn interrupt_when_empty(&mut self, on: bool) {
        let others = self.interrupts & !ON_EMPTY;
        self.set(if on { others | ON_EMPTY } else { others });
    }
    fn set(&mut self, interrupts: u8) {
        if self.interrupts != interrupts {
            self.interrupts = interrupts;
            self.regs.write8(INTERRUPTS, interrupts);
        }
    }
    #[cfg(test)]
    pub(crate) fn is_waiting(&self) -> bool {
        self.interrupts & ON_EMPTY != 0
    }
}

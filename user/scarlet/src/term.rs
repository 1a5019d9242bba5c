//! Terminals.

use crate::Result;
use crate::sys::{Nr, call};

/// Terminal settings; the bits are the ABI's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Settings {
    /// Mode bits.
    pub modes: u32,
    /// Special characters.
    pub characters: [u8; 14],
    /// Raw mode: least bytes of a read.
    pub min: u8,
    /// Raw mode: time limit in 1/10 s.
    pub time: u8,
}

const CR_TO_NL: u32 = 1 << 0;
const CANONICAL: u32 = 1 << 5;
const ECHO: u32 = 1 << 6;
const SIGNALS: u32 = 1 << 11;
const EXTENDED: u32 = 1 << 12;

impl Settings {
    /// These, for a line editor: every key at once, no echo, no events from keys.
    pub fn raw(mut self) -> Settings {
        self.modes &= !(CANONICAL | ECHO | SIGNALS | EXTENDED | CR_TO_NL);
        (self.min, self.time) = (1, 0);
        self
    }
}

/// Size in cells and pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
#[expect(missing_docs, reason = "plain words")]
pub struct Window {
    pub rows: u16,
    pub columns: u16,
    pub width: u16,
    pub height: u16,
}

fn control<T>(handle: u32, request: usize, data: &mut T) -> Result<()> {
    let at = &raw mut *data as usize;
    call(Nr::Control, [handle as usize, request, at, size_of::<T>()]).map(drop)
}

/// The present settings; NotTerminal for what is none.
pub fn settings(handle: u32) -> Result<Settings> {
    let mut settings = Settings::default();
    control(handle, 1, &mut settings)?;
    Ok(settings)
}

/// Changes them once output is sent.
pub fn set_settings(handle: u32, settings: &Settings) -> Result<()> {
    control(handle, 9, &mut settings.clone())
}

/// The window's size.
pub fn window(handle: u32) -> Result<Window> {
    let mut window = Window::default();
    control(handle, 3, &mut window)?;
    Ok(window)
}

/// Whether it is a terminal.
pub fn is_terminal(handle: u32) -> bool {
    settings(handle).is_ok()
}

/// Gives the terminal to a process group.
pub fn set_foreground(handle: u32, group: u32) -> Result<()> {
    control(handle, 6, &mut group.clone())
}

/// Makes it the controlling terminal of the own session.
pub fn become_controlling(handle: u32) -> Result<()> {
    call(Nr::Control, [handle as usize, 7, 0, 0]).map(drop)
}

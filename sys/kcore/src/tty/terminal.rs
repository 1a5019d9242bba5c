//! A terminal: a [`Discipline`] between a device, readers and writers.
//!
//! Its state is under an interrupt-safe lock; user memory is only touched outside it, through kernel buffers.

#[cfg(test)]
mod tests;

use super::discipline::{Discipline, LIMIT, Signal};
use super::session::{enter, tell};
use super::{Backend, Modes, Settings, Window};
use crate::event::EventKind;
use crate::io::{Sink, Source};
use crate::wait::{WaitOptions, WaitQueue};
use crate::{Error, Result, time};
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use hal::sync::IrqLock;

/// Output bytes kept for the device.
const OUTPUT: usize = 8192;
/// Bytes written in one step.
const CHUNK: usize = 512;
/// 1/10 s in ns.
const TENTH: u64 = 100_000_000;

pub(super) struct State {
    pub(super) discipline: Discipline,
    pub(super) window: Window,
    pub(super) foreground: u32,
    pub(super) session: u32,
    /// Processed, not yet taken by the device.
    pub(super) output: VecDeque<u8>,
}

/// A terminal.
pub struct Tty {
    backend: Arc<dyn Backend>,
    pub(super) state: IrqLock<State>,
    /// For readers and pollers.
    pub(super) readers: WaitQueue,
    writers: WaitQueue,
}

impl State {
    /// Processes output and queues it.
    fn put_output(&mut self, bytes: &[u8]) {
        let State {
            discipline, output, ..
        } = self;
        discipline.output(bytes, |byte| {
            // Echo beyond the limit is lost; writers have waited for room.
            if output.len() < OUTPUT {
                output.push_back(byte);
            }
        });
    }

    /// Whether a chunk fits, each byte of it doubled.
    pub(super) fn has_room(&self) -> bool {
        self.output.len() + 2 * CHUNK <= OUTPUT
    }
}

impl Tty {
    /// A terminal over a device.
    pub fn new(backend: Arc<dyn Backend>, window: Window) -> Arc<Tty> {
        let state = State {
            discipline: Discipline::new(),
            window,
            foreground: 0,
            session: 0,
            output: VecDeque::with_capacity(OUTPUT),
        };
        let tty = Arc::new(Tty {
            backend,
            state: IrqLock::new(state),
            readers: WaitQueue::new(),
            writers: WaitQueue::new(),
        });
        enter(&tty);
        tty
    }

    /// Output goes to the device as it is, also by default.
    pub fn set_raw_output(&self) {
        let mut state = self.state.lock();
        let modes = &mut state.discipline.settings.modes;
        modes.remove(Modes::OUTPUT | Modes::NL_TO_CRNL);
    }

    /// Bytes came from the device. May be called in interrupt context.
    pub fn receive(&self, bytes: &[u8]) {
        let (mut readable, mut signals) = (false, Vec::new());
        let (group, restarted) = {
            let mut state = self.state.lock();
            let was_stopped = state.discipline.stopped;
            for &byte in bytes {
                let out = state.discipline.input(byte);
                readable |= out.readable;
                signals.extend(out.signal);
                state.put_output(&out.echo);
            }
            self.send(&mut state);
            let restarted = was_stopped && !state.discipline.stopped;
            (state.foreground, restarted)
        };
        if readable {
            self.readers.wake_all();
        }
        if restarted {
            self.wake_if_room();
        }
        for signal in signals {
            let kind = match signal {
                Signal::Interrupt => EventKind::Interrupt,
                Signal::Quit => EventKind::Quit,
                Signal::Suspend => EventKind::Suspend,
            };
            // Not in an interrupt handler: posting takes the process tree's lock.
            crate::sched::defer(move || tell(group, kind));
        }
    }

    /// The device can take more. May be called in interrupt context.
    pub fn output_ready(&self) {
        self.send(&mut self.state.lock());
        self.wake_if_room();
    }

    fn wake_if_room(&self) {
        if self.state.lock().output.len() < OUTPUT / 2 {
            self.writers.wake_all();
            // Who polls for room waits there.
            self.readers.wake_all();
        }
    }

    /// Gives the device what it takes.
    fn send(&self, state: &mut State) {
        while !state.discipline.stopped && !state.output.is_empty() {
            let chunk = state.output.as_slices().0;
            let taken = self.backend.write(chunk).min(chunk.len());
            if taken == 0 {
                break;
            }
            state.output.drain(..taken);
        }
    }

    /// Writes from the kernel; what does not fit is lost.
    pub(super) fn print(&self, bytes: &[u8]) {
        let mut state = self.state.lock();
        state.put_output(bytes);
        self.send(&mut state);
    }

    pub(super) fn read(&self, to: &mut Sink<'_>, no_wait: bool) -> Result<usize> {
        let most = to.remaining().min(LIMIT);
        if most == 0 {
            return Ok(0);
        }
        let mut buffer = Vec::new();
        buffer.try_reserve_exact(most)?;
        buffer.resize(most, 0);
        let mut limit = None;
        loop {
            self.check_foreground(EventKind::TerminalRead)?;
            let (pending, settings) = {
                let mut state = self.state.lock();
                let discipline = &mut state.discipline;
                if discipline.has_enough(most) {
                    let taken = discipline.take(&mut buffer);
                    drop(state);
                    return to.put(&buffer[..taken]);
                }
                (discipline.pending(), discipline.settings)
            };
            let patience = patience(&settings, pending, no_wait, time::now, &mut limit);
            let waited = match patience {
                Patience::Until(deadline) => self.wait_for_input(pending, &settings, deadline),
                Patience::None if no_wait && pending == 0 && !is_polling(&settings) => {
                    return Err(Error::WouldBlock);
                }
                Patience::None => Err(Error::TimedOut),
            };
            match waited {
                // What there is must do.
                Err(Error::TimedOut) => {
                    let taken = self.state.lock().discipline.take(&mut buffer);
                    // Another reader may have been faster; only a `min` of 0 makes that an end.
                    if taken > 0 || settings.min == 0 {
                        return to.put(&buffer[..taken]);
                    }
                }
                other => other?,
            }
        }
    }

    /// Waits until there is other input than before, or other rules for it.
    fn wait_for_input(
        &self,
        pending: usize,
        rules: &Settings,
        deadline: Option<u64>,
    ) -> Result<()> {
        let options = WaitOptions {
            deadline,
            uninterruptible: false,
        };
        self.readers.wait(options, || {
            let state = self.state.lock();
            let discipline = &state.discipline;
            (discipline.pending() != pending || discipline.settings != *rules).then_some(())
        })
    }

    pub(super) fn write(&self, from: &mut Source<'_>, no_wait: bool) -> Result<usize> {
        let modes = self.state.lock().discipline.settings.modes;
        if modes.contains(Modes::STOP_BACKGROUND) {
            self.check_foreground(EventKind::TerminalWrite)?;
        }
        let (mut done, mut chunk) = (0, [0; CHUNK]);
        while from.remaining() > 0 {
            let len = from.remaining().min(CHUNK);
            let written = from.take(&mut chunk[..len]).and_then(|taken| {
                self.put_when_room(&chunk[..taken], no_wait)?;
                Ok(taken)
            });
            match written {
                Ok(0) => break,
                Ok(taken) => done += taken,
                Err(error) if done == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(done)
    }

    /// Queues a chunk as a whole, as soon as it fits.
    fn put_when_room(&self, chunk: &[u8], no_wait: bool) -> Result<()> {
        let put = || {
            let mut state = self.state.lock();
            // In one step: another writer must not take the room in between.
            state.has_room().then(|| {
                state.put_output(chunk);
                self.send(&mut state);
            })
        };
        if no_wait {
            put().ok_or(Error::WouldBlock)
        } else {
            self.writers.wait(WaitOptions::default(), put)
        }
    }

    /// Waits until the device has taken all output.
    pub(super) fn drain(&self) -> Result<()> {
        let sent = || self.state.lock().output.is_empty().then_some(());
        self.writers.wait(WaitOptions::default(), sent)
    }
}

/// How long a read that has not enough yet goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    /// It takes what there is.
    None,
    /// Until then, or for ever.
    Until(Option<u64>),
}

/// Whether a read never waits, by the settings: it finds nothing, which is no failure.
fn is_polling(settings: &Settings) -> bool {
    !settings.modes.contains(Modes::CANONICAL) && settings.min == 0 && settings.time == 0
}

/// Raw mode's rules: `time` counts from the read's start when `min` is 0 (kept in `limit`), else between bytes.
fn patience(
    settings: &Settings,
    pending: usize,
    no_wait: bool,
    now: impl Fn() -> u64,
    limit: &mut Option<u64>,
) -> Patience {
    if no_wait || is_polling(settings) {
        return Patience::None;
    }
    if settings.modes.contains(Modes::CANONICAL) || settings.time == 0 {
        return Patience::Until(None);
    }
    let later = || now() + u64::from(settings.time) * TENTH;
    match (settings.min, pending) {
        (0, _) => Patience::Until(Some(*limit.get_or_insert_with(later))),
        (_, 0) => Patience::Until(None),
        _ => Patience::Until(Some(later())),
    }
}

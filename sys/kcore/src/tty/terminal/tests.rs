//! Terminals over a device of memory. No processes here: what asks for the caller is tested on the machine.

use super::{Backend, Modes, OUTPUT, Patience, TENTH, Tty, Window, patience};
use crate::Error;
use crate::tty::discipline::defaults;
use alloc::sync::Arc;
use hal::sync::SpinLock;

/// Takes as many bytes as it has room for.
#[derive(Default)]
struct Screen(SpinLock<(Vec<u8>, usize)>);

impl Screen {
    fn with_room(room: usize) -> (Arc<Screen>, Arc<Tty>) {
        let screen = Arc::new(Screen::default());
        screen.0.lock().1 = room;
        (screen.clone(), Tty::new(screen, Window::default()))
    }
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().0).into_owned()
    }
}

impl Backend for Screen {
    fn write(&self, bytes: &[u8]) -> usize {
        let mut inner = self.0.lock();
        let taken = bytes.len().min(inner.1);
        inner.0.extend(&bytes[..taken]);
        inner.1 -= taken;
        taken
    }
}

#[test]
fn the_device_gets_the_rest_when_it_is_ready() {
    let (screen, tty) = Screen::with_room(3);
    assert_eq!(tty.put_when_room(b"ab\ncd", true), Ok(()));
    assert_eq!(screen.text(), "ab\r");
    screen.0.lock().1 = 100;
    tty.output_ready();
    assert_eq!(screen.text(), "ab\r\ncd");
    tty.set_raw_output();
    tty.print(b"\n");
    assert_eq!(screen.text(), "ab\r\ncd\n");
}

#[test]
fn keys_stop_output_and_let_it_go_on() {
    let (screen, tty) = Screen::with_room(100);
    tty.receive(b"a");
    tty.receive(b"\x13");
    tty.print(b"b");
    assert_eq!(screen.text(), "a");
    tty.receive(b"\x11");
    assert_eq!(screen.text(), "ab");
}

#[test]
fn the_queue_is_bounded_and_loses_nothing_that_was_accepted() {
    let (screen, tty) = Screen::with_room(0);
    let mut accepted = 0;
    while tty.put_when_room(&[b'\n'; 100], true).is_ok() {
        accepted += 200;
    }
    assert_eq!(tty.put_when_room(b"x", true), Err(Error::WouldBlock));
    assert_eq!(tty.state.lock().output.len(), accepted);
    tty.receive(&[b'x'; 4000]);
    assert_eq!(tty.state.lock().output.len(), OUTPUT);
    screen.0.lock().1 = usize::MAX;
    tty.output_ready();
    assert_eq!(screen.text().len(), OUTPUT);
}

#[test]
fn a_terminal_controls_its_session_only() {
    let (_, tty) = Screen::with_room(0);
    tty.state.lock().session = 4_000_007;
    let found = crate::tty::controlling(4_000_007);
    assert!(found.is_some_and(|found| Arc::ptr_eq(&found, &tty)));
    assert!(crate::tty::controlling(4_000_008).is_none());
    assert!(crate::tty::controlling(0).is_none());
    crate::tty::hang_up(4_000_007);
    assert!(crate::tty::controlling(4_000_007).is_none());
}

#[test]
fn raw_reads_wait_by_min_and_time() {
    let rule = |min, time, pending, no_wait| {
        let mut settings = defaults();
        settings.modes.remove(Modes::CANONICAL);
        (settings.min, settings.time) = (min, time);
        patience(&settings, pending, no_wait, || 5, &mut None)
    };
    let until = |tenths: u64| Patience::Until(Some(5 + tenths * TENTH));
    assert_eq!(rule(0, 0, 0, false), Patience::None);
    assert_eq!(rule(0, 2, 0, false), until(2));
    assert_eq!(rule(3, 0, 2, false), Patience::Until(None));
    assert_eq!(rule(3, 2, 0, false), Patience::Until(None));
    assert_eq!(rule(3, 2, 1, false), until(2));
    assert_eq!(rule(3, 2, 1, true), Patience::None);
    let (settings, mut limit) = (defaults(), None);
    let canonical = patience(&settings, 0, false, || 5, &mut limit);
    assert_eq!((canonical, limit), (Patience::Until(None), None));
}

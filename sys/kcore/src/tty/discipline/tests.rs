//! The line discipline as data: keys typed; echo, reads and events expected.

use super::{Discipline, LIMIT, Modes, Signal, Special};

/// Types keys; gives the echo, what can be read by one read after the other, and the signals.
fn check(discipline: &mut Discipline, keys: &[u8]) -> (String, Vec<String>, Vec<Signal>) {
    let (mut echo, mut signals) = (Vec::new(), Vec::new());
    for &key in keys {
        let out = discipline.input(key);
        discipline.output(&out.echo, |_| ());
        echo.extend(out.echo);
        signals.extend(out.signal);
    }
    let text = String::from_utf8_lossy(&echo).into_owned();
    (text, read_all(discipline), signals)
}

fn read_all(discipline: &mut Discipline) -> Vec<String> {
    let mut reads = Vec::new();
    while discipline.is_ready() {
        let mut buffer = [0; 100];
        let taken = discipline.take(&mut buffer);
        reads.push(String::from_utf8_lossy(&buffer[..taken]).into_owned());
    }
    reads
}

/// Modes taken from and added to the default; keys; echo; reads.
#[track_caller]
fn with(off: Modes, on: Modes, keys: &[u8], echo: &str, reads: &[&str]) {
    let mut discipline = Discipline::new();
    discipline.settings.modes = (discipline.settings.modes - off) | on;
    let got = check(&mut discipline, keys);
    assert_eq!(got.0, echo);
    assert_eq!(got.1, reads);
}

#[track_caller]
fn canonical(keys: &[u8], echo: &str, reads: &[&str]) {
    with(Modes::empty(), Modes::empty(), keys, echo, reads);
}

/// What erasing so many columns shows.
fn back(columns: usize) -> String {
    "\x08 \x08".repeat(columns)
}

#[test]
fn lines_are_edited() {
    canonical(b"ab\r", "ab\n", &["ab\n"]);
    canonical(b"ab", "ab", &[]);
    canonical(b"abc\x7f\x08d\n", &format!("abc{}d\n", back(2)), &["ad\n"]);
    canonical(b"\x7fa\n", "a\n", &["a\n"]);
    canonical(b"abc\x15x\n", &format!("abc{}x\n", back(3)), &["x\n"]);
    let words = format!("ab cd {}x\n", back(3));
    canonical(b"ab cd \x17x\n", &words, &["ab x\n"]);
    canonical("é\x7fa\n".as_bytes(), &format!("é{}a\n", back(1)), &["a\n"]);
    canonical(b"\x01\x7fa\n", &format!("^A{}a\n", back(2)), &["a\n"]);
    canonical(b"a\x12b\n", "a^R\nab\n", &["ab\n"]);
    canonical(b"one\ntwo\n", "one\ntwo\n", &["one\n", "two\n"]);
}

#[test]
fn a_tab_is_erased_to_where_it_began() {
    canonical(b"abc\t\x7f", &format!("abc\t{}", back(5)), &[]);
    canonical(b"\t\x01\t\x7f", &format!("\t^A\t{}", back(6)), &[]);
    let mut discipline = Discipline::new();
    discipline.output(b"\nname: ", |_| ());
    assert_eq!(
        check(&mut discipline, b"\t\x7f").0,
        format!("\t{}", back(2))
    );
}

#[test]
fn the_next_byte_can_be_literal() {
    canonical(b"a\x16\x03b\n", "a^\x08^Cb\n", &["a\x03b\n"]);
    canonical(b"\x16\r\n", "^\x08^M\n", &["\r\n"]);
    canonical(b"\x16\nb\n", "^\x08^Jb\n", &["\nb\n"]);
    canonical(b"\x16\x04\n", "^\x08^D\n", &["\x04\n"]);
    with(
        Modes::EXTENDED,
        Modes::empty(),
        b"\x16a\n",
        "^Va\n",
        &["\x16a\n"],
    );
}

#[test]
fn echo_follows_its_modes() {
    let none = Modes::empty();
    with(Modes::ECHO, none, b"ab\x7f\x12\x16c\n", "", &["ac\n"]);
    with(Modes::ECHO, Modes::ECHO_NL, b"ab\n", "\n", &["ab\n"]);
    with(Modes::ECHO_CONTROL, none, b"\x01\n", "\x01\n", &["\x01\n"]);
    with(Modes::ECHO_ERASE, none, b"ab\x7f\n", "ab^?\n", &["a\n"]);
    with(Modes::ECHO_ERASE, none, b"\x7f\x17\n", "\n", &["\n"]);
    with(
        Modes::ECHO_KILL_LINE,
        none,
        b"ab\x15c\n",
        "ab^U\nc\n",
        &["c\n"],
    );
    with(
        Modes::ECHO_KILL_LINE | Modes::ECHO_KILL,
        none,
        b"ab\x15c\n",
        "ab^Uc\n",
        &["c\n"],
    );
}

#[test]
fn input_is_mapped() {
    let none = Modes::empty();
    with(none, Modes::IGNORE_CR, b"a\rb\n", "ab\n", &["ab\n"]);
    with(Modes::CR_TO_NL, none, b"a\r\n", "a^M\n", &["a\r\n"]);
    with(Modes::CR_TO_NL, Modes::NL_TO_CR, b"a\n", "a^M", &[]);
    with(none, Modes::STRIP, b"\xe1\x8a", "a\n", &["a\n"]);
}

#[test]
fn the_end_of_file_key_ends_a_read() {
    canonical(b"\x04", "", &[""]);
    canonical(b"ab\x04", "ab", &["ab"]);
    canonical(b"ab\x04\x04", "ab", &["ab", ""]);
    canonical(b"a\n\x04", "a\n", &["a\n", ""]);
}

#[test]
fn a_line_read_in_parts_ends_once() {
    let mut discipline = Discipline::new();
    b"abcd\x04".iter().for_each(|&key| {
        discipline.input(key);
    });
    let mut two = [0; 2];
    assert_eq!((discipline.take(&mut two), two), (2, *b"ab"));
    assert_eq!(discipline.available(), 2);
    assert_eq!((discipline.take(&mut two), two), (2, *b"cd"));
    assert!(!discipline.is_ready());
}

#[test]
fn other_characters_can_end_lines() {
    let mut discipline = Discipline::new();
    discipline.settings.characters[Special::EndOfLine as usize] = b';';
    discipline.settings.characters[Special::EndOfLine2 as usize] = b'!';
    let got = check(&mut discipline, b"a;b!\x16;c\n").1;
    assert_eq!(got, ["a;", "b!", ";c\n"]);
}

#[test]
fn keys_make_signals_and_flush() {
    let mut discipline = Discipline::new();
    let got = check(&mut discipline, b"x\nab\x03cd\n");
    assert_eq!(got.0, "x\nab^C\ncd\n");
    assert_eq!(
        (got.1, got.2),
        (vec!["cd\n".into()], vec![Signal::Interrupt])
    );
    let got = check(&mut discipline, b"\x1c\x1a").2;
    assert_eq!(got, [Signal::Quit, Signal::Suspend]);
    discipline.settings.modes.insert(Modes::NO_FLUSH);
    assert_eq!(check(&mut discipline, b"ab\x03c\n").1, ["abc\n"]);
    discipline.settings.modes.remove(Modes::SIGNALS);
    assert_eq!(check(&mut discipline, b"\x03\n").1, ["\x03\n"]);
    discipline.settings.modes.insert(Modes::SIGNALS);
    discipline.settings.characters[Special::Interrupt as usize] = 0;
    assert_eq!(check(&mut discipline, b"\0\n").2, []);
}

#[test]
fn output_stops_and_goes_on() {
    let mut discipline = Discipline::new();
    let mut stopped = |key: u8, modes: Modes| {
        discipline.settings.modes |= modes;
        assert!(!discipline.input(key).readable);
        discipline.stopped
    };
    let none = Modes::empty();
    assert!(stopped(19, none) && stopped(b'a', none) && !stopped(17, none));
    assert!(stopped(19, none) && !stopped(3, none));
    assert!(stopped(19, Modes::FLOW_ANY) && !stopped(b'a', none));
    assert!(stopped(19, none));
    let mut settings = discipline.settings;
    settings.modes.remove(Modes::FLOW);
    discipline.set(settings);
    assert!(!discipline.stopped);
    assert_eq!(check(&mut discipline, b"\x13\n").1, ["a\x13\n"]);
}

#[test]
fn raw_mode_hands_bytes_on() {
    let mut discipline = Discipline::new();
    let cooked = discipline.settings;
    let mut raw = cooked;
    raw.modes
        .remove(Modes::CANONICAL | Modes::ECHO | Modes::SIGNALS | Modes::CR_TO_NL | Modes::FLOW);
    assert!(check(&mut discipline, b"ab").1.is_empty());
    discipline.set(raw);
    let keys = b"\r\x03\x04\x16\x13";
    assert_eq!(check(&mut discipline, keys).1, ["ab\r\x03\x04\x16\x13"]);
    discipline.settings.min = 3;
    assert!(check(&mut discipline, b"xy").1.is_empty());
    assert!(discipline.has_enough(2) && !discipline.has_enough(3));
    discipline.settings.time = 1;
    assert!(discipline.is_ready() && !discipline.has_enough(3));
    assert_eq!(check(&mut discipline, b"z").1, ["xyz"]);
    discipline.input(b'a');
    discipline.input(b'\n');
    discipline.input(b'b');
    discipline.set(cooked);
    assert_eq!(read_all(&mut discipline), ["a\n", "b"]);
}

#[test]
fn no_flood_goes_beyond_the_limit() {
    for keys in [&b"x"[..], b"\n", b"\x04", b"\x16\n", b"x\n\x04"] {
        for raw in [false, true] {
            let mut discipline = Discipline::new();
            discipline.settings.modes.set(Modes::CANONICAL, !raw);
            for &key in keys.iter().cycle().take(3 * LIMIT) {
                discipline.input(key);
            }
            assert!(discipline.ready.len() + discipline.line.len() <= LIMIT);
            discipline.input(b'\n');
            assert!(discipline.is_ready(), "{keys:?} can still be read");
        }
    }
    let mut discipline = Discipline::new();
    (0..10_000).for_each(|_| {
        discipline.input(b'x');
    });
    discipline.input(b'\n');
    let mut line = [0; 2 * LIMIT];
    assert_eq!(discipline.take(&mut line), LIMIT);
    assert_eq!(line[LIMIT - 1], b'\n');
}

#[test]
fn output_gets_carriage_returns() {
    let mut discipline = Discipline::new();
    let mut shown = Vec::new();
    discipline.output(b"a\nb", |byte| shown.push(byte));
    discipline.settings.modes.remove(Modes::OUTPUT);
    discipline.output(b"\nc", |byte| shown.push(byte));
    assert_eq!(shown, b"a\r\nb\nc");
}

#[test]
fn any_bytes_under_any_modes_do_no_harm() {
    let (mut discipline, mut seed) = (Discipline::new(), 1_u32);
    for round in 0..200_000 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let out = discipline.input((seed >> 24) as u8);
        discipline.output(&out.echo, |_| ());
        if round % 97 == 0 {
            let mut settings = discipline.settings;
            settings.modes = Modes::from_bits_truncate(seed >> 8);
            settings.min = seed as u8;
            settings.characters[(seed >> 16) as usize % 14] = (seed >> 3) as u8;
            discipline.set(settings);
        }
        if round % 51 == 0 {
            discipline.take(&mut [0; 40]);
        }
        assert!(discipline.ready.len() + discipline.line.len() <= LIMIT);
    }
}

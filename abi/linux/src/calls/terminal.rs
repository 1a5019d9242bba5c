//! ioctl: terminals, and the few requests that any object may answer.
//! Source: include/uapi/asm-generic/{ioctls,termbits,termios}.h.

use crate::errno::Errno;
use crate::types::Fd;
use kapi::object::{ObjectRef, Rights};
use kapi::tty::{Modes, Request, Settings, Special, When, Window};
use kapi::{Call, Error, UserPtr};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// struct termios as the kernel knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct TermIos {
    input: u32,
    output: u32,
    control: u32,
    local: u32,
    line: u8,
    characters: [u8; 19],
}

/// struct termios2: with the line's speeds as numbers, as newer C libraries ask for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct TermIos2 {
    base: TermIos,
    input_speed: u32,
    output_speed: u32,
}

/// Bits per second that goes with B38400.
const SPEED: u32 = 38400;
/// TCGETS2.
const GET_SETTINGS_2: u32 = 0x802c_542a;

/// (bit, mode) of each of the flag words.
const INPUT: &[(u32, Modes)] = &[
    (0o40, Modes::STRIP),
    (0o100, Modes::NL_TO_CR),
    (0o200, Modes::IGNORE_CR),
    (0o400, Modes::CR_TO_NL),
    (0o2000, Modes::FLOW),
    (0o4000, Modes::FLOW_ANY),
    (0o40000, Modes::UTF8),
];
const OUTPUT: &[(u32, Modes)] = &[(1, Modes::OUTPUT), (4, Modes::NL_TO_CRNL)];
const LOCAL: &[(u32, Modes)] = &[
    (1, Modes::SIGNALS),
    (2, Modes::CANONICAL),
    (0o10, Modes::ECHO),
    (0o20, Modes::ECHO_ERASE),
    (0o40, Modes::ECHO_KILL),
    (0o100, Modes::ECHO_NL),
    (0o200, Modes::NO_FLUSH),
    (0o400, Modes::STOP_BACKGROUND),
    (0o1000, Modes::ECHO_CONTROL),
    (0o4000, Modes::ECHO_KILL_LINE),
    (0o100_000, Modes::EXTENDED),
];
/// B38400, CS8, CREAD: what every terminal here says of its line.
const CONTROL: u32 = 0o17 | 0o60 | 0o200;
/// Indices of VTIME and VMIN in c_cc.
const TIME: usize = 5;
const MIN: usize = 6;
/// Index in c_cc of each special character.
const CHARACTERS: &[(usize, Special)] = &[
    (0, Special::Interrupt),
    (1, Special::Quit),
    (2, Special::Erase),
    (3, Special::Kill),
    (4, Special::EndOfFile),
    (8, Special::Start),
    (9, Special::Stop),
    (10, Special::Suspend),
    (11, Special::EndOfLine),
    (12, Special::Reprint),
    (13, Special::Discard),
    (14, Special::WordErase),
    (15, Special::LiteralNext),
    (16, Special::EndOfLine2),
];

fn bits(modes: Modes, table: &[(u32, Modes)]) -> u32 {
    let set = table.iter().filter(|(_, mode)| modes.contains(*mode));
    set.fold(0, |bits, (bit, _)| bits | bit)
}

fn modes(bits: u32, table: &[(u32, Modes)]) -> Modes {
    let set = table.iter().filter(|(bit, _)| bits & bit != 0);
    set.fold(Modes::empty(), |modes, (_, mode)| modes | *mode)
}

impl From<&Settings> for TermIos {
    fn from(settings: &Settings) -> TermIos {
        let mut characters = [0; 19];
        for &(index, special) in CHARACTERS {
            characters[index] = settings.characters[special as usize];
        }
        characters[TIME] = settings.time;
        characters[MIN] = settings.min;
        TermIos {
            input: bits(settings.modes, INPUT),
            output: bits(settings.modes, OUTPUT),
            control: CONTROL,
            local: bits(settings.modes, LOCAL),
            line: 0,
            characters,
        }
    }
}

impl From<&TermIos> for Settings {
    fn from(termios: &TermIos) -> Settings {
        let mut characters = [0; 14];
        for &(index, special) in CHARACTERS {
            characters[special as usize] = termios.characters[index];
        }
        Settings {
            modes: modes(termios.input, INPUT)
                | modes(termios.output, OUTPUT)
                | modes(termios.local, LOCAL),
            characters,
            min: termios.characters[MIN],
            time: termios.characters[TIME],
        }
    }
}

pub(crate) fn ioctl(
    call: &mut Call<'_>,
    fd: Fd,
    request: u32,
    argument: u64,
) -> Result<u64, Errno> {
    const FIONBIO: u32 = 0x5421;
    const FIONCLEX: u32 = 0x5450;
    const FIOCLEX: u32 = 0x5451;
    const FIONREAD: u32 = 0x541b;
    let object = fd.object(call, Rights::empty())?;
    match request {
        FIOCLEX | FIONCLEX => {
            let table = call.process().handles();
            table.set_close_on_exec(fd.number()?, request == FIOCLEX)?;
            Ok(0)
        }
        FIONBIO => {
            let on = UserPtr::<i32>::new(argument as usize).read()? != 0;
            let stream = object.stream().ok_or(Errno::ENOTTY)?;
            stream.set_nonblocking(on)?;
            Ok(0)
        }
        FIONREAD if object.file().is_some() => available(&object, argument),
        _ => control(&object, request, argument),
    }
}

/// FIONREAD of a file: what is left of it.
fn available(object: &ObjectRef, argument: u64) -> Result<u64, Errno> {
    let file = object.file().ok_or(Errno::ENOTTY)?;
    let seek = object.seek().ok_or(Errno::ENOTTY)?;
    let at = seek.seek(kapi::object::SeekFrom::Current(0))?;
    let left = file.metadata().size.saturating_sub(at);
    UserPtr::<i32>::new(argument as usize).write(&(left.min(i32::MAX as u64) as i32))?;
    Ok(0)
}

fn control(object: &ObjectRef, request: u32, argument: u64) -> Result<u64, Errno> {
    let address = argument as usize;
    let control = object.control().ok_or(Errno::ENOTTY)?;
    let mut typed = decode(request, argument)?;
    match control.control(&mut typed) {
        Ok(()) => {}
        Err(Error::NotSupported) => return Err(Errno::ENOTTY),
        Err(error) => return Err(error.into()),
    }
    match typed {
        Request::GetSettings(Some(settings)) if request == GET_SETTINGS_2 => {
            UserPtr::<TermIos2>::new(address).write(&TermIos2 {
                base: TermIos::from(&settings),
                input_speed: SPEED,
                output_speed: SPEED,
            })?;
        }
        Request::GetSettings(Some(settings)) => {
            UserPtr::<TermIos>::new(address).write(&TermIos::from(&settings))?;
        }
        Request::GetWindow(w) => {
            UserPtr::<[u16; 4]>::new(address).write(&[w.rows, w.columns, w.width, w.height])?;
        }
        Request::GetForeground(id) | Request::GetSession(id) => {
            UserPtr::<u32>::new(address).write(&id)?;
        }
        Request::Available(bytes) => {
            UserPtr::<i32>::new(address).write(&(bytes.min(i32::MAX as usize) as i32))?;
        }
        _ => {}
    }
    Ok(0)
}

fn decode(request: u32, argument: u64) -> Result<Request, Errno> {
    let address = argument as usize;
    let settings = |when| -> Result<Request, Errno> {
        let termios = UserPtr::<TermIos>::new(address).read()?;
        Ok(Request::SetSettings(Settings::from(&termios), when))
    };
    Ok(match request {
        // TCGETS, TCSETS, TCSETSW, TCSETSF, and as termios2, which begins alike; the speed of these lines cannot be set.
        0x5401 | GET_SETTINGS_2 => Request::GetSettings(None),
        0x5402 | 0x402c_542b => settings(When::Now)?,
        0x5403 | 0x402c_542c => settings(When::Drained)?,
        0x5404 | 0x402c_542d => settings(When::Flushed)?,
        // TCSBRK: a break (argument 0) is nothing to these lines; else drain.
        0x5409 => Request::Drain,
        // TCFLSH: 0 input, 1 output, 2 both.
        0x540b if argument <= 2 => Request::Flush {
            input: argument != 1,
            output: argument != 0,
        },
        0x540b => return Err(Errno::EINVAL),
        // TIOCSCTTY, TIOCGPGRP, TIOCSPGRP, TIOCGWINSZ, TIOCSWINSZ, FIONREAD, TIOCNOTTY, TIOCGSID
        0x540e => Request::BecomeControlling {
            steal: argument == 1,
        },
        0x540f => Request::GetForeground(0),
        0x5410 => {
            let group = UserPtr::<i32>::new(address).read()?;
            Request::SetForeground(u32::try_from(group).map_err(|_| Errno::EINVAL)?)
        }
        0x5413 => Request::GetWindow(Window::default()),
        0x5414 => {
            let [rows, columns, width, height] = UserPtr::<[u16; 4]>::new(address).read()?;
            Request::SetWindow(Window {
                rows,
                columns,
                width,
                height,
            })
        }
        0x541b => Request::Available(0),
        0x5422 => Request::GiveUpControlling,
        0x5429 => Request::GetSession(0),
        _ => return Err(Errno::ENOTTY),
    })
}

#[cfg(test)]
mod tests {
    use super::{Settings, TermIos};
    use kapi::tty::Modes;

    #[test]
    fn settings_survive_the_way_through_termios() {
        assert_eq!(size_of::<TermIos>(), 36);
        // The size that the request's number says.
        assert_eq!(
            size_of::<super::TermIos2>(),
            (super::GET_SETTINGS_2 >> 16 & 0x3fff) as usize
        );
        let settings = Settings {
            modes: Modes::all(),
            characters: core::array::from_fn(|index| index as u8 + 1),
            min: 3,
            time: 7,
        };
        assert_eq!(Settings::from(&TermIos::from(&settings)), settings);
    }
}

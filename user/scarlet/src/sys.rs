//! The calls, one function for all: number and up to six words. Numbers as in the ABI's table.

use crate::{Error, Result};

/// "No handle", "the working directory", "the lowest free number".
pub const NONE: u32 = u32::MAX;

/// A call's number.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
#[expect(missing_docs, reason = "named and documented in the ABI's table")]
pub enum Nr {
    Exit = 0,
    ThreadCreate = 1,
    ThreadExit = 2,
    ThreadYield = 3,
    ProcessSpawn = 4,
    ProcessExec = 5,
    ProcessWait = 6,
    ProcessId = 7,
    ProcessParent = 8,
    ProcessPost = 9,
    ProcessGroup = 10,
    ProcessNewSession = 11,
    ProcessInfo = 12,
    ProcessList = 13,
    Fork = 14,
    EventIgnore = 15,
    HandleClose = 20,
    HandleDuplicate = 21,
    HandleInfo = 22,
    HandleFlags = 23,
    Read = 30,
    Write = 31,
    ReadAt = 32,
    WriteAt = 33,
    Seek = 34,
    Pipe = 35,
    WaitMany = 36,
    Control = 37,
    Open = 40,
    Stat = 41,
    StatHandle = 42,
    List = 43,
    Make = 44,
    Remove = 45,
    Rename = 46,
    Link = 47,
    Symlink = 48,
    ReadLink = 49,
    Change = 50,
    Truncate = 51,
    Sync = 52,
    SetDirectory = 53,
    GetDirectory = 54,
    Usage = 55,
    Umask = 56,
    Mount = 60,
    Unmount = 61,
    Mounts = 62,
    EnvironmentCreate = 63,
    EnvironmentEnter = 64,
    Map = 70,
    Unmap = 71,
    Protect = 72,
    FutexWait = 73,
    FutexWake = 74,
    Clock = 80,
    Sleep = 81,
    SetWall = 82,
    Random = 83,
    SystemInfo = 84,
    LogRead = 85,
    Power = 86,
    TracerCreate = 87,
}

/// Makes a call. Words that are addresses must be good for what the call does with them: the functions of this
/// crate see to that.
pub(crate) fn call<const N: usize>(number: Nr, words: [usize; N]) -> Result<usize> {
    raw(number as usize, words)
}

/// Makes a call by bare number (for tests of the kernel).
pub fn raw<const N: usize>(number: usize, words: [usize; N]) -> Result<usize> {
    let mut all = [0; 6];
    all[..N].copy_from_slice(&words);
    let result = ecall(number, all);
    if (-4095..0).contains(&result) {
        Err(Error::from_code(-result as usize))
    } else {
        Ok(result as usize)
    }
}

fn ecall(number: usize, words: [usize; 6]) -> isize {
    let result;
    // SAFETY: the kernel changes a0 only, and memory only as the call's words say.
    unsafe {
        core::arch::asm!(
            "ecall",
            inlateout("a0") words[0] => result,
            in("a1") words[1],
            in("a2") words[2],
            in("a3") words[3],
            in("a4") words[4],
            in("a5") words[5],
            in("a7") number,
        );
    }
    result
}

/// Address and length of a text, as structures hold them.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Text {
    address: u64,
    len: u64,
}

impl Text {
    /// The text's place. It must live as long as the structure is used.
    pub fn new(bytes: &[u8]) -> Text {
        Text {
            address: bytes.as_ptr() as u64,
            len: bytes.len() as u64,
        }
    }
}

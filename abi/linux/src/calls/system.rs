//! The calls of the `system` group.

use crate::calls::path::privileged;
use crate::errno::Errno;
use crate::types::system::{HwProbe, SysInfo, UtsName};
use arrayvec::ArrayVec;
use kapi::sync::SpinLock;
use kapi::{Address, Call, InBuffer, UserPtr, process, sched, system, time, user};

/// Longest host or domain name.
const NAME: usize = 64;
/// The version whose behaviour programs may count on.
const RELEASE: &[u8] = b"6.12.0-scarlet";
/// Bytes moved in one step.
const CHUNK: usize = 256;

type Name = ArrayVec<u8, NAME>;

static HOST: SpinLock<Name> = SpinLock::new(Name::new_const());
static DOMAIN: SpinLock<Name> = SpinLock::new(Name::new_const());

fn field(text: &[u8]) -> [u8; 65] {
    let mut out = [0; 65];
    let len = text.len().min(NAME);
    out[..len].copy_from_slice(&text[..len]);
    out
}

/// A name, or what stands for it while nobody has set one.
fn name_or(name: &SpinLock<Name>, otherwise: &[u8]) -> [u8; 65] {
    let name = name.lock();
    if name.is_empty() {
        field(otherwise)
    } else {
        field(&name)
    }
}

pub(crate) fn uname(_call: &mut Call<'_>, name: UserPtr<UtsName>) -> Result<(), Errno> {
    Ok(name.write(&UtsName {
        system: field(b"Linux"),
        node: name_or(&HOST, b"scarlet"),
        release: field(RELEASE),
        version: field(b"#1 SMP Scarlet"),
        machine: field(b"riscv64"),
        domain: name_or(&DOMAIN, b"(none)"),
    })?)
}

fn set_name(call: &Call<'_>, to: &SpinLock<Name>, name: InBuffer, len: usize) -> Result<(), Errno> {
    privileged(call)?;
    if len > NAME {
        return Err(Errno::EINVAL);
    }
    let mut bytes = [0; NAME];
    user::copy_in(&mut bytes[..len], name.0)?;
    let mut new = Name::from(bytes);
    new.truncate(len);
    *to.lock() = new;
    Ok(())
}

pub(crate) fn sethostname(call: &mut Call<'_>, name: InBuffer, len: usize) -> Result<(), Errno> {
    set_name(call, &HOST, name, len)
}

pub(crate) fn setdomainname(call: &mut Call<'_>, name: InBuffer, len: usize) -> Result<(), Errno> {
    set_name(call, &DOMAIN, name, len)
}

pub(crate) fn sysinfo(_call: &mut Call<'_>, info: UserPtr<SysInfo>) -> Result<(), Errno> {
    let memory = system::memory();
    Ok(info.write(&SysInfo {
        uptime: (time::now() / 1_000_000_000) as i64,
        loads: sched::load_averages().map(u64::from),
        total: memory.total as u64,
        free: memory.free as u64,
        processes: process::all().len().min(usize::from(u16::MAX)) as u16,
        unit: 1,
        ..SysInfo::default()
    })?)
}

pub(crate) fn getrandom(
    _call: &mut Call<'_>,
    buf: Address,
    len: usize,
    flags: u32,
) -> Result<usize, Errno> {
    if flags & !7 != 0 || flags & 6 == 6 {
        return Err(Errno::EINVAL);
    }
    let len = len.min(i32::MAX as usize);
    let mut bytes = [0; CHUNK];
    let mut done = 0;
    while done < len {
        let n = CHUNK.min(len - done);
        kapi::random::fill(&mut bytes[..n]);
        match user::copy_out(buf.0.wrapping_add(done), &bytes[..n]) {
            Ok(()) => done += n,
            Err(_) if done > 0 => break,
            Err(bad) => return Err(bad.into()),
        }
        if sched::should_yield() {
            sched::yield_now();
        }
    }
    Ok(done)
}

pub(crate) fn syslog(
    call: &mut Call<'_>,
    action: u32,
    buf: Address,
    len: i32,
) -> Result<usize, Errno> {
    const READ_ALL: u32 = 3;
    const SIZE_UNREAD: u32 = 9;
    const SIZE_BUFFER: u32 = 10;
    /// What a reader is told to make room for.
    const SIZE: usize = 128 << 10;
    privileged(call)?;
    match action {
        // Close, open, console off, on, level: nothing to keep.
        0 | 1 | 6 | 7 | 8 => Ok(0),
        READ_ALL => {
            let len = usize::try_from(len).map_err(|_| Errno::EINVAL)?;
            let mut bytes = [0; CHUNK];
            let mut done = 0;
            while done < len {
                let room = CHUNK.min(len - done);
                let n = system::read_log(done as u64, &mut bytes[..room]);
                if n == 0 {
                    break;
                }
                user::copy_out(buf.0.wrapping_add(done), &bytes[..n])?;
                done += n;
            }
            Ok(done)
        }
        SIZE_UNREAD => Ok(0),
        SIZE_BUFFER => Ok(SIZE),
        _ => Err(Errno::EINVAL),
    }
}

pub(crate) fn reboot(
    call: &mut Call<'_>,
    magic: u32,
    magic2: u32,
    command: u32,
    _argument: Address,
) -> Result<(), Errno> {
    const MAGIC: u32 = 0xfee1_dead;
    const MAGIC2: [u32; 4] = [0x2812_1969, 0x0512_1996, 0x1604_1998, 0x2011_2000];
    const RESTART: u32 = 0x0123_4567;
    const HALT: u32 = 0xcdef_0123;
    const POWER_OFF: u32 = 0x4321_fedc;
    const CAD_ON: u32 = 0x89ab_cdef;
    const CAD_OFF: u32 = 0;
    privileged(call)?;
    if magic != MAGIC || !MAGIC2.contains(&magic2) {
        return Err(Errno::EINVAL);
    }
    match command {
        // There is no such key here.
        CAD_ON | CAD_OFF => Ok(()),
        RESTART => system::reboot(),
        HALT | POWER_OFF => system::power_off(0),
        _ => Err(Errno::EINVAL),
    }
}

/// The value of a key; `None` for one that is not known. Source: Documentation/arch/riscv/hwprobe.rst.
fn probe(key: i64) -> Option<u64> {
    Some(match key {
        // Vendor, architecture, implementation: not told.
        0..=2 => 0,
        // Base behaviour: I, M, A.
        3 => 1,
        // Extensions: F and D, C.
        4 => 3,
        // Misaligned access: emulated at worst, so "unknown".
        5 => 0,
        _ => return None,
    })
}

pub(crate) fn riscv_hwprobe(
    _call: &mut Call<'_>,
    pairs: UserPtr<HwProbe>,
    count: usize,
    _set_size: usize,
    _cpus: Address,
    flags: u32,
) -> Result<(), Errno> {
    if flags != 0 {
        return Err(Errno::EINVAL);
    }
    for index in 0..count {
        let pair = pairs.at(index);
        let key = pair.read()?.key;
        let answer = match probe(key) {
            Some(value) => HwProbe { key, value },
            None => HwProbe { key: -1, value: 0 },
        };
        pair.write(&answer)?;
    }
    Ok(())
}

pub(crate) fn riscv_flush_icache(
    _call: &mut Call<'_>,
    _start: Address,
    _end: Address,
    flags: u64,
) -> Result<(), Errno> {
    if flags & !1 != 0 {
        return Err(Errno::EINVAL);
    }
    user::flush_icache();
    Ok(())
}

//! The vdso: a small ELF library that the kernel maps into every program. It holds the way back from signal handlers,
//! and clocks that need no call.
//!
//! Two pages: the kernel's data (clock parameters), then the library. Every program maps the same two frames.

mod asm;
mod elf;

use alloc::sync::Arc;
use alloc::vec::Vec;
use asm::Asm;
use kapi::mm::{AddressSpace, Backing, Map, Pages, Prot, SharedMemory};
use kapi::sync::Once;
use kapi::user::PAGE_SIZE;
use kapi::{Result, time};

static PAGES: Once<Arc<SharedMemory>> = Once::new();

/// Where the code begins in the library.
const TEXT: usize = 0x400;
/// Offsets in the data page: counter value and ns at the start, ns per tick times 2^32, wall clock minus monotonic.
const TICKS: i32 = 0;
const NS: i32 = 8;
const SCALE: i32 = 16;
const WALL: i32 = 24;

const CALL_SIGRETURN: i32 = 139;
const CALL_CLOCK_GETTIME: i32 = 113;
const CALL_GETTIMEOFDAY: i32 = 169;

/// Address of the trampoline of a vdso mapped at `base`: it is the first code.
pub(crate) fn sigreturn(base: usize) -> usize {
    base + TEXT
}

/// Maps both pages; `base` is where the library goes, the data page is below it.
pub(crate) fn map(memory: &AddressSpace, base: usize) -> Result<()> {
    let pages = match PAGES.get() {
        Some(pages) => pages,
        None => {
            let made = make()?;
            PAGES.call_once(|| made)
        }
    };
    let at = |addr, prot, offset, name: &[u8]| Map {
        addr,
        fixed: true,
        shared: true,
        backing: Backing::Pages {
            pages: pages.clone(),
            offset,
        },
        name: Arc::from(name),
        ..Map::anonymous(PAGE_SIZE, prot)
    };
    memory.map_at_most(&at(base - PAGE_SIZE, Prot::READ, 0, b"[vvar]"), Prot::READ)?;
    let code = Prot::READ | Prot::EXECUTE;
    memory.map_at_most(&at(base, code, PAGE_SIZE as u64, b"[vdso]"), code)?;
    Ok(())
}

/// Tells the data page about a change of the wall clock.
pub(crate) fn update() -> Result<()> {
    let Some(pages) = PAGES.get() else {
        return Ok(());
    };
    let offset = time::wall().wrapping_sub(time::now());
    pages
        .page(0, true)?
        .write(WALL as usize, &offset.to_le_bytes());
    Ok(())
}

fn make() -> Result<Arc<SharedMemory>> {
    let pages = SharedMemory::new(2 * PAGE_SIZE as u64);
    let data = parameters();
    pages.page(0, true)?.write(0, &data);
    pages.page(1, true)?.write(0, &library());
    Ok(pages)
}

/// The data page's words.
fn parameters() -> Vec<u8> {
    const SECOND: u128 = 1_000_000_000;
    let (frequency, before) = time::counter();
    let now = time::now();
    let (_, after) = time::counter();
    let ns = |ticks: u64| (u128::from(ticks) * SECOND / u128::from(frequency.max(1))) as u64;
    // The kernel's clock is this counter scaled; then both agree to the tick. Else go on from here.
    let (ticks, start) = if (ns(before)..=ns(after)).contains(&now) {
        (0, 0)
    } else {
        (before, now)
    };
    let scale = ((SECOND << 32) / u128::from(frequency.max(1))) as u64;
    let wall = time::wall().wrapping_sub(time::now());
    [ticks, start, scale, wall]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect()
}

/// The library's bytes.
fn library() -> Vec<u8> {
    let mut code = Asm::new(TEXT as i32);
    let sigreturn = code.here();
    code.call(CALL_SIGRETURN);
    let clock_gettime = code.here();
    emit_clock_gettime(&mut code);
    let gettimeofday = code.here();
    emit_gettimeofday(&mut code);
    let functions = [
        ("__vdso_rt_sigreturn", sigreturn as u64),
        ("__vdso_clock_gettime", clock_gettime as u64),
        ("__vdso_gettimeofday", gettimeofday as u64),
    ];
    elf::library(&functions, TEXT, &code.bytes())
}

/// clock_gettime(clock, time): CLOCK_REALTIME 0 and CLOCK_MONOTONIC 1 here, others by the call.
fn emit_clock_gettime(code: &mut Asm) {
    use asm::{A0, A1, T1, T2, T3, ZERO};
    code.sltiu(T1, A0, 2);
    let slow = code.branch_equal(T1, ZERO);
    let data = code.data_page();
    code.monotonic(data, TICKS, NS, SCALE);
    let monotonic = code.branch_not_equal(A0, ZERO);
    code.load(T2, asm::T0, WALL - data);
    code.add(T1, T1, T2);
    code.land(monotonic);
    code.billion(T2);
    code.divide(T3, T1, T2);
    code.remainder(T1, T1, T2);
    code.store(T3, A1, 0);
    code.store(T1, A1, 8);
    code.load_small(A0, 0);
    code.ret();
    code.land(slow);
    code.call(CALL_CLOCK_GETTIME);
    code.ret();
}

/// gettimeofday(time, zone): with a zone, or without a time, by the call.
fn emit_gettimeofday(code: &mut Asm) {
    use asm::{A0, A1, T1, T2, T3, ZERO};
    let no_time = code.branch_equal(A0, ZERO);
    let zone = code.branch_not_equal(A1, ZERO);
    let data = code.data_page();
    code.monotonic(data, TICKS, NS, SCALE);
    code.load(T2, asm::T0, WALL - data);
    code.add(T1, T1, T2);
    code.billion(T2);
    code.divide(T3, T1, T2);
    code.remainder(T1, T1, T2);
    code.store(T3, A0, 0);
    code.load_small(T2, 1000);
    code.divide(T1, T1, T2);
    code.store(T1, A0, 8);
    code.load_small(A0, 0);
    code.ret();
    code.land(no_time);
    code.land(zone);
    code.call(CALL_GETTIMEOFDAY);
    code.ret();
}

#[cfg(test)]
mod tests {
    use super::{TEXT, library};

    #[test]
    fn the_library_is_an_elf_within_a_page_with_the_trampoline_first() {
        let bytes = library();
        assert!(bytes.len() <= 4096);
        assert_eq!(bytes[..4], *b"\x7fELF");
        // li a7, 139; ecall.
        assert_eq!(bytes[TEXT..TEXT + 4], 0x08b0_0893_u32.to_le_bytes());
        assert_eq!(bytes[TEXT + 4..TEXT + 8], 0x0000_0073_u32.to_le_bytes());
    }
}

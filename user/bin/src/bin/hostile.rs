//! Misbehaves on purpose: what it does must end it alone.
#![no_std]
#![no_main]

use programs::{Bytes, fail_usage, plain_args};
use scarlet::mem::{self, Prot};
use scarlet::{println, process, sys};

scarlet::main!(main);

const USAGE: &str =
    "hostile jump0 | null-read | overflow | write-text | bad-pointers | fork-bomb | eat-memory";

fn main() -> i32 {
    match plain_args(USAGE).as_slice() {
        [b"jump0"] => jump(0),
        [b"null-read"] => touch(core::ptr::null_mut(), false),
        [b"overflow"] => {
            println!("{}", deeper(1));
        }
        [b"write-text"] => touch(main as *const () as *mut u8, true),
        [b"bad-pointers"] => bad_pointers(),
        [b"fork-bomb"] => return fork_bomb(),
        [b"eat-memory"] => eat(),
        args => fail_usage(
            USAGE,
            format_args!("no mode {}", Bytes(args.first().copied().unwrap_or(b""))),
        ),
    }
    0
}

fn jump(to: usize) {
    // SAFETY: none; the fault is the purpose.
    unsafe { core::mem::transmute::<usize, Option<extern "C" fn()>>(to) }.map_or_else(
        || {
            // SAFETY: as above. A null function pointer must not exist in Rust, so the jump is in assembly.
            unsafe { core::arch::asm!("jr zero") }
        },
        |function| function(),
    );
}

fn touch(at: *mut u8, write: bool) {
    // SAFETY: none; the fault is the purpose.
    unsafe {
        if write {
            core::arch::asm!("sb zero, 0({at})", at = in(reg) at);
        } else {
            core::arch::asm!("lb zero, 0({at})", at = in(reg) at);
        }
    }
}

#[expect(unconditional_recursion, reason = "the overflow is the purpose")]
fn deeper(depth: u64) -> u64 {
    let page = core::hint::black_box([depth; 512]);
    deeper(depth + 1) + page[depth as usize % 512]
}

/// Every call with addresses that are not there; all must come back.
fn bad_pointers() {
    // A thread that starts nowhere ends the process, rightly.
    // Posting to process 1 would end the machine, as it may.
    const NEVER_BACK: [usize; 8] = [0, 1, 2, 5, 9, 14, 81, 86];
    // No handle of its own among them: closing standard output would hide the answer.
    let bad = [64, 0xfff, 0x3f_ffff_f000, 1 << 40, usize::MAX - 7, 1 << 63];
    let mut refused = 0;
    for number in (0..100).filter(|number| !NEVER_BACK.contains(number)) {
        for at in bad {
            // The waiting calls get a count or filter that nothing answers to, and no time.
            refused += usize::from(sys::raw(number, [at, at, at, at, at, at]).is_err());
        }
    }
    println!("survived; {refused} calls refused");
}

/// Forks until it cannot; the copies wait for the original's end of a pipe, then all leave.
fn fork_bomb() -> i32 {
    let Ok((reader, writer)) = scarlet::io::pipe() else {
        return 1;
    };
    let mut made = 0;
    loop {
        match process::fork() {
            Ok(0) => {
                drop(writer);
                let _ = scarlet::io::read(reader.number(), &mut [0]);
                process::exit(0);
            }
            Ok(_) => made += 1,
            Err(error) => {
                println!("made {made}, then: {error}");
                break;
            }
        }
    }
    drop(writer);
    for _ in 0..made {
        let _ = process::wait(-1, false, false);
    }
    0
}

fn eat() {
    let mut eaten = 0_u64;
    loop {
        match mem::map(1 << 20, Prot::READ_WRITE) {
            Ok(at) => {
                for page in 0..256 {
                    // SAFETY: the mapping is this program's own and that long.
                    unsafe { at.add(page * mem::PAGE).write_volatile(1) };
                }
                eaten += 1;
            }
            Err(error) => {
                println!("ate {eaten} MiB, then: {error}");
                return;
            }
        }
    }
}

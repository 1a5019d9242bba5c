//! Misbehaves on purpose: what it does must end it alone.
#![no_std]
#![no_main]

use core::arch::asm;
use xv6_programs::{Args, Text, calls, eprintln, println};

xv6_programs::main!(main);

fn main(args: Args) -> i32 {
    match args.get(1).unwrap_or(b"\0") {
        b"kernel-read\0" => touch(0x8000_0000, false),
        b"overflow\0" => touch(stack_guard(), true),
        b"write-text\0" => touch(main as *const () as usize, true),
        // SAFETY: none; the fault is the purpose.
        b"jump\0" => unsafe { asm!("jr {}", in(reg) 0x3f_0000_0000_usize) },
        b"bad-pointers\0" => bad_pointers(),
        b"spin\0" => loop {
            core::hint::spin_loop();
        },
        b"fork-bomb\0" => return fork_bomb(),
        b"eat-memory\0" => {
            let mut pages = 0;
            while calls::sbrk(4096) >= 0 {
                pages += 1;
            }
            println!("ate {} KiB", pages * 4);
        }
        mode => {
            eprintln!(
                "usage: xhostile kernel-read|overflow|write-text|jump|bad-pointers|spin|fork-bomb|eat-memory, not {}",
                Text(mode)
            );
            return 2;
        }
    }
    0
}

fn touch(at: usize, write: bool) {
    // SAFETY: none; the fault is the purpose.
    unsafe {
        if write {
            asm!("sb zero, 0({at})", at = in(reg) at);
        } else {
            asm!("lb zero, 0({at})", at = in(reg) at);
        }
    }
}

/// The page below the stack's.
fn stack_guard() -> usize {
    let here = 0_u8;
    (&raw const here as usize & !4095) - 8
}

fn bad_pointers() {
    let mut refused = 0;
    for number in (3..30).filter(|number| ![12, 13].contains(number)) {
        for at in [0x8000_0000, 0x3f_ffff_f000, 1 << 40, usize::MAX - 7] {
            refused += i32::from(calls::raw(number, at, at, 8) == -1);
        }
    }
    println!("survived; {refused} calls refused");
}

fn fork_bomb() -> i32 {
    let Some((reader, writer)) = calls::pipe() else {
        return 1;
    };
    let mut made = 0;
    loop {
        match calls::fork() {
            0 => {
                calls::close(writer);
                calls::read(reader, &mut [0]);
                calls::exit(0);
            }
            1.. => made += 1,
            _ => break,
        }
    }
    calls::close(writer);
    for _ in 0..made {
        calls::wait();
    }
    println!("made {made}");
    0
}

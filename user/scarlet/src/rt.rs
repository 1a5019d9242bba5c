//! The entry: what happens before and after `main`.

use crate::sys::{self, Nr};
use core::arch::global_asm;

// sp points at argc; the kernel has aligned it to 16 bytes.
global_asm!(
    ".section .text._start,\"ax\",@progbits",
    ".globl _start",
    ".type _start, @function",
    "_start:",
    ".option push",
    ".option norelax",
    "la gp, __global_pointer$",
    ".option pop",
    "mv a0, sp",
    "call {start}",
    ".size _start, . - _start",
    start = sym start,
);

/// The note that marks an image as native: owner `Scarlet`, type 1, ABI version 1.
#[used]
#[unsafe(link_section = ".note.scarlet")]
static NOTE: [u32; 6] = [
    8,
    4,
    1,
    u32::from_le_bytes(*b"Scar"),
    u32::from_le_bytes(*b"let\0"),
    1,
];

unsafe extern "C" {
    safe fn scarlet_main() -> i32;
}

extern "C" fn start(stack: *const usize) -> ! {
    // SAFETY: the kernel starts a program with sp at argc and the two arrays behind it.
    unsafe { crate::env::init(stack) };
    let code = scarlet_main();
    crate::process::exit(code)
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    crate::eprintln!("{info}");
    let _ = sys::call(Nr::Exit, [101]);
    loop {
        core::hint::spin_loop();
    }
}

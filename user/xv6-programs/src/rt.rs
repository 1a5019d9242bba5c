//! The entry: a0 = argc, a1 = argv; ends with main's result.

use crate::{Args, calls};
use core::arch::global_asm;

global_asm!(
    ".section .text._start,\"ax\",@progbits",
    ".globl _start",
    ".type _start, @function",
    "_start:",
    "call {start}",
    ".size _start, . - _start",
    start = sym start,
);

unsafe extern "C" {
    safe fn xv6_main(args: Args) -> i32;
}

extern "C" fn start(count: usize, array: *const *const u8) -> ! {
    calls::exit(xv6_main(Args { count, array }))
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    crate::eprintln!("{info}");
    calls::exit(101)
}

//! What xv6 programs of our own stand on: the 21 calls, printing, arguments. No heap, no environment.
#![no_std]

pub mod calls;
mod rt;

use core::fmt;

/// Makes `fn main(args: Args) -> i32` the program.
#[macro_export]
macro_rules! main {
    ($main:path) => {
        #[unsafe(no_mangle)]
        extern "C" fn xv6_main(args: $crate::Args) -> i32 {
            $main(args)
        }
    };
}

/// Prints to descriptor 1.
#[macro_export]
macro_rules! println {
    ($($arg:tt)*) => { $crate::print(1, format_args!("{}\n", format_args!($($arg)*))) };
}

/// Prints to descriptor 2.
#[macro_export]
macro_rules! eprintln {
    ($($arg:tt)*) => { $crate::print(2, format_args!("{}\n", format_args!($($arg)*))) };
}

/// The arguments as the kernel left them on the stack.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Args {
    count: usize,
    array: *const *const u8,
}

impl Args {
    /// How many, the program's name included.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is not even a name.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The `index`th, with its NUL.
    pub fn get(&self, index: usize) -> Option<&'static [u8]> {
        if index >= self.count {
            return None;
        }
        // SAFETY: the kernel put `count` pointers to NUL-terminated strings on the stack, which stays.
        let text = unsafe { core::ffi::CStr::from_ptr((*self.array.add(index)).cast()) };
        Some(text.to_bytes_with_nul())
    }
}

struct Writer {
    fd: i32,
    held: [u8; 256],
    len: usize,
}

impl Writer {
    fn flush(&mut self) {
        // Output that nobody takes is lost.
        let _ = calls::write(self.fd, &self.held[..self.len]);
        self.len = 0;
    }
}

impl fmt::Write for Writer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for &byte in text.as_bytes() {
            if self.len == self.held.len() {
                self.flush();
            }
            self.held[self.len] = byte;
            self.len += 1;
        }
        Ok(())
    }
}

/// What `println!` calls.
pub fn print(fd: i32, args: fmt::Arguments<'_>) {
    let mut writer = Writer {
        fd,
        held: [0; 256],
        len: 0,
    };
    let _ = fmt::Write::write_fmt(&mut writer, args);
    writer.flush();
}

/// Bytes up to the first NUL, shown as text.
pub struct Text<'a>(pub &'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self
            .0
            .iter()
            .position(|&byte| byte == 0)
            .unwrap_or(self.0.len());
        f.write_str(core::str::from_utf8(&self.0[..end]).unwrap_or("?"))
    }
}

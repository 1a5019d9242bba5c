//! Arguments, environment variables, working directory.

use crate::Result;
use crate::sys::{NONE, Nr, call};
use alloc::vec;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicPtr, Ordering};

/// The address of argc on the first stack.
static STACK: AtomicPtr<usize> = AtomicPtr::new(core::ptr::null_mut());

/// # Safety
/// `stack` points at argc, the argument pointers, 0, the environment pointers, 0, which stay for ever.
pub(crate) unsafe fn init(stack: *const usize) {
    STACK.store(stack.cast_mut(), Ordering::Relaxed);
}

/// The strings of the array that begins `skip` words after argc.
fn strings(skip: usize) -> Vec<&'static [u8]> {
    let stack = STACK.load(Ordering::Relaxed);
    let mut out = Vec::new();
    for index in skip.. {
        // SAFETY: `init` was told that the arrays are there, each ended by 0.
        let text = unsafe { *stack.add(index) } as *const core::ffi::c_char;
        if text.is_null() {
            break;
        }
        // SAFETY: the kernel put NUL-terminated strings there.
        out.push(unsafe { core::ffi::CStr::from_ptr(text) }.to_bytes());
    }
    out
}

/// The arguments; the first is the program's name.
pub fn args() -> Vec<&'static [u8]> {
    strings(1)
}

/// The environment as `NAME=value`.
pub fn vars() -> Vec<&'static [u8]> {
    // SAFETY: argc stands where `init` said.
    let count = unsafe { *STACK.load(Ordering::Relaxed) };
    strings(count + 2)
}

/// The value of a variable.
pub fn var(name: &[u8]) -> Option<&'static [u8]> {
    vars()
        .into_iter()
        .find_map(|text| text.strip_prefix(name)?.strip_prefix(b"="))
}

/// The working directory's path.
pub fn current_dir() -> Result<Vec<u8>> {
    let mut path = vec![0; 4096];
    let len = call(Nr::GetDirectory, [path.as_mut_ptr() as usize, path.len()])?;
    path.truncate(len);
    Ok(path)
}

/// Changes the working directory.
pub fn set_current_dir(path: &[u8]) -> Result<()> {
    call(
        Nr::SetDirectory,
        [NONE as usize, path.as_ptr() as usize, path.len()],
    )
    .map(drop)
}

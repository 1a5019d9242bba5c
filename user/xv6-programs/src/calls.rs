//! The 21 calls. Negative results are failures. Paths end with NUL.

use core::arch::asm;

/// Open for writing.
pub const O_WRONLY: i32 = 1;
/// Open for both.
pub const O_RDWR: i32 = 2;
/// Make the file.
pub const O_CREATE: i32 = 0x200;
/// Empty the file.
pub const O_TRUNC: i32 = 0x400;

/// A call by number; for tests of bad arguments.
pub fn raw(number: usize, a0: usize, a1: usize, a2: usize) -> isize {
    let result;
    // SAFETY: the kernel changes a0 only, and memory only as the arguments say.
    unsafe {
        asm!("ecall", inlateout("a0") a0 => result, in("a1") a1, in("a2") a2, in("a7") number);
    }
    result
}

fn path(bytes: &[u8]) -> usize {
    assert!(bytes.ends_with(b"\0"), "a path without its NUL");
    bytes.as_ptr() as usize
}

/// Copies the process: 0 in the copy.
pub fn fork() -> i32 {
    raw(1, 0, 0, 0) as i32
}

/// Ends the process.
pub fn exit(status: i32) -> ! {
    loop {
        raw(2, status as usize, 0, 0);
    }
}

/// Waits for a child: its id and status.
pub fn wait() -> (i32, i32) {
    let mut status = 0;
    let id = raw(3, &raw mut status as usize, 0, 0) as i32;
    (id, status)
}

/// Makes a pipe: reader and writer.
pub fn pipe() -> Option<(i32, i32)> {
    let mut ends = [0_i32; 2];
    (raw(4, ends.as_mut_ptr() as usize, 0, 0) == 0).then_some((ends[0], ends[1]))
}

/// Reads.
pub fn read(fd: i32, into: &mut [u8]) -> i32 {
    raw(5, fd as usize, into.as_mut_ptr() as usize, into.len()) as i32
}

/// Kills a process.
pub fn kill(pid: i32) -> i32 {
    raw(6, pid as usize, 0, 0) as i32
}

/// Replaces the program; the array of pointers ends with null.
pub fn exec(program: &[u8], argv: &[*const u8]) -> i32 {
    raw(7, path(program), argv.as_ptr() as usize, 0) as i32
}

/// Facts about a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
#[expect(missing_docs, reason = "the original's names")]
pub struct Stat {
    pub dev: i32,
    pub ino: u32,
    /// 1 directory, 2 file, 3 device.
    pub kind: i16,
    pub nlink: i16,
    pad: u32,
    pub size: u64,
}

/// Facts about an open file.
pub fn fstat(fd: i32) -> Option<Stat> {
    let mut stat = Stat::default();
    (raw(8, fd as usize, &raw mut stat as usize, 0) == 0).then_some(stat)
}

/// Changes the working directory.
pub fn chdir(to: &[u8]) -> i32 {
    raw(9, path(to), 0, 0) as i32
}

/// Another descriptor.
pub fn dup(fd: i32) -> i32 {
    raw(10, fd as usize, 0, 0) as i32
}

/// The process id.
pub fn getpid() -> i32 {
    raw(11, 0, 0, 0) as i32
}

/// Grows the heap; the old end, or -1.
pub fn sbrk(n: i32) -> isize {
    raw(12, n as usize, 1, 0)
}

/// Sleeps for ticks of 0.1 s.
pub fn pause(ticks: i32) -> i32 {
    raw(13, ticks as usize, 0, 0) as i32
}

/// Ticks since boot.
pub fn uptime() -> i32 {
    raw(14, 0, 0, 0) as i32
}

/// Opens.
pub fn open(name: &[u8], mode: i32) -> i32 {
    raw(15, path(name), mode as usize, 0) as i32
}

/// Writes.
pub fn write(fd: i32, from: &[u8]) -> i32 {
    raw(16, fd as usize, from.as_ptr() as usize, from.len()) as i32
}

/// Makes a device file.
pub fn mknod(name: &[u8], major: i16, minor: i16) -> i32 {
    raw(17, path(name), major as usize, minor as usize) as i32
}

/// Removes a name.
pub fn unlink(name: &[u8]) -> i32 {
    raw(18, path(name), 0, 0) as i32
}

/// Another name for a file.
pub fn link(old: &[u8], new: &[u8]) -> i32 {
    raw(19, path(old), path(new), 0) as i32
}

/// Makes a directory.
pub fn mkdir(name: &[u8]) -> i32 {
    raw(20, path(name), 0, 0) as i32
}

/// Closes.
pub fn close(fd: i32) -> i32 {
    raw(21, fd as usize, 0, 0) as i32
}

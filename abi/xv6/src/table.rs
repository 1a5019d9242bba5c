//! Every xv6 call: number, name, argument types, result. Source: kernel/syscall.h, user/user.h.

use crate::calls;
use crate::errno::Errno;
use crate::types::{Fd, Stat};
use kapi::{Address, InBuffer, Replaced, UserPtr, UserStr};

kapi::syscalls! {
    columns [riscv64], limit 22;

    process {
        /// Makes a copy of the process.
        [1]  fork() -> i32;
        /// Ends the process; the status is kept as it is.
        [2]  exit(status: i32) -> Replaced;
        /// Waits for a child to end; its status goes to `status` unless that is 0.
        [3]  wait(status: UserPtr<i32>) -> i32;
        /// Kills a process.
        [6]  kill(pid: i32) -> i32;
        /// Replaces the program; there is no environment.
        [7]  exec(path: UserStr, argv: UserPtr<u64>) -> Replaced;
        /// The process id.
        [11] getpid() -> i32;
        /// Grows the heap; mode 2 (newer programs) only promises the memory. Gives the old end.
        [12] sbrk(n: i32, mode: i32) -> Address;
        /// Sleeps for ticks of 0.1 s. Newer name of sleep.
        [13] pause(ticks: i32) -> i32;
        /// Ticks since boot.
        [14] uptime() -> u32;
    }
    file {
        /// Makes a pipe.
        [4]  pipe(fds: UserPtr<[i32; 2]>) -> i32;
        /// Reads; a directory gives records of 16 bytes.
        [5]  read(fd: Fd, buf: Address, n: i32) -> i32;
        /// Facts about an open file.
        [8]  fstat(fd: Fd, stat: UserPtr<Stat>) -> i32;
        /// Another descriptor for the same open file.
        [10] dup(fd: Fd) -> i32;
        /// Writes; all of it to files.
        [16] write(fd: Fd, buf: InBuffer, n: i32) -> i32;
        /// Closes.
        [21] close(fd: Fd) -> i32;
    }
    path {
        /// Changes the working directory.
        [9]  chdir(path: UserStr) -> i32;
        /// Opens; mode 1 write, 2 both, 0x200 create, 0x400 truncate.
        [15] open(path: UserStr, mode: i32) -> i32;
        /// Makes a device file.
        [17] mknod(path: UserStr, major: i16, minor: i16) -> i32;
        /// Removes a name; empty directories too.
        [18] unlink(path: UserStr) -> i32;
        /// Another name for a file.
        [19] link(old: UserStr, new: UserStr) -> i32;
        /// Makes a directory.
        [20] mkdir(path: UserStr) -> i32;
    }
}

//! Every Linux call: number on 64-bit RISC-V, name, argument types, result, and what is missing.
//! Source: include/uapi/asm-generic/unistd.h; the manual pages. `refused` rows fail with the error that they name.

use crate::calls;
use crate::errno::Errno;
use crate::types::file::{IoVec, OpenHow, Stat, StatFs, Statx};
use crate::types::process::{CloneArgs, RLimit, RUsage};
use crate::types::signal::{AltStack, SigAction, SigInfo};
use crate::types::system::{HwProbe, SysInfo, UtsName};
use crate::types::time::{ITimerVal, TimeSpec, TimeVal, TimeZone, Tms};
use crate::types::{Dir, Fd};
use kapi::{Address, InBuffer, Outcome, Replaced, UserPtr, UserStr};

kapi::syscalls! {
    columns [riscv64], limit 512;

    io {
        [63]  read(fd: Fd, buf: Address, count: usize) -> usize;
        [64]  write(fd: Fd, buf: InBuffer, count: usize) -> usize;
        [65]  readv(fd: Fd, iov: UserPtr<IoVec>, count: usize) -> usize;
        [66]  writev(fd: Fd, iov: UserPtr<IoVec>, count: usize) -> usize;
        [67]  pread64(fd: Fd, buf: Address, count: usize, offset: i64) -> usize;
        [68]  pwrite64(fd: Fd, buf: InBuffer, count: usize, offset: i64) -> usize;
        [69]  preadv(fd: Fd, iov: UserPtr<IoVec>, count: usize, offset: i64) -> usize;
        [70]  pwritev(fd: Fd, iov: UserPtr<IoVec>, count: usize, offset: i64) -> usize;
        [286] preadv2(fd: Fd, iov: UserPtr<IoVec>, count: usize, offset: i64, high: u64, flags: u32) -> usize, partial("no flags");
        [287] pwritev2(fd: Fd, iov: UserPtr<IoVec>, count: usize, offset: i64, high: u64, flags: u32) -> usize, partial("no flags");
        [62]  lseek(fd: Fd, offset: i64, whence: u32) -> u64, partial("SEEK_DATA and SEEK_HOLE see no holes");
        [71]  sendfile(out: Fd, from: Fd, offset: UserPtr<i64>, count: usize) -> usize;
        [285] copy_file_range(from: Fd, off_in: UserPtr<i64>, out: Fd, off_out: UserPtr<i64>, len: usize, flags: u32) -> usize;
        [76]  splice(from: Fd, off_in: UserPtr<i64>, out: Fd, off_out: UserPtr<i64>, len: usize, flags: u32) -> usize, refused(InvalidArgument, "later");
        [77]  tee(from: Fd, out: Fd, len: usize, flags: u32) -> usize, refused(InvalidArgument, "later");
        [75]  vmsplice(fd: Fd, iov: UserPtr<IoVec>, count: usize, flags: u32) -> usize, refused(InvalidArgument, "later");
        [59]  pipe2(fds: UserPtr<[u32; 2]>, flags: u32) -> (), partial("no packet mode");
        [213] readahead(fd: Fd, offset: i64, count: usize) -> (), partial("a hint, not followed");
        [223] fadvise64(fd: Fd, offset: i64, len: i64, advice: u32) -> (), partial("a hint, not followed");
    }

    file {
        [57]  close(fd: Fd) -> ();
        [436] close_range(first: u32, last: u32, flags: u32) -> ();
        [23]  dup(fd: Fd) -> u32;
        [24]  dup3(old: Fd, new: Fd, flags: u32) -> u32;
        [25]  fcntl(fd: Fd, command: u32, argument: u64) -> u64, partial("record locks guard nothing; no leases, no signals of readiness");
        [32]  flock(fd: Fd, operation: u32) -> (), partial("always granted: locks guard nothing yet");
        [80]  fstat(fd: Fd, stat: UserPtr<Stat>) -> ();
        [44]  fstatfs(fd: Fd, stat: UserPtr<StatFs>) -> ();
        [61]  getdents64(fd: Fd, buf: Address, count: usize) -> usize;
        [46]  ftruncate(fd: Fd, len: i64) -> ();
        [47]  fallocate(fd: Fd, mode: u32, offset: i64, len: i64) -> (), partial("only plain growing; space is not reserved");
        [52]  fchmod(fd: Fd, mode: u32) -> ();
        [55]  fchown(fd: Fd, uid: u32, gid: u32) -> ();
        [82]  fsync(fd: Fd) -> ();
        [83]  fdatasync(fd: Fd) -> ();
        [84]  sync_file_range(fd: Fd, offset: i64, len: i64, flags: u32) -> (), partial("syncs the whole file");
        [81]  sync() -> ();
        [267] syncfs(fd: Fd) -> ();
        [279] memfd_create(name: UserStr, flags: u32) -> u32, refused(NoSuchCall, "later");
        [29]  ioctl(fd: Fd, request: u32, argument: u64) -> u64, partial("terminals, FIONREAD, FIONBIO, FIOCLEX");
    }

    path {
        [56]  openat(dir: Dir, path: UserStr, flags: u32, mode: u32) -> u32, partial("no O_TMPFILE, no O_ASYNC; O_SYNC and O_DIRECT change nothing");
        [437] openat2(dir: Dir, path: UserStr, how: UserPtr<OpenHow>, size: usize) -> u32, partial("no resolve flags");
        [79]  newfstatat(dir: Dir, path: UserStr, stat: UserPtr<Stat>, flags: u32) -> ();
        [291] statx(dir: Dir, path: UserStr, flags: u32, mask: u32, stat: UserPtr<Statx>) -> ();
        [43]  statfs(path: UserStr, stat: UserPtr<StatFs>) -> ();
        [48]  faccessat(dir: Dir, path: UserStr, mode: u32) -> ();
        [439] faccessat2(dir: Dir, path: UserStr, mode: u32, flags: u32) -> ();
        [78]  readlinkat(dir: Dir, path: UserStr, buf: Address, size: i32) -> usize;
        [34]  mkdirat(dir: Dir, path: UserStr, mode: u32) -> ();
        [33]  mknodat(dir: Dir, path: UserStr, mode: u32, dev: u32) -> ();
        [35]  unlinkat(dir: Dir, path: UserStr, flags: u32) -> ();
        [36]  symlinkat(target: UserStr, dir: Dir, path: UserStr) -> ();
        [37]  linkat(dir: Dir, path: UserStr, to_dir: Dir, to: UserStr, flags: u32) -> ();
        [276] renameat2(dir: Dir, path: UserStr, to_dir: Dir, to: UserStr, flags: u32) -> ();
        [53]  fchmodat(dir: Dir, path: UserStr, mode: u32) -> ();
        [452] fchmodat2(dir: Dir, path: UserStr, mode: u32, flags: u32) -> ();
        [54]  fchownat(dir: Dir, path: UserStr, uid: u32, gid: u32, flags: u32) -> ();
        [88]  utimensat(dir: Dir, path: UserStr, times: UserPtr<[TimeSpec; 2]>, flags: u32) -> ();
        [45]  truncate(path: UserStr, len: i64) -> ();
        [17]  getcwd(buf: Address, size: usize) -> usize;
        [49]  chdir(path: UserStr) -> ();
        [50]  fchdir(fd: Fd) -> ();
        [51]  chroot(path: UserStr) -> ();
        [166] umask(mask: u32) -> u32;
    }

    mount {
        [40]  mount(source: UserStr, target: UserStr, kind: UserStr, flags: u64, data: UserStr) -> (), partial("no remount, no move; propagation is always private");
        [39]  umount2(target: UserStr, flags: u32) -> ();
        [41]  pivot_root(new: UserStr, old: UserStr) -> (), refused(NoSuchCall, "later");
    }

    attribute {
        [5]   setxattr(path: UserStr, name: UserStr, value: InBuffer, size: usize, flags: u32) -> (), partial("no XATTR_CREATE race freedom");
        [6]   lsetxattr(path: UserStr, name: UserStr, value: InBuffer, size: usize, flags: u32) -> (), partial("no XATTR_CREATE race freedom");
        [7]   fsetxattr(fd: Fd, name: UserStr, value: InBuffer, size: usize, flags: u32) -> (), partial("no XATTR_CREATE race freedom");
        [8]   getxattr(path: UserStr, name: UserStr, value: Address, size: usize) -> usize;
        [9]   lgetxattr(path: UserStr, name: UserStr, value: Address, size: usize) -> usize;
        [10]  fgetxattr(fd: Fd, name: UserStr, value: Address, size: usize) -> usize;
        [11]  listxattr(path: UserStr, list: Address, size: usize) -> usize, refused(NotSupported, "names cannot be listed yet");
        [12]  llistxattr(path: UserStr, list: Address, size: usize) -> usize, refused(NotSupported, "names cannot be listed yet");
        [13]  flistxattr(fd: Fd, list: Address, size: usize) -> usize, refused(NotSupported, "names cannot be listed yet");
        [14]  removexattr(path: UserStr, name: UserStr) -> (), refused(NotSupported, "later");
        [15]  lremovexattr(path: UserStr, name: UserStr) -> (), refused(NotSupported, "later");
        [16]  fremovexattr(fd: Fd, name: UserStr) -> (), refused(NotSupported, "later");
    }

    poll {
        [73]  ppoll(fds: Address, count: usize, timeout: UserPtr<TimeSpec>, mask: UserPtr<u64>, size: usize) -> usize;
        [72]  pselect6(count: u32, read: Address, write: Address, except: Address, timeout: UserPtr<TimeSpec>, mask: UserPtr<[u64; 2]>) -> usize;
        [19]  eventfd2(count: u32, flags: u32) -> u32, refused(NoSuchCall, "later");
        [20]  epoll_create1(flags: u32) -> u32, refused(NoSuchCall, "later");
        [21]  epoll_ctl(epoll: Fd, operation: u32, fd: Fd, event: Address) -> (), refused(NoSuchCall, "later");
        [22]  epoll_pwait(epoll: Fd, events: Address, count: i32, timeout: i32) -> usize, refused(NoSuchCall, "later");
        [26]  inotify_init1(flags: u32) -> u32, refused(NoSuchCall, "later");
        [74]  signalfd4(fd: Fd, mask: UserPtr<u64>, size: usize, flags: u32) -> u32, refused(NoSuchCall, "later");
        [85]  timerfd_create(clock: u32, flags: u32) -> u32, refused(NoSuchCall, "later");
    }

    memory {
        [222] mmap(addr: Address, len: usize, prot: u32, flags: u32, fd: Fd, offset: u64) -> Address, partial("MAP_LOCKED and MAP_HUGETLB are hints");
        [215] munmap(addr: Address, len: usize) -> ();
        [226] mprotect(addr: Address, len: usize, prot: u32) -> ();
        [216] mremap(addr: Address, old_len: usize, new_len: usize, flags: u32, to: Address) -> Address, partial("no MREMAP_DONTUNMAP");
        [214] brk(to: Address) -> Address;
        [233] madvise(addr: Address, len: usize, advice: u32) -> (), partial("hints but for DONTNEED, FREE, POPULATE are not followed");
        [227] msync(addr: Address, len: usize, flags: u32) -> (), partial("one page cache: nothing to do but check");
        [228] mlock(addr: Address, len: usize) -> (), partial("brings pages in; nothing is ever swapped");
        [284] mlock2(addr: Address, len: usize, flags: u32) -> (), partial("brings pages in; nothing is ever swapped");
        [229] munlock(addr: Address, len: usize) -> (), partial("nothing is ever swapped");
        [230] mlockall(flags: u32) -> (), partial("nothing is ever swapped");
        [231] munlockall() -> (), partial("nothing is ever swapped");
        [232] mincore(addr: Address, len: usize, vector: Address) -> ();
        [283] membarrier(command: u32, flags: u32, cpu: u32) -> u32, partial("only the query: no commands");
    }

    process {
        [220] clone(flags: u64, stack: Address, parent_tid: UserPtr<u32>, tls: Address, child_tid: Address) -> u32, partial("no new namespaces, no pidfd, no CLONE_PARENT_SETTID of other processes");
        [435] clone3(args: UserPtr<CloneArgs>, size: usize) -> u32, partial("as clone; no set_tid, no cgroup");
        [221] execve(path: UserStr, argv: UserPtr<u64>, envp: UserPtr<u64>) -> Replaced;
        [281] execveat(dir: Dir, path: UserStr, argv: UserPtr<u64>, envp: UserPtr<u64>, flags: u32) -> Replaced;
        [93]  exit(code: i32) -> Replaced;
        [94]  exit_group(code: i32) -> Replaced;
        [260] wait4(pid: i32, status: UserPtr<i32>, options: u32, usage: UserPtr<RUsage>) -> u32;
        [95]  waitid(which: u32, id: u32, info: UserPtr<SigInfo>, options: u32, usage: UserPtr<RUsage>) -> (), partial("no P_PIDFD");
        [172] getpid() -> u32;
        [173] getppid() -> u32;
        [178] gettid() -> u32;
        [154] setpgid(pid: u32, group: u32) -> ();
        [155] getpgid(pid: u32) -> u32;
        [157] setsid() -> u32;
        [156] getsid(pid: u32) -> u32;
        [165] getrusage(who: i32, usage: UserPtr<RUsage>) -> (), partial("times only");
        [163] getrlimit(resource: u32, limit: UserPtr<RLimit>) -> ();
        [164] setrlimit(resource: u32, limit: UserPtr<RLimit>) -> (), partial("kept for all, enforced for stack, address space, files, file size, processes");
        [261] prlimit64(pid: u32, resource: u32, new: UserPtr<RLimit>, old: UserPtr<RLimit>) -> (), partial("as setrlimit; other processes can only be asked");
        [167] prctl(option: u32, a: u64, b: u64, c: u64, d: u64) -> u64, partial("names, NO_NEW_PRIVS, dumpable, KEEPCAPS");
        [92]  personality(persona: u32) -> u32, partial("only the plain one");
        [97]  unshare(flags: u32) -> (), refused(InvalidArgument, "later");
        [117] ptrace(request: u64, pid: u64, addr: u64, data: u64) -> u64, refused(NoSuchCall, "later");
        [434] pidfd_open(pid: u32, flags: u32) -> u32, refused(NoSuchCall, "later");
    }

    identity {
        [174] getuid() -> u32;
        [175] geteuid() -> u32;
        [176] getgid() -> u32;
        [177] getegid() -> u32;
        [146] setuid(uid: u32) -> ();
        [144] setgid(gid: u32) -> ();
        [145] setreuid(real: u32, effective: u32) -> ();
        [143] setregid(real: u32, effective: u32) -> ();
        [147] setresuid(real: u32, effective: u32, saved: u32) -> ();
        [149] setresgid(real: u32, effective: u32, saved: u32) -> ();
        [148] getresuid(real: UserPtr<u32>, effective: UserPtr<u32>, saved: UserPtr<u32>) -> ();
        [150] getresgid(real: UserPtr<u32>, effective: UserPtr<u32>, saved: UserPtr<u32>) -> ();
        [151] setfsuid(uid: u32) -> u32;
        [152] setfsgid(gid: u32) -> u32;
        [158] getgroups(count: i32, list: UserPtr<u32>) -> usize;
        [159] setgroups(count: usize, list: UserPtr<u32>) -> ();
        [90]  capget(header: UserPtr<[u32; 2]>, data: UserPtr<[u32; 6]>) -> (), partial("user 0 has all, others none");
        [91]  capset(header: UserPtr<[u32; 2]>, data: UserPtr<[u32; 6]>) -> (), refused(NotPermitted, "capabilities follow the user id");
    }

    thread {
        [96]  set_tid_address(address: Address) -> u32;
        [98]  futex(word: Address, operation: u32, value: u32, timeout: Address, word2: Address, value3: u32) -> usize, partial("no priority inheritance");
        [99]  set_robust_list(head: Address, size: usize) -> ();
        [100] get_robust_list(tid: u32, head: UserPtr<u64>, size: UserPtr<u64>) -> ();
        [293] rseq(area: Address, len: u32, flags: u32, signature: u32) -> (), refused(NoSuchCall, "optional; C libraries go on without");
        [124] sched_yield() -> ();
        [122] sched_setaffinity(tid: u32, size: usize, mask: Address) -> (), partial("checked, not followed");
        [123] sched_getaffinity(tid: u32, size: usize, mask: Address) -> usize, partial("all processors");
        [119] sched_setscheduler(tid: u32, policy: u32, param: UserPtr<u32>) -> (), partial("only SCHED_OTHER");
        [120] sched_getscheduler(tid: u32) -> u32;
        [118] sched_setparam(tid: u32, param: UserPtr<u32>) -> (), partial("only priority 0");
        [121] sched_getparam(tid: u32, param: UserPtr<u32>) -> ();
        [125] sched_get_priority_max(policy: u32) -> u32;
        [126] sched_get_priority_min(policy: u32) -> u32;
        [127] sched_rr_get_interval(tid: u32, interval: UserPtr<TimeSpec>) -> ();
        [140] setpriority(which: u32, who: u32, nice: i32) -> (), partial("processes only");
        [141] getpriority(which: u32, who: u32) -> i32, partial("processes only");
        [168] getcpu(cpu: UserPtr<u32>, node: UserPtr<u32>) -> (), partial("always the first processor");
    }

    signal {
        [129] kill(pid: i32, signal: u32) -> ();
        [130] tkill(tid: i32, signal: u32) -> ();
        [131] tgkill(pid: i32, tid: i32, signal: u32) -> ();
        [138] rt_sigqueueinfo(pid: i32, signal: u32, info: UserPtr<SigInfo>) -> ();
        [240] rt_tgsigqueueinfo(pid: i32, tid: i32, signal: u32, info: UserPtr<SigInfo>) -> ();
        [134] rt_sigaction(signal: u32, new: UserPtr<SigAction>, old: UserPtr<SigAction>, size: usize) -> ();
        [135] rt_sigprocmask(how: u32, new: UserPtr<u64>, old: UserPtr<u64>, size: usize) -> Replaced;
        [136] rt_sigpending(set: UserPtr<u64>, size: usize) -> ();
        [133] rt_sigsuspend(mask: UserPtr<u64>, size: usize) -> ();
        [137] rt_sigtimedwait(set: UserPtr<u64>, info: UserPtr<SigInfo>, timeout: UserPtr<TimeSpec>, size: usize) -> u32;
        [139] rt_sigreturn() -> Replaced;
        [132] sigaltstack(new: UserPtr<AltStack>, old: UserPtr<AltStack>) -> ();
        /// Never called by a program itself: nothing is left to go on with.
        [128] restart_syscall() -> Outcome;
    }

    time {
        [113] clock_gettime(clock: i32, time: UserPtr<TimeSpec>) -> ();
        [114] clock_getres(clock: i32, resolution: UserPtr<TimeSpec>) -> ();
        [112] clock_settime(clock: i32, time: UserPtr<TimeSpec>) -> ();
        [115] clock_nanosleep(clock: i32, flags: u32, time: UserPtr<TimeSpec>, rest: UserPtr<TimeSpec>) -> ();
        [101] nanosleep(time: UserPtr<TimeSpec>, rest: UserPtr<TimeSpec>) -> ();
        [169] gettimeofday(time: UserPtr<TimeVal>, zone: UserPtr<TimeZone>) -> ();
        [170] settimeofday(time: UserPtr<TimeVal>, zone: UserPtr<TimeZone>) -> ();
        [153] times(times: UserPtr<Tms>) -> u64;
        [102] getitimer(which: u32, value: UserPtr<ITimerVal>) -> (), partial("ITIMER_REAL only");
        [103] setitimer(which: u32, new: UserPtr<ITimerVal>, old: UserPtr<ITimerVal>) -> (), partial("ITIMER_REAL only");
        [107] timer_create(clock: i32, event: Address, id: UserPtr<u32>) -> (), refused(NoSuchCall, "later");
        [171] adjtimex(buf: Address) -> u32, refused(NotPermitted, "the clock is not disciplined");
    }

    system {
        [160] uname(name: UserPtr<UtsName>) -> ();
        [161] sethostname(name: InBuffer, len: usize) -> ();
        [162] setdomainname(name: InBuffer, len: usize) -> ();
        [179] sysinfo(info: UserPtr<SysInfo>) -> ();
        [278] getrandom(buf: Address, len: usize, flags: u32) -> usize;
        [116] syslog(action: u32, buf: Address, len: i32) -> usize, partial("reading the log");
        [142] reboot(magic: u32, magic2: u32, command: u32, argument: Address) -> ();
        [258] riscv_hwprobe(pairs: UserPtr<HwProbe>, count: usize, set_size: usize, cpus: Address, flags: u32) -> ();
        [259] riscv_flush_icache(start: Address, end: Address, flags: u64) -> ();
        [277] seccomp(operation: u32, flags: u32, args: Address) -> u32, refused(InvalidArgument, "later");
        [280] bpf(command: u32, attr: Address, size: u32) -> u32, refused(NotPermitted, "later");
        [425] io_uring_setup(entries: u32, params: Address) -> u32, refused(NoSuchCall, "later");
    }

    socket {
        /// socket(2): no address family is there yet.
        [198] socket(family: u32, kind: u32, protocol: u32) -> u32, partial("every family: EAFNOSUPPORT");
        [199] socketpair(family: u32, kind: u32, protocol: u32, fds: UserPtr<[u32; 2]>) -> (), partial("every family: EAFNOSUPPORT");
        [200] bind(fd: Fd, addr: Address, len: u32) -> (), partial("nothing is a socket");
        [201] listen(fd: Fd, backlog: u32) -> (), partial("nothing is a socket");
        [202] accept(fd: Fd, addr: Address, len: Address) -> (), partial("nothing is a socket");
        [242] accept4(fd: Fd, addr: Address, len: Address, flags: u32) -> (), partial("nothing is a socket");
        [203] connect(fd: Fd, addr: Address, len: u32) -> (), partial("nothing is a socket");
        [204] getsockname(fd: Fd, addr: Address, len: Address) -> (), partial("nothing is a socket");
        [205] getpeername(fd: Fd, addr: Address, len: Address) -> (), partial("nothing is a socket");
        [206] sendto(fd: Fd, buf: Address, len: usize, flags: u32, addr: Address, addr_len: u32) -> (), partial("nothing is a socket");
        [207] recvfrom(fd: Fd, buf: Address, len: usize, flags: u32, addr: Address, addr_len: Address) -> (), partial("nothing is a socket");
        [208] setsockopt(fd: Fd, level: u32, name: u32, value: Address, len: u32) -> (), partial("nothing is a socket");
        [209] getsockopt(fd: Fd, level: u32, name: u32, value: Address, len: Address) -> (), partial("nothing is a socket");
        [210] shutdown(fd: Fd, how: u32) -> (), partial("nothing is a socket");
        [211] sendmsg(fd: Fd, message: Address, flags: u32) -> (), partial("nothing is a socket");
        [212] recvmsg(fd: Fd, message: Address, flags: u32) -> (), partial("nothing is a socket");
    }
}

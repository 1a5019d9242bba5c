//! Every native call: number, name, argument types, result. The numbers are for ever; new calls get new ones.

use crate::calls;
use crate::errno::Errno;
use crate::types::{
    Change, ChildNews, Handle, HandleInfo, MountArgs, Poll, ProcessInfo, SpawnArgs, Stat,
    SystemInfo, Usage, ViewSpec,
};
use kapi::{Address, InBuffer, Replaced, UserPtr};

kapi::syscalls! {
    columns [scarlet], limit 96;

    process {
        /// Ends the process.
        [0]  exit(code: i32) -> Replaced;
        /// Starts a program in a new process; gives its id.
        [4]  process_spawn(args: UserPtr<SpawnArgs>) -> u32;
        /// Replaces the program of this process; handles stay but for those that close on exec.
        [5]  process_exec(args: UserPtr<SpawnArgs>) -> Replaced;
        /// Waits for a child: -1 any, above 0 this one, 0 of the own group, below -1 of group -filter. Flags: 1 do not wait, 2 stopped too, 4 continued too. 0: no news.
        [6]  process_wait(filter: i64, flags: u32, news: UserPtr<ChildNews>) -> u32;
        /// The own process id.
        [7]  process_id() -> u32;
        /// The parent's process id.
        [8]  process_parent() -> u32;
        /// Posts an event to a process, or to group -id.
        [9]  process_post(id: i64, event: u32) -> ();
        /// Moves a process (0: this one) to a group (0: its own new one).
        [10] process_group(id: u32, group: u32) -> ();
        /// Makes a new session and group; gives its id.
        [11] process_new_session() -> u32;
        /// Facts about a process.
        [12] process_info(id: u32, info: UserPtr<ProcessInfo>) -> ();
        /// The ids of all processes, at most `count`; gives how many there are.
        [13] process_list(ids: UserPtr<u32>, count: usize) -> usize;
        /// Makes a copy of the process; gives its id, and 0 to the copy.
        [14] fork() -> u32;
        /// Ignores an event, or no longer.
        [15] event_ignore(event: u32, on: u32) -> ();
    }
    thread {
        /// Starts a thread at `entry` with its argument in a0; gives its id.
        [1]  thread_create(entry: Address, stack_top: Address, argument: u64, tls: Address) -> u32;
        /// Ends the thread; the last one ends the process with 0.
        [2]  thread_exit() -> Replaced;
        /// Gives the processor away.
        [3]  thread_yield() -> ();
        /// Waits while the word is `expected`; timeout in ns, below 0: for ever.
        [73] futex_wait(word: Address, expected: u32, timeout_ns: i64) -> ();
        /// Wakes waiters of the word; gives how many.
        [74] futex_wake(word: Address, count: usize) -> usize;
    }
    handle {
        /// Closes a handle.
        [20] handle_close(handle: Handle) -> ();
        /// Another handle to the same object, with no more than these rights (all ones: the same), at this number (all ones: the lowest free).
        [21] handle_duplicate(handle: Handle, rights: u32, at: Handle) -> u32;
        /// What a handle is and may.
        [22] handle_info(handle: Handle, info: UserPtr<HandleInfo>) -> ();
        /// Changes flags: 1 close on exec, 2 non-blocking.
        [23] handle_flags(handle: Handle, mask: u32, value: u32) -> ();
        /// Waits until one of these is ready; gives how many are. Timeout in ns, below 0: for ever.
        [36] wait_many(polls: UserPtr<Poll>, count: usize, timeout_ns: i64) -> usize;
        /// Device control: 1 get settings, 2 set settings, 3 get window, 4 set window, 5 get foreground group, 6 set it, 7 become controlling, 8 bytes available, 9 set settings once output is sent.
        [37] control(handle: Handle, request: u32, data: Address, len: usize) -> ();
    }
    stream {
        /// Reads; 0 at the end.
        [30] read(handle: Handle, to: Address, len: usize) -> usize;
        /// Writes.
        [31] write(handle: Handle, from: InBuffer, len: usize) -> usize;
        /// Reads at a position, without moving.
        [32] read_at(handle: Handle, to: Address, len: usize, offset: u64) -> usize;
        /// Writes at a position, without moving.
        [33] write_at(handle: Handle, from: InBuffer, len: usize, offset: u64) -> usize;
        /// Moves the position: whence 0 from the start, 1 from here, 2 from the end.
        [34] seek(handle: Handle, offset: i64, whence: u32) -> u64;
        /// Makes a pipe: handles of its reader and its writer.
        [35] pipe(handles: UserPtr<[u32; 2]>) -> ();
    }
    file {
        /// Facts about an open file.
        [42] stat_handle(handle: Handle, stat: UserPtr<Stat>) -> ();
        /// The next directory entries as records; 0 at the end.
        [43] list(handle: Handle, to: Address, len: usize) -> usize;
        /// Sets the length.
        [51] truncate(handle: Handle, len: u64) -> ();
        /// Brings changes to the device.
        [52] sync(handle: Handle) -> ();
    }
    path {
        /// Opens. Flags: 1 read, 2 write, 4 append, 8 create, 16 exclusive, 32 truncate, 64 directory, 128 no follow, 256 non-blocking, 512 close on exec, 1024 path only.
        [40] open(base: Handle, path: InBuffer, len: usize, flags: u32, mode: u32) -> u32;
        /// Facts about a node; flag 1: of a last symlink itself.
        [41] stat(base: Handle, path: InBuffer, len: usize, flags: u32, stat: UserPtr<Stat>) -> ();
        /// Makes a node: kind 0 regular, 1 directory, 3 pipe, 5 character device, 6 block device.
        [44] make(base: Handle, path: InBuffer, len: usize, kind: u32, mode: u32, rdev: u64) -> ();
        /// Removes a name; flag 1: of an empty directory.
        [45] remove(base: Handle, path: InBuffer, len: usize, flags: u32) -> ();
        /// Renames; an existing target is replaced.
        [46] rename(base: Handle, path: InBuffer, len: usize, to_base: Handle, to: InBuffer, to_len: usize) -> ();
        /// Another name for a file.
        [47] link(base: Handle, path: InBuffer, len: usize, to_base: Handle, to: InBuffer, to_len: usize) -> ();
        /// Makes a symlink.
        [48] symlink(target: InBuffer, target_len: usize, base: Handle, path: InBuffer, len: usize) -> ();
        /// The target of a symlink; gives its length.
        [49] read_link(base: Handle, path: InBuffer, len: usize, to: Address, to_len: usize) -> usize;
        /// Changes mode, owner, size, times; flag 1: of a last symlink itself.
        [50] change(base: Handle, path: InBuffer, len: usize, change: UserPtr<Change>, flags: u32) -> ();
        /// Changes the working directory.
        [53] set_directory(base: Handle, path: InBuffer, len: usize) -> ();
        /// The path of the working directory; gives its length.
        [54] get_directory(to: Address, len: usize) -> usize;
        /// Space of the file system that holds a path.
        [55] usage(base: Handle, path: InBuffer, len: usize, usage: UserPtr<Usage>) -> ();
        /// Sets the mask of permission bits that new files do not get; gives the old one.
        [56] umask(mask: u32) -> u32;
    }
    namespace {
        /// Mounts a file system, or binds a tree (kind `bind`). Flags: 1 read only, 2 no exec, 4 recursive.
        [60] mount(args: UserPtr<MountArgs>) -> ();
        /// Takes a mount away; flag 1: as soon as nobody uses it.
        [61] unmount(path: InBuffer, len: usize, flags: u32) -> ();
        /// The mount table as lines `target source kind flags`; gives the length of the whole text.
        [62] mounts(to: Address, len: usize) -> usize;
        /// Makes an environment object from views: what each ABI's programs see.
        [63] environment_create(views: UserPtr<ViewSpec>, count: usize) -> u32;
        /// This process and its children use that environment from now on.
        [64] environment_enter(environment: Handle) -> ();
    }
    memory {
        /// Maps memory or a file. Prot: 1 read, 2 write, 4 execute. Flags: 1 at exactly this address, 2 shared.
        [70] map(address: Address, len: usize, prot: u32, flags: u32, handle: Handle, offset: u64) -> Address;
        /// Takes mappings away.
        [71] unmap(address: Address, len: usize) -> ();
        /// Changes the protection of mappings.
        [72] protect(address: Address, len: usize, prot: u32) -> ();
    }
    system {
        /// A clock in ns: 0 since power-on, 1 since 1970.
        [80] clock(id: u32) -> u64;
        /// Sleeps.
        [81] sleep(ns: u64) -> ();
        /// Sets the clock of the day.
        [82] set_wall(ns: u64) -> ();
        /// Random bytes.
        [83] random(to: Address, len: usize) -> ();
        /// Memory, time, load.
        [84] system_info(info: UserPtr<SystemInfo>) -> ();
        /// The kernel log as text from byte `from` on.
        [85] log_read(to: Address, len: usize, from: u64) -> usize;
        /// Ends (0) or restarts (1) the machine. Only for the first process.
        [86] power(action: u32, status: u32) -> Replaced;
        /// Makes a tracer that writes to a stream; give it to process_spawn.
        [87] tracer_create(handle: Handle) -> u32;
    }
}

//! Checks the xv6 calls: one line a test, `ok NAME` or `FAIL NAME: why`.
#![no_std]
#![no_main]

use xv6_programs::calls::{self, O_CREATE, O_RDWR, O_TRUNC, O_WRONLY};
use xv6_programs::{Args, println};

xv6_programs::main!(main);

type Check = fn() -> Result<(), &'static str>;

const TESTS: &[(&str, Check)] = &[
    ("fork and wait", fork_wait),
    ("exit status is raw", raw_status),
    ("a killed child is -1", killed),
    ("a fault is -1", fault),
    ("wait without children", no_children),
    ("pipe", pipe),
    ("a pipe without readers", broken_pipe),
    ("exec", exec),
    ("exec of nothing", exec_fails),
    ("files", files),
    ("truncation", truncation),
    ("writing past the end", past_the_end),
    ("names of 14 bytes", fourteen),
    ("directories as records", records),
    ("links", links),
    ("directories", directories),
    ("sixteen descriptors", descriptors),
    ("sbrk", sbrk),
    ("copy on write", copy_on_write),
    ("pause and uptime", pause),
    ("unknown calls", unknown),
];

fn main(args: Args) -> i32 {
    let mut failed = 0;
    for (name, check) in TESTS {
        if args
            .get(1)
            .is_some_and(|wanted| &wanted[..wanted.len() - 1] != name.as_bytes())
        {
            continue;
        }
        match check() {
            Ok(()) => println!("ok {name}"),
            Err(why) => {
                failed += 1;
                println!("FAIL {name}: {why}");
            }
        }
    }
    failed
}

fn ensure(holds: bool, why: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(why) }
}

/// Runs `child` in a copy; gives its status.
fn in_child(child: impl FnOnce() -> i32) -> i32 {
    match calls::fork() {
        0 => calls::exit(child()),
        pid => {
            let (waited, status) = calls::wait();
            if waited == pid { status } else { i32::MIN }
        }
    }
}

fn fork_wait() -> Result<(), &'static str> {
    let own = calls::getpid();
    ensure(
        in_child(|| i32::from(calls::getpid() == own)) == 0,
        "the copy has the original's id",
    )
}

fn raw_status() -> Result<(), &'static str> {
    ensure(in_child(|| 0x1234_5678) == 0x1234_5678, "cut")?;
    ensure(in_child(|| -5) == -5, "negative")
}

fn killed() -> Result<(), &'static str> {
    let pid = calls::fork();
    if pid == 0 {
        loop {
            core::hint::spin_loop();
        }
    }
    ensure(calls::kill(pid) == 0, "kill failed")?;
    ensure(calls::wait() == (pid, -1), "status is not -1")?;
    ensure(calls::kill(pid) == -1, "killed twice")
}

fn fault() -> Result<(), &'static str> {
    // SAFETY: none; the fault is the purpose.
    let status = in_child(|| unsafe { (0x8000_0000 as *const u8).read_volatile() }.into());
    ensure(status == -1, "reading the kernel's memory went well")
}

fn no_children() -> Result<(), &'static str> {
    ensure(calls::wait().0 == -1, "waited for nobody")
}

fn pipe() -> Result<(), &'static str> {
    let (reader, writer) = calls::pipe().ok_or("no pipe")?;
    let pid = calls::fork();
    if pid == 0 {
        for _ in 0..100 {
            calls::write(writer, &[7; 100]);
        }
        calls::exit(0);
    }
    calls::close(writer);
    let (mut total, mut chunk) = (0, [0; 64]);
    loop {
        let n = calls::read(reader, &mut chunk);
        if n <= 0 {
            break;
        }
        ensure(
            chunk[..n as usize].iter().all(|&byte| byte == 7),
            "wrong bytes",
        )?;
        total += n;
    }
    calls::close(reader);
    calls::wait();
    ensure(total == 10_000, "bytes lost")
}

fn broken_pipe() -> Result<(), &'static str> {
    let (reader, writer) = calls::pipe().ok_or("no pipe")?;
    calls::close(reader);
    let written = calls::write(writer, b"x");
    calls::close(writer);
    ensure(written == -1, "wrote to nobody")
}

fn exec() -> Result<(), &'static str> {
    let status = in_child(|| {
        calls::close(1);
        calls::open(b"/xt-exec\0", O_CREATE | O_WRONLY);
        let argv = [
            b"xecho\0".as_ptr(),
            b"one\0".as_ptr(),
            b"two\0".as_ptr(),
            core::ptr::null(),
        ];
        calls::exec(b"/xecho\0", &argv)
    });
    ensure(status == 0, "the program failed")?;
    let (fd, mut text) = (calls::open(b"/xt-exec\0", 0), [0; 32]);
    let n = calls::read(fd, &mut text);
    calls::close(fd);
    calls::unlink(b"/xt-exec\0");
    ensure(n == 8 && text.starts_with(b"one two\n"), "wrong output")
}

fn exec_fails() -> Result<(), &'static str> {
    let argv = [b"x\0".as_ptr(), core::ptr::null()];
    ensure(calls::exec(b"/not-there\0", &argv) == -1, "ran nothing")
}

fn files() -> Result<(), &'static str> {
    let fd = calls::open(b"/xt-file\0", O_CREATE | O_RDWR);
    ensure(fd >= 0 && calls::write(fd, b"hello") == 5, "write")?;
    calls::close(fd);
    let (fd, mut text) = (calls::open(b"/xt-file\0", 0), [0; 8]);
    ensure(
        calls::read(fd, &mut text) == 5 && text.starts_with(b"hello"),
        "read",
    )?;
    ensure(calls::read(fd, &mut text) == 0, "the end")?;
    ensure(
        calls::write(fd, b"x") == -1,
        "wrote what was opened for reading",
    )?;
    let stat = calls::fstat(fd).ok_or("fstat")?;
    ensure((stat.kind, stat.nlink, stat.size) == (2, 1, 5), "facts")?;
    calls::close(fd);
    ensure(calls::unlink(b"/xt-file\0") == 0, "unlink")?;
    ensure(calls::open(b"/xt-file\0", 0) == -1, "still there")
}

fn truncation() -> Result<(), &'static str> {
    let fd = calls::open(b"/xt-trunc\0", O_CREATE | O_WRONLY);
    calls::write(fd, b"12345");
    let other = calls::open(b"/xt-trunc\0", O_WRONLY | O_TRUNC);
    let size = calls::fstat(other).map_or(99, |stat| stat.size);
    for fd in [fd, other] {
        calls::close(fd);
    }
    calls::unlink(b"/xt-trunc\0");
    ensure(size == 0, "not emptied")
}

fn past_the_end() -> Result<(), &'static str> {
    let fd = calls::open(b"/xt-past\0", O_CREATE | O_TRUNC | O_WRONLY);
    calls::write(fd, b"abcd");
    let other = calls::open(b"/xt-past\0", O_TRUNC | O_WRONLY);
    let written = calls::write(fd, b"x");
    for fd in [fd, other] {
        calls::close(fd);
    }
    calls::unlink(b"/xt-past\0");
    ensure(written == -1, "made a hole")
}

fn fourteen() -> Result<(), &'static str> {
    let fd = calls::open(b"/xt-4567890123456\0", O_CREATE | O_WRONLY);
    calls::close(fd);
    let same = calls::open(b"/xt-45678901234\0", 0);
    calls::close(same);
    ensure(fd >= 0 && same >= 0, "not cut")?;
    ensure(calls::unlink(b"/xt-45678901234\0") == 0, "unlink")
}

fn records() -> Result<(), &'static str> {
    ensure(calls::mkdir(b"/xt-dir\0") == 0, "mkdir")?;
    calls::close(calls::open(b"/xt-dir/inside\0", O_CREATE | O_WRONLY));
    let (fd, mut record, mut names) = (calls::open(b"/xt-dir\0", 0), [0; 16], 0);
    while calls::read(fd, &mut record) == 16 {
        let end = record[2..].iter().position(|&byte| byte == 0).unwrap_or(14) + 2;
        names += i32::from([b"." as &[u8], b"..", b"inside"].contains(&&record[2..end]));
    }
    calls::close(fd);
    ensure(names == 3, "names missing")?;
    ensure(
        calls::unlink(b"/xt-dir\0") == -1,
        "removed a full directory",
    )?;
    ensure(
        calls::unlink(b"/xt-dir/inside\0") == 0 && calls::unlink(b"/xt-dir\0") == 0,
        "unlink",
    )
}

fn links() -> Result<(), &'static str> {
    let fd = calls::open(b"/xt-one\0", O_CREATE | O_WRONLY);
    ensure(calls::link(b"/xt-one\0", b"/xt-two\0") == 0, "link")?;
    let links = calls::fstat(fd).map_or(0, |stat| stat.nlink);
    calls::close(fd);
    calls::unlink(b"/xt-one\0");
    let other = calls::open(b"/xt-two\0", 0);
    calls::close(other);
    calls::unlink(b"/xt-two\0");
    ensure(links == 2 && other >= 0, "not two names")?;
    ensure(
        calls::link(b"/\0", b"/xt-root\0") == -1,
        "linked a directory",
    )
}

fn directories() -> Result<(), &'static str> {
    ensure(
        calls::mkdir(b"/xt-d\0") == 0 && calls::chdir(b"/xt-d\0") == 0,
        "mkdir, chdir",
    )?;
    ensure(
        calls::open(b".\0", O_RDWR) == -1,
        "opened a directory for writing",
    )?;
    calls::close(calls::open(b"f\0", O_CREATE | O_WRONLY));
    ensure(calls::chdir(b"f\0") == -1, "went into a file")?;
    ensure(calls::unlink(b"../xt-d/f\0") == 0, "unlink by ..")?;
    ensure(
        calls::chdir(b"/\0") == 0 && calls::unlink(b"/xt-d\0") == 0,
        "back",
    )
}

fn descriptors() -> Result<(), &'static str> {
    let mut last = 0;
    let mut opened = 0;
    loop {
        let fd = calls::dup(0);
        if fd < 0 {
            break;
        }
        (last, opened) = (fd, opened + 1);
        ensure(opened < 20, "more than sixteen")?;
    }
    for fd in (last + 1 - opened)..=last {
        calls::close(fd);
    }
    ensure(last == 15, "not sixteen")
}

fn sbrk() -> Result<(), &'static str> {
    let old = calls::sbrk(8192);
    ensure(old > 0 && calls::sbrk(0) == old + 8192, "grow")?;
    // SAFETY: the heap's new two pages.
    let byte = unsafe {
        (old as *mut u8).add(8191).write_volatile(9);
        (old as *const u8).add(8191).read_volatile()
    };
    ensure(byte == 9, "memory")?;
    ensure(
        calls::sbrk(-8192) == old + 8192 && calls::sbrk(0) == old,
        "shrink",
    )?;
    ensure(calls::sbrk(1 << 30) == -1, "grew by a gigabyte")
}

static SHARED: core::sync::atomic::AtomicU32 = core::sync::atomic::AtomicU32::new(1);

fn copy_on_write() -> Result<(), &'static str> {
    use core::sync::atomic::Ordering;
    let status = in_child(|| {
        SHARED.store(2, Ordering::Relaxed);
        SHARED.load(Ordering::Relaxed) as i32
    });
    ensure(
        status == 2 && SHARED.load(Ordering::Relaxed) == 1,
        "the copy wrote to the original",
    )
}

fn pause() -> Result<(), &'static str> {
    let before = calls::uptime();
    ensure(calls::pause(3) == 0, "failed")?;
    ensure(calls::uptime() - before >= 3, "too short")?;
    ensure(calls::pause(-1) == 0, "negative")
}

fn unknown() -> Result<(), &'static str> {
    ensure(
        calls::raw(22, 0, 0, 0) == -1 && calls::raw(999, 0, 0, 0) == -1,
        "an unknown call went well",
    )
}

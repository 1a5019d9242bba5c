//! The first process: makes the world, runs the command of the boot or a shell, collects orphans, ends the machine.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::format;
use alloc::vec::Vec;
use programs::{Bytes, complain};
use scarlet::process::{self, Change, Command, Group};
use scarlet::system::{self, View};
use scarlet::{Error, env, eprintln, fs, io, println, term};

scarlet::main!(main);

const SHELL: &[u8] = b"/system/scarlet/bin/sh";
/// Left by whoever started the machine to have one command run.
const COMMAND: &[u8] = b"/system/boot/command";
const PATH: &[u8] = b"PATH=/system/scarlet/bin:/system/linux-riscv64/bin:/system/xv6-riscv64";

/// Kind, where.
const MOUNTS: &[(&[u8], &[u8])] = &[
    (b"devfs", b"/dev"),
    (b"procfs", b"/proc"),
    (b"tmpfs", b"/tmp"),
];

const SHARED: &str =
    "/home:/home;/system/scarlet:/scarlet;/dev:/dev;/proc:/proc;/tmp:/tmp;/system:/system:ro";

fn main() -> i32 {
    mount_all();
    open_console();
    make_environment();
    let status = match fs::read(COMMAND) {
        Ok(command) => run_command(&command),
        Err(_) => run_shells(),
    };
    let _ = fs::unmount(b"/tmp", true);
    if let Err(error) = system::power_off((status & 0xff) as u8) {
        complain(b"power off", error);
    }
    status
}

/// Says what went wrong and goes on: a machine with a part missing is better than none.
fn attempt(what: &str, result: scarlet::Result<()>) {
    match result {
        Ok(()) | Err(Error::AlreadyExists) => {}
        Err(error) => eprintln!("init: {what}: {error}"),
    }
}

fn mount_all() {
    for directory in [
        b"/home".as_slice(),
        b"/data/config",
        b"/scarlet",
        b"/dev",
        b"/proc",
        b"/tmp",
        b"/sys",
    ] {
        attempt("make a directory", fs::create_dir_all(directory));
    }
    for (kind, target) in MOUNTS {
        if !is_mounted(target) {
            attempt("mount", fs::mount(kind, target, kind, b"", 0));
        }
    }
    attempt("open /tmp to all", fs::set_mode(b"/tmp", 0o1777));
    attempt(
        "bind /scarlet",
        fs::mount(b"/system/scarlet", b"/scarlet", b"bind", b"", 4),
    );
}

fn is_mounted(target: &[u8]) -> bool {
    let table = fs::mounts().unwrap_or_default();
    table
        .split(|&byte| byte == b'\n')
        .any(|line| line.starts_with(&[target, b" "].concat()))
}

/// The kernel gives the console as 0, 1, 2; if it did not, opens it.
fn open_console() {
    if fs::handle_metadata(0).is_err()
        && let Ok(console) = fs::OpenOptions::new().read().write().open(b"/dev/console")
    {
        for number in 0..3 {
            let _ = io::duplicate_to(console.number(), number);
        }
    }
    let _ = process::new_session();
    attempt("take the console", term::become_controlling(0));
}

fn make_environment() {
    let term = env::var(b"TERM").unwrap_or(b"xterm");
    let linux = format!(
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/scarlet/bin\0HOME=/home\0TERM={}\0",
        Bytes(term)
    );
    let shared = |abi: &str| format!("{SHARED};/system/{abi}:/{abi}");
    let (linux_binds, xv6_binds) = (shared("xv6-riscv64"), shared("linux-riscv64"));
    let views = [
        View {
            abi: b"linux-riscv64",
            layers: b"/system/linux-riscv64",
            upper: b"/data/config/linux-riscv64",
            binds: linux_binds.as_bytes(),
            env: linux.as_bytes(),
        },
        View {
            abi: b"xv6-riscv64",
            layers: b"/system/xv6-riscv64",
            upper: b"/data/config/xv6-riscv64",
            binds: xv6_binds.as_bytes(),
            env: b"",
        },
    ];
    // Each by itself first: an image may lack one ABI's tree.
    let present: Vec<View<'_>> = views
        .into_iter()
        .filter(|view| fs::metadata(view.layers).is_ok())
        .collect();
    match system::environment(&present).and_then(|made| system::enter_environment(&made)) {
        Ok(()) => {}
        Err(error) => eprintln!("init: cannot build the worlds of other ABIs: {error}"),
    }
}

fn shell() -> Command {
    let mut vars: Vec<Vec<u8>> = env::vars()
        .into_iter()
        .filter(|text| !text.starts_with(b"PATH=") && !text.starts_with(b"HOME="))
        .map(<[u8]>::to_vec)
        .collect();
    vars.extend([PATH.to_vec(), b"HOME=/home".to_vec()]);
    Command::new(SHELL)
        .env(vars)
        .group(Group::New)
        .foreground(true)
}

fn run_command(command: &[u8]) -> i32 {
    match shell().arg(b"-c").arg(command).spawn() {
        Ok(id) => wait_for(id),
        Err(error) => {
            complain(SHELL, error);
            127
        }
    }
}

/// Runs a shell; when it ends with success the machine ends, else a new one starts.
fn run_shells() -> i32 {
    let _ = env::set_current_dir(b"/home");
    println!(
        "Welcome to Scarlet. `help` lists the shell's commands, `ls /system/*/bin` the programs; `exit` ends the machine."
    );
    loop {
        match shell().spawn() {
            Ok(id) => {
                let status = wait_for(id);
                if status < 128 {
                    return 0;
                }
                eprintln!("init: the shell ended with status {status}; starting a new one");
            }
            Err(error) => {
                complain(SHELL, error);
                return 127;
            }
        }
    }
}

/// Waits for one process; collects whatever else ends meanwhile.
fn wait_for(id: u32) -> i32 {
    loop {
        match process::wait(-1, false, false) {
            Ok(Some(news)) if news.id == id => {
                if let Change::Killed(event) = news.change {
                    eprintln!("init: the shell was ended: {}", process::event::text(event));
                }
                return news.change.status();
            }
            Ok(_) | Err(Error::Interrupted) => {}
            Err(error) => {
                complain(b"wait", error);
                return 1;
            }
        }
    }
}

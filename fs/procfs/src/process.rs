//! Texts about a process.

use crate::memory::{lives, usage};
use crate::text::{Text, printable};
use alloc::string::String;
use alloc::sync::Arc;
use kcore::Result;
use kcore::process::Process;
use kcore::user::PAGE_SIZE;

const NS_PER_TICK: u64 = 10_000_000;

pub(crate) fn command_line(process: &Arc<Process>, text: &mut Text) -> Result<()> {
    if lives(process) {
        for argument in process.program().1 {
            text.bytes(&argument);
            text.bytes(b"\0");
        }
    }
    Ok(())
}

pub(crate) fn name(process: &Arc<Process>, text: &mut Text) -> Result<()> {
    text.bytes(&process.name());
    text.bytes(b"\n");
    Ok(())
}

fn state_word(letter: char) -> &'static str {
    match letter {
        'R' => "running",
        'T' => "stopped",
        'Z' => "zombie",
        _ => "sleeping",
    }
}

pub(crate) fn status(process: &Arc<Process>, text: &mut Text) -> Result<()> {
    let letter = process.state_letter();
    let (id, parent) = (process.id(), process.parent_id());
    let credentials = process.credentials();
    text.put(format_args!("Name:\t{}\n", printable(&process.name())));
    if lives(process) {
        text.put(format_args!("Umask:\t{:04o}\n", process.fs().umask()));
    }
    text.put(format_args!("State:\t{letter} ({})\n", state_word(letter)));
    text.put(format_args!(
        "Tgid:\t{id}\nPid:\t{id}\nPPid:\t{parent}\nTracerPid:\t0\n"
    ));
    text.put(format_args!(
        "Uid:\t{}\t{}\t{}\t{}\nGid:\t{}\t{}\t{}\t{}\n",
        credentials.uid,
        credentials.euid,
        credentials.suid,
        credentials.fsuid,
        credentials.gid,
        credentials.egid,
        credentials.sgid,
        credentials.fsgid
    ));
    text.put(format_args!("Groups:\t"));
    for group in &credentials.groups {
        text.put(format_args!("{group} "));
    }
    text.put(format_args!("\n"));
    if lives(process) {
        let (mapped, resident) = usage(process);
        text.put(format_args!(
            "VmSize:\t{:>8} kB\nVmRSS:\t{:>8} kB\n",
            mapped >> 10,
            resident >> 10
        ));
    }
    text.put(format_args!("Threads:\t{}\n", process.threads().len()));
    text.put(format_args!("Abi:\t{}\n", process.abi().name));
    Ok(())
}

pub(crate) fn stat(process: &Arc<Process>, text: &mut Text) -> Result<()> {
    let times = process.times();
    let ticks = |ns: u64| ns / NS_PER_TICK;
    let nice = process.nice();
    let (mapped, resident) = usage(process);
    // pid comm state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt
    text.put(format_args!(
        "{} ({}) {} {} {} {} 0 -1 0 0 0 0 0 ",
        process.id(),
        printable(&process.name()),
        process.state_letter(),
        process.parent_id(),
        process.group_id(),
        process.session_id(),
    ));
    // utime stime cutime cstime priority nice threads itrealvalue starttime vsize rss
    text.put(format_args!(
        "{} {} {} {} {} {nice} {} 0 {} {mapped} {} ",
        ticks(times.user),
        ticks(times.system),
        ticks(times.children_user),
        ticks(times.children_system),
        20 + nice,
        process.threads().len(),
        ticks(process.start_time_ns()),
        resident / PAGE_SIZE,
    ));
    // rsslim startcode endcode startstack kstkesp kstkeip signal blocked sigignore sigcatch wchan nswap cnswap exit_signal
    // processor rt_priority policy delayacct guest cguest start_data end_data start_brk arg_start arg_end env_start env_end
    // exit_code
    text.put(format_args!(
        "{} 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
        u64::MAX
    ));
    Ok(())
}

pub(crate) fn limits(process: &Arc<Process>, text: &mut Text) -> Result<()> {
    let limits = process.limits();
    text.put(format_args!(
        "{:<26}{:<21}{:<21}{}\n",
        "Limit", "Soft Limit", "Hard Limit", "Units"
    ));
    for (name, value, unit) in [
        ("Max file size", limits.file_size, "bytes"),
        ("Max data size", limits.data, "bytes"),
        ("Max stack size", limits.stack, "bytes"),
        ("Max processes", limits.processes, "processes"),
        ("Max open files", limits.handles, "files"),
        ("Max address space", limits.address_space, "bytes"),
    ] {
        let value = match value {
            u64::MAX => String::from("unlimited"),
            value => alloc::format!("{value}"),
        };
        text.put(format_args!("{name:<26}{value:<21}{value:<21}{unit}\n"));
    }
    Ok(())
}

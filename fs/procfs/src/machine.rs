//! Texts about the machine.

use crate::text::Text;
use kcore::process;
use kcore::sched;
use kcore::{fstypes, system, time};

/// Ticks of the clock that times are told in, per second: programs take it for granted.
const NS_PER_TICK: u64 = 10_000_000;
const NS_PER_S: u64 = 1_000_000_000;

pub(crate) fn command_line(text: &mut Text) {
    text.put(format_args!("{}\n", system::command_line()));
}

pub(crate) fn processors(text: &mut Text) {
    for cpu in 0..system::cpus() {
        let model = system::cpu_model();
        text.put(format_args!(
            "processor\t: {cpu}\nhart\t\t: {cpu}\nisa\t\t: {model}\n\n"
        ));
    }
}

pub(crate) fn file_systems(text: &mut Text) {
    for kind in fstypes::all() {
        text.put(format_args!("nodev\t{}\n", kind.name));
    }
}

pub(crate) fn load(text: &mut Text) {
    for load in sched::load_averages() {
        let whole = load >> 16;
        let hundredths = ((load & 0xffff) * 100) >> 16;
        text.put(format_args!("{whole}.{hundredths:02} "));
    }
    let all = process::all();
    let running = all.iter().filter(|p| p.state_letter() == 'R').count();
    let last = all.iter().map(|p| p.id()).max().unwrap_or(0);
    text.put(format_args!("{running}/{} {last}\n", all.len()));
}

pub(crate) fn memory(text: &mut Text) {
    let memory = system::memory();
    let mut line = |name: &str, bytes: u64| {
        text.put(format_args!(
            "{:<16}{:>8} kB\n",
            alloc::format!("{name}:"),
            bytes >> 10
        ));
    };
    line("MemTotal", memory.total);
    line("MemFree", memory.free);
    // What files in memory hold cannot be given back, so only the free is available.
    line("MemAvailable", memory.free);
    line("Buffers", 0);
    line("Cached", 0);
    line("SwapTotal", 0);
    line("SwapFree", 0);
    line("Slab", memory.heap);
    line("KernelHeapUsed", memory.heap_used);
    line("PageTables", memory.page_tables);
    line("KernelImage", memory.image);
}

pub(crate) fn uptime(text: &mut Text) {
    let (up, idle) = (time::now(), sched::idle_ns());
    let hundredths = |ns: u64| ns % NS_PER_S / NS_PER_TICK;
    text.put(format_args!(
        "{}.{:02} {}.{:02}\n",
        up / NS_PER_S,
        hundredths(up),
        idle / NS_PER_S,
        hundredths(idle)
    ));
}

pub(crate) fn statistics(text: &mut Text) {
    let cpus = system::cpus() as u64;
    let (mut user, mut kernel) = (0, 0);
    let all = process::all();
    for process in &all {
        let times = process.times();
        user += times.user;
        kernel += times.system;
    }
    let idle = sched::idle_ns();
    // What processes that have ended used is not kept: it is what is left.
    let left = (time::now() * cpus).saturating_sub(user + idle + kernel);
    let ticks = |ns: u64| ns / NS_PER_TICK;
    text.put(format_args!(
        "cpu  {} 0 {} {} 0 0 0 0 0 0\n",
        ticks(user),
        ticks(kernel + left),
        ticks(idle)
    ));
    let boot = time::wall().saturating_sub(time::now()) / NS_PER_S;
    let last = all.iter().map(|p| p.id()).max().unwrap_or(0);
    let running = all.iter().filter(|p| p.state_letter() == 'R').count();
    text.put(format_args!(
        "btime {boot}\nprocesses {last}\nprocs_running {running}\nprocs_blocked 0\n"
    ));
}

pub(crate) fn version(text: &mut Text) {
    let version = env!("CARGO_PKG_VERSION");
    text.put(format_args!(
        "Scarlet version {version} ({})\n",
        crate::release()
    ));
}

pub(crate) fn host_name(text: &mut Text) {
    text.bytes(&system::host_name());
    text.put(format_args!("\n"));
}

pub(crate) fn os_release(text: &mut Text) {
    text.put(format_args!("{}\n", crate::release()));
}

pub(crate) fn os_type(text: &mut Text) {
    text.put(format_args!("Scarlet\n"));
}

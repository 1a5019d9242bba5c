//! `./x bench`: the same static binary on Scarlet and on Debian's Linux, in the same QEMU.
//!
//! Each kernel is booted twice: with `-icount shift=0,sleep=off`, where guest time counts instructions (figures repeat), and
//! without, where it is wall time (figures are noisy: only the ratio of one run says something).

use crate::cpio::Archive;
use crate::{Machine, Result, build, debian, qemu, shell};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ICOUNT: [&str; 2] = ["-icount", "shift=0,sleep=off"];
const PROGRAM: &str = "scarlet-bench";
/// Seconds for one boot with all rows.
const LIMIT: u64 = 900;

/// Seconds that Linux gets after its boot: its late work makes rows several times dearer until then.
const SETTLE: u32 = 8;

/// Row name to ns per operation.
type Rows = BTreeMap<String, f64>;

pub(crate) fn run(file: Option<&Path>, smp: u32, rows: Option<&str>) -> Result<u8> {
    qemu::need_qemu()?;
    let image = build::all()?;
    let linux = linux_kernel()?;
    let mut table = Vec::new();
    for (clock, options) in [("icount", &ICOUNT[..]), ("wall", &[])] {
        eprintln!("x: measuring Scarlet ({clock})");
        let ours = scarlet(&image, smp, rows, options)?;
        eprintln!("x: measuring Linux ({clock})");
        let theirs = linux_rows(&linux, smp, rows, options)?;
        println!(
            "\n{clock}, {smp} hart(s), ns per operation\n{:<28} {:>14} {:>14} {:>7}",
            "row", "Scarlet", "Linux", "ratio"
        );
        for (name, linux) in &theirs {
            let scarlet = ours.get(name);
            let shown = scarlet.map_or("-".into(), |value| format!("{value:.0}"));
            let ratio = scarlet.map_or("-".into(), |value| format!("{:.2}", value / linux));
            println!("{name:<28} {shown:>14} {linux:>14.0} {ratio:>7}");
            table.push(json!({"name": name, "unit": "ns", "clock": clock, "harts": smp, "scarlet": scarlet, "linux": linux, "ratio": scarlet.map(|value| value / linux)}));
        }
    }
    if let Some(file) = file {
        let text = serde_json::to_string_pretty(&table).map_err(|error| error.to_string())?;
        std::fs::write(file, text + "\n")
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(0)
}

fn arguments(rows: Option<&str>) -> String {
    rows.map_or("--quick".into(), |rows| format!("--quick --rows {rows}"))
}

fn scarlet(image: &build::Image, smp: u32, rows: Option<&str>, options: &[&str]) -> Result<Rows> {
    let machine = Machine {
        add: Vec::new(),
        smp,
        mem: "512M".into(),
        xv6: None,
    };
    let boot = qemu::Boot {
        machine,
        timeout: LIMIT,
        abi_trace: false,
        verbose: false,
    };
    let outcome = qemu::boot_with(
        image,
        &boot,
        &format!("{PROGRAM} {}", arguments(rows)),
        options,
        false,
    )?;
    let rows = parse(&String::from_utf8_lossy(&outcome.output));
    if rows.is_empty() {
        return Err(format!(
            "Scarlet measured nothing:\n{}{}",
            String::from_utf8_lossy(&outcome.output),
            outcome.log
        ));
    }
    Ok(rows)
}

/// Lines `row NAME UNIT VALUE`.
fn parse(output: &str) -> Rows {
    let row = |line: &str| {
        let words: Vec<&str> = line
            .trim()
            .strip_prefix("row ")?
            .split_whitespace()
            .collect();
        let [name @ .., _unit, value] = words.as_slice() else {
            return None;
        };
        Some((name.join(" "), value.parse().ok()?))
    };
    output.lines().filter_map(row).collect()
}

/// Debian's kernel for the guest.
fn linux_kernel() -> Result<PathBuf> {
    let name = debian::depends("linux-image-riscv64", "linux-image-")?;
    let tree = debian::package(&name)?;
    // In /boot, or with newer packages beside the modules.
    let beside_modules = || {
        let modules = std::fs::read_dir(tree.join("usr/lib/modules")).ok()?;
        modules.flatten().find_map(|entry| kernel_in(&entry.path()))
    };
    kernel_in(&tree.join("boot"))
        .or_else(beside_modules)
        .ok_or(format!("{name} holds no kernel"))
}

/// A kernel image in a folder.
fn kernel_in(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    let mut files = entries.flatten().map(|entry| entry.path());
    files.find(|path| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("vmlinu"))
    })
}

fn linux_rows(kernel: &Path, smp: u32, rows: Option<&str>, options: &[&str]) -> Result<Rows> {
    let root = shell::root();
    let mut archive = Archive::default();
    for folder in ["/bin", "/dev", "/proc", "/sys", "/tmp", "/etc"] {
        archive.directory(folder);
    }
    let busybox = debian::package("busybox-static")?.join("usr/bin/busybox");
    let read =
        |path: &Path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    archive.file("/bin/busybox", &read(&busybox)?, 0o755);
    archive.file(
        &format!("/bin/{PROGRAM}"),
        &read(&root.join("target/c").join(PROGRAM))?,
        0o755,
    );
    let script = format!(
        "#!/bin/busybox sh\nb=/bin/busybox\n$b mount -t devtmpfs d /dev\n$b mount -t proc p /proc\n$b mount -t tmpfs t /tmp\n$b ip link set lo up\ncd /tmp\n$b sleep {SETTLE}\n/bin/{PROGRAM} {}\n$b poweroff -f\n",
        arguments(rows)
    );
    archive.file("/init", script.as_bytes(), 0o755);
    let initrd = root
        .join("target/image")
        .join(format!("linux-{}.cpio", std::process::id()));
    std::fs::write(&initrd, archive.finish()).map_err(|error| error.to_string())?;
    let mut command = Command::new("timeout");
    command.arg(LIMIT.to_string()).args([
        "qemu-system-riscv64",
        "-M",
        "virt",
        "-cpu",
        "rv64",
        "-nographic",
        "-no-reboot",
        "-m",
        "512M",
    ]);
    command
        .args(["-smp", &smp.to_string()])
        .arg("-kernel")
        .arg(kernel)
        .arg("-initrd")
        .arg(&initrd);
    command
        .args(["-append", "quiet console=ttyS0"])
        .args(options)
        .stdin(Stdio::null());
    let output = shell::run(&mut command, "");
    let _ = std::fs::remove_file(&initrd);
    let rows = parse(&output?);
    if rows.is_empty() {
        Err("Linux measured nothing".into())
    } else {
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn rows_are_read() {
        let rows = super::parse("noise\nrow null syscall ns 12.5\r\nskip tcp no network\n");
        assert_eq!(
            rows.into_iter().collect::<Vec<_>>(),
            [("null syscall".to_string(), 12.5)]
        );
    }
}

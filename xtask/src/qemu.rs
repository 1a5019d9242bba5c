//! Booting Scarlet in QEMU: on the terminal, headless with one command, under gdb.
//!
//! Headless, the serial line carries two streams: program output with byte 0x10 (DLE) doubled, and kernel log records as
//! `DLE L text DLE E`; `DLE P` says that the kernel panicked.

use crate::cpio::Archive;
use crate::{Machine, Result, build, shell, xv6fs};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const QEMU: &str = "qemu-system-riscv64";
/// Exit status of a machine that took too long, as timeout(1) has it.
const TIMED_OUT: u8 = 124;
const DLE: u8 = 0x10;

/// A headless run.
pub(crate) struct Boot {
    pub(crate) machine: Machine,
    pub(crate) timeout: u64,
    pub(crate) abi_trace: bool,
    pub(crate) verbose: bool,
}

/// What came of it.
pub(crate) struct Outcome {
    pub(crate) output: Vec<u8>,
    pub(crate) log: String,
    pub(crate) status: u8,
    pub(crate) panicked: bool,
    /// It was ended because it took too long.
    pub(crate) timed_out: bool,
}

/// Ends QEMU when dropped, whatever happened.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn need_qemu() -> Result<()> {
    shell::need(&[(QEMU, "qemu-system-misc")], "QEMU for RISC-V")?;
    if ![
        "/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin",
        "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin",
    ]
    .iter()
    .any(|path| Path::new(path).is_file())
    {
        shell::install(&["opensbi"], "the firmware")?;
    }
    Ok(())
}

/// The image for one run: the base, what `--add` and `--xv6` name, and the command.
fn initrd(base: &Path, machine: &Machine, command: Option<&str>, name: &str) -> Result<PathBuf> {
    let mut extra = Archive::default();
    for pair in &machine.add {
        let (host, guest) = pair
            .split_once(':')
            .filter(|(host, guest)| !host.is_empty() && guest.starts_with('/'))
            .ok_or(format!("--add {pair}: it must be HOST:/GUEST/PATH"))?;
        extra.parents(guest);
        extra.tree(Path::new(host), guest)?;
    }
    if let Some(image) = &machine.xv6 {
        for (name, bytes) in xv6fs::programs(image)? {
            extra.file(&format!("/system/xv6-riscv64/{name}"), &bytes, 0o755);
        }
    }
    if let Some(command) = command {
        extra.file("/system/boot/command", command.as_bytes(), 0o444);
    }
    let mut bytes = std::fs::read(base).map_err(|error| format!("{}: {error}", base.display()))?;
    bytes.extend(extra.finish());
    let path = shell::root()
        .join("target/image")
        .join(format!("{name}-{}.cpio", std::process::id()));
    std::fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

fn qemu(image: &build::Image, initrd: &Path, machine: &Machine, words: &str) -> Command {
    let mut command = Command::new(QEMU);
    command
        .args([
            "-M",
            "virt",
            "-cpu",
            "rv64",
            "-nographic",
            "-no-reboot",
            "-m",
            &machine.mem,
        ])
        .args(["-smp", &machine.smp.to_string()])
        .arg("-kernel")
        .arg(&image.kernel)
        .arg("-initrd")
        .arg(initrd)
        .args(["-append", words]);
    command
}

/// Rows and columns of this terminal.
fn terminal_size() -> String {
    let size = Command::new("stty")
        .arg("size")
        .stdin(Stdio::inherit())
        .output()
        .ok();
    let text = size
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_string())
        .unwrap_or_default();
    match text.split_once(' ') {
        Some((rows, columns)) if rows != "0" => format!("{rows}x{columns}"),
        _ => "24x80".into(),
    }
}

/// An interactive shell on this terminal.
pub(crate) fn run(machine: &Machine) -> Result<u8> {
    need_qemu()?;
    let image = build::all()?;
    let initrd = initrd(&image.initrd, machine, None, "run")?;
    let words = format!("loglevel=warn console.size={}", terminal_size());
    eprintln!("x: booting; Ctrl-A X leaves");
    let status = qemu(&image, &initrd, machine, &words).status();
    let _ = std::fs::remove_file(&initrd);
    let status = status.map_err(|error| format!("cannot start {QEMU}: {error}"))?;
    Ok(status.code().unwrap_or(1) as u8)
}

/// Runs one command line; its output goes to standard output as it comes.
pub(crate) fn exec(boot: &Boot, line: &str) -> Result<u8> {
    need_qemu()?;
    let image = build::all()?;
    let outcome = boot_with(&image, boot, line, &[], true)?;
    if outcome.panicked {
        return Err(format!("the kernel panicked:\n{}", outcome.log));
    }
    if outcome.timed_out {
        eprintln!(
            "x: no end after {} s (--timeout sets the limit)",
            boot.timeout
        );
    }
    Ok(outcome.status)
}

/// Boots, runs a command line, and gathers what came. `live`: shows it, too.
pub(crate) fn boot_with(
    image: &build::Image,
    boot: &Boot,
    line: &str,
    more: &[&str],
    live: bool,
) -> Result<Outcome> {
    let initrd = initrd(&image.initrd, &boot.machine, Some(line), "exec")?;
    // The kernel's first record also tells where the firmware's own output ends.
    let level = "info";
    let trace = if boot.abi_trace { " abi.trace=1" } else { "" };
    let words = format!("loglevel={level} console.mux=1 console.size=24x80{trace}");
    let mut command = qemu(image, &initrd, &boot.machine, &words);
    command
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command
        .spawn()
        .map_err(|error| format!("cannot start {QEMU}: {error}"));
    let result = child.and_then(|child| gather(Running(child), boot, live));
    let _ = std::fs::remove_file(&initrd);
    result
}

fn gather(mut running: Running, boot: &Boot, live: bool) -> Result<Outcome> {
    let mut stdout = running.0.stdout.take().ok_or("QEMU has no output")?;
    let (sender, receiver) = mpsc::channel::<Vec<u8>>();
    std::thread::spawn(move || {
        let mut chunk = [0; 4096];
        while let Ok(n @ 1..) = stdout.read(&mut chunk) {
            if sender.send(chunk[..n].to_vec()).is_err() {
                break;
            }
        }
    });
    let end = Instant::now() + Duration::from_secs(boot.timeout);
    let mut demux = Demux {
        live,
        show_log: boot.verbose || boot.abi_trace,
        ..Demux::default()
    };
    loop {
        match receiver.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(bytes) => bytes.iter().for_each(|&byte| demux.take(byte)),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                return Ok(Outcome {
                    output: demux.output,
                    log: demux.log,
                    status: TIMED_OUT,
                    panicked: demux.panicked,
                    timed_out: true,
                });
            }
        }
        demux.flush();
    }
    let status = running.0.wait().map_err(|error| format!("QEMU: {error}"))?;
    Ok(Outcome {
        output: demux.output,
        log: demux.log,
        status: status.code().unwrap_or(255) as u8,
        panicked: demux.panicked,
        timed_out: false,
    })
}

/// Takes the serial line's two streams apart. What comes before the kernel's first byte is the firmware's.
#[derive(Default)]
struct Demux {
    live: bool,
    show_log: bool,
    escaped: bool,
    in_log: bool,
    record: Vec<u8>,
    /// The kernel has said something: program output may follow.
    started: bool,
    output: Vec<u8>,
    shown: usize,
    log: String,
    panicked: bool,
}

impl Demux {
    fn take(&mut self, byte: u8) {
        match (std::mem::take(&mut self.escaped), byte) {
            (false, DLE) => self.escaped = true,
            (true, b'L') => (self.in_log, self.started) = (true, true),
            (true, b'E') => self.end_record(),
            (true, b'P') => self.panicked = true,
            (_, byte) if self.in_log => self.record.push(byte),
            (_, byte) if self.started => self.output.push(byte),
            _ => {}
        }
    }

    fn end_record(&mut self) {
        let line = String::from_utf8_lossy(&self.record).into_owned();
        if self.in_log {
            self.log.push_str(&line);
            self.log.push('\n');
            if self.live && self.show_log {
                eprintln!("{line}");
            }
        }
        self.record.clear();
        self.in_log = false;
    }

    fn flush(&mut self) {
        if self.live && self.shown < self.output.len() {
            let mut out = std::io::stdout().lock();
            // Output that nobody takes is lost, as with any program.
            let _ = out.write_all(&self.output[self.shown..]);
            let _ = out.flush();
            self.shown = self.output.len();
        }
    }
}

/// Boots and waits for gdb, which is started with the kernel's symbols.
pub(crate) fn debug(machine: &Machine) -> Result<u8> {
    need_qemu()?;
    shell::need(&[("gdb-multiarch", "gdb-multiarch")], "gdb")?;
    let image = build::all()?;
    let initrd = initrd(&image.initrd, machine, None, "debug")?;
    let log = shell::root().join("target/image/debug.console");
    let mut command = qemu(&image, &initrd, machine, "loglevel=info");
    let port = 10_000 + std::process::id() % 20_000;
    command.args([
        "-S",
        "-gdb",
        &format!("tcp:127.0.0.1:{port}"),
        "-serial",
        &format!("file:{}", log.display()),
        "-display",
        "none",
    ]);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let _qemu = Running(
        command
            .spawn()
            .map_err(|error| format!("cannot start {QEMU}: {error}"))?,
    );
    eprintln!("x: the console goes to {}", log.display());
    let status = Command::new("gdb-multiarch")
        .args([
            "-q",
            "-ex",
            "set architecture riscv:rv64",
            "-ex",
            &format!("target remote 127.0.0.1:{port}"),
        ])
        .arg(&image.kernel)
        .status();
    let _ = std::fs::remove_file(&initrd);
    status
        .map_err(|error| format!("cannot start gdb-multiarch: {error}"))
        .map(|status| status.code().unwrap_or(1) as u8)
}

#[cfg(test)]
mod tests {
    use super::Demux;

    #[test]
    fn the_line_is_taken_apart() {
        let mut demux = Demux::default();
        b"OpenSBI\n\x10Lone\x10Ea\x10\x10b\x10Ltwo\x10E\n"
            .iter()
            .for_each(|&byte| demux.take(byte));
        assert_eq!(
            (demux.output.as_slice(), demux.log.as_str(), demux.panicked),
            (&b"a\x10b\n"[..], "one\ntwo\n", false)
        );
        b"\x10P\x10E".iter().for_each(|&byte| demux.take(byte));
        assert!(demux.panicked);
    }
}

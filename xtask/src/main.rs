//! The host tool behind `./x`: builds, runs, tests and measures Scarlet.

mod bench;
mod build;
mod cpio;
mod debian;
mod gen_docs;
mod lint;
mod qemu;
mod scenarios;
mod shell;
mod test;
mod tidy;
mod toolchain;
mod xv6fs;

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// What a command failed with: a message that says what to do.
type Result<T, E = String> = std::result::Result<T, E>;

/// Builds, runs, tests and measures Scarlet. The first use installs what is missing (as root, or with sudo).
#[derive(Parser)]
#[command(name = "x", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// The machine to boot.
#[derive(Args, Clone)]
struct Machine {
    /// Puts a file or folder of the host into the guest (may be repeated).
    #[arg(long, value_name = "HOST:GUEST")]
    add: Vec<String>,
    /// Processors.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=8))]
    smp: u32,
    /// Memory, as QEMU takes it.
    #[arg(long, default_value = "512M")]
    mem: String,
    /// An xv6 disk image whose programs appear at /system/xv6-riscv64.
    #[arg(long, value_name = "FS.IMG")]
    xv6: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Builds everything and gives an interactive shell on this terminal (Ctrl-A X leaves).
    Run {
        #[command(flatten)]
        machine: Machine,
    },
    /// Runs one command line in the guest's shell; prints its output and exits with its status.
    Exec {
        #[command(flatten)]
        machine: Machine,
        /// Seconds after which the machine is ended (status 124).
        #[arg(long, default_value_t = 60)]
        timeout: u64,
        /// Shows every call of every program on standard error.
        #[arg(long)]
        abi_trace: bool,
        /// Shows the kernel log on standard error.
        #[arg(short)]
        verbose: bool,
        /// The command line.
        #[arg(last = true, required = true)]
        line: Vec<String>,
    },
    /// Runs the host tests and the booted scenarios; with names, those that match.
    Test {
        /// Parts of names.
        names: Vec<String>,
    },
    /// Measures Scarlet beside Debian's Linux in the same QEMU.
    Bench {
        /// Writes the rows to a file.
        #[arg(long)]
        json: Option<PathBuf>,
        /// Processors.
        #[arg(long, default_value_t = 1)]
        smp: u32,
        /// Only these rows (parts of names, joined by commas).
        #[arg(long)]
        rows: Option<String>,
    },
    /// Builds the kernel, the programs and the image.
    Build,
    /// Boots and waits for gdb; starts one with everything set up.
    Debug {
        #[command(flatten)]
        machine: Machine,
    },
    /// Checks format, lints and house rules.
    Lint,
    /// Writes the support tables and documents that come from the call tables.
    Gen,
    /// Builds the documentation of the code.
    Doc,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(status) => ExitCode::from(status),
        Err(message) => {
            eprintln!("x: {message}");
            ExitCode::from(1)
        }
    }
}

fn run(command: Command) -> Result<u8> {
    match command {
        Command::Run { machine } => qemu::run(&machine),
        Command::Exec {
            machine,
            timeout,
            abi_trace,
            verbose,
            line,
        } => {
            let boot = qemu::Boot {
                machine,
                timeout,
                abi_trace,
                verbose,
            };
            qemu::exec(&boot, &line.join(" "))
        }
        Command::Test { names } => test::run(&names),
        Command::Bench { json, smp, rows } => bench::run(json.as_deref(), smp, rows.as_deref()),
        Command::Build => build::all().map(|image| {
            println!(
                "kernel: {}\nimage:  {}",
                image.kernel.display(),
                image.initrd.display()
            );
            0
        }),
        Command::Debug { machine } => qemu::debug(&machine),
        Command::Lint => lint::run(),
        Command::Gen => gen_docs::write().map(|()| 0),
        Command::Doc => {
            shell::cargo(&["doc", "--workspace", "--no-deps"], "the documentation")?;
            println!("target/doc/kcore/index.html");
            Ok(0)
        }
    }
}

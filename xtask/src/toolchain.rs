//! The compiler for the bare target: rustup's if it has the target; else Debian's with a small sysroot of core and alloc,
//! built once. Either way the kernel itself builds as stable Rust.

use crate::{Result, shell};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) const TARGET: &str = "riscv64gc-unknown-none-elf";

/// A cargo that builds for [`TARGET`].
pub(crate) struct Toolchain {
    cargo: PathBuf,
    rustc: PathBuf,
    sysroot: Option<PathBuf>,
    linker: PathBuf,
}

/// Finds or makes it.
pub(crate) fn find() -> Result<Toolchain> {
    match rustup() {
        Some(toolchain) => Ok(toolchain),
        None => debian(),
    }
}

fn print(program: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

fn rustup() -> Option<Toolchain> {
    let rustc = PathBuf::from("rustc");
    let sysroot = PathBuf::from(print(&rustc, &["--print", "sysroot"])?);
    let library = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    library.is_dir().then(|| Toolchain {
        cargo: "cargo".into(),
        linker: bundled_linker(&sysroot),
        rustc,
        sysroot: None,
    })
}

/// rustup's own copy of the linker; if it is not there, the one on the path.
fn bundled_linker(sysroot: &Path) -> PathBuf {
    let host = print(Path::new("rustc"), &["-vV"])
        .and_then(|text| {
            text.lines()
                .find_map(|line| line.strip_prefix("host: ").map(String::from))
        })
        .unwrap_or_default();
    let bundled = sysroot.join("lib/rustlib").join(host).join("bin/rust-lld");
    if bundled.is_file() {
        bundled
    } else {
        "ld.lld".into()
    }
}

fn debian() -> Result<Toolchain> {
    let (cargo, rustc) = (
        PathBuf::from("/usr/bin/cargo"),
        PathBuf::from("/usr/bin/rustc"),
    );
    let source = Path::new("/usr/src/rustc-web/library");
    let has_source = || {
        print(&rustc, &["--print", "sysroot"]).is_some_and(|root| {
            Path::new(&root)
                .join("lib/rustlib/src/rust/library/core")
                .is_dir()
        })
    };
    if !cargo.is_file() || !rustc.is_file() || !(source.is_dir() || has_source()) {
        shell::install(
            &["cargo-web", "rustc-web", "rust-web-src"],
            "a compiler for the bare target",
        )?;
    }
    shell::need(&[("ld.lld", "lld")], "the linker")?;
    let sysroot = small_sysroot(&cargo, &rustc)?;
    Ok(Toolchain {
        cargo,
        rustc,
        sysroot: Some(sysroot),
        linker: "ld.lld".into(),
    })
}

/// core, alloc and compiler_builtins for the target, in a sysroot of their own, by the compiler's version.
fn small_sysroot(cargo: &Path, rustc: &Path) -> Result<PathBuf> {
    let version = print(rustc, &["--version"]).ok_or("/usr/bin/rustc does not tell its version")?;
    let name: String = version
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        })
        .collect();
    let sysroot = shell::root().join("target/sysroot").join(name);
    let library = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    if library.join("done").is_file() {
        return Ok(sysroot);
    }
    let probe = shell::root().join("target/sysroot/build");
    write(&probe.join("lib.rs"), "#![no_std]\n")?;
    let manifest = "[package]\nname = \"sysroot\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[lib]\npath = \"lib.rs\"\n[workspace]\n[profile.release]\npanic = \"abort\"\n";
    write(&probe.join("Cargo.toml"), manifest)?;
    let mut build = Command::new(cargo);
    build
        .args([
            "build",
            "--release",
            "-Zbuild-std=core,alloc",
            "--target",
            TARGET,
            "--target-dir",
            "target",
        ])
        .current_dir(&probe)
        .env("RUSTC", rustc)
        .env("RUSTC_BOOTSTRAP", "1")
        // LTO wants the bitcode, backtraces the frame pointers.
        .env(
            "RUSTFLAGS",
            "-C embed-bitcode=yes -C force-frame-pointers=yes",
        );
    let _ = std::fs::remove_dir_all(probe.join("target"));
    shell::run(
        &mut build,
        "building core and alloc for the bare target (once)",
    )?;
    let _ = std::fs::remove_dir_all(&library);
    std::fs::create_dir_all(&library).map_err(|error| format!("{}: {error}", library.display()))?;
    let built = probe.join("target").join(TARGET).join("release/deps");
    for file in std::fs::read_dir(&built)
        .map_err(|error| format!("{}: {error}", built.display()))?
        .flatten()
    {
        let name = file.file_name().to_string_lossy().into_owned();
        let wanted = ["libcore-", "liballoc-", "libcompiler_builtins-"]
            .iter()
            .any(|prefix| name.starts_with(prefix));
        if wanted && name.ends_with(".rlib") {
            std::fs::copy(file.path(), library.join(&name))
                .map_err(|error| format!("{name}: {error}"))?;
        }
    }
    write(&library.join("done"), "")?;
    Ok(sysroot)
}

/// Writes a file, and its folder.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

impl Toolchain {
    /// Builds with `args` in `folder`.
    pub(crate) fn build(&self, folder: &Path, args: &[&str], what: &str) -> Result<()> {
        let mut flags = format!(
            "-C force-frame-pointers=yes -C linker-flavor=ld.lld -C linker={}",
            self.linker.display()
        );
        if let Some(sysroot) = &self.sysroot {
            flags.push_str(&format!(" --sysroot {}", sysroot.display()));
        }
        let mut command = Command::new(&self.cargo);
        command
            .args(["build", "--release", "--target", TARGET])
            .args(args)
            .current_dir(folder)
            .env("RUSTC", &self.rustc)
            .env("RUSTFLAGS", flags);
        shell::run(&mut command, what).map(drop)
    }
}

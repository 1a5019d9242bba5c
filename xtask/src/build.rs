//! Building the kernel, the programs and the image.

use crate::cpio::Archive;
use crate::toolchain::{self, TARGET, Toolchain};
use crate::{Result, debian, shell};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What was built.
pub(crate) struct Image {
    pub(crate) kernel: PathBuf,
    pub(crate) initrd: PathBuf,
}

/// Name of the native ABI's folder below /system, and of the others'.
const LINUX: &str = "/system/linux-riscv64";
const XV6: &str = "/system/xv6-riscv64";
const NATIVE: &str = "/system/scarlet";

/// Builds everything.
pub(crate) fn all() -> Result<Image> {
    let toolchain = toolchain::find()?;
    let kernel = kernel(&toolchain)?;
    let initrd = shell::root().join("target/image/base.cpio");
    let archive = image(&toolchain, &kernel)?;
    std::fs::create_dir_all(shell::root().join("target/image"))
        .map_err(|error| format!("target/image: {error}"))?;
    std::fs::write(&initrd, archive).map_err(|error| format!("{}: {error}", initrd.display()))?;
    Ok(Image { kernel, initrd })
}

fn kernel(toolchain: &Toolchain) -> Result<PathBuf> {
    let root = shell::root();
    toolchain.build(&root, &["--package", "kernel"], "building the kernel")?;
    Ok(root.join("target").join(TARGET).join("release/kernel"))
}

fn image(toolchain: &Toolchain, kernel: &Path) -> Result<Vec<u8>> {
    let root = shell::root();
    let user = root.join("user");
    toolchain.build(&user, &[], "building the programs")?;
    let built = user.join("target").join(TARGET).join("release");
    let mut archive = Archive::default();
    for folder in [
        "/system",
        NATIVE,
        LINUX,
        XV6,
        "/system/boot",
        "/home",
        "/data",
        "/tmp",
        "/dev",
        "/proc",
        "/sys",
        "/scarlet",
    ] {
        archive.directory(folder);
    }
    archive.tree(&root.join("rootfs"), "")?;
    archive.directory(&format!("{NATIVE}/bin"));
    programs(
        &mut archive,
        &user.join("bin/src/bin"),
        &built,
        &format!("{NATIVE}/bin"),
    )?;
    programs(
        &mut archive,
        &user.join("xv6-programs/src/bin"),
        &built,
        XV6,
    )?;
    linux(&mut archive)?;
    archive.file("/system/boot/symbols", symbols(kernel)?.as_bytes(), 0o444);
    Ok(archive.finish())
}

/// Every program of a folder of sources.
fn programs(archive: &mut Archive, sources: &Path, built: &Path, to: &str) -> Result<()> {
    let entries =
        std::fs::read_dir(sources).map_err(|error| format!("{}: {error}", sources.display()))?;
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .trim_end_matches(".rs")
                .to_string()
        })
        .collect();
    names.sort();
    for name in names {
        let bytes = std::fs::read(built.join(&name)).map_err(|error| format!("{name}: {error}"))?;
        archive.file(&format!("{to}/{name}"), &bytes, 0o755);
    }
    Ok(())
}

/// Debian's busybox with a link for each applet, and our own C programs if there is a compiler for them.
fn linux(archive: &mut Archive) -> Result<()> {
    let busybox = debian::package("busybox-static")?;
    let path = ["usr/bin/busybox", "bin/busybox"]
        .map(|path| busybox.join(path))
        .into_iter()
        .find(|path| path.is_file());
    let bytes = std::fs::read(path.ok_or("Debian's busybox-static has no busybox")?)
        .map_err(|error| error.to_string())?;
    archive.directory(&format!("{LINUX}/bin"));
    archive.symlink(&format!("{LINUX}/usr"), ".");
    archive.symlink(&format!("{LINUX}/sbin"), "bin");
    for applet in applets(&bytes) {
        archive.symlink(&format!("{LINUX}/bin/{applet}"), "busybox");
    }
    archive.file(&format!("{LINUX}/bin/busybox"), &bytes, 0o755);
    for (name, program) in c_programs()? {
        archive.file(&format!("{LINUX}/bin/{name}"), &program, 0o755);
    }
    Ok(())
}

/// The names in busybox's own table: NUL-terminated strings from `[` on, ended by an empty one.
fn applets(bytes: &[u8]) -> Vec<String> {
    let mark = b"[\0[[\0";
    let Some(start) = bytes.windows(mark.len()).position(|window| window == mark) else {
        return Vec::new();
    };
    let names = bytes[start..]
        .split(|&byte| byte == 0)
        .take_while(|name| !name.is_empty());
    names
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .filter(|name| name != "busybox")
        .collect()
}

/// Our own C programs for Linux, one from each file, and the benchmark from all of its files.
fn c_programs() -> Result<Vec<(String, Vec<u8>)>> {
    let root = shell::root();
    let mut units: Vec<(String, Vec<PathBuf>)> = Vec::new();
    let sources = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut files: Vec<_> = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|e| e == "c"))
            .collect();
        files.sort();
        files
    };
    for file in sources(&root.join("user/tests-linux")) {
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        units.push((name, vec![file]));
    }
    let bench = sources(&root.join("bench"));
    if !bench.is_empty() {
        units.push(("scarlet-bench".into(), bench));
    }
    if !units.is_empty() {
        shell::need(
            &[("riscv64-linux-gnu-gcc", "gcc-riscv64-linux-gnu")],
            "the C cross compiler",
        )?;
        if !Path::new("/usr/riscv64-linux-gnu/lib/libc.a").is_file() {
            shell::install(&["libc6-dev-riscv64-cross"], "the C library for it")?;
        }
    }
    units
        .into_iter()
        .map(|(name, files)| Ok((name.clone(), compile(&name, &files)?)))
        .collect()
}

fn compile(name: &str, files: &[PathBuf]) -> Result<Vec<u8>> {
    let out = shell::root().join("target/c").join(name);
    std::fs::create_dir_all(shell::root().join("target/c")).map_err(|error| error.to_string())?;
    let time = |path: &Path| {
        std::fs::metadata(path)
            .and_then(|facts| facts.modified())
            .ok()
    };
    if files.iter().any(|file| time(file) > time(&out)) {
        let mut gcc = Command::new("riscv64-linux-gnu-gcc");
        gcc.args(["-static", "-O2", "-pthread", "-o"])
            .arg(&out)
            .args(files);
        shell::run(&mut gcc, &format!("compiling {name}"))?;
    }
    std::fs::read(&out).map_err(|error| format!("{}: {error}", out.display()))
}

/// The kernel's functions as lines `ADDRESS SIZE NAME`, for its backtraces.
fn symbols(kernel: &Path) -> Result<String> {
    shell::need(
        &[("riscv64-linux-gnu-nm", "binutils-riscv64-linux-gnu")],
        "nm for the kernel's symbols",
    )?;
    let mut nm = Command::new("riscv64-linux-gnu-nm");
    let text = shell::run(nm.args(["-S", "-n", "--defined-only"]).arg(kernel), "")?;
    let function = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        match fields.as_slice() {
            [address, size, "t" | "T", name] => Some(format!("{address} {size} {name}\n")),
            _ => None,
        }
    };
    Ok(text.lines().filter_map(function).collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn applets_are_read_from_the_table() {
        assert_eq!(
            super::applets(b"xx\0[\0[[\0ar\0busybox\0cat\0\0more"),
            ["[", "[[", "ar", "cat"]
        );
        assert!(super::applets(b"nothing").is_empty());
    }
}

//! Packages of Debian for the guest: fetched by name through apt (signatures and checksums verified), kept under target/.

use crate::{Result, shell, toolchain};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where packages are looked for: the stable suite; when its lists are in the middle of an update, the next ones.
const SUITES: [&str; 3] = ["trixie", "forky", "sid"];
const ARCHITECTURE: &str = "riscv64";

fn cache() -> PathBuf {
    shell::root().join("target/debian")
}

/// The unpacked tree of a package; fetched when it is not there yet.
pub(crate) fn package(name: &str) -> Result<PathBuf> {
    let tree = cache().join("trees").join(name);
    if tree.join(".done").is_file() {
        return Ok(tree);
    }
    shell::need(&[("apt-get", "apt"), ("dpkg-deb", "dpkg")], "apt")?;
    let archive = fetch(name)?;
    let _ = std::fs::remove_dir_all(&tree);
    std::fs::create_dir_all(&tree).map_err(|error| format!("{}: {error}", tree.display()))?;
    shell::run(
        Command::new("dpkg-deb").arg("-x").arg(&archive).arg(&tree),
        "",
    )?;
    toolchain::write(&tree.join(".done"), "")?;
    Ok(tree)
}

/// Downloads a package archive with a private apt configuration.
fn fetch(name: &str) -> Result<PathBuf> {
    let folder = cache().join("archives");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    if let Some(found) = find(&folder, name) {
        return Ok(found);
    }
    let mut failures = String::new();
    for suite in SUITES {
        match fetch_from(suite, name, &folder) {
            Ok(()) => {
                return find(&folder, name)
                    .ok_or_else(|| format!("apt fetched no archive of {name}"));
            }
            Err(error) => {
                eprintln!("x: {suite} does not give {name} now; trying the next suite");
                failures.push_str(&format!("{suite}: {error}\n"));
            }
        }
    }
    Err(format!(
        "{name} cannot be fetched:\n{failures}The mirror may be in the middle of an update: try again in a while."
    ))
}

/// Downloads from one suite into `folder`.
fn fetch_from(suite: &str, name: &str, folder: &Path) -> Result<()> {
    let state = cache().join("apt").join(suite);
    for part in ["lists/partial", "archives/partial", "state"] {
        let part = state.join(part);
        std::fs::create_dir_all(&part).map_err(|error| format!("{}: {error}", part.display()))?;
    }
    toolchain::write(&state.join("status"), "")?;
    toolchain::write(&state.join("sources.list"), &sources(suite)?)?;
    let apt = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        for (key, value) in [
            ("Dir::State", "state"),
            ("Dir::State::lists", "lists"),
            ("Dir::State::status", "status"),
            ("Dir::Cache", ""),
            ("Dir::Etc::sourcelist", "sources.list"),
        ] {
            command
                .arg("-o")
                .arg(format!("{key}={}", state.join(value).display()));
        }
        let architecture = format!("APT::Architecture={ARCHITECTURE}");
        let architectures = format!("APT::Architectures={ARCHITECTURE}");
        for option in [
            "Dir::Etc::sourceparts=-",
            "APT::Sandbox::User=root",
            "Acquire::Retries=3",
            "APT::Update::Error-Mode=any",
            &architecture,
            &architectures,
        ] {
            command.args(["-o", option]);
        }
        command.args(args).current_dir(folder);
        command
    };
    shell::run(
        &mut apt(&["update", "-q"]),
        &format!("reading Debian {suite}'s list of packages for {ARCHITECTURE}"),
    )?;
    shell::run(&mut apt(&["download", name]), &format!("fetching {name}")).map(drop)
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let prefix = format!("{name}_");
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    entries.map(|entry| entry.path()).find(|path| {
        path.file_name()
            .is_some_and(|file| file.to_string_lossy().starts_with(&prefix))
    })
}

/// The first package that an archive depends on whose name begins with `prefix`.
pub(crate) fn depends(name: &str, prefix: &str) -> Result<String> {
    let archive = fetch(name)?;
    let text = shell::run(
        Command::new("dpkg-deb")
            .arg("-f")
            .arg(&archive)
            .arg("Depends"),
        "",
    )?;
    let names = text.split([',', ' ', '|', '\n']);
    names
        .map(str::trim)
        .find(|word| word.starts_with(prefix))
        .map(String::from)
        .ok_or(format!("{name} depends on no {prefix}*"))
}

/// A source line: the machine's own Debian mirror if it has one, with Debian's keys.
fn sources(suite: &str) -> Result<String> {
    let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    if !Path::new(keyring).is_file() {
        shell::install(&["debian-archive-keyring"], "Debian's archive keys")?;
    }
    let mirror = mirror()
        .ok_or("no Debian mirror in /etc/apt/sources*: add one whose path ends with /debian")?;
    Ok(format!(
        "deb [arch={ARCHITECTURE} signed-by={keyring}] {mirror} {suite} main\n"
    ))
}

/// The first mirror of the machine's apt sources whose path ends with /debian.
fn mirror() -> Option<String> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    files.extend(
        std::fs::read_dir("/etc/apt/sources.list.d")
            .ok()
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path()),
    );
    let texts = files
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok());
    texts
        .flat_map(|text| {
            text.split_whitespace()
                .map(String::from)
                .collect::<Vec<_>>()
        })
        .find(|word| word.starts_with("http") && word.trim_end_matches('/').ends_with("/debian"))
}

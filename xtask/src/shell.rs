//! Running other programs: progress, output kept, failures told whole.

use crate::Result;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is in a folder")
        .to_path_buf()
}

/// The command as one would type it.
pub(crate) fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs to the end, output kept; a failure tells the command and all it printed. `what` is shown while it runs.
pub(crate) fn run(command: &mut Command, what: &str) -> Result<String> {
    if !what.is_empty() {
        eprintln!("x: {what}");
    }
    let line = describe(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot start `{line}`: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "`{line}` failed ({}):\n{text}{errors}",
        output.status
    ))
}

/// Runs the host's cargo in the repository, its output shown.
pub(crate) fn cargo(args: &[&str], what: &str) -> Result<()> {
    eprintln!("x: {what}");
    let status = Command::new("cargo")
        .args(args)
        .current_dir(root())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`cargo {}` failed ({status})", args.join(" "))),
        Err(error) => Err(format!("cannot start cargo: {error}")),
    }
}

/// Whether a program is on the path.
pub(crate) fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// Installs Debian packages: as root, with sudo, or tells how.
pub(crate) fn install(packages: &[&str], why: &str) -> Result<()> {
    let list = packages.join(" ");
    let hint = format!("apt-get update && apt-get install -y --no-install-recommends {list}");
    if !has("apt-get") {
        return Err(format!(
            "{why} is missing. Install the equivalent of Debian's packages: {list}"
        ));
    }
    let is_root = run(Command::new("id").arg("-u"), "")?.trim() == "0";
    let prefix: &[&str] = match (is_root, has("sudo")) {
        (true, _) => &["env", "DEBIAN_FRONTEND=noninteractive"],
        (false, true) => &["sudo", "env", "DEBIAN_FRONTEND=noninteractive"],
        (false, false) => return Err(format!("{why} is missing. Run as root:\n  {hint}")),
    };
    let apt = |args: &[&str]| {
        let mut command = Command::new(prefix[0]);
        command.args(&prefix[1..]).arg("apt-get").args(args);
        command
    };
    run(
        &mut apt(&["update", "-q"]),
        &format!("{why} is missing: updating the package lists"),
    )?;
    let mut args = vec!["install", "-y", "--no-install-recommends"];
    args.extend(packages);
    run(&mut apt(&args), &format!("installing {list}")).map(drop)
}

/// Installs what is not there; each is (program, package).
pub(crate) fn need(programs: &[(&str, &str)], why: &str) -> Result<()> {
    let missing: Vec<&str> = programs
        .iter()
        .filter(|(program, _)| !has(program))
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        install(&missing, why)
    }
}

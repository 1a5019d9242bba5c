//! `./x lint`: format, clippy with warnings denied, the house rules.

use crate::{Result, shell, tidy};

/// Runs all of it; every breach is told.
pub(crate) fn run() -> Result<u8> {
    shell::cargo(&["fmt", "--all", "--check"], "format")?;
    shell::cargo(
        &[
            "clippy",
            "-q",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
        "lints",
    )?;
    eprintln!("x: house rules");
    let found = tidy::check()?;
    if found.is_empty() {
        println!("lint: clean");
        return Ok(0);
    }
    Err(format!(
        "{}\n{} house rules are broken",
        found.join("\n"),
        found.len()
    ))
}

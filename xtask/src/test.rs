//! `./x test`: host tests, then booted scenarios; one line for each, a count at the end.

use crate::scenarios::{ALL, Scenario};
use crate::{Machine, Result, build, qemu, shell};
use std::process::Command;

#[derive(Default)]
struct Count {
    passed: usize,
    failed: usize,
}

/// Runs what matches the names (everything without names).
pub(crate) fn run(names: &[String]) -> Result<u8> {
    let wanted =
        |name: &str| names.is_empty() || names.iter().any(|part| name.contains(part.as_str()));
    let mut count = Count::default();
    host(&mut count, names)?;
    let chosen: Vec<&Scenario> = ALL
        .iter()
        .filter(|scenario| wanted(scenario.name))
        .collect();
    if !chosen.is_empty() {
        qemu::need_qemu()?;
        let image = build::all()?;
        for scenario in chosen {
            booted(&image, scenario, &mut count)?;
        }
    }
    println!("{} passed, {} failed", count.passed, count.failed);
    Ok(u8::from(count.failed > 0))
}

/// The host's tests; those that fail are shown by cargo.
fn host(count: &mut Count, names: &[String]) -> Result<()> {
    let root = shell::root();
    for (folder, args) in [
        (root.clone(), vec!["--workspace"]),
        (root.join("user"), vec!["--package", "shell"]),
    ] {
        eprintln!(
            "x: host tests in {}",
            folder.file_name().unwrap_or_default().to_string_lossy()
        );
        let mut cargo = Command::new("cargo");
        cargo
            .arg("test")
            .args(args)
            .current_dir(&folder)
            .args(["--no-fail-fast", "--"])
            .args(names);
        let output = cargo
            .output()
            .map_err(|error| format!("cannot start cargo: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let before = count.failed;
        for line in text.lines().filter(|line| line.starts_with("test result:")) {
            count.passed += number_before(line, " passed");
            count.failed += number_before(line, " failed");
        }
        if !output.status.success() {
            print!("{text}{}", String::from_utf8_lossy(&output.stderr));
            // A crate that does not build has no result line.
            count.failed += usize::from(count.failed == before);
        }
    }
    println!("host: {} passed, {} failed", count.passed, count.failed);
    Ok(())
}

/// The number right before a word.
fn number_before(line: &str, word: &str) -> usize {
    let Some(end) = line.find(word) else { return 0 };
    let digits = line[..end]
        .rsplit(|c: char| !c.is_ascii_digit())
        .next()
        .unwrap_or("");
    digits.parse().unwrap_or(0)
}

fn booted(image: &build::Image, scenario: &Scenario, count: &mut Count) -> Result<()> {
    let machine = Machine {
        add: Vec::new(),
        smp: scenario.smp,
        mem: scenario.mem.into(),
        xv6: None,
    };
    let boot = qemu::Boot {
        machine,
        timeout: scenario.timeout,
        abi_trace: false,
        verbose: false,
    };
    let outcome = qemu::boot_with(image, &boot, scenario.line, &[], false)?;
    let output = String::from_utf8_lossy(&outcome.output).replace('\r', "");
    let problem = if outcome.panicked {
        Some("the kernel panicked".to_string())
    } else if outcome.status != scenario.status {
        Some(format!(
            "status {} instead of {}",
            outcome.status, scenario.status
        ))
    } else {
        scenario.expect.misses(&output)
    };
    match problem {
        None => {
            count.passed += 1;
            println!("ok {}", scenario.name);
        }
        Some(problem) => {
            count.failed += 1;
            println!(
                "FAIL {}: {problem}\n  line: {}\n  output: {output:?}\n  log: {}",
                scenario.name, scenario.line, outcome.log
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn counts_are_read() {
        let line = "test result: ok. 12 passed; 3 failed; 0 ignored";
        assert_eq!(
            (
                super::number_before(line, " passed"),
                super::number_before(line, " failed")
            ),
            (12, 3)
        );
    }
}

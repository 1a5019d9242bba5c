//! The house rules as checks over the text of the sources.

use crate::{Result, gen_docs, shell};
use std::path::{Path, PathBuf};

const LINES: usize = 600;
/// Folders whose crates may hold `unsafe`.
const UNSAFE: [&str; 3] = ["arch/", "sys/hal/", "user/"];
/// Files of the kernel's crates that may be longer, and why.
const LONG: [(&str, &str); 2] = [
    (
        "abi/linux/src/table.rs",
        "the call table is one file by design",
    ),
    (
        "arch/riscv64/src/machine/user.rs",
        "one assembly unit with its shell",
    ),
];
/// Names of foreign systems, and where they may stand.
const ABI_WORDS: [&str; 2] = ["linux", "xv6"];
const NEUTRAL: [&str; 4] = ["sys/kcore/", "sys/hal/", "arch/", "drv/"];
/// What every ABI's folder must have.
const ABI_FILES: [&str; 8] = [
    "README.md",
    "src/lib.rs",
    "src/table.rs",
    "src/convention.rs",
    "src/types.rs",
    "src/errno.rs",
    "src/image.rs",
    "src/event.rs",
];

/// Layer of a folder: a crate may use lower layers only (and `lib`).
const LAYERS: [(&str, &[&str]); 8] = [
    ("lib/", &["lib/"]),
    ("arch/", &["lib/"]),
    ("sys/hal", &["arch/", "lib/"]),
    ("sys/kcore", &["sys/hal", "lib/"]),
    ("sys/kapi", &["sys/kcore", "lib/"]),
    ("abi/", &["sys/kapi", "lib/"]),
    ("fs/", &["sys/kcore", "lib/"]),
    ("drv/", &["sys/kcore", "sys/hal", "lib/"]),
];

/// Everything that breaks a rule, a line each.
pub(crate) fn check() -> Result<Vec<String>> {
    let root = shell::root();
    let mut found = Vec::new();
    for path in sources(&root) {
        let name = path
            .strip_prefix(&root)
            .unwrap_or(&path)
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
        found.extend(file(&name, &text));
    }
    for manifest in manifests(&root) {
        let name = manifest
            .strip_prefix(&root)
            .unwrap_or(&manifest)
            .to_string_lossy()
            .into_owned();
        let text =
            std::fs::read_to_string(&manifest).map_err(|error| format!("{name}: {error}"))?;
        found.extend(edges(&name, &text));
    }
    for entry in std::fs::read_dir(root.join("abi"))
        .map_err(|error| format!("abi: {error}"))?
        .flatten()
    {
        for file in ABI_FILES
            .iter()
            .filter(|file| !entry.path().join(file).is_file())
        {
            found.push(format!(
                "abi/{}: {file} is missing",
                entry.file_name().to_string_lossy()
            ));
        }
    }
    for path in gen_docs::stale()? {
        found.push(format!(
            "{}: stale; run ./x gen",
            path.strip_prefix(&root).unwrap_or(&path).display()
        ));
    }
    Ok(found)
}

/// All files below that end with `.rs`, without what was built.
fn sources(root: &Path) -> Vec<PathBuf> {
    walk(root, &|path| {
        path.extension().is_some_and(|extension| extension == "rs")
    })
}

fn manifests(root: &Path) -> Vec<PathBuf> {
    walk(root, &|path| {
        path.file_name().is_some_and(|name| name == "Cargo.toml")
    })
}

fn walk(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            if name != "target" && !name.to_string_lossy().starts_with('.') {
                out.extend(walk(&path, wanted));
            }
        } else if wanted(&path) {
            out.push(path);
        }
    }
    out
}

/// The rules for one source file.
fn file(name: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() > LINES && !LONG.iter().any(|(long, _)| *long == name) {
        found.push(format!(
            "{name}: {} lines, {LINES} are allowed",
            lines.len()
        ));
    }
    if !text.starts_with("//!") {
        found.push(format!("{name}: no `//!` head that says what it is"));
    }
    let may_be_unsafe = UNSAFE.iter().any(|folder| name.starts_with(folder))
        || name.starts_with("xtask/")
        || name.starts_with("test/");
    for (index, line) in lines.iter().enumerate() {
        let code = line.split("//").next().unwrap_or("");
        let at = || format!("{name}:{}", index + 1);
        if has_unsafe(code) && !may_be_unsafe && !name.starts_with("sys/kernel/") {
            found.push(format!("{}: unsafe outside arch and hal", at()));
        }
        let conditional = code.contains("cfg(") && code.contains("target_arch");
        if conditional && (name.starts_with("abi/") || name.starts_with("sys/kcore/")) {
            found.push(format!(
                "{}: cfg(target_arch) in {}",
                at(),
                if name.starts_with("abi/") {
                    "an ABI"
                } else {
                    "kcore"
                }
            ));
        }
        if NEUTRAL.iter().any(|folder| name.starts_with(folder)) && !name.contains("test") {
            for word in ABI_WORDS.iter().filter(|word| is_named(code, word)) {
                found.push(format!("{}: names {word} outside its folder", at()));
            }
        }
    }
    found
}

fn has_unsafe(code: &str) -> bool {
    ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"]
        .iter()
        .any(|form| code.contains(form))
}

/// Whether code (not a device-tree property like `linux,initrd-start`) names a system.
fn is_named(code: &str, word: &str) -> bool {
    let lower = code.to_ascii_lowercase();
    lower
        .match_indices(word)
        .any(|(at, _)| !lower[at + word.len()..].starts_with(','))
}

/// The dependency rules for one manifest.
fn edges(name: &str, text: &str) -> Vec<String> {
    let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| name.starts_with(layer)) else {
        return Vec::new();
    };
    let section = text.split("[dev-dependencies]").next().unwrap_or(text);
    section
        .lines()
        .filter_map(|line| line.split([' ', '.', '=']).next())
        .filter_map(|dependency| folder_of(dependency).map(|folder| (dependency, folder)))
        .filter(|(_, folder)| !allowed.iter().any(|allowed| folder.starts_with(allowed)))
        .map(|(dependency, _)| format!("{name}: may not depend on {dependency}"))
        .collect()
}

/// The folder of one of our own crates.
fn folder_of(name: &str) -> Option<String> {
    match name {
        "hal" | "kcore" | "kapi" | "kernel" => Some(format!("sys/{name}")),
        "rv64" => Some("lib/rv64".into()),
        _ => {
            let (kind, rest) = name.split_once('-')?;
            ["abi", "arch", "drv", "fs"]
                .contains(&kind)
                .then(|| format!("{kind}/{rest}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{edges, file};

    #[test]
    fn each_rule_finds_its_breach() {
        for (name, text, part) in [
            (
                "sys/kcore/src/a.rs",
                "//! A.\nunsafe { x() }\n",
                "unsafe outside",
            ),
            (
                "abi/linux/src/a.rs",
                "//! A.\n#[cfg(target_arch = \"x\")]\n",
                "cfg(target_arch)",
            ),
            (
                "sys/kcore/src/a.rs",
                "//! A.\nlet linux = 1;\n",
                "names linux",
            ),
            ("lib/a/src/lib.rs", "fn a() {}\n", "no `//!` head"),
        ] {
            let found = file(name, text);
            assert!(
                found.len() == 1 && found[0].contains(part),
                "{name}: {found:?}"
            );
        }
        assert!(file("fs/a/src/lib.rs", &"//! A.\n".repeat(601))[0].contains("601 lines"));
    }

    #[test]
    fn good_files_pass() {
        assert!(file("sys/hal/src/a.rs", "//! A.\nunsafe { x() }\n").is_empty());
        assert!(
            file(
                "arch/riscv64/src/a.rs",
                "//! A.\n\"linux,initrd-start\"\n// as linux does\n"
            )
            .is_empty()
        );
        assert!(file("abi/linux/src/a.rs", "//! A.\nlet linux = 1;\n").is_empty());
    }

    #[test]
    fn edges_are_checked() {
        assert_eq!(
            edges(
                "abi/xv6/Cargo.toml",
                "[dependencies]\nkapi.workspace = true\n"
            ),
            Vec::<String>::new()
        );
        assert_eq!(
            edges(
                "abi/xv6/Cargo.toml",
                "[dependencies]\nhal.workspace = true\n"
            )
            .len(),
            1
        );
        assert_eq!(
            edges(
                "abi/xv6/Cargo.toml",
                "[dependencies]\nabi-linux.workspace = true\n"
            )
            .len(),
            1
        );
        assert_eq!(
            edges(
                "sys/kcore/Cargo.toml",
                "[dependencies]\nkapi = { path = \"x\" }\n"
            )
            .len(),
            1
        );
    }
}

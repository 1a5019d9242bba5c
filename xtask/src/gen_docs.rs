//! Documents that come from the call tables: docs/abi/*.md and the table in the README.

use crate::{Result, shell, toolchain};
use kapi::{Abi, Status};
use std::fmt::Write;
use std::path::PathBuf;

const ABIS: &[(&Abi, &[&str])] = &[
    (&abi_scarlet::SCARLET, abi_scarlet::COLUMNS),
    (&abi_linux::LINUX, abi_linux::COLUMNS),
    (&abi_xv6::XV6, abi_xv6::COLUMNS),
];
const BEGIN: &str = "<!-- generated: support -->\n";
const END: &str = "<!-- end -->";

/// Every generated file with the contents that it should have.
pub(crate) fn files() -> Result<Vec<(PathBuf, String)>> {
    let root = shell::root();
    let mut out: Vec<(PathBuf, String)> = ABIS
        .iter()
        .map(|(abi, columns)| {
            (
                root.join("docs/abi").join(format!("{}.md", abi.name)),
                page(abi, columns),
            )
        })
        .collect();
    let readme = root.join("README.md");
    let text = std::fs::read_to_string(&readme).map_err(|error| format!("README.md: {error}"))?;
    out.push((readme, with_summary(&text)?));
    Ok(out)
}

/// Writes them.
pub(crate) fn write() -> Result<()> {
    for (path, text) in files()? {
        toolchain::write(&path, &text)?;
    }
    Ok(())
}

/// Those that are not as they should be.
pub(crate) fn stale() -> Result<Vec<PathBuf>> {
    Ok(files()?
        .into_iter()
        .filter(|(path, text)| std::fs::read_to_string(path).ok().as_ref() != Some(text))
        .map(|(path, _)| path)
        .collect())
}

fn counts(abi: &Abi) -> (usize, usize, usize) {
    let count =
        |test: fn(&Status) -> bool| abi.table.iter().filter(|info| test(&info.status)).count();
    (
        count(|status| matches!(status, Status::Done)),
        count(|status| matches!(status, Status::Partial(_))),
        count(|status| matches!(status, Status::Refused(_))),
    )
}

fn with_summary(readme: &str) -> Result<String> {
    let start = readme
        .find(BEGIN)
        .ok_or("README.md has no place for the support table")?
        + BEGIN.len();
    let end = readme[start..]
        .find(END)
        .ok_or("README.md's support table has no end")?
        + start;
    let mut table = String::from("| ABI | calls done | partial | refused |\n|---|---|---|---|\n");
    for (abi, _) in ABIS {
        let (done, partial, refused) = counts(abi);
        let _ = writeln!(
            table,
            "| [{0}](docs/abi/{0}.md) | {done} | {partial} | {refused} |",
            abi.name
        );
    }
    Ok(format!("{}{table}{}", &readme[..start], &readme[end..]))
}

fn page(abi: &Abi, columns: &[&str]) -> String {
    let (done, partial, refused) = counts(abi);
    let mut out = format!(
        "# Calls of {}\n\nGenerated from the call table by `./x gen`. {done} done, {partial} partial, {refused} refused.\n",
        abi.name
    );
    let mut group = "";
    for info in abi.table {
        if info.group != group {
            group = info.group;
            let _ = write!(
                out,
                "\n## {group}\n\n| {} | call | what it does | state |\n|{}---|---|---|\n",
                columns.join(" | "),
                "---|".repeat(columns.len())
            );
        }
        let numbers: Vec<String> = info
            .numbers
            .iter()
            .map(|number| number.map_or("-".into(), |n| n.to_string()))
            .collect();
        let params: Vec<String> = info
            .params
            .iter()
            .map(|param| format!("{}: {}", param.name, param.ty))
            .collect();
        let state = match info.status {
            Status::Done => "done".into(),
            Status::Partial(note) => format!("partial: {note}"),
            Status::Refused(note) => format!("refused: {note}"),
        };
        let doc: Vec<&str> = info.doc.iter().map(|line| line.trim()).collect();
        let _ = writeln!(
            out,
            "| {} | `{}({}) -> {}` | {} | {} |",
            numbers.join(" | "),
            info.name,
            params.join(", "),
            info.ret,
            doc.join(" ").replace('|', "\\|"),
            state.replace('|', "\\|")
        );
    }
    out
}

//! The prompt: reading lines from a terminal, completion, the loop.

use crate::builtins;
use crate::state::{Shell, complain_syntax};
use alloc::vec::Vec;
use programs::Bytes;
use scarlet::process::{self, event};
use scarlet::{Error, env, eprintln, fs, io, term};
use shell::edit::{Editor, Step, common_prefix};
use shell::lex::SyntaxError;
use shell::parse::parse;

const MORE: &[u8] = b"> ";

/// Reads and runs lines until the input or the shell ends; gives the last status.
pub(crate) fn interactive(shell: &mut Shell) -> i32 {
    // Keys that end programs must not end the shell, nor may it be stopped for using its terminal.
    for ignored in [
        event::INTERRUPT,
        event::QUIT,
        event::SUSPEND,
        event::TERMINAL_READ,
        event::TERMINAL_WRITE,
    ] {
        let _ = process::ignore(ignored, true);
    }
    let _ = process::set_group(0, 0);
    let _ = term::set_foreground(0, process::id());
    let mut editor = Editor::default();
    while !shell.leaving {
        shell.report_jobs();
        let Some(line) = read_sentence(shell, &mut editor) else {
            break;
        };
        match parse(&line) {
            Ok(list) => drop(shell.list(&list)),
            Err(error) => shell.status = complain_syntax(&error),
        }
    }
    shell.status
}

/// A whole sentence, over several lines if need be; `None` at the end of input.
fn read_sentence(shell: &mut Shell, editor: &mut Editor) -> Option<Vec<u8>> {
    let mut sentence = read_line(shell, editor, &prompt())?;
    while let Err(SyntaxError::Incomplete(_)) = parse(&sentence) {
        let Some(more) = read_line(shell, editor, MORE) else {
            break;
        };
        sentence.push(b'\n');
        sentence.extend_from_slice(&more);
    }
    Some(sentence)
}

fn prompt() -> Vec<u8> {
    let directory = env::current_dir().unwrap_or_else(|_| b"?".to_vec());
    [b"scarlet:", directory.as_slice(), b"# "].concat()
}

fn read_line(shell: &mut Shell, editor: &mut Editor, prompt: &[u8]) -> Option<Vec<u8>> {
    let cooked = term::settings(0).ok()?;
    let _ = term::set_settings(0, &cooked.raw());
    let line = edit_line(shell, editor, prompt);
    let _ = term::set_settings(0, &cooked);
    line
}

fn edit_line(shell: &mut Shell, editor: &mut Editor, prompt: &[u8]) -> Option<Vec<u8>> {
    let show = |bytes: &[u8]| {
        let _ = io::write_all(1, bytes);
    };
    show(&editor.draw(prompt));
    loop {
        let mut key = [0];
        match io::read(0, &mut key) {
            Ok(0) => return None,
            Err(Error::Interrupted) => continue,
            Err(_) => return None,
            Ok(_) => {}
        }
        match editor.key(key[0]) {
            Step::Continue => {}
            Step::Line(line) => {
                show(b"\r\n");
                return Some(line);
            }
            Step::Interrupted => {
                show(b"^C\r\n");
                shell.status = 130;
                return Some(Vec::new());
            }
            Step::EndOfInput => {
                show(b"exit\r\n");
                return None;
            }
            Step::Complete => complete(shell, editor),
            Step::Clear => show(b"\x1b[H\x1b[2J"),
        }
        show(&editor.draw(prompt));
    }
}

/// Completes the word before the cursor: a command where one stands, else a file.
fn complete(shell: &Shell, editor: &mut Editor) {
    let before = editor.before_cursor().to_vec();
    let start = before
        .iter()
        .rposition(|byte| b" \t|&;<>(".contains(byte))
        .map_or(0, |at| at + 1);
    let word = &before[start..];
    let first = before[..start].iter().rev().find(|byte| **byte != b' ');
    let is_command = !word.contains(&b'/') && first.is_none_or(|byte| b"|&;(".contains(byte));
    let (stem, mut names) = if is_command {
        (word, commands(shell))
    } else {
        files(word)
    };
    names.retain(|name| name.starts_with(stem));
    names.sort();
    names.dedup();
    let mut add = common_prefix(&names)
        .get(stem.len()..)
        .unwrap_or(&[])
        .to_vec();
    if let [only] = names.as_slice()
        && !only.ends_with(b"/")
    {
        add.push(b' ');
    }
    if add.is_empty() && names.len() > 1 {
        let list = names.join(b"  ".as_slice());
        eprintln!("\r\n{}", Bytes(&list));
    }
    editor.complete(&add);
}

fn commands(shell: &Shell) -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = builtins::names()
        .map(|name| name.as_bytes().to_vec())
        .collect();
    if let Some(path) = shell.variables.get(b"PATH".as_slice()) {
        for directory in path.value.split(|&byte| byte == b':') {
            let entries = fs::read_dir(directory).unwrap_or_default();
            names.extend(
                entries
                    .into_iter()
                    .filter(|entry| entry.kind != fs::Kind::Directory)
                    .map(|entry| entry.name),
            );
        }
    }
    names
}

/// The last name of a path so far, and what its directory offers; directories end with `/`.
fn files(word: &[u8]) -> (&[u8], Vec<Vec<u8>>) {
    let slash = word
        .iter()
        .rposition(|&byte| byte == b'/')
        .map_or(0, |at| at + 1);
    let (directory, stem) = word.split_at(slash);
    let directory = if directory.is_empty() {
        b"."
    } else {
        directory
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).unwrap_or_default() {
        let mut name = entry.name;
        if name.starts_with(b".") && !stem.starts_with(b".") {
            continue;
        }
        let path = fs::join(directory, &name);
        if fs::metadata(&path).is_ok_and(|facts| facts.is_dir()) {
            name.push(b'/');
        }
        names.push(name);
    }
    (stem, names)
}

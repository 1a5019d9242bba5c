//! What the shell remembers: variables, arguments, jobs, the last status.

use crate::jobs::Jobs;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;
use programs::Bytes;
use scarlet::io::{self, Handle};
use scarlet::{env, eprintln, fs, process};
use shell::expand::Context;
use shell::lex::SyntaxError;
use shell::parse::parse;

/// A variable's value, and whether programs get it.
pub(crate) struct Variable {
    pub(crate) value: Vec<u8>,
    pub(crate) exported: bool,
}

/// The shell.
pub(crate) struct Shell {
    pub(crate) variables: BTreeMap<Vec<u8>, Variable>,
    /// `$0`, `$1`...
    pub(crate) arguments: Vec<Vec<u8>>,
    pub(crate) status: i32,
    /// Its own process id, also in copies.
    pub(crate) id: u32,
    pub(crate) last_background: u32,
    pub(crate) jobs: Jobs,
    /// Reads from a terminal and keeps jobs in groups of their own.
    pub(crate) interactive: bool,
    /// `exit` was run.
    pub(crate) leaving: bool,
    /// Stop at the first failure.
    pub(crate) errexit: bool,
}

impl Shell {
    pub(crate) fn new(arguments: Vec<Vec<u8>>, interactive: bool) -> Shell {
        let mut variables = BTreeMap::new();
        for text in env::vars() {
            if let Some(at) = text.iter().position(|&byte| byte == b'=') {
                let variable = Variable {
                    value: text[at + 1..].to_vec(),
                    exported: true,
                };
                variables.insert(text[..at].to_vec(), variable);
            }
        }
        Shell {
            variables,
            arguments,
            status: 0,
            id: process::id(),
            last_background: 0,
            jobs: Jobs::default(),
            interactive,
            leaving: false,
            errexit: false,
        }
    }

    /// Runs a source; gives its status. A line that is no sentence of the language gives 2.
    pub(crate) fn source(&mut self, text: &[u8]) -> i32 {
        match parse(text) {
            Ok(list) => self.list(&list),
            Err(error) => {
                self.status = complain_syntax(&error);
                self.status
            }
        }
    }

    pub(crate) fn set(&mut self, name: &[u8], value: Vec<u8>) {
        match self.variables.get_mut(name) {
            Some(variable) => variable.value = value,
            None => {
                self.variables.insert(
                    name.to_vec(),
                    Variable {
                        value,
                        exported: false,
                    },
                );
            }
        }
    }

    /// The environment that programs get; `extra` wins.
    pub(crate) fn environment(&self, extra: &[(Vec<u8>, Vec<u8>)]) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        for (name, variable) in self
            .variables
            .iter()
            .filter(|(_, variable)| variable.exported)
        {
            if !extra.iter().any(|(other, _)| other == name) {
                out.push([name.as_slice(), b"=", &variable.value].concat());
            }
        }
        out.extend(
            extra
                .iter()
                .map(|(name, value)| [name.as_slice(), b"=", value].concat()),
        );
        out
    }

    /// Where a command's program is: with a slash as it stands, else along PATH.
    pub(crate) fn find(&self, name: &[u8]) -> Option<Vec<u8>> {
        if name.contains(&b'/') {
            return Some(name.to_vec());
        }
        let path = self.variables.get(b"PATH".as_slice())?;
        path.value
            .split(|&byte| byte == b':')
            .map(|directory| fs::join(directory, name))
            .find(|path| {
                fs::metadata(path).is_ok_and(|facts| !facts.is_dir() && facts.mode & 0o111 != 0)
            })
    }
}

/// Tells what is wrong with a line; gives the status.
pub(crate) fn complain_syntax(error: &SyntaxError) -> i32 {
    match error {
        SyntaxError::Incomplete(what) => eprintln!("sh: syntax error: unfinished {what}"),
        SyntaxError::Unexpected(token) => eprintln!("sh: syntax error near `{}'", Bytes(token)),
    }
    2
}

impl Context for Shell {
    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        let decimal = |number: i64| Some(format!("{number}").into_bytes());
        match name {
            b"?" => decimal(i64::from(self.status)),
            b"$" => decimal(i64::from(self.id)),
            b"!" => decimal(i64::from(self.last_background)),
            b"#" => decimal(self.arguments.len() as i64 - 1),
            b"@" | b"*" => Some(self.arguments.get(1..).unwrap_or(&[]).join(&b' ')),
            [digit] if digit.is_ascii_digit() => {
                self.arguments.get(usize::from(digit - b'0')).cloned()
            }
            name => self
                .variables
                .get(name)
                .map(|variable| variable.value.clone()),
        }
    }

    fn arguments(&self) -> Vec<Vec<u8>> {
        self.arguments.get(1..).unwrap_or(&[]).to_vec()
    }

    fn output(&mut self, source: &[u8]) -> Vec<u8> {
        let captured = io::pipe().and_then(|(reader, writer)| self.capture(source, reader, writer));
        let mut output = captured.unwrap_or_else(|error| {
            eprintln!("sh: $({}): {error}", Bytes(source));
            Vec::new()
        });
        while output.last() == Some(&b'\n') {
            output.pop();
        }
        output
    }

    fn names(&self, directory: &[u8]) -> Vec<Vec<u8>> {
        let directory = if directory.is_empty() {
            b"."
        } else {
            directory
        };
        let entries = fs::read_dir(directory).unwrap_or_default();
        entries.into_iter().map(|entry| entry.name).collect()
    }
}

impl Shell {
    /// Runs a source in a copy of the shell, its output into a pipe.
    fn capture(
        &mut self,
        source: &[u8],
        reader: Handle,
        writer: Handle,
    ) -> scarlet::Result<Vec<u8>> {
        let id = process::fork()?;
        if id == 0 {
            self.become_copy();
            drop(reader);
            let status = match io::duplicate_to(writer.number(), 1) {
                Ok(()) => self.source(source),
                Err(_) => 1,
            };
            process::exit(status);
        }
        drop(writer);
        let output = io::read_to_end(reader.number())?;
        self.status = self.wait_for(id);
        Ok(output)
    }
}

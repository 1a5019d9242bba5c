//! Runs what was parsed.

use crate::builtins;
use crate::state::Shell;
use alloc::vec::Vec;
use programs::{Bytes, complain};
use scarlet::fs::OpenOptions;
use scarlet::io::{self, Handle};
use scarlet::process::{self, Change, Group};
use scarlet::{Error, eprintln};
use shell::expand::{fields, text};
use shell::syntax::{Command, List, Pipeline, Redirect, Target, When, Word};

/// Status of a command that is not there, and of one that cannot be started.
const NOT_FOUND: i32 = 127;
const NOT_STARTED: i32 = 126;

/// Handles 0, 1, 2 of a command.
type Standard = [u32; 3];

/// One command's handles, and those opened for it.
struct Wiring {
    standard: Standard,
    opened: Vec<Handle>,
}

impl Shell {
    pub(crate) fn list(&mut self, list: &List) -> i32 {
        for and_or in list {
            if self.leaving {
                break;
            }
            if and_or.background {
                self.background(&and_or.parts, &and_or.text);
            } else {
                self.and_or(&and_or.parts, &and_or.text);
            }
        }
        self.status
    }

    fn and_or(&mut self, parts: &[(When, Pipeline)], source: &[u8]) {
        for (when, pipeline) in parts {
            let run = match when {
                When::Always => true,
                When::Success => self.status == 0,
                When::Failure => self.status != 0,
            };
            if run && !self.leaving {
                self.status = self.pipeline(pipeline, source);
            }
        }
        if self.errexit && self.status != 0 && parts.len() == 1 {
            self.leaving = true;
        }
    }

    /// Starts a list as a job of its own and goes on.
    fn background(&mut self, parts: &[(When, Pipeline)], source: &[u8]) {
        if let [(_, pipeline)] = parts
            && !pipeline.negated
        {
            match self.start(pipeline, false) {
                Ok((ids, _)) => self.add_background(ids, source),
                Err(status) => self.status = status,
            }
            return;
        }
        match process::fork() {
            Ok(0) => {
                let _ = process::set_group(0, 0);
                self.become_copy();
                self.and_or(parts, source);
                process::exit(self.status)
            }
            Ok(id) => self.add_background(Vec::from([id]), source),
            Err(error) => self.status = cannot_start(source, error),
        }
    }

    fn add_background(&mut self, ids: Vec<u32>, source: &[u8]) {
        self.last_background = ids.last().copied().unwrap_or(0);
        let number = self.jobs.add(ids, source.to_vec());
        if self.interactive {
            eprintln!("[{number}] {}", self.last_background);
        }
        self.status = 0;
    }

    fn pipeline(&mut self, pipeline: &Pipeline, source: &[u8]) -> i32 {
        let status = match pipeline.commands.as_slice() {
            [command] => self.single(command, source),
            _ => match self.start(pipeline, true) {
                Ok((ids, group)) => self.foreground(ids, group, source),
                Err(status) => status,
            },
        };
        if pipeline.negated {
            i32::from(status == 0)
        } else {
            status
        }
    }

    /// A command that is no part of a pipe: what belongs to the shell runs in it.
    fn single(&mut self, command: &Command, source: &[u8]) -> i32 {
        match command {
            Command::Simple {
                assignments,
                words,
                redirects,
            } => {
                let arguments = self.expand(words);
                match arguments.first() {
                    None => self.assign(assignments, redirects),
                    Some(name) if builtins::is_builtin(name) => {
                        self.builtin_in_place(&arguments, redirects)
                    }
                    Some(_) => {
                        match self.program(
                            &arguments,
                            assignments,
                            redirects,
                            [0, 1, 2],
                            Group::New,
                            true,
                        ) {
                            Ok(id) => self.foreground(Vec::from([id]), id, source),
                            Err(status) => status,
                        }
                    }
                }
            }
            Command::Subshell(list) => match self.copy_running(list) {
                Ok(id) => self.foreground(Vec::from([id]), id, source),
                Err(error) => cannot_start(source, error),
            },
            Command::Redirected { command, redirects } => {
                self.in_place(redirects, |shell| shell.single(command, source))
            }
            compound => self.compound(compound),
        }
    }

    fn copy_running(&mut self, list: &List) -> scarlet::Result<u32> {
        let id = process::fork()?;
        if id == 0 {
            self.enter_group(0, true);
            self.become_copy();
            process::exit(self.list(list));
        }
        self.put_in_group(id, id);
        Ok(id)
    }

    fn compound(&mut self, command: &Command) -> i32 {
        match command {
            Command::If {
                branches,
                otherwise,
            } => {
                for (condition, body) in branches {
                    if self.list(condition) == 0 {
                        return self.list(body);
                    }
                }
                self.status = 0;
                otherwise.as_ref().map_or(0, |body| self.list(body))
            }
            Command::While {
                condition,
                body,
                until,
            } => {
                let mut status = 0;
                while !self.leaving && (self.list(condition) == 0) != *until {
                    status = self.list(body);
                    if self.was_interrupted(status) {
                        break;
                    }
                }
                status
            }
            Command::For { name, words, body } => {
                let mut status = 0;
                for value in self.expand(words) {
                    self.set(name, value);
                    status = self.list(body);
                    if self.leaving || self.was_interrupted(status) {
                        break;
                    }
                }
                status
            }
            Command::Group(list) => self.list(list),
            Command::Subshell(_) | Command::Simple { .. } | Command::Redirected { .. } => 0,
        }
    }

    /// Ctrl-C ended the last program: a loop at the prompt ends with it.
    fn was_interrupted(&self, status: i32) -> bool {
        self.interactive && status == Change::Killed(process::event::INTERRUPT).status()
    }

    fn expand(&mut self, words: &[Word]) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        for word in words {
            out.append(&mut fields(self, word));
        }
        out
    }

    fn assign(&mut self, assignments: &[(Vec<u8>, Word)], redirects: &[Redirect]) -> i32 {
        self.status = 0;
        for (name, word) in assignments {
            let value = text(self, word);
            self.set(name, value);
        }
        // Redirections alone still make their files.
        match self.wire([0, 1, 2], redirects) {
            Ok(_) => self.status,
            Err(status) => status,
        }
    }

    /// Starts every command of a pipeline; gives their ids and their group.
    fn start(&mut self, pipeline: &Pipeline, foreground: bool) -> Result<(Vec<u32>, u32), i32> {
        let (mut ids, mut group) = (Vec::new(), 0);
        let mut input: Option<Handle> = None;
        let mut failed = None;
        for (index, command) in pipeline.commands.iter().enumerate() {
            let last = index + 1 == pipeline.commands.len();
            let (next, output) = if last {
                (None, None)
            } else {
                match io::pipe() {
                    Ok((reader, writer)) => (Some(reader), Some(writer)),
                    Err(error) => return Err(cannot_start(b"pipe", error)),
                }
            };
            for end in next.iter().chain(&output) {
                let _ = io::set_close_on_exec(end.number(), true);
            }
            let standard = [
                input.as_ref().map_or(0, Handle::number),
                output.as_ref().map_or(1, Handle::number),
                2,
            ];
            let joined = if group == 0 {
                Group::New
            } else {
                Group::Of(group)
            };
            match self.member(command, standard, joined, foreground, next.as_ref()) {
                Ok(id) => {
                    if group == 0 {
                        group = id;
                    }
                    ids.push(id);
                    failed = None;
                }
                Err(status) => failed = Some(status),
            }
            input = next;
        }
        match failed {
            // The last command did not start: wait for the others, but its status counts.
            Some(status) if !ids.is_empty() => {
                self.foreground(ids, group, b"");
                Err(status)
            }
            Some(status) => Err(status),
            None => Ok((ids, group)),
        }
    }

    /// One command of a pipeline as a process of its own.
    fn member(
        &mut self,
        command: &Command,
        standard: Standard,
        group: Group,
        foreground: bool,
        unused: Option<&Handle>,
    ) -> Result<u32, i32> {
        if let Command::Simple {
            assignments,
            words,
            redirects,
        } = command
        {
            let arguments = self.expand(words);
            if arguments
                .first()
                .is_some_and(|name| !builtins::is_builtin(name))
            {
                return self.program(
                    &arguments,
                    assignments,
                    redirects,
                    standard,
                    group,
                    foreground,
                );
            }
        }
        let id = process::fork().map_err(|error| cannot_start(b"fork", error))?;
        if id == 0 {
            self.enter_group(
                if let Group::Of(group) = group {
                    group
                } else {
                    0
                },
                foreground,
            );
            if let Some(unused) = unused {
                // The next command's end of the pipe: it would never see the end while this copy holds it.
                let _ = scarlet::sys::raw(
                    scarlet::sys::Nr::HandleClose as usize,
                    [unused.number() as usize],
                );
            }
            self.become_copy();
            for (to, from) in standard.into_iter().enumerate() {
                if from != to as u32 && io::duplicate_to(from, to as u32).is_err() {
                    process::exit(1);
                }
            }
            process::exit(self.single(command, b""));
        }
        self.put_in_group(
            id,
            if let Group::Of(group) = group {
                group
            } else {
                id
            },
        );
        Ok(id)
    }

    fn program(
        &mut self,
        arguments: &[Vec<u8>],
        assignments: &[(Vec<u8>, Word)],
        redirects: &[Redirect],
        standard: Standard,
        group: Group,
        foreground: bool,
    ) -> Result<u32, i32> {
        let name = &arguments[0];
        let extra: Vec<_> = assignments
            .iter()
            .map(|(name, word)| (name.clone(), text(self, word)))
            .collect();
        let wiring = self.wire(standard, redirects)?;
        let Some(path) = self.find(name) else {
            eprintln!("sh: {}: not found", Bytes(name));
            return Err(NOT_FOUND);
        };
        let command = process::Command::new(&path)
            .args(arguments.to_vec())
            .env(self.environment(&extra))
            .handles(&wiring.standard)
            .group(if self.interactive { group } else { Group::Same })
            .foreground(self.interactive && foreground && group == Group::New);
        command.spawn().map_err(|error| cannot_start(name, error))
    }

    /// Opens what the redirections name.
    fn wire(&mut self, mut standard: Standard, redirects: &[Redirect]) -> Result<Wiring, i32> {
        let mut opened = Vec::new();
        for redirect in redirects {
            let number = match &redirect.target {
                Target::Same(number) => standard
                    .get(*number as usize)
                    .copied()
                    .ok_or_else(|| bad_handle(*number))?,
                Target::Read(word) => self.open(word, OpenOptions::new().read(), &mut opened)?,
                Target::Write(word) => self.open(
                    word,
                    OpenOptions::new().write().create().truncate(),
                    &mut opened,
                )?,
                Target::Append(word) => {
                    self.open(word, OpenOptions::new().append().create(), &mut opened)?
                }
            };
            match standard.get_mut(redirect.handle as usize) {
                Some(place) => *place = number,
                None => return Err(bad_handle(redirect.handle)),
            }
        }
        Ok(Wiring { standard, opened })
    }

    fn open(
        &mut self,
        word: &Word,
        options: OpenOptions,
        opened: &mut Vec<Handle>,
    ) -> Result<u32, i32> {
        let path = text(self, word);
        match options.open(&path) {
            Ok(handle) => {
                let number = handle.number();
                opened.push(handle);
                Ok(number)
            }
            Err(error) => {
                complain(&path, error);
                Err(1)
            }
        }
    }

    fn builtin_in_place(&mut self, arguments: &[Vec<u8>], redirects: &[Redirect]) -> i32 {
        self.in_place(redirects, |shell| builtins::run(shell, arguments))
    }

    /// Runs something in the shell itself with redirections, then puts the shell's own handles back.
    fn in_place(&mut self, redirects: &[Redirect], run: impl FnOnce(&mut Shell) -> i32) -> i32 {
        let wiring = match self.wire([0, 1, 2], redirects) {
            Ok(wiring) => wiring,
            Err(status) => return status,
        };
        let mut saved = Vec::new();
        for (to, &from) in wiring.standard.iter().enumerate() {
            if from != to as u32 {
                match io::duplicate(to as u32) {
                    Ok(handle) => {
                        let _ = io::set_close_on_exec(handle.number(), true);
                        saved.push((to as u32, handle));
                    }
                    Err(error) => return cannot_start(b"redirection", error),
                }
                let _ = io::duplicate_to(from, to as u32);
            }
        }
        drop(wiring.opened);
        let status = run(self);
        for (to, handle) in saved {
            let _ = io::duplicate_to(handle.number(), to);
        }
        status
    }

    /// This process is a copy now: no terminal, no jobs.
    pub(crate) fn become_copy(&mut self) {
        self.interactive = false;
        self.jobs.forget();
    }
}

fn bad_handle(number: u32) -> i32 {
    eprintln!("sh: {number}: only handles 0, 1 and 2 can be redirected");
    1
}

/// Says why a program did not start; gives the status.
fn cannot_start(name: &[u8], error: Error) -> i32 {
    complain(name, error);
    if error == Error::NotFound {
        NOT_FOUND
    } else {
        NOT_STARTED
    }
}

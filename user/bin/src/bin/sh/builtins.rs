//! Commands that the shell runs itself.

use crate::state::Shell;
use alloc::vec::Vec;
use programs::{Bytes, complain};
use scarlet::{env, eprintln, fs, print, println, process};

type Run = fn(&mut Shell, &[Vec<u8>]) -> i32;

/// Name, what it does, how.
const TABLE: &[(&str, &str, Run)] = &[
    ("cd", "[DIR]  change the working directory", cd),
    ("pwd", "print the working directory", pwd),
    ("exit", "[STATUS]  leave the shell", exit),
    (
        "export",
        "[NAME[=VALUE]...]  give variables to programs",
        export,
    ),
    ("unset", "NAME...  forget variables", unset),
    (
        "set",
        "[-e]  print variables; -e: stop at the first failure",
        set,
    ),
    ("echo", "[-n] [WORD...]  print words", echo),
    ("true", "succeed", |_, _| 0),
    ("false", "fail", |_, _| 1),
    (":", "do nothing", |_, _| 0),
    ("jobs", "list jobs", jobs),
    ("fg", "[%N]  let a job go on with the terminal", fg),
    ("bg", "[%N]  let a job go on in the background", bg),
    ("wait", "[PID|%N]  wait for background jobs", wait),
    ("exec", "PROGRAM [ARG...]  replace the shell", exec),
    ("type", "NAME...  tell what a command is", kind),
    (".", "FILE  run the commands of a file here", source),
    ("shift", "drop the first argument", shift),
    ("help", "list these commands", help),
];

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(name, ..)| *name)
}

pub(crate) fn is_builtin(name: &[u8]) -> bool {
    names().any(|known| known.as_bytes() == name)
}

pub(crate) fn run(shell: &mut Shell, arguments: &[Vec<u8>]) -> i32 {
    let entry = TABLE
        .iter()
        .find(|(name, ..)| name.as_bytes() == arguments[0].as_slice());
    entry.map_or(127, |(.., run)| run(shell, arguments))
}

fn cd(shell: &mut Shell, arguments: &[Vec<u8>]) -> i32 {
    let home = || {
        shell
            .variables
            .get(b"HOME".as_slice())
            .map(|home| home.value.clone())
    };
    let Some(to) = arguments.get(1).cloned().or_else(home) else {
        eprintln!("sh: cd: HOME is not set");
        return 1;
    };
    match env::set_current_dir(&to) {
        Ok(()) => {
            if let Ok(path) = env::current_dir() {
                shell.set(b"PWD", path);
            }
            0
        }
        Err(error) => {
            complain(&[b"cd: ", to.as_slice()].concat(), error);
            1
        }
    }
}

fn pwd(_: &mut Shell, _: &[Vec<u8>]) -> i32 {
    match env::current_dir() {
        Ok(path) => {
            println!("{}", Bytes(&path));
            0
        }
        Err(error) => {
            complain(b"pwd", error);
            1
        }
    }
}

fn exit(shell: &mut Shell, arguments: &[Vec<u8>]) -> i32 {
    shell.leaving = true;
    match arguments.get(1) {
        None => shell.status,
        Some(text) => match programs::number(text) {
            Some(status) => (status & 0xff) as i32,
            None => {
                complain(text, "not a number");
                2
            }
        },
    }
}

fn export(shell: &mut Shell, arguments: &[Vec<u8>]) -> i32 {
    for argument in &arguments[1..] {
        let at = argument.iter().position(|&byte| byte == b'=');
        let name = &argument[..at.unwrap_or(argument.len())];
        if let Some(at) = at {
            shell.set(name, argument[at + 1..].to_vec());
        } else if !shell.variables.contains_key(name) {
            shell.set(name, Vec::new());
        }
        if let Some(variable) = shell.variables.get_mut(name) {
            variable.exported = true;
        }
    }
    if arguments.len() == 1 {
        for text in shell.environment(&[]) {
            println!("export {}", Bytes(&text));
        }
    }
    0
}

fn unset(shell: &mut Shell, arguments: &[Vec<u8>]) -> i32 {
    for name in &arguments[1..] {
        shell.variables.remove(name);
    }
    0
}

fn set(shell: &mut Shell, arguments: &[Vec<u8>]) -> i32 {
    match arguments.get(1).map(Vec::as_slice) {
        None => {
            for (name, variable) in &shell.variables {
                println!("{}={}", Bytes(name), Bytes(&variable.value));
            }
            0
        }
        Some(b"-e") => {
            shell.errexit = true;
            0
        }
        Some(b"+e") => {
            shell.errexit = false;
            0
        }
        Some(other) => {
            complain(other, "unknown option of set");
            2
        }
    }
}

fn echo(_: &mut Shell, arguments: &[Vec<u8>]) -> i32 {
    let (words, newline) = match arguments.get(1) {
        Some(first) if first == b"-n" => (&arguments[2..], false),
        _ => (&arguments[1..], true),
    };
    let mut line = words.join(&b' ');
    if newline {
        line.push(b'\n');
    }
    match scarlet::io::write_all(1, &line) {
        Ok(()) => 0,
        Err(error) => {
            complain(b"echo", error);
            1
        }
    }
}

fn jobs(shell: &mut Shell, _: &[Vec<u8>]) -> i32 {
    for job in &shell.jobs.list {
        let state = if job.stopped { "stopped" } else { "running" };
        println!("[{}] {state}  {}", job.number, Bytes(&job.text));
    }
    0
}

fn job(shell: &Shell, arguments: &[Vec<u8>]) -> Result<usize, i32> {
    shell
        .jobs
        .position(arguments.get(1).map(Vec::as_slice))
        .ok_or_else(|| {
            eprintln!("sh: {}: no such job", Bytes(&arguments[0]));
            1
        })
}

fn fg(shell: &mut Shell, arguments: &[Vec<u8>]) -> i32 {
    job(shell, arguments).map_or_else(|status| status, |index| shell.resume(index, true))
}

fn bg(shell: &mut Shell, arguments: &[Vec<u8>]) -> i32 {
    job(shell, arguments).map_or_else(|status| status, |index| shell.resume(index, false))
}

fn wait(shell: &mut Shell, arguments: &[Vec<u8>]) -> i32 {
    if arguments.len() == 1 {
        return shell.wait_for_all();
    }
    match job(shell, arguments) {
        Ok(index) => {
            let job = &shell.jobs.list[index];
            let (number, group) = (job.number, job.group);
            shell.wait_for_job(number, group)
        }
        Err(_) => 127,
    }
}

fn exec(shell: &mut Shell, arguments: &[Vec<u8>]) -> i32 {
    let Some(name) = arguments.get(1) else {
        return 0;
    };
    let Some(path) = shell.find(name) else {
        eprintln!("sh: exec: {}: not found", Bytes(name));
        return 127;
    };
    let error = process::Command::new(&path)
        .args(arguments[1..].to_vec())
        .env(shell.environment(&[]))
        .exec();
    complain(name, error);
    126
}

fn kind(shell: &mut Shell, arguments: &[Vec<u8>]) -> i32 {
    let mut status = 0;
    for name in &arguments[1..] {
        match shell.find(name) {
            _ if is_builtin(name) => println!("{} is part of the shell", Bytes(name)),
            Some(path) if fs::metadata(&path).is_ok() => {
                println!("{} is {}", Bytes(name), Bytes(&path))
            }
            _ => {
                eprintln!("sh: type: {}: not found", Bytes(name));
                status = 1;
            }
        }
    }
    status
}

fn source(shell: &mut Shell, arguments: &[Vec<u8>]) -> i32 {
    let Some(file) = arguments.get(1) else {
        eprintln!("sh: .: which file?");
        return 2;
    };
    match fs::read(file) {
        Ok(text) => shell.source(&text),
        Err(error) => {
            complain(file, error);
            1
        }
    }
}

fn shift(shell: &mut Shell, _: &[Vec<u8>]) -> i32 {
    if shell.arguments.len() > 1 {
        shell.arguments.remove(1);
        0
    } else {
        1
    }
}

fn help(_: &mut Shell, _: &[Vec<u8>]) -> i32 {
    print!("Commands of the shell itself (every program answers --help):\n");
    for (name, text, _) in TABLE {
        println!("  {name:<8} {text}");
    }
    0
}

//! A tiny shell: programs by path or name, pipes, < and >, -c COMMAND.
#![no_std]
#![no_main]

use xv6_programs::calls::{self, O_CREATE, O_TRUNC, O_WRONLY};
use xv6_programs::{Args, Text, eprintln, print};

xv6_programs::main!(main);

/// Where a name without a slash is looked for.
const PLACES: [&[u8]; 4] = [
    b"/",
    b"/scarlet/bin/",
    b"/linux-riscv64/bin/",
    b"/system/xv6-riscv64/",
];
const WORDS: usize = 24;

fn main(args: Args) -> i32 {
    if let (Some(b"-c\0"), Some(line)) = (args.get(1), args.get(2)) {
        return run_line(&line[..line.len() - 1]);
    }
    let mut line = [0; 256];
    loop {
        print(2, format_args!("$ "));
        let mut len = 0;
        while len < line.len() && calls::read(0, &mut line[len..len + 1]) == 1 && line[len] != b'\n'
        {
            len += 1;
        }
        if len == 0 && line[0] != b'\n' {
            return 0;
        }
        run_line(&line[..len]);
        line[0] = 0;
    }
}

/// Runs the stages of a pipeline; gives the status of the last.
fn run_line(line: &[u8]) -> i32 {
    let stages = line.split(|&byte| byte == b'|').count();
    let (mut input, mut last) = (0, -1);
    for (index, stage) in line.split(|&byte| byte == b'|').enumerate() {
        let (reader, output) = match index + 1 == stages {
            true => (0, 1),
            false => match calls::pipe() {
                Some(ends) => ends,
                None => return 1,
            },
        };
        last = calls::fork();
        if last == 0 {
            redirect(input, 0);
            redirect(output, 1);
            if reader > 2 {
                calls::close(reader);
            }
            run_stage(stage);
        }
        for fd in [input, output] {
            if fd > 1 {
                calls::close(fd);
            }
        }
        input = reader;
    }
    let mut result = 1;
    for _ in 0..stages {
        let (pid, status) = calls::wait();
        if pid == last {
            result = status;
        }
    }
    result
}

/// Puts descriptor `from` at `to`.
fn redirect(from: i32, to: i32) {
    if from != to {
        calls::close(to);
        calls::dup(from);
        calls::close(from);
    }
}

/// Becomes one stage's program.
fn run_stage(stage: &[u8]) -> ! {
    let mut texts = [0_u8; 512];
    let (mut argv, mut count, mut at) = ([core::ptr::null(); WORDS + 1], 0, 0);
    let mut target = None;
    for word in stage
        .split(|byte| byte.is_ascii_whitespace())
        .filter(|word| !word.is_empty())
    {
        match (word, target.take()) {
            (b"<" | b">", _) => target = Some(word[0]),
            (name, Some(sign)) => open_at(name, sign),
            (word, None) if count < WORDS && at + word.len() < texts.len() => {
                texts[at..at + word.len()].copy_from_slice(word);
                argv[count] = texts[at..].as_ptr();
                count += 1;
                at += word.len() + 1;
            }
            _ => {
                eprintln!("xsh: too many words");
                calls::exit(2);
            }
        }
    }
    if count == 0 {
        calls::exit(0);
    }
    let len = texts.iter().position(|&byte| byte == 0).unwrap_or(0);
    let (mut path, name) = ([0; 128], &texts[..len]);
    for place in PLACES {
        let prefix = if name.contains(&b'/') {
            b"".as_slice()
        } else {
            place
        };
        if prefix.len() + len < path.len() {
            path.fill(0);
            path[..prefix.len()].copy_from_slice(prefix);
            path[prefix.len()..prefix.len() + len].copy_from_slice(name);
            calls::exec(&path, &argv);
        }
    }
    eprintln!("xsh: cannot run {}", Text(name));
    calls::exit(127)
}

fn open_at(name: &[u8], sign: u8) {
    let mut path = [0; 128];
    if name.len() < path.len() {
        path[..name.len()].copy_from_slice(name);
    }
    let (fd, mode) = if sign == b'<' {
        (0, 0)
    } else {
        (1, O_WRONLY | O_CREATE | O_TRUNC)
    };
    calls::close(fd);
    if calls::open(&path, mode) != fd {
        eprintln!("xsh: cannot open {}", Text(&path));
        calls::exit(1);
    }
}

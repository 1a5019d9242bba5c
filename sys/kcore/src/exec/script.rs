//! `#!` scripts.

/// Bytes of the first line that count.
const LINE: usize = 256;

/// What the first line of a script says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Script<'a> {
    pub(super) interpreter: &'a [u8],
    /// All that follows the interpreter, as one argument.
    pub(super) argument: Option<&'a [u8]>,
}

/// Parses the first line. `Ok(None)`: no script. `Err(())`: a script whose line is no good: no interpreter, or cut off
/// within its name.
pub(super) fn parse(head: &[u8]) -> Result<Option<Script<'_>>, ()> {
    let Some(line) = head.strip_prefix(b"#!") else {
        return Ok(None);
    };
    let line = &line[..line.len().min(LINE - 2)];
    let (line, whole) = match line.iter().position(|&byte| byte == b'\n') {
        Some(end) => (&line[..end], true),
        // Without a newline the line must be the whole file.
        None => (line, head.len() < LINE),
    };
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let line = line.trim_ascii();
    let end = line.iter().position(blank);
    if line.is_empty() || line.contains(&0) || (end.is_none() && !whole) {
        return Err(());
    }
    let (interpreter, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_ascii();
    Ok(Some(Script {
        interpreter,
        argument: (!rest.is_empty()).then_some(rest),
    }))
}

#[cfg(test)]
mod tests {
    use super::parse;

    /// A first line, and the interpreter and argument in it.
    type Case = (
        &'static [u8],
        Option<(&'static [u8], Option<&'static [u8]>)>,
    );

    #[test]
    fn first_lines() {
        let cases: &[Case] = &[
            (b"#!/bin/sh\necho", Some((b"/bin/sh", None))),
            (b"#! \t/bin/sh  \n", Some((b"/bin/sh", None))),
            (
                b"#!/bin/awk -f  -x \nBEGIN",
                Some((b"/bin/awk", Some(b"-f  -x"))),
            ),
            (b"#!/bin/sh", Some((b"/bin/sh", None))),
            (b"echo", None),
            (b"#", None),
            (b"", None),
        ];
        for (head, expected) in cases {
            let found = parse(head).unwrap().map(|s| (s.interpreter, s.argument));
            assert_eq!(found, *expected, "{head:?}");
        }
    }

    #[test]
    fn bad_first_lines() {
        let long = [b"#!/".as_slice(), &[b'a'; 300]].concat();
        for head in [
            b"#!\n".as_slice(),
            b"#!",
            b"#!  \n/bin/sh",
            b"#!/bin/\0sh\n",
            &long,
        ] {
            assert_eq!(parse(head), Err(()), "{head:?}");
        }
    }

    #[test]
    fn a_long_argument_is_cut() {
        let head = [b"#!/bin/sh ".as_slice(), &[b'a'; 300]].concat();
        let script = parse(&head).unwrap().unwrap();
        assert_eq!(script.interpreter, b"/bin/sh");
        assert_eq!(script.argument.map(<[u8]>::len), Some(256 - 10));
    }
}

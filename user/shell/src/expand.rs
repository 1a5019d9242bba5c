//! From words to arguments: variables, command substitution, splitting, patterns.

use crate::pattern::{self, Item};
use crate::syntax::{Part, Word};
use alloc::vec::Vec;

/// What expansion asks of the shell.
pub trait Context {
    /// The value of a variable or special parameter.
    fn variable(&self, name: &[u8]) -> Option<Vec<u8>>;
    /// The arguments `$1`..., for `$@`.
    fn arguments(&self) -> Vec<Vec<u8>>;
    /// The output of a command, trailing newlines cut.
    fn output(&mut self, source: &[u8]) -> Vec<u8>;
    /// The names in a directory (empty path: the working directory); none when there is no such directory.
    fn names(&self, directory: &[u8]) -> Vec<Vec<u8>>;
}

type Byte = (u8, bool);

/// The arguments that a word becomes.
pub fn fields(context: &mut dyn Context, word: &Word) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for field in split(context, word) {
        match pattern::compile(&field) {
            Some(_) => {
                let mut found = glob(context, &field);
                if found.is_empty() {
                    found.push(plain(&field));
                }
                out.append(&mut found);
            }
            None => out.push(plain(&field)),
        }
    }
    out
}

/// The one text that a word becomes (assignments, redirections): neither split nor matched.
pub fn text(context: &mut dyn Context, word: &Word) -> Vec<u8> {
    let mut out = Vec::new();
    for part in word {
        match part {
            Part::Text { bytes, .. } => out.extend_from_slice(bytes),
            part => out.extend_from_slice(&value(context, part)),
        }
    }
    tilde(context, word, out)
}

fn tilde(context: &dyn Context, word: &Word, text: Vec<u8>) -> Vec<u8> {
    let home = || context.variable(b"HOME");
    match word.first() {
        Some(Part::Text {
            bytes,
            quoted: false,
        }) if bytes == b"~" && word.len() == 1 || bytes.starts_with(b"~/") => match home() {
            Some(mut home) => {
                home.extend_from_slice(&text[1..]);
                home
            }
            None => text,
        },
        _ => text,
    }
}

fn plain(field: &[Byte]) -> Vec<u8> {
    field.iter().map(|&(byte, _)| byte).collect()
}

fn value(context: &mut dyn Context, part: &Part) -> Vec<u8> {
    match part {
        Part::Text { bytes, .. } => bytes.clone(),
        Part::Variable { name, default, .. } => match (context.variable(name), default) {
            (Some(value), None) => value,
            (Some(value), Some(_)) if !value.is_empty() => value,
            (_, Some(default)) => default.clone(),
            (None, None) => Vec::new(),
        },
        Part::Command { source, .. } => context.output(source),
    }
}

fn split(context: &mut dyn Context, word: &Word) -> Vec<Vec<Byte>> {
    let mut fields = Vec::new();
    let mut field: Option<Vec<Byte>> = None;
    for (index, part) in word.iter().enumerate() {
        match part {
            Part::Text { bytes, quoted } => {
                let bytes = if index == 0 && !quoted {
                    tilde(context, &word[..1].to_vec(), bytes.clone())
                } else {
                    bytes.clone()
                };
                field
                    .get_or_insert_default()
                    .extend(bytes.iter().map(|&byte| (byte, *quoted)));
            }
            Part::Variable {
                name, quoted: true, ..
            } if name == b"@" => {
                for (index, argument) in context.arguments().into_iter().enumerate() {
                    if index > 0 {
                        fields.extend(field.take());
                    }
                    field
                        .get_or_insert_default()
                        .extend(argument.iter().map(|&byte| (byte, true)));
                }
            }
            part @ (Part::Variable { quoted: true, .. } | Part::Command { quoted: true, .. }) => {
                let value = value(context, part);
                field
                    .get_or_insert_default()
                    .extend(value.iter().map(|&byte| (byte, true)));
            }
            part => {
                for byte in value(context, part) {
                    if matches!(byte, b' ' | b'\t' | b'\n') {
                        fields.extend(field.take());
                    } else {
                        field.get_or_insert_default().push((byte, false));
                    }
                }
            }
        }
    }
    fields.extend(field);
    fields
}

/// The paths that fit, by name.
fn glob(context: &dyn Context, field: &[Byte]) -> Vec<Vec<u8>> {
    let mut paths = Vec::from([Vec::new()]);
    let mut first = true;
    for component in field.split(|&(byte, _)| byte == b'/') {
        let mut next = Vec::new();
        for path in &paths {
            let mut prefix: Vec<u8> = path.clone();
            if !first {
                prefix.push(b'/');
            }
            match pattern::compile(component) {
                None => {
                    prefix.extend(plain(component));
                    next.push(prefix);
                }
                Some(items) => next.extend(matching(context, &prefix, &items)),
            }
        }
        paths = next;
        first = false;
    }
    paths.sort();
    paths
}

fn matching(context: &dyn Context, prefix: &[u8], items: &[Item]) -> Vec<Vec<u8>> {
    let join = |name: &Vec<u8>| [prefix, name].concat();
    context
        .names(prefix)
        .iter()
        .filter(|name| pattern::matches(items, name))
        .map(join)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Context, fields, text};
    use crate::lex::{Token, tokens};

    struct Fake;

    impl Context for Fake {
        fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
            match name {
                b"two" => Some(b"a  b".to_vec()),
                b"HOME" => Some(b"/home".to_vec()),
                b"?" => Some(b"7".to_vec()),
                b"empty" => Some(vec![]),
                _ => None,
            }
        }
        fn arguments(&self) -> Vec<Vec<u8>> {
            vec![b"x y".to_vec(), b"z".to_vec()]
        }
        fn output(&mut self, source: &[u8]) -> Vec<u8> {
            [b"<", source, b"> q"].concat()
        }
        fn names(&self, directory: &[u8]) -> Vec<Vec<u8>> {
            match directory {
                b"" => vec![b"one.rs".to_vec(), b"two.rs".to_vec(), b".hidden".to_vec()],
                b"/d/" => vec![b"f1".to_vec(), b"f2".to_vec()],
                _ => vec![],
            }
        }
    }

    fn check(source: &str, expected: &[&str]) {
        let mut got = Vec::new();
        for spanned in tokens(source.as_bytes()).unwrap() {
            let Token::Word(word) = spanned.token else {
                panic!("{source}")
            };
            got.extend(fields(&mut Fake, &word));
        }
        let got: Vec<_> = got
            .iter()
            .map(|field| String::from_utf8_lossy(field))
            .collect();
        assert_eq!(got, expected, "{source}");
    }

    #[test]
    fn words_become_fields() {
        check("$two", &["a", "b"]);
        check("\"$two\"", &["a  b"]);
        check("x${two}y", &["xa", "by"]);
        check("$none", &[]);
        check("\"$none\"", &[""]);
        check("${none:-d} ${empty:-e} ${two:-f}", &["d", "e", "a", "b"]);
        check("\"$@\"", &["x y", "z"]);
        check("$(cmd a) \"$(cmd b)\"", &["<cmd", "a>", "q", "<cmd b> q"]);
        check("~ ~/x '~'", &["/home", "/home/x", "~"]);
        check("$? '' a$", &["7", "", "a$"]);
    }

    #[test]
    fn patterns_match_names() {
        check("*.rs", &["one.rs", "two.rs"]);
        check("/d/f*", &["/d/f1", "/d/f2"]);
        check("'*.rs' nothing*", &["*.rs", "nothing*"]);
    }

    #[test]
    fn text_is_not_split() {
        let Token::Word(word) = tokens(b"$two*").unwrap().remove(0).token else {
            panic!()
        };
        assert_eq!(text(&mut Fake, &word), b"a  b*");
    }
}

//! From tokens to a tree: recursive descent, one function per rule.

use crate::lex::{Spanned, SyntaxError, Token, name_len, tokens};
use crate::syntax::{AndOr, Command, List, Part, Pipeline, Redirect, Target, When, Word};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Parses a whole source.
pub fn parse(source: &[u8]) -> Result<List, SyntaxError> {
    let mut parser = Parser {
        source,
        tokens: tokens(source)?,
        at: 0,
    };
    let list = parser.list(&[])?;
    match parser.tokens.get(parser.at) {
        None => Ok(list),
        Some(_) => Err(parser.unexpected()),
    }
}

struct Parser<'a> {
    source: &'a [u8],
    tokens: Vec<Spanned>,
    at: usize,
}

/// Words that end a list where they stand first.
const CLOSERS: [&[u8]; 7] = [b"then", b"elif", b"else", b"fi", b"do", b"done", b"}"];

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|spanned| &spanned.token)
    }

    fn unexpected(&self) -> SyntaxError {
        match self.tokens.get(self.at) {
            Some(spanned) => {
                SyntaxError::Unexpected(self.source[spanned.start..spanned.end].to_vec())
            }
            None => SyntaxError::Incomplete("end of input"),
        }
    }

    fn operator(&mut self, operator: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Operator(found)) if *found == operator);
        self.at += usize::from(found);
        found
    }

    /// The bare word that comes next, if it is one of the language's own.
    fn keyword(&self) -> Option<&[u8]> {
        match self.peek() {
            Some(Token::Word(word)) => bare(word),
            _ => None,
        }
    }

    fn expect(&mut self, keyword: &[u8]) -> Result<(), SyntaxError> {
        if self.keyword() == Some(keyword) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// Commands up to a closer, `)` or the end. `required` names what must follow, for an empty list's message.
    fn list(&mut self, required: &[&[u8]]) -> Result<List, SyntaxError> {
        let mut list = List::new();
        loop {
            while self.operator(";") {}
            if self.peek().is_none()
                || matches!(self.peek(), Some(Token::Operator(")")))
                || self.keyword().is_some_and(|word| CLOSERS.contains(&word))
            {
                break;
            }
            list.push(self.and_or()?);
            if !matches!(self.peek(), Some(Token::Operator(";")))
                && !list.last().is_some_and(|last| last.background)
            {
                break;
            }
        }
        if !required.is_empty() && list.is_empty() {
            return Err(self.unexpected());
        }
        Ok(list)
    }

    fn and_or(&mut self) -> Result<AndOr, SyntaxError> {
        let first = self.at;
        let mut parts = Vec::from([(When::Always, self.pipeline()?)]);
        loop {
            let when = if self.operator("&&") {
                When::Success
            } else if self.operator("||") {
                When::Failure
            } else {
                break;
            };
            while self.operator(";") {}
            parts.push((when, self.pipeline()?));
        }
        let text = self.source[self.tokens[first].start..self.tokens[self.at - 1].end].to_vec();
        Ok(AndOr {
            parts,
            background: self.operator("&"),
            text,
        })
    }

    fn pipeline(&mut self) -> Result<Pipeline, SyntaxError> {
        let negated = self.keyword() == Some(b"!");
        self.at += usize::from(negated);
        let mut commands = Vec::from([self.command()?]);
        while self.operator("|") {
            while self.operator(";") {}
            commands.push(self.command()?);
        }
        Ok(Pipeline { negated, commands })
    }

    fn command(&mut self) -> Result<Command, SyntaxError> {
        let command = self.bare_command()?;
        let mut redirects = Vec::new();
        while let (Some(Token::Redirect(sign, handle)), false) = (
            self.peek().cloned(),
            matches!(command, Command::Simple { .. }),
        ) {
            self.at += 1;
            redirects.push(self.redirect(sign, handle)?);
        }
        if redirects.is_empty() {
            return Ok(command);
        }
        let command = Box::new(command);
        Ok(Command::Redirected { command, redirects })
    }

    fn bare_command(&mut self) -> Result<Command, SyntaxError> {
        if self.operator("(") {
            let list = self.list(&[b")"])?;
            return if self.operator(")") {
                Ok(Command::Subshell(list))
            } else {
                Err(self.unexpected())
            };
        }
        match self.keyword() {
            Some(b"if") => self.conditional(),
            Some(b"while") => self.repeated(false),
            Some(b"until") => self.repeated(true),
            Some(b"for") => self.each(),
            Some(b"{") => {
                self.at += 1;
                let list = self.list(&[b"}"])?;
                self.expect(b"}")?;
                Ok(Command::Group(list))
            }
            _ => self.simple(),
        }
    }

    fn conditional(&mut self) -> Result<Command, SyntaxError> {
        let mut branches = Vec::new();
        self.at += 1;
        loop {
            let condition = self.list(&[b"then"])?;
            self.expect(b"then")?;
            branches.push((condition, self.list(&[b"fi"])?));
            if self.keyword() != Some(b"elif") {
                break;
            }
            self.at += 1;
        }
        let otherwise = match self.keyword() {
            Some(b"else") => {
                self.at += 1;
                Some(self.list(&[b"fi"])?)
            }
            _ => None,
        };
        self.expect(b"fi")?;
        Ok(Command::If {
            branches,
            otherwise,
        })
    }

    fn repeated(&mut self, until: bool) -> Result<Command, SyntaxError> {
        self.at += 1;
        let condition = self.list(&[b"do"])?;
        Ok(Command::While {
            condition,
            body: self.body()?,
            until,
        })
    }

    fn body(&mut self) -> Result<List, SyntaxError> {
        self.expect(b"do")?;
        let body = self.list(&[b"done"])?;
        self.expect(b"done")?;
        Ok(body)
    }

    fn each(&mut self) -> Result<Command, SyntaxError> {
        self.at += 1;
        let name = match self.keyword() {
            Some(word) if name_len(word) == word.len() && !word.is_empty() => word.to_vec(),
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        self.expect(b"in")?;
        let mut words = Vec::new();
        while let Some(Token::Word(word)) = self.peek() {
            words.push(word.clone());
            self.at += 1;
        }
        while self.operator(";") {}
        Ok(Command::For {
            name,
            words,
            body: self.body()?,
        })
    }

    fn simple(&mut self) -> Result<Command, SyntaxError> {
        let (mut assignments, mut words, mut redirects) =
            (Vec::new(), Vec::<Word>::new(), Vec::new());
        loop {
            match self.peek().cloned() {
                Some(Token::Word(word)) => {
                    self.at += 1;
                    match assignment(&word) {
                        Some(assignment) if words.is_empty() => assignments.push(assignment),
                        _ => words.push(word),
                    }
                }
                Some(Token::Redirect(sign, handle)) => {
                    self.at += 1;
                    redirects.push(self.redirect(sign, handle)?);
                }
                _ => break,
            }
        }
        if assignments.is_empty() && words.is_empty() && redirects.is_empty() {
            return Err(self.unexpected());
        }
        Ok(Command::Simple {
            assignments,
            words,
            redirects,
        })
    }

    fn redirect(&mut self, sign: &str, handle: u32) -> Result<Redirect, SyntaxError> {
        let Some(Token::Word(word)) = self.peek().cloned() else {
            return Err(self.unexpected());
        };
        let target = match sign {
            "<" => Target::Read(word),
            ">" => Target::Write(word),
            ">>" => Target::Append(word),
            _ => match bare(&word).and_then(|text| core::str::from_utf8(text).ok()?.parse().ok()) {
                Some(number) => Target::Same(number),
                None => return Err(self.unexpected()),
            },
        };
        self.at += 1;
        Ok(Redirect { handle, target })
    }
}

/// The text of a word that is one unquoted piece.
fn bare(word: &Word) -> Option<&[u8]> {
    match word.as_slice() {
        [
            Part::Text {
                bytes,
                quoted: false,
            },
        ] => Some(bytes),
        _ => None,
    }
}

/// `NAME=value`.
fn assignment(word: &Word) -> Option<(Vec<u8>, Word)> {
    let Some(Part::Text {
        bytes,
        quoted: false,
    }) = word.first()
    else {
        return None;
    };
    let len = name_len(bytes);
    if len == 0 || bytes.get(len) != Some(&b'=') {
        return None;
    }
    let mut value = Word::new();
    if bytes.len() > len + 1 {
        value.push(Part::Text {
            bytes: bytes[len + 1..].to_vec(),
            quoted: false,
        });
    }
    value.extend_from_slice(&word[1..]);
    Some((bytes[..len].to_vec(), value))
}

#[cfg(test)]
mod tests {
    use super::{SyntaxError, parse};
    use crate::syntax::{Command, Target, When};

    fn simple_words(source: &str) -> Vec<usize> {
        parse(source.as_bytes())
            .unwrap()
            .iter()
            .flat_map(|and_or| &and_or.parts)
            .flat_map(|(_, pipeline)| &pipeline.commands)
            .map(|command| match command {
                Command::Simple { words, .. } => words.len(),
                _ => 0,
            })
            .collect()
    }

    #[test]
    fn pipelines_lists_and_quotes() {
        assert_eq!(
            simple_words("ls /system | busybox grep linux | busybox wc -l"),
            [2, 3, 3]
        );
        assert_eq!(
            simple_words("busybox sh -c \"echo a b c | busybox tr a-z A-Z; exit 7\""),
            [4]
        );
        assert_eq!(simple_words("a; b & c # d; e\nf"), [1, 1, 1, 1]);
        assert_eq!(simple_words(r"echo a\ b 'c d'"), [3]);
    }

    #[test]
    fn and_or_and_background() {
        let list = parse(b"a && b || c & d").unwrap();
        assert_eq!(list.len(), 2);
        assert!(list[0].background && !list[1].background);
        let whens: Vec<When> = list[0].parts.iter().map(|part| part.0).collect();
        assert_eq!(whens, [When::Always, When::Success, When::Failure]);
        assert_eq!(list[0].text, b"a && b || c");
    }

    #[test]
    fn redirects_know_their_handles() {
        let list = parse(b"cmd <in 2>err >>out 2>&1").unwrap();
        let Command::Simple { redirects, .. } = &list[0].parts[0].1.commands[0] else {
            panic!()
        };
        let handles: Vec<u32> = redirects.iter().map(|redirect| redirect.handle).collect();
        assert_eq!(handles, [0, 2, 1, 2]);
        assert_eq!(redirects[3].target, Target::Same(1));
    }

    #[test]
    fn compound_commands() {
        for source in [
            "if true; then echo a; elif false; then echo b; else echo c; fi",
            "while true; do echo x; done",
            "for i in 1 2 3; do echo $i; done | wc",
            "{ a; b; } && (c; d)",
            "for i in $(seq 3)\ndo\n echo $i\ndone",
            "for i in 1; do echo; done 2>&1 | cat; { a; } > f; if a; then b; fi <f",
        ] {
            assert!(parse(source.as_bytes()).is_ok(), "{source}");
        }
    }

    #[test]
    fn unfinished_and_wrong_lines_are_told_apart() {
        for source in [
            "if true; then",
            "echo 'a",
            "echo \"a",
            "a |",
            "a &&",
            "echo $(ls",
            "for i in 1; do",
            "(a",
        ] {
            assert!(
                matches!(parse(source.as_bytes()), Err(SyntaxError::Incomplete(_))),
                "{source}"
            );
        }
        for source in ["| a", "a | | b", "fi", ") a", "echo >", "if ; then a; fi"] {
            let error = parse(source.as_bytes());
            let expected = source == "echo >" || matches!(error, Err(SyntaxError::Unexpected(_)));
            assert!(expected && error.is_err(), "{source}: {error:?}");
        }
    }
}

//! From bytes to tokens.

use crate::syntax::{Part, Word};
use alloc::vec::Vec;

/// A token and where it began and ended in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned {
    /// The token.
    pub token: Token,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A word.
    Word(Word),
    /// An operator: `|`, `||`, `&`, `&&`, `;`, `(`, `)`, newline as `;`.
    Operator(&'static str),
    /// `<`, `>`, `>>`, `>&` with the handle before it.
    Redirect(&'static str, u32),
}

/// Why a line is no sentence of the language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyntaxError {
    /// It ends too early: an interactive shell asks for more.
    Incomplete(&'static str),
    /// It cannot go on like this; near which token.
    Unexpected(Vec<u8>),
}

/// Splits a source into tokens.
pub fn tokens(source: &[u8]) -> Result<Vec<Spanned>, SyntaxError> {
    let mut lexer = Lexer { source, at: 0 };
    let mut out = Vec::new();
    while let Some(token) = lexer.next()? {
        out.push(token);
    }
    Ok(out)
}

struct Lexer<'a> {
    source: &'a [u8],
    at: usize,
}

/// Longest first.
const OPERATORS: [&str; 9] = ["||", "&&", "|", "&", ";", "(", ")", "\n", ";;"];

impl Lexer<'_> {
    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn next(&mut self) -> Result<Option<Spanned>, SyntaxError> {
        self.skip_blanks();
        let start = self.at;
        let Some(byte) = self.peek() else {
            return Ok(None);
        };
        let token = match self.redirect() {
            Some(token) => token,
            None => match self.operator() {
                Some(operator) => Token::Operator(operator),
                None => Token::Word(self.word()?),
            },
        };
        debug_assert!(self.at > start, "no progress at {byte}");
        Ok(Some(Spanned {
            token,
            start,
            end: self.at,
        }))
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if self.source.get(self.at + 1) == Some(&b'\n') => self.at += 2,
                b'#' => {
                    while self.peek().is_some_and(|byte| byte != b'\n') {
                        self.at += 1;
                    }
                }
                _ => break,
            }
        }
    }

    fn operator(&mut self) -> Option<&'static str> {
        let rest = &self.source[self.at..];
        let found = OPERATORS
            .into_iter()
            .find(|operator| rest.starts_with(operator.as_bytes()))?;
        self.at += found.len();
        Some(if found == "\n" { ";" } else { found })
    }

    /// `<`, `>`, `>>`, `>&`, with digits right before it.
    fn redirect(&mut self) -> Option<Token> {
        let rest = &self.source[self.at..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let sign = &rest[digits..];
        let found = [">>", ">&", "<", ">"]
            .into_iter()
            .find(|found| sign.starts_with(found.as_bytes()))?;
        let default = u32::from(found != "<");
        let number = rest[..digits].iter().fold(0_u32, |n, byte| {
            n.saturating_mul(10) + u32::from(byte - b'0')
        });
        self.at += digits + found.len();
        Some(Token::Redirect(
            found,
            if digits == 0 { default } else { number },
        ))
    }

    fn word(&mut self) -> Result<Word, SyntaxError> {
        let mut word = Word::new();
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b'|' | b'&' | b';' | b'(' | b')' | b'<' | b'>' => {
                    break;
                }
                b'\'' => self.single_quoted(&mut word)?,
                b'"' => self.double_quoted(&mut word)?,
                b'\\' => self.escape(&mut word)?,
                b'$' => self.dollar(&mut word, false)?,
                b'`' => self.backquoted(&mut word, false)?,
                _ => {
                    push(&mut word, byte, false);
                    self.at += 1;
                }
            }
        }
        Ok(word)
    }

    fn single_quoted(&mut self, word: &mut Word) -> Result<(), SyntaxError> {
        let rest = &self.source[self.at + 1..];
        let len = rest
            .iter()
            .position(|&byte| byte == b'\'')
            .ok_or(SyntaxError::Incomplete("'"))?;
        word.push(Part::Text {
            bytes: rest[..len].to_vec(),
            quoted: true,
        });
        self.at += len + 2;
        Ok(())
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<(), SyntaxError> {
        self.at += 1;
        word.push(Part::Text {
            bytes: Vec::new(),
            quoted: true,
        });
        loop {
            match self.peek().ok_or(SyntaxError::Incomplete("\""))? {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'$' => self.dollar(word, true)?,
                b'`' => self.backquoted(word, true)?,
                b'\\' => {
                    let next = *self
                        .source
                        .get(self.at + 1)
                        .ok_or(SyntaxError::Incomplete("\""))?;
                    match next {
                        b'\n' => {}
                        b'"' | b'\\' | b'$' | b'`' => push(word, next, true),
                        _ => {
                            push(word, b'\\', true);
                            push(word, next, true);
                        }
                    }
                    self.at += 2;
                }
                byte => {
                    push(word, byte, true);
                    self.at += 1;
                }
            }
        }
    }

    fn escape(&mut self, word: &mut Word) -> Result<(), SyntaxError> {
        let next = *self
            .source
            .get(self.at + 1)
            .ok_or(SyntaxError::Incomplete("\\"))?;
        if next != b'\n' {
            push(word, next, true);
        }
        self.at += 2;
        Ok(())
    }

    fn backquoted(&mut self, word: &mut Word, quoted: bool) -> Result<(), SyntaxError> {
        let rest = &self.source[self.at + 1..];
        let len = rest
            .iter()
            .position(|&byte| byte == b'`')
            .ok_or(SyntaxError::Incomplete("`"))?;
        word.push(Part::Command {
            source: rest[..len].to_vec(),
            quoted,
        });
        self.at += len + 2;
        Ok(())
    }

    fn dollar(&mut self, word: &mut Word, quoted: bool) -> Result<(), SyntaxError> {
        self.at += 1;
        match self.peek() {
            Some(b'(') => {
                let source = self.parenthesised()?;
                word.push(Part::Command { source, quoted });
            }
            Some(b'{') => {
                let rest = &self.source[self.at + 1..];
                let len = rest
                    .iter()
                    .position(|&byte| byte == b'}')
                    .ok_or(SyntaxError::Incomplete("${"))?;
                word.push(braced(&rest[..len], quoted)?);
                self.at += len + 2;
            }
            Some(byte) if is_special(byte) => {
                word.push(Part::Variable {
                    name: [byte].to_vec(),
                    default: None,
                    quoted,
                });
                self.at += 1;
            }
            _ => {
                let len = name_len(&self.source[self.at..]);
                if len == 0 {
                    push(word, b'$', quoted);
                } else {
                    let name = self.source[self.at..self.at + len].to_vec();
                    word.push(Part::Variable {
                        name,
                        default: None,
                        quoted,
                    });
                    self.at += len;
                }
            }
        }
        Ok(())
    }

    /// The text up to the closing parenthesis; quotes inside hide theirs.
    fn parenthesised(&mut self) -> Result<Vec<u8>, SyntaxError> {
        let start = self.at + 1;
        let (mut depth, mut quote) = (0, None);
        while let Some(byte) = self.peek() {
            match (quote, byte) {
                (Some(b'\''), b'\'') | (Some(b'"'), b'"') => quote = None,
                (None | Some(b'"'), b'\\') => self.at += 1,
                (None, b'\'' | b'"') => quote = Some(byte),
                (None, b'(') => depth += 1,
                (None, b')') => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return Ok(self.source[start..self.at - 1].to_vec());
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        Err(SyntaxError::Incomplete("$("))
    }
}

/// `NAME` or `NAME:-default`.
fn braced(inside: &[u8], quoted: bool) -> Result<Part, SyntaxError> {
    let len = match inside.first() {
        Some(&byte) if is_special(byte) => 1,
        _ => name_len(inside),
    };
    let (name, rest) = inside.split_at(len);
    let default = match rest.strip_prefix(b":-").or_else(|| rest.strip_prefix(b"-")) {
        Some(default) => Some(default.to_vec()),
        None if rest.is_empty() && len > 0 => None,
        None => return Err(SyntaxError::Unexpected(inside.to_vec())),
    };
    Ok(Part::Variable {
        name: name.to_vec(),
        default,
        quoted,
    })
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'?' | b'$' | b'!' | b'#' | b'@' | b'*') || byte.is_ascii_digit()
}

/// Bytes of the name that a text begins with.
pub fn name_len(text: &[u8]) -> usize {
    match text.first() {
        Some(first) if first.is_ascii_alphabetic() || *first == b'_' => text
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
            .count(),
        _ => 0,
    }
}

fn push(word: &mut Word, byte: u8, quoted: bool) {
    if let Some(Part::Text {
        bytes,
        quoted: same,
    }) = word.last_mut()
        && *same == quoted
    {
        bytes.push(byte);
        return;
    }
    word.push(Part::Text {
        bytes: [byte].to_vec(),
        quoted,
    });
}

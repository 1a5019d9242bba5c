//! The tree that a line becomes.

use alloc::boxed::Box;
use alloc::vec::Vec;

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text; quoted text is neither split nor a pattern.
    Text {
        /// The bytes.
        bytes: Vec<u8>,
        /// Whether quotes stood around them.
        quoted: bool,
    },
    /// `$NAME`; `default` from `${NAME:-default}`.
    Variable {
        /// Its name.
        name: Vec<u8>,
        /// Used when it is not set or empty.
        default: Option<Vec<u8>>,
        /// Whether quotes stood around it.
        quoted: bool,
    },
    /// `$(source)`.
    Command {
        /// The text between the parentheses.
        source: Vec<u8>,
        /// Whether quotes stood around it.
        quoted: bool,
    },
}

/// A word as written.
pub type Word = Vec<Part>;

/// Where a redirection goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `<`.
    Read(Word),
    /// `>`.
    Write(Word),
    /// `>>`.
    Append(Word),
    /// `>&N`.
    Same(u32),
}

/// A redirection of one handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The handle's number.
    pub handle: u32,
    /// Where it goes.
    pub target: Target,
}

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Assignments, words, redirections.
    Simple {
        /// `NAME=value` before the words.
        assignments: Vec<(Vec<u8>, Word)>,
        /// Program and arguments.
        words: Vec<Word>,
        /// In order.
        redirects: Vec<Redirect>,
    },
    /// `if ...; then ...; elif ...; else ...; fi`.
    If {
        /// Conditions and what follows from them.
        branches: Vec<(List, List)>,
        /// The `else` part.
        otherwise: Option<List>,
    },
    /// `while ...; do ...; done`; `until` turns it round.
    While {
        /// The condition.
        condition: List,
        /// The loop.
        body: List,
        /// Until instead of while.
        until: bool,
    },
    /// `for NAME in words; do ...; done`.
    For {
        /// The variable.
        name: Vec<u8>,
        /// Its values.
        words: Vec<Word>,
        /// The loop.
        body: List,
    },
    /// `{ ...; }`.
    Group(List),
    /// `( ... )`.
    Subshell(List),
    /// Any of the compound ones with redirections behind it.
    Redirected {
        /// What runs.
        command: Box<Command>,
        /// In order.
        redirects: Vec<Redirect>,
    },
}

/// Commands joined by `|`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// `!` before it.
    pub negated: bool,
    /// From left to right.
    pub commands: Vec<Command>,
}

/// How a pipeline depends on the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The first.
    Always,
    /// After `&&`.
    Success,
    /// After `||`.
    Failure,
}

/// Pipelines joined by `&&` and `||`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AndOr {
    /// In order.
    pub parts: Vec<(When, Pipeline)>,
    /// `&` after it.
    pub background: bool,
    /// As written, for the job list.
    pub text: Vec<u8>,
}

/// Commands one after the other.
pub type List = Vec<AndOr>;

/// A tree behind a pointer, for callers that keep it.
pub type Program = Box<List>;

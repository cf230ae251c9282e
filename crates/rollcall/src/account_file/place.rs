//! Where things stand in an account file: positions, paths such as `groups[2].members[0]`, faults with both. Not what stands there.

use std::fmt;

use super::tree::{Kind, Node};

/// A line and a column, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Position {
    pub(super) const START: Self = Self { line: 1, column: 1 };
}

/// A fault of an account file. Shown as `LINE:COLUMN: place: message`, so that a file's name and a colon can go before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted from 1, in characters.
    pub column: usize,
    /// A path into the file, such as `groups[2].members[0]`; empty for the whole.
    pub place: String,
    /// What is wrong there, in words that may be shown: control characters are escaped, secrets are never quoted.
    pub message: String,
}

impl Located {
    pub(super) fn new(at: Position, place: impl fmt::Display, message: impl Into<String>) -> Self {
        Self { line: at.line, column: at.column, place: place.to_string(), message: message.into() }
    }
}

impl fmt::Display for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.message)
    }
}

/// A path into the file. It lives on the stack of whoever walks the tree and becomes text only when something is wrong.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Root,
    Key(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(parent, key) => {
                parent.fmt(f)?;
                if !matches!(parent, Self::Root) {
                    f.write_str(".")?;
                }
                let is_word = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_');
                if is_word { f.write_str(key) } else { f.write_str(&shown(key)) }
            }
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// A text as messages quote it: escaped, and cut where it is long.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// The position of everything in a file. It holds none of the file's values: there may be secrets among them.
#[derive(Debug, Clone)]
pub(super) struct Positions {
    at: Position,
    below: Below,
}

#[derive(Debug, Clone)]
enum Below {
    Nothing,
    Items(Vec<Positions>),
    Keys(Vec<(String, Positions)>),
}

impl Positions {
    /// Keeps of a tree what is needed to find places in it.
    pub(super) fn of(node: Node) -> Self {
        let below = match node.kind {
            Kind::Plain(_) | Kind::Quoted(_) | Kind::Refused => Below::Nothing,
            Kind::List(items) => Below::Items(items.into_iter().map(Self::of).collect()),
            Kind::Map(entries) => Below::Keys(entries.into_iter().map(|e| (e.key, Self::of(e.value))).collect()),
        };
        Self { at: node.at, below }
    }

    /// The position of a place, or of the nearest thing around it that has one.
    pub(super) fn find(&self, place: &str) -> Position {
        let mut here = self;
        for step in place.split(['.', '[']).filter(|step| !step.is_empty()) {
            let next = match (&here.below, step.strip_suffix(']')) {
                (Below::Items(items), Some(index)) => index.parse().ok().and_then(|n: usize| items.get(n)),
                (Below::Keys(entries), None) => entries.iter().find(|(key, _)| key == step).map(|(_, below)| below),
                _ => None,
            };
            match next {
                Some(next) => here = next,
                None => break,
            }
        }
        here.at
    }
}

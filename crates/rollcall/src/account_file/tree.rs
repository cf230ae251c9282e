//! An account file as a tree with positions, whatever it is written in. What the keys mean is not known here.

use std::collections::{HashMap, HashSet};

use super::place::{Located, Place, Position};
use super::{json, yaml};

/// How deep lists and mappings may stand in each other. An account file needs seven.
pub(super) const MAX_DEPTH: usize = 32;

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) at: Position,
    pub(super) kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A scalar without quotes: text, unless it is `null`, `true` or `false`.
    Plain(String),
    /// A quoted scalar, or a YAML block of text: always text.
    Quoted(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, each key once.
    Map(Vec<Entry>),
    /// Something of which a fault tells already; nobody needs to hear of it twice.
    Refused,
}

/// A key of a mapping and its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) at: Position,
    pub(super) value: Node,
}

/// What a scalar says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar<'n> {
    Null,
    Bool(bool),
    /// Verbatim: `02139` keeps its zero.
    Text(&'n str),
}

impl Node {
    /// What the node says, where it is a scalar.
    pub(super) fn scalar(&self) -> Option<Scalar<'_>> {
        match &self.kind {
            Kind::Plain(text) => Some(match text.as_str() {
                "" | "~" | "null" => Scalar::Null,
                "true" => Scalar::Bool(true),
                "false" => Scalar::Bool(false),
                text => Scalar::Text(text),
            }),
            Kind::Quoted(text) => Some(Scalar::Text(text)),
            Kind::List(_) | Kind::Map(_) | Kind::Refused => None,
        }
    }

    /// Whether it says that there is nothing.
    pub(super) fn is_null(&self) -> bool {
        self.scalar() == Some(Scalar::Null)
    }
}

/// Reads a file into a tree. There is none where the file cannot be read to its end; there may be faults beside one.
pub(super) fn read(text: &str) -> (Option<Node>, Vec<Located>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(inner) = text.trim_start().strip_prefix('{') else { return yaml::read(text) };
    // A YAML parser does not read all JSON (`"\ud83d\ude00"`), so what is JSON is read as such.
    let Err(no_json) = json::check(text) else { return json::read(text) };
    let answer = yaml::read(text);
    let is_meant_as_json = inner.trim_start().starts_with('"');
    if answer.0.is_none() && is_meant_as_json { (None, vec![no_json]) } else { answer }
}

/// The entries of a mapping, each key once: the first one counts, any further one is a fault.
pub(super) fn unique(mut entries: Vec<Entry>, place: &Place<'_>, faults: &mut Vec<Located>) -> Vec<Entry> {
    let mut lines = HashMap::with_capacity(entries.len());
    let mut again = HashSet::new();
    for (n, entry) in entries.iter().enumerate() {
        if let Some(line) = lines.get(entry.key.as_str()) {
            let message = format!("this key stands here twice; first on line {line}");
            faults.push(Located::new(entry.at, Place::Key(place, &entry.key), message));
            again.insert(n);
        } else {
            lines.insert(entry.key.as_str(), entry.at.line);
        }
    }
    if !again.is_empty() {
        let mut numbers = 0..;
        entries.retain(|_| numbers.next().is_some_and(|n: usize| !again.contains(&n)));
    }
    entries
}

/// The fault of a file that is too deep; reading ends there.
pub(super) fn too_deep(at: Position, place: &Place<'_>) -> Located {
    Located::new(at, place, format!("lists and mappings stand in each other more than {MAX_DEPTH} deep"))
}

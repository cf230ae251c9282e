//! What a role permits, as a table: a row for each key that the catalogue knows, with its words; and what it does not know.

use rollcall_core::roles::{RoleKind, catalogue};
use serde_json::{Map, Value};

use crate::console::form::Form;

/// The name of a key's field in a form begins with this.
const FIELD: &str = "word:";

/// A row of the table.
pub(super) struct Row {
    pub(super) key: String,
    /// The name of its field.
    pub(super) field: String,
    /// The words that it may have.
    pub(super) words: &'static [&'static str],
    /// The one that it has; empty where the role says nothing of it.
    pub(super) word: String,
}

impl Row {
    pub(super) fn says(&self, word: &str) -> bool {
        self.word == word
    }
}

/// The table of a role, and the keys that no catalogue knows, as they were written.
pub(super) struct Matrix {
    pub(super) rows: Vec<Row>,
    pub(super) others: Vec<(String, String)>,
}

impl Matrix {
    pub(super) fn of(kind: RoleKind, permissions: &Map<String, Value>) -> Self {
        let today: Vec<&str> = catalogue::keys(kind).collect();
        let before = permissions.keys().map(String::as_str).filter(|key| !today.contains(key));
        let (earlier, others): (Vec<&str>, Vec<&str>) = before.partition(|key| catalogue::words(kind, key).is_some());
        let row = |key: &str| {
            let value = permissions.get(key);
            let word = value.and_then(|value| catalogue::word(kind, key, value)).unwrap_or_default();
            let words = catalogue::words(kind, key).unwrap_or_default();
            Row { key: key.to_owned(), field: format!("{FIELD}{key}"), words, word: word.to_owned() }
        };
        let rows = today.iter().chain(&earlier).map(|key| row(key)).collect();
        let shown = |key: &str| (key.to_owned(), permissions.get(key).map_or_else(String::new, Value::to_string));
        Self { rows, others: others.into_iter().map(shown).collect() }
    }

    /// The table of a role that is to be made: nothing is permitted.
    pub(super) fn new(kind: RoleKind) -> Self {
        Self::of(kind, &catalogue::keys(kind).map(|key| (key.to_owned(), Value::from("NO"))).collect())
    }

    /// The same, with the words of a form that was sent.
    pub(super) fn with(mut self, words: &[(String, String)]) -> Self {
        for row in &mut self.rows {
            if let Some((_, word)) = words.iter().find(|(key, _)| *key == row.key) {
                row.word.clone_from(word);
            }
        }
        self
    }
}

/// Keys and words of a form that was sent.
pub(super) fn sent(form: &Form) -> Vec<(String, String)> {
    let fields = form.fields().filter_map(|(name, word)| Some((name.strip_prefix(FIELD)?, word)));
    fields.map(|(key, word)| (key.to_owned(), word.to_owned())).collect()
}

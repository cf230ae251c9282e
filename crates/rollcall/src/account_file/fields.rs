//! How single values of an account file are read: texts, flags, words, lists, and what is said when they are something else.

use rollcall_core::change::Change;

use super::place::{Located, Place, Position, shown};
use super::tree::{Entry, Kind, Node, Scalar};

/// Gathers every fault of a file while it is read. What it gives where there is a fault is a stand-in of no meaning.
pub(super) struct Reader {
    pub(super) faults: Vec<Located>,
}

/// A mapping whose keys are all known.
pub(super) struct Fields<'n> {
    at: Position,
    place: &'n Place<'n>,
    entries: &'n [Entry],
}

impl<'n> Fields<'n> {
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The place of a key.
    pub(super) fn below(&self, key: &'n str) -> Place<'n> {
        Place::Key(self.place, key)
    }
}

/// What a value is, for messages. Scalars that may be secrets are not shown by whoever reads them.
fn found(node: &Node) -> String {
    match (&node.kind, node.scalar()) {
        (_, Some(Scalar::Null)) => "nothing".to_owned(),
        (_, Some(Scalar::Bool(value))) => value.to_string(),
        (_, Some(Scalar::Text(text))) => format!("the text {}", shown(text)),
        (Kind::List(_), _) => "a list".to_owned(),
        _ => "a mapping".to_owned(),
    }
}

impl Reader {
    pub(super) fn fault(&mut self, at: Position, place: &Place<'_>, message: impl Into<String>) {
        self.faults.push(Located::new(at, place, message));
    }

    /// Says that a value is something else than it should be.
    pub(super) fn expected(&mut self, what: &str, node: &Node, place: &Place<'_>) {
        if node.kind != Kind::Refused {
            self.fault(node.at, place, format!("expected {what}, found {}", found(node)));
        }
    }

    /// A mapping; every key that is not in `known` is a fault.
    pub(super) fn fields<'n>(&mut self, node: &'n Node, place: &'n Place<'n>, known: &[&str]) -> Option<Fields<'n>> {
        let Kind::Map(entries) = &node.kind else {
            self.expected("a mapping of keys and values", node, place);
            return None;
        };
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let help = match nearest(&entry.key, known) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("there are: {}", known.join(", ")),
            };
            self.fault(entry.at, place, format!("unknown key {}; {help}", shown(&entry.key)));
        }
        Some(Fields { at: node.at, place, entries })
    }

    /// Says that a key is missing.
    pub(super) fn missing(&mut self, fields: &Fields<'_>, key: &str, help: &str) {
        self.fault(fields.at, fields.place, format!("the key {key:?} is missing{help}"));
    }

    fn text_at(&mut self, node: &Node, place: &Place<'_>) -> String {
        match node.scalar() {
            Some(Scalar::Text(text)) => return text.to_owned(),
            Some(Scalar::Bool(value)) => {
                self.fault(
                    node.at,
                    place,
                    format!("expected a text, found {value}; put it in quotes if it is meant as text"),
                );
            }
            _ => self.expected("a text", node, place),
        }
        String::new()
    }

    /// A text that may be absent.
    pub(super) fn text(&mut self, fields: &Fields<'_>, key: &str) -> Option<String> {
        fields.get(key).map(|node| self.text_at(node, &Place::Key(fields.place, key)))
    }

    /// A text that must be there.
    pub(super) fn required(&mut self, fields: &Fields<'_>, key: &str) -> String {
        if fields.get(key).is_none() {
            self.missing(fields, key, "");
        }
        self.text(fields, key).unwrap_or_default()
    }

    /// A text that may be absent, or be cleared with null.
    pub(super) fn change(&mut self, fields: &Fields<'_>, key: &str) -> Change<String> {
        match fields.get(key) {
            None => Change::Keep,
            Some(node) if node.is_null() => Change::Clear,
            Some(node) => Change::Set(self.text_at(node, &Place::Key(fields.place, key))),
        }
    }

    /// A flag that may be absent.
    pub(super) fn flag(&mut self, fields: &Fields<'_>, key: &str) -> Option<bool> {
        let node = fields.get(key)?;
        if let Some(Scalar::Bool(value)) = node.scalar() {
            return Some(value);
        }
        self.expected("true or false", node, &Place::Key(fields.place, key));
        None
    }

    /// A text that must be one of a few, or of some form, and may be absent.
    pub(super) fn word<T>(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.word_at(fields.get(key)?, &Place::Key(fields.place, key), parse)
    }

    /// As [`Self::word`], of a value at hand.
    pub(super) fn word_at<T>(
        &mut self,
        node: &Node,
        place: &Place<'_>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let Some(Scalar::Text(text)) = node.scalar() else {
            self.text_at(node, place);
            return None;
        };
        parse(text).map_err(|why| self.fault(node.at, place, why)).ok()
    }

    /// A list that may be absent; null is the empty list.
    pub(super) fn each<T>(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        mut read: impl FnMut(&mut Self, &Node, &Place<'_>) -> T,
    ) -> Option<Vec<T>> {
        let node = fields.get(key)?;
        let place = Place::Key(fields.place, key);
        match &node.kind {
            Kind::List(items) => {
                let items = items.iter().enumerate().map(|(n, item)| read(self, item, &Place::Item(&place, n)));
                return Some(items.collect());
            }
            _ if node.is_null() => {}
            _ => self.expected("a list", node, &place),
        }
        Some(Vec::new())
    }

    /// A list of texts that may be absent; null is the empty list.
    pub(super) fn names(&mut self, fields: &Fields<'_>, key: &str) -> Option<Vec<String>> {
        self.each(fields, key, Self::text_at)
    }
}

/// The known key that was probably meant: `first_name` for firstName, `emial` for email.
fn nearest<'k>(given: &str, known: &[&'k str]) -> Option<&'k str> {
    let plain = |text: &str| -> Vec<char> {
        text.chars().take(64).filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
    };
    let given = plain(given);
    let allowed = if given.len() < 4 { 1 } else { 2 };
    known
        .iter()
        .map(|key| (plain(key), *key))
        .filter(|(plain, _)| plain.len().abs_diff(given.len()) <= allowed)
        .map(|(plain, key)| (distance(&given, &plain), key))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, key)| key)
}

/// How many letters to add, drop, replace or swap (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for (i, x) in a.iter().enumerate() {
        let above = &rows[i];
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (above[j] + usize::from(x != y)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_that_was_meant_is_found() {
        let known = ["id", "email", "firstName", "orgUserId", "zip", "users"];
        for (given, meant) in [
            ("emial", Some("email")),
            ("Email", Some("email")),
            ("emails", Some("email")),
            ("first_name", Some("firstName")),
            ("orgUserid", Some("orgUserId")),
            ("user", Some("users")),
            ("ip", Some("id")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(given, &known), meant, "{given}");
        }
    }
}

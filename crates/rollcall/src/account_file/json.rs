//! JSON as a tree: exact columns and duplicate keys, which the usual readers of JSON do not tell. Whether it is JSON they do tell.

use serde::de::IgnoredAny;

use super::place::{Located, Place, Position};
use super::tree::{Entry, Kind, MAX_DEPTH, Node, too_deep, unique};

/// Sees whether the text is JSON (RFC 8259).
pub(super) fn check(text: &str) -> Result<(), Located> {
    serde_json::from_str::<IgnoredAny>(text).map(|_| ()).map_err(|error| {
        let at = Position { line: error.line().max(1), column: error.column().max(1) };
        let told = error.to_string();
        let why = told.rsplit_once(" at line ").map_or(told.as_str(), |(why, _)| why);
        Located::new(at, Place::Root, format!("this is not JSON: {why}"))
    })
}

/// Reads a text that [`check`] has found to be JSON.
pub(super) fn read(text: &str) -> (Option<Node>, Vec<Located>) {
    let mut walker = Walker { rest: text, at: Position::START, faults: Vec::new() };
    match walker.node(&Place::Root, 1) {
        Ok(node) => (Some(node), walker.faults),
        Err(fault) => {
            walker.faults.push(fault);
            (None, walker.faults)
        }
    }
}

struct Walker<'t> {
    rest: &'t str,
    at: Position,
    faults: Vec<Located>,
}

impl<'t> Walker<'t> {
    /// Takes so many bytes, counting lines and columns.
    fn take(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(bytes);
        for c in taken.chars() {
            if c == '\n' {
                self.at = Position { line: self.at.line + 1, column: 1 };
            } else {
                self.at.column += 1;
            }
        }
        self.rest = rest;
        taken
    }

    /// The next character that is not white space, not taken.
    fn peek(&mut self) -> Option<char> {
        let blank = self.rest.len() - self.rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.take(blank);
        self.rest.chars().next()
    }

    /// Takes the character, where it is the next one.
    fn skip(&mut self, wanted: char) -> bool {
        let is_next = self.peek() == Some(wanted);
        if is_next {
            self.take(wanted.len_utf8());
        }
        is_next
    }

    fn node(&mut self, place: &Place<'_>, depth: usize) -> Result<Node, Located> {
        let first = self.peek();
        let at = self.at;
        let kind = match first {
            Some('{' | '[') if depth > MAX_DEPTH => return Err(too_deep(at, place)),
            Some('{') => self.map(place, depth)?,
            Some('[') => self.list(place, depth)?,
            Some('"') => Kind::Quoted(self.string(place)?),
            _ => {
                let end = self.rest.find([',', ']', '}', ' ', '\t', '\r', '\n']).unwrap_or(self.rest.len());
                Kind::Plain(self.take(end).to_owned())
            }
        };
        Ok(Node { at, kind })
    }

    fn list(&mut self, place: &Place<'_>, depth: usize) -> Result<Kind, Located> {
        let mut items = Vec::new();
        self.skip('[');
        while !self.skip(']') {
            items.push(self.node(&Place::Item(place, items.len()), depth + 1)?);
            self.separator(place, ']')?;
        }
        Ok(Kind::List(items))
    }

    fn map(&mut self, place: &Place<'_>, depth: usize) -> Result<Kind, Located> {
        let mut entries = Vec::new();
        self.skip('{');
        while !self.skip('}') {
            self.peek();
            let at = self.at;
            let key = self.string(place)?;
            self.skip(':');
            let value = self.node(&Place::Key(place, &key), depth + 1)?;
            entries.push(Entry { key, at, value });
            self.separator(place, '}')?;
        }
        Ok(Kind::Map(unique(entries, place, &mut self.faults)))
    }

    /// A comma, or the end in sight; anything else would have been found by [`check`], and ends the reading here too.
    fn separator(&mut self, place: &Place<'_>, end: char) -> Result<(), Located> {
        if self.skip(',') || self.peek() == Some(end) { Ok(()) } else { Err(self.no_json(place)) }
    }

    fn no_json(&self, place: &Place<'_>) -> Located {
        Located::new(self.at, place, "this is not JSON")
    }

    fn string(&mut self, place: &Place<'_>) -> Result<String, Located> {
        let mut is_escaped = false;
        let end = self.rest.bytes().enumerate().skip(1).find_map(|(n, byte)| match byte {
            _ if is_escaped => {
                is_escaped = false;
                None
            }
            b'\\' => {
                is_escaped = true;
                None
            }
            b'"' => Some(n + 1),
            _ => None,
        });
        let no_string = Located::new(self.at, place, "this is not a text in JSON: half of a surrogate pair is missing");
        let token = self.take(end.ok_or_else(|| self.no_json(place))?);
        serde_json::from_str(token).map_err(|_| no_string)
    }
}

#[cfg(test)]
mod tests {
    use super::super::place::Positions;
    use super::super::tree;
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        tree::read(text).1.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn json_is_read_with_tabs_and_every_escape() {
        let text = "{\n\t\"a\":\t\"\\u00e9\\ud83d\\ude00\",\r\n\t\"b\": [\"a\\/b\", \"\\\\\\\"\", \"\\u0000\\b\\f\\n\\r\\t\"],\n\"c\":{\"d\":1E3,\"e\":null}}\n";
        let (node, faults) = tree::read(text);
        assert!(faults.is_empty(), "{faults:?}");
        let Some(Node { kind: Kind::Map(entries), .. }) = node else { panic!("no mapping") };
        assert_eq!(entries[0].value.kind, Kind::Quoted("é😀".into()));
        let Kind::List(items) = &entries[1].value.kind else { panic!("no list") };
        let texts: Vec<_> = items.iter().map(|item| &item.kind).collect();
        assert_eq!(
            texts,
            ["a/b", "\\\"", "\0\u{8}\u{c}\n\r\t"].map(|t| Kind::Quoted(t.into())).iter().collect::<Vec<_>>()
        );
        let Kind::Map(inner) = &entries[2].value.kind else { panic!("no mapping") };
        assert_eq!(inner[0].value.kind, Kind::Plain("1E3".into()));
        assert!(inner[1].value.is_null());
    }

    #[test]
    fn positions_in_json_count_characters() {
        let text = "\u{feff}{\"é\": [1, {\"b\":\n  \"😀\", \"c\": true}]}";
        let all = Positions::of(tree::read(text).0.unwrap());
        for (place, line, column) in
            [("", 1, 1), ("é", 1, 7), ("é[0]", 1, 8), ("é[1]", 1, 11), ("é[1].b", 2, 3), ("é[1].c", 2, 13)]
        {
            assert_eq!(all.find(place), Position { line, column }, "{place}");
        }
    }

    #[test]
    fn faults_of_json_are_told_as_such() {
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(40), "]".repeat(40));
        let place = format!("a{}", "[0]".repeat(31));
        let table: &[(&str, &[&str])] = &[
            ("{\"a\": 1,\n \"a\": 2}", &["2:2: a: this key stands here twice; first on line 1"]),
            ("{\"a\": \"\\ud83d\"}", &["1:7: a: this is not a text in JSON: half of a surrogate pair is missing"]),
            ("{\"a\": 1\n \"b\": 2}", &["2:2: this is not JSON: expected `,` or `}`"]),
            ("{\"a\": \"\\ud83d\\ude00\",", &["1:21: this is not JSON: EOF while parsing an object"]),
            (&deep, &[&format!("1:38: {place}: lists and mappings stand in each other more than 32 deep")]),
        ];
        for (text, expected) in table {
            assert_eq!(faults(text), *expected, "{text}");
        }
    }

    #[test]
    fn yaml_in_braces_is_still_yaml() {
        assert!(faults("{ a: 1, b: [x, y,], # no JSON\n c: 'd' }").is_empty());
    }
}

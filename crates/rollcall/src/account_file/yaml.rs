//! YAML as a tree: the events of the parser, put together. Aliases, tags and further documents are refused here.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, StrInput};

use super::place::{Located, Place, Position};
use super::tree::{Entry, Kind, MAX_DEPTH, Node, too_deep, unique};

/// Reads a YAML text of one document.
pub(super) fn read(text: &str) -> (Option<Node>, Vec<Located>) {
    let mut builder = Builder { events: Parser::new_from_str(text), faults: Vec::new() };
    match builder.document() {
        Ok(node) => (node, builder.faults),
        Err(fault) => {
            builder.faults.push(fault);
            (None, builder.faults)
        }
    }
}

struct Builder<'t> {
    events: Parser<'t, StrInput<'t>>,
    faults: Vec<Located>,
}

fn position(marker: &Marker) -> Position {
    Position { line: marker.line().max(1), column: marker.col() + 1 }
}

fn no_yaml(error: &ScanError) -> Located {
    let message = match error.info() {
        "while parsing node, found unknown anchor" => "aliases are not supported in account files".to_owned(),
        info => format!("this is not YAML: {info}"),
    };
    Located::new(position(error.marker()), Place::Root, message)
}

impl<'t> Builder<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Position), Located> {
        match self.events.next_event() {
            Some(Ok((event, span))) => Ok((event, position(&span.start))),
            Some(Err(error)) => Err(no_yaml(&error)),
            None => Ok((Event::StreamEnd, Position::START)),
        }
    }

    fn document(&mut self) -> Result<Option<Node>, Located> {
        let mut root = None;
        loop {
            match self.next()? {
                (Event::DocumentStart(_), at) if root.is_some() => {
                    return Err(Located::new(at, Place::Root, "an account file is one document; here begins another"));
                }
                (Event::DocumentStart(_), _) => {
                    let (event, at) = self.next()?;
                    root = Some(self.node(event, at, &Place::Root, 1)?);
                }
                (Event::StreamEnd, _) => return Ok(root),
                _ => {}
            }
        }
    }

    fn node(&mut self, event: Event<'t>, at: Position, place: &Place<'_>, depth: usize) -> Result<Node, Located> {
        let kind = match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse(at, place, anchor, tag.is_some());
                if style == ScalarStyle::Plain {
                    Kind::Plain(text.into_owned())
                } else {
                    Kind::Quoted(text.into_owned())
                }
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if depth > MAX_DEPTH => return Err(too_deep(at, place)),
            Event::SequenceStart(anchor, tag) => {
                self.refuse(at, place, anchor, tag.is_some());
                self.list(place, depth)?
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse(at, place, anchor, tag.is_some());
                self.map(place, depth)?
            }
            Event::Alias(_) => {
                self.faults.push(Located::new(at, place, "aliases are not supported in account files"));
                Kind::Refused
            }
            _ => return Err(Located::new(at, place, "this is not YAML: a value is missing")),
        };
        Ok(Node { at, kind })
    }

    fn refuse(&mut self, at: Position, place: &Place<'_>, anchor: usize, is_tagged: bool) {
        if anchor > 0 {
            self.faults.push(Located::new(at, place, "anchors are not supported in account files"));
        }
        if is_tagged {
            self.faults.push(Located::new(at, place, "tags are not supported in account files"));
        }
    }

    fn list(&mut self, place: &Place<'_>, depth: usize) -> Result<Kind, Located> {
        let mut items = Vec::new();
        loop {
            let (event, at) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Kind::List(items));
            }
            items.push(self.node(event, at, &Place::Item(place, items.len()), depth + 1)?);
        }
    }

    fn map(&mut self, place: &Place<'_>, depth: usize) -> Result<Kind, Located> {
        let mut entries = Vec::new();
        loop {
            let (event, at) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Kind::Map(unique(entries, place, &mut self.faults)));
            }
            let key = self.key(event, at, place, depth)?;
            let inner = Place::Key(place, key.as_deref().unwrap_or_default());
            let (event, value_at) = self.next()?;
            // Nothing stands nowhere: it is found at its key.
            let is_empty = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, 0, None) if text.is_empty());
            let value = self.node(event, if is_empty { at } else { value_at }, &inner, depth + 1)?;
            if let Some(key) = key {
                entries.push(Entry { key, at, value });
            }
        }
    }

    /// The text of a key; none where it is something else, of which a fault tells then.
    fn key(
        &mut self,
        event: Event<'t>,
        at: Position,
        place: &Place<'_>,
        depth: usize,
    ) -> Result<Option<String>, Located> {
        if let Event::Scalar(text, _, anchor, tag) = event {
            self.refuse(at, &Place::Key(place, &text), anchor, tag.is_some());
            return Ok(Some(text.into_owned()));
        }
        let is_alias = matches!(event, Event::Alias(_));
        let node = self.node(event, at, place, depth + 1)?;
        if !is_alias {
            let what = if matches!(node.kind, Kind::List(_)) { "a list" } else { "a mapping" };
            self.faults.push(Located::new(at, place, format!("a key is a text, and this is {what}")));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        read(text).1.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_account_files_do_not_use_is_refused_where_it_stands() {
        let deep_flow = format!("a: {}1{}", "[".repeat(40), "]".repeat(40));
        let deep_block = "- ".repeat(40);
        let place = format!("a{}", "[0]".repeat(31));
        let table: &[(&str, &[&str])] = &[
            (
                "a: &x 1\nb: *x\n",
                &[
                    "1:4: a: anchors are not supported in account files",
                    "2:4: b: aliases are not supported in account files",
                ],
            ),
            ("a: [*x]\n", &["1:5: aliases are not supported in account files"]),
            ("a:\n  - &x {b: 1}\n", &["2:5: a[0]: anchors are not supported in account files"]),
            ("&x a: 1\n", &["1:1: a: anchors are not supported in account files"]),
            ("a: 1\n*x : 2\n", &["2:1: aliases are not supported in account files"]),
            ("a: !!str 1\n", &["1:4: a: tags are not supported in account files"]),
            ("a: !x [1]\n", &["1:4: a: tags are not supported in account files"]),
            ("! {a: 1}\n", &["1:1: tags are not supported in account files"]),
            ("a: 1\nb: 2\na: 3\n", &["3:1: a: this key stands here twice; first on line 1"]),
            ("a: {b c: 1, \"b c\": 2}\n", &["1:13: a.\"b c\": this key stands here twice; first on line 1"]),
            ("a: 1\n---\nb: 2\n", &["2:1: an account file is one document; here begins another"]),
            ("a: 1\n...\n---\n", &["3:1: an account file is one document; here begins another"]),
            ("? [a, b]\n: 1\n", &["1:3: a key is a text, and this is a list"]),
            ("{a: 1}: 1\n", &["1:1: a key is a text, and this is a mapping"]),
            ("a: [1\n", &["2:1: this is not YAML: while parsing a flow sequence, expected ',' or ']'"]),
            (&deep_flow, &[&format!("1:35: {place}: lists and mappings stand in each other more than 32 deep")]),
            (
                &deep_block,
                &[&format!("1:65: {}: lists and mappings stand in each other more than 32 deep", "[0]".repeat(32))],
            ),
        ];
        for (text, expected) in table {
            assert_eq!(faults(text), *expected, "{text}");
        }
    }

    #[test]
    fn values_stand_where_their_first_character_is() {
        let text = "# é\nä:\n  - name: ü\n    list: [é, 'ß', b]\n  -\n    - x\nnone:\nlast: |\n  text\n";
        let (node, faults) = read(text);
        assert!(faults.is_empty(), "{faults:?}");
        let all = super::super::place::Positions::of(node.unwrap());
        let table = [
            ("", 2, 1),
            ("ä", 3, 3),
            ("ä[0]", 3, 5),
            ("ä[0].name", 3, 11),
            ("ä[0].list", 4, 11),
            ("ä[0].list[0]", 4, 12),
            ("ä[0].list[1]", 4, 15),
            ("ä[0].list[2]", 4, 20),
            ("ä[1][0]", 6, 7),
            ("none", 7, 1),
            ("last", 9, 3),
            ("ä[0].missing", 3, 5),
            ("ä[7].name", 3, 3),
            ("ä[0].name.first", 3, 11),
            ("nowhere.at[3].all", 2, 1),
        ];
        for (place, line, column) in table {
            assert_eq!(all.find(place), Position { line, column }, "{place}");
        }
    }
}

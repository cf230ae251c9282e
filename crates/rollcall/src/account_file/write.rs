//! JSON as YAML for people: blocks for mappings and lists of mappings, brackets for lists of names. No keys are known here.

use serde_json::{Map, Value};

use super::scalar::{Spot, scalar};

/// Where lists of names are broken up: what would go beyond this column goes one to a line, and a change is then a line
/// in a diff.
const WIDTH: usize = 120;

/// Keys longer than this need the form with a question mark: a YAML parser looks ahead 1024 characters for the colon.
const LONG_KEY: usize = 500;

/// A document in block style. The same value always gives the same text.
pub(super) fn document(fields: &Map<String, Value>) -> String {
    let mut out = String::new();
    block(&mut out, fields, 0, false);
    out
}

fn spaces(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}

/// A mapping, one key to a line; as an item of a list, its first key carries the dash.
fn block(out: &mut String, fields: &Map<String, Value>, indent: usize, mut is_item: bool) {
    for (key, value) in fields {
        spaces(out, if is_item { indent - 2 } else { indent });
        out.push_str(if is_item { "- " } else { "" });
        is_item = false;
        let key = scalar(key, Spot::Flow);
        if key.chars().count() > LONG_KEY {
            out.push_str("? ");
            out.push_str(&key);
            out.push('\n');
            spaces(out, indent);
        } else {
            out.push_str(&key);
        }
        out.push(':');
        below(out, value, indent, key.chars().count());
    }
}

/// The value of a key: on its line, or on the lines below.
fn below(out: &mut String, value: &Value, indent: usize, key_width: usize) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            out.push('\n');
            block(out, fields, indent + 2, false);
        }
        Value::Array(items) if !items.is_empty() && items.iter().all(is_long_mapping) => {
            out.push('\n');
            for fields in items.iter().filter_map(Value::as_object) {
                block(out, fields, indent + 4, true);
            }
        }
        Value::Array(items) if items.iter().all(|item| !item.is_array() && !item.is_object()) => {
            let line = flow(value, Spot::Block);
            if items.is_empty() || indent + key_width + 2 + line.chars().count() <= WIDTH {
                out.push(' ');
                out.push_str(&line);
                out.push('\n');
                return;
            }
            out.push('\n');
            for item in items {
                spaces(out, indent + 2);
                out.push_str("- ");
                out.push_str(&flow(item, Spot::Block));
                out.push('\n');
            }
        }
        Value::String(text) if is_lines(text) => {
            out.push_str(" |\n");
            for line in text.lines() {
                spaces(out, indent + 2);
                out.push_str(line);
                out.push('\n');
            }
        }
        _ => {
            out.push(' ');
            out.push_str(&flow(value, Spot::Block));
            out.push('\n');
        }
    }
}

/// A text of several plain lines, such as a key in PEM, which is better read as it stands.
fn is_lines(text: &str) -> bool {
    let is_plain = |line: &str| !line.is_empty() && line.trim() == line && line.chars().all(|c| matches!(c, ' '..='~'));
    text.strip_suffix('\n').is_some_and(|text| text.contains('\n') && text.split('\n').all(is_plain))
}

/// A mapping with something in it.
fn is_long_mapping(value: &Value) -> bool {
    value.as_object().is_some_and(|fields| !fields.is_empty())
}

/// Anything on one line.
fn flow(value: &Value, spot: Spot) -> String {
    let entry = |(key, value): (&String, &Value)| format!("{}: {}", scalar(key, Spot::Flow), flow(value, Spot::Flow));
    match value {
        Value::String(text) => scalar(text, spot).into_owned(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(|item| flow(item, Spot::Flow)).collect::<Vec<_>>().join(", "))
        }
        Value::Object(fields) => format!("{{{}}}", fields.iter().map(entry).collect::<Vec<_>>().join(", ")),
        // null, flags and numbers are the same in YAML.
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blocks_for_things_and_brackets_for_names() {
        let long = "x".repeat(600);
        let value = json!({
            "a": {"b c": "d", "yes": true, "none": null, "number": 1.5, "empty": {}, "text": "1.5"},
            "things": [{"name": "one: two", "names": ["a", "b, c"]}, {"things": [{"x": 1}, {"z": []}]}],
            "mixed": ["a", {"b": [1, {"c": "d"}]}],
            "pem": "-----BEGIN-----\nx: y\n",
            "long": ["y".repeat(60), "z".repeat(60)],
            long.clone(): [],
        });
        let (y, z) = ("y".repeat(60), "z".repeat(60));
        let expected = format!(
            "a:\n  b c: d\n  \"yes\": true\n  none: null\n  number: 1.5\n  empty: {{}}\n  text: \"1.5\"\n\
             things:\n  - name: \"one: two\"\n    names: [a, \"b, c\"]\n  - things:\n      - x: 1\n      - z: []\n\
             mixed: [a, {{b: [1, {{c: d}}]}}]\npem: |\n  -----BEGIN-----\n  x: y\nlong:\n  - {y}\n  - {z}\n? {long}\n: []\n"
        );
        assert_eq!(document(value.as_object().unwrap()), expected);
    }
}

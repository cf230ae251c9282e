//! A schema as lines for people: each field by its path, as the messages about faults name it, with what it may be.

use serde_json::Value;

/// A piece of a sentence; what stands in backticks is code.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Span<'d> {
    pub(super) text: &'d str,
    pub(super) is_code: bool,
}

/// A sentence in pieces.
pub(super) fn spans(sentence: &str) -> Vec<Span<'_>> {
    let pieces = sentence.split('`').enumerate().map(|(n, text)| Span { text, is_code: n % 2 == 1 });
    pieces.filter(|span| !span.text.is_empty()).collect()
}

/// A line: a field, or a word between fields (then its path is empty).
#[derive(Debug)]
pub(super) struct Row<'d> {
    pub(super) path: String,
    pub(super) kind: String,
    /// What must be known of its presence; empty where it is as one expects.
    pub(super) presence: &'static str,
    pub(super) about: Vec<Span<'d>>,
}

/// Whose words a schema is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// What clients send: fields may be absent or null unless something else is said.
    Taken,
    /// What they are told: fields are there unless something else is said.
    Told,
}

/// The lines of a schema of the document.
pub(super) fn rows<'d>(document: &'d Value, schema: &'d Value, side: Side) -> Vec<Row<'d>> {
    let mut rows = Vec::new();
    walk(document, schema, side, "", &mut rows);
    rows
}

fn presence(side: Side, is_required: bool) -> &'static str {
    match (side, is_required) {
        (Side::Taken, true) => "required",
        (Side::Told, false) => "may be absent",
        _ => "",
    }
}

/// The line of a parameter.
pub(super) fn parameter<'d>(document: &'d Value, parameter: &'d Value) -> Row<'d> {
    let parameter = resolved(document, parameter);
    let place = match parameter["in"].as_str() {
        Some("header") => "header, ",
        Some("path") => "path, ",
        _ => "",
    };
    Row {
        path: text(&parameter["name"]).to_owned(),
        kind: format!("{place}{}", kind(document, &parameter["schema"], Side::Taken)),
        presence: presence(Side::Taken, parameter["required"] == true),
        about: spans(text(&parameter["description"])),
    }
}

/// What a reference points to, else the value itself.
pub(super) fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

/// What there is to choose from, but for null and for the empty text where it is as good as nothing.
fn choices<'d>(document: &'d Value, schema: &'d Value) -> Vec<&'d Value> {
    let choices = schema["oneOf"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|choice| choice["type"] != "null" && **choice != super::schema::nothing());
    choices.map(|choice| resolved(document, choice)).collect()
}

fn walk<'d>(document: &'d Value, schema: &'d Value, side: Side, path: &str, rows: &mut Vec<Row<'d>>) {
    let schema = resolved(document, schema);
    let choices = choices(document, schema);
    for (n, choice) in choices.iter().enumerate() {
        if choices.len() > 1 {
            let kind = if n == 0 { "either" } else { "or" };
            rows.push(Row { path: String::new(), kind: kind.to_owned(), presence: "", about: Vec::new() });
        }
        walk(document, choice, side, path, rows);
    }
    if let Some(items) = schema.get("items") {
        walk(document, items, side, &format!("{path}[]"), rows);
    }
    let is_required = |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name));
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        rows.push(Row {
            path: path.clone(),
            kind: kind(document, field, side),
            presence: presence(side, is_required(name)),
            about: spans(text(&field["description"])),
        });
        walk(document, field, side, &path, rows);
    }
}

/// What a value may be, in a few words.
fn kind(document: &Value, schema: &Value, side: Side) -> String {
    let schema = resolved(document, schema);
    if let [choice, more @ ..] = choices(document, schema).as_slice() {
        let first = kind(document, choice, side);
        let all = more.iter().fold(first, |all, choice| format!("{all} or {}", kind(document, choice, side)));
        let count = schema["oneOf"].as_array().map_or(0, Vec::len);
        // One of them is null.
        let is_nullable = count > 1 + more.len() && side == Side::Told;
        return if is_nullable { all + " or null" } else { all };
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    let mut words = match kinds.first().copied() {
        Some("string") => text_kind(schema),
        Some("boolean") => "true or false".to_owned(),
        Some("integer") => "whole number".to_owned(),
        Some("array") if schema["maxItems"] == 0 => "empty list".to_owned(),
        Some("array") => format!("list of {}", plural(&kind(document, &schema["items"], side))),
        Some(_) => "object".to_owned(),
        None => "anything".to_owned(),
    };
    if kinds.contains(&"null") && side == Side::Told {
        words.push_str(" or null");
    }
    if let Some(default) = schema.get("default") {
        let default = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
        words.push_str(&format!("; {default} where absent"));
    }
    words
}

fn text_kind(schema: &Value) -> String {
    let words: Vec<&str> = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !words.is_empty() {
        let quoted = words.iter().filter(|word| !word.is_empty()).map(|word| format!("“{word}”"));
        return quoted.collect::<Vec<_>>().join(" | ");
    }
    let examples: Vec<&str> = schema["examples"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !examples.is_empty() {
        let quoted = examples.iter().map(|word| format!("“{word}”")).collect::<Vec<_>>();
        return format!("{}, in any case", quoted.join(" | "));
    }
    if schema.get("contentMediaType").is_some() {
        return "file".to_owned();
    }
    let pattern = text(&schema["pattern"]);
    match schema["format"].as_str() {
        Some("date-time") => return "time".to_owned(),
        Some("date") => return "day".to_owned(),
        _ => {}
    }
    if pattern == "^[0-9a-f]{24}$" {
        return "id of 24 hex digits".to_owned();
    }
    if let Some((prefix, _)) = pattern.strip_prefix('^').and_then(|rest| rest.split_once("[0-9a-f]{8}-")) {
        return format!("id “{prefix}…”");
    }
    "text".to_owned()
}

fn plural(kind: &str) -> String {
    match kind {
        "text" | "object" | "time" => format!("{kind}s"),
        other if other.starts_with("id ") => other.replacen("id ", "ids ", 1),
        other => other.to_owned(),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::schema::{Schema, either, file, map, or_empty, text, word_in_any_case};
    use super::*;

    #[test]
    fn fields_are_told_by_the_paths_that_faults_name() {
        let document = json!({"components": {"schemas": {"Role": {"type": "object", "required": ["roleId"],
            "properties": {"roleId": {"type": "string"}, "on": {"type": ["boolean", "null"], "default": true}}}}}});
        let roles = json!({"type": "array", "items": {"$ref": "#/components/schemas/Role"}});
        let schema = json!({"type": "array", "items": {"oneOf": [
            {"type": "object", "properties": {"roles": roles, "ids": {"type": "array", "items": {"type": "string", "pattern": "^[0-9a-f]{24}$"}}}},
            {"type": "object", "properties": {"id": {"type": "string", "pattern": "^u-[0-9a-f]{8}-x$"}}},
        ]}});
        let rows = rows(&document, &schema, Side::Taken);
        let told: Vec<_> = rows.iter().map(|row| format!("{} {} {}", row.path, row.kind, row.presence)).collect();
        assert_eq!(
            told,
            [
                " either ",
                "[].roles list of objects ",
                "[].roles[].roleId text required",
                "[].roles[].on true or false; true where absent ",
                "[].ids list of ids of 24 hex digits ",
                " or ",
                "[].id id “u-…” ",
            ]
        );
    }

    #[test]
    fn of_replies_it_is_said_what_may_be_null_or_absent() {
        let schema = json!({"type": "object", "required": ["a"], "properties": {
            "a": {"type": ["string", "null"]}, "b": {"oneOf": [{"type": "boolean"}, {"type": "null"}]}}});
        let told = rows(&Value::Null, &schema, Side::Told);
        let told: Vec<_> = told.iter().map(|row| (row.kind.as_str(), row.presence)).collect();
        assert_eq!(told, [("text or null", ""), ("true or false or null", "may be absent")]);
    }

    #[test]
    fn words_in_any_case_files_days_and_what_may_be_empty_are_told_in_a_few_words() {
        let told = |schema: Schema| kind(&Value::Null, &schema.parts().0, Side::Taken);
        assert_eq!(told(word_in_any_case(&["saml", "oidc"])), "“saml” | “oidc”, in any case");
        assert_eq!(told(file()), "file");
        let of = |format: &str| text().and("format", json!(format));
        assert_eq!(told(or_empty(either([of("date"), of("date-time")]))), "day or time");
        assert_eq!(told(map()), "object");
    }

    #[test]
    fn what_stands_in_backticks_is_code() {
        let told: Vec<_> = spans("`a` is b").iter().map(|span| (span.text, span.is_code)).collect();
        assert_eq!(told, [("a", true), (" is b", false)]);
    }
}

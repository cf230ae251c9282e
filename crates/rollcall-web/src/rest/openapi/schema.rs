//! Schemas of JSON (draft 2020-12) as values, with the parts that have a name. Knows nothing of routes.
//!
//! What is taken from clients is open: unknown fields are ignored, and null is as good as absent. Such a schema tells the
//! form, for which a request is refused whole, and not the values, by which single items fail. What clients are told is
//! closed, so that a slip in a reply is found by the tests.

use serde_json::{Map, Value, json};

use crate::http::json::MAX_ITEMS;

/// What a file is held to be, whatever is in it.
pub(super) const FILE: &str = "application/octet-stream";

/// A schema, and the named ones that it refers to.
#[derive(Debug, Clone)]
pub(super) struct Schema {
    value: Map<String, Value>,
    named: Map<String, Value>,
}

fn of(value: Value) -> Schema {
    match value {
        Value::Object(value) => Schema { value, named: Map::new() },
        _ => unreachable!("every schema here is an object"),
    }
}

/// Anything at all.
pub(super) fn anything() -> Schema {
    of(json!({}))
}

/// Any text.
pub(super) fn text() -> Schema {
    of(json!({"type": "string"}))
}

/// One of these words.
pub(super) fn word(words: &[&str]) -> Schema {
    of(json!({"type": "string", "enum": words}))
}

/// One of these words, in capitals or not.
pub(super) fn word_in_any_case(words: &[&str]) -> Schema {
    let letter = |c: char| match (c.to_ascii_uppercase(), c.to_ascii_lowercase()) {
        (upper, lower) if upper == lower => c.to_string(),
        (upper, lower) => format!("[{upper}{lower}]"),
    };
    let patterns: Vec<String> = words.iter().map(|word| word.chars().map(letter).collect()).collect();
    of(json!({"type": "string", "pattern": format!("^({})$", patterns.join("|")), "examples": words}))
}

/// The same, or the empty text, which is as good as nothing.
pub(super) fn or_empty(schema: Schema) -> Schema {
    either([schema, of(nothing())])
}

/// What the empty text is, and no other.
pub(super) fn nothing() -> Value {
    json!({"type": "string", "maxLength": 0})
}

/// True or false.
pub(super) fn flag() -> Schema {
    of(json!({"type": "boolean"}))
}

/// A whole number from `least` on.
pub(super) fn whole(least: u64) -> Schema {
    of(json!({"type": "integer", "minimum": least}))
}

/// A prefix and a UUID.
pub(super) fn id(prefix: &str) -> Schema {
    let pattern = format!("^{prefix}[0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}$");
    of(json!({"type": "string", "pattern": pattern}))
}

/// The id of a role, an account, a file or an audit row.
pub(super) fn hex_id() -> Schema {
    of(json!({"type": "string", "pattern": "^[0-9a-f]{24}$"}))
}

/// A time in UTC with milliseconds.
pub(super) fn time() -> Schema {
    let pattern = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$";
    of(json!({"type": "string", "format": "date-time", "pattern": pattern}))
}

/// An object whose fields are anybody's.
pub(super) fn map() -> Schema {
    of(json!({"type": "object"}))
}

/// What is in a file, as a part of a form.
pub(super) fn file() -> Schema {
    of(json!({"type": "string", "contentMediaType": FILE}))
}

/// A list of things.
pub(super) fn list(items: impl Into<Schema>) -> Schema {
    let items = items.into();
    Schema { named: items.named, ..of(json!({"type": "array", "items": items.value})) }
}

/// A list that a request brings: at most as many as one may bring.
pub(super) fn many(items: impl Into<Schema>) -> Schema {
    list(items).with("maxItems", MAX_ITEMS)
}

/// Exactly one of these.
pub(super) fn either<const N: usize>(choices: [Schema; N]) -> Schema {
    let named = choices.iter().flat_map(|choice| choice.named.clone()).collect();
    let choices: Vec<Value> = choices.into_iter().map(|choice| choice.value.into()).collect();
    Schema { named, ..of(json!({ "oneOf": choices })) }
}

/// A schema with a name: said once in the document, wherever it is used.
pub(super) fn named(name: &str, schema: impl Into<Schema>) -> Schema {
    let Schema { value, mut named } = schema.into();
    named.insert(name.to_owned(), value.into());
    Schema { named, ..of(json!({"$ref": format!("#/components/schemas/{name}")})) }
}

impl Schema {
    fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.value.insert(key.to_owned(), value.into());
        self
    }

    /// What it is, in a sentence for people.
    pub(super) fn about(self, sentence: impl Into<String>) -> Self {
        self.with("description", sentence.into())
    }

    /// What is meant where it is absent.
    pub(super) fn or(self, default: impl Into<Value>) -> Self {
        self.with("default", default)
    }

    /// A list that holds something, a text that is not empty.
    pub(super) fn not_empty(self) -> Self {
        let key = if self.value.contains_key("items") { "minItems" } else { "minLength" };
        self.with(key, 1)
    }

    /// A list of nothing: what Rollcall does not keep.
    pub(super) fn always_empty(self) -> Self {
        self.with("maxItems", 0)
    }

    /// A further condition of JSON Schema.
    pub(super) fn and(self, key: &str, condition: Value) -> Self {
        self.with(key, condition)
    }

    /// The same or null.
    pub(super) fn or_null(mut self) -> Self {
        let is_anything = self.value.keys().all(|key| key == "description");
        let Some(kind) = self.value.get("type").cloned() else {
            if is_anything {
                return self;
            }
            let about = self.value.remove("description");
            let either = Self { named: self.named, ..of(json!({"oneOf": [self.value, {"type": "null"}]})) };
            return about.into_iter().fold(either, |schema, about| schema.with("description", about));
        };
        if let Some(Value::Array(words)) = self.value.get_mut("enum") {
            words.push(Value::Null);
        }
        self.with("type", json!([kind, "null"]))
    }

    /// The schema, and those that it names.
    pub(super) fn parts(self) -> (Value, Map<String, Value>) {
        (self.value.into(), self.named)
    }
}

/// An object, field by field.
#[derive(Debug)]
pub(super) struct Object {
    is_open: bool,
    fields: Map<String, Value>,
    required: Vec<String>,
    named: Map<String, Value>,
}

/// An object of a request: unknown fields are ignored.
pub(super) fn taken() -> Object {
    Object { is_open: true, fields: Map::new(), required: Vec::new(), named: Map::new() }
}

/// An object of a reply: it has these fields and no others.
pub(super) fn told() -> Object {
    Object { is_open: false, ..taken() }
}

impl Object {
    fn field(mut self, name: &str, schema: Schema) -> Self {
        self.fields.insert(name.to_owned(), schema.value.into());
        self.named.extend(schema.named);
        self
    }

    /// A field that is always there.
    pub(super) fn required(mut self, name: &str, schema: impl Into<Schema>) -> Self {
        self.required.push(name.to_owned());
        self.field(name, schema.into())
    }

    /// A field that may be missing; in a request, null as well.
    pub(super) fn optional(self, name: &str, schema: impl Into<Schema>) -> Self {
        let schema = schema.into();
        let schema = if self.is_open { schema.or_null() } else { schema };
        self.field(name, schema)
    }
}

impl From<Object> for Schema {
    fn from(object: Object) -> Self {
        let mut schema = of(json!({"type": "object"}));
        if !object.required.is_empty() {
            schema = schema.with("required", object.required);
        }
        schema = schema.with("properties", object.fields);
        if !object.is_open {
            schema = schema.with("additionalProperties", false);
        }
        Self { named: object.named, ..schema }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_closed_and_what_is_taken_is_open() {
        let (told, _) = Schema::from(told().required("a", flag()).optional("b", text())).parts();
        let expected = json!({"type": "object", "required": ["a"], "additionalProperties": false,
            "properties": {"a": {"type": "boolean"}, "b": {"type": "string"}}});
        assert_eq!(told, expected);
        let (taken, _) = Schema::from(taken().optional("b", word(&["x"])).optional("c", named("C", flag()))).parts();
        let expected = json!({"type": "object", "properties": {
            "b": {"type": ["string", "null"], "enum": ["x", null]},
            "c": {"oneOf": [{"$ref": "#/components/schemas/C"}, {"type": "null"}]}}});
        assert_eq!(taken, expected);
    }

    #[test]
    fn a_word_in_any_case_is_that_word_to_the_letter_but_for_its_case() {
        let (word, _) = word_in_any_case(&["saml", "a_b"]).parts();
        assert_eq!(word["pattern"], "^([Ss][Aa][Mm][Ll]|[Aa]_[Bb])$");
        assert_eq!(word["examples"], json!(["saml", "a_b"]));
    }

    #[test]
    fn what_has_a_name_is_handed_up_however_deep_it_stands() {
        let deep = told().required("a", list(either([named("A", told().required("b", named("B", flag()))), text()])));
        let (value, named) = named("Top", deep).or_null().parts();
        assert_eq!(value["oneOf"][0]["$ref"], "#/components/schemas/Top");
        let names: Vec<_> = named.keys().map(String::as_str).collect();
        assert_eq!(names, ["B", "A", "Top"]);
    }
}

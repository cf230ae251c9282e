//! Reading JSON with all its faults at once, each with its path. It knows JSON and nothing of what is in it.

use std::cell::RefCell;

use rollcall_core::Fault;
use rollcall_core::change::Change;
use serde_json::{Map, Value};

/// The longest list that a request may bring (API contract §1, Bodies).
pub const MAX_ITEMS: usize = 1_000;

/// As many values may stand in one body: far more than any call needs, and little enough that a body of the allowed size
/// cannot be made to fill the memory (each value costs many times its bytes).
pub const MAX_VALUES: usize = 200_000;

/// Gathers what is wrong while a body is read.
#[derive(Debug, Default)]
pub struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    /// Notes a fault at a path.
    pub fn note(&self, place: impl Into<String>, message: impl Into<String>) {
        self.0.borrow_mut().push(Fault::at(place, message));
    }

    /// Whether something is wrong at this path or in what is there.
    pub fn has_under(&self, place: &str) -> bool {
        let inside = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
        self.0.borrow().iter().any(|fault| fault.place.strip_prefix(place).is_some_and(inside))
    }

    /// What was read, or everything that was wrong.
    ///
    /// # Errors
    /// All faults, in the order they were met.
    pub fn done<T>(self, value: T) -> Result<T, Vec<Fault>> {
        let faults = self.0.into_inner();
        if faults.is_empty() { Ok(value) } else { Err(faults) }
    }
}

/// Reads bytes as JSON (RFC 8259).
///
/// # Errors
/// One fault, with line and column.
pub fn parse(bytes: &[u8]) -> Result<Value, Vec<Fault>> {
    parse_as("The body", "this call takes JSON", bytes)
}

/// As [`parse`], for what was uploaded before.
///
/// # Errors
/// One fault, with line and column.
pub fn parse_file(bytes: &[u8]) -> Result<Value, Vec<Fault>> {
    parse_as("The file", "it should hold JSON", bytes)
}

fn parse_as(what: &str, wanted: &str, bytes: &[u8]) -> Result<Value, Vec<Fault>> {
    let fault = |message| Err(vec![Fault::at("", message)]);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return fault(format!("{what} is empty; {wanted}"));
    }
    let values = count_values(bytes);
    if values > MAX_VALUES {
        return fault(format!("{what} holds about {values} values; at most {MAX_VALUES} are allowed in one request"));
    }
    serde_json::from_slice(bytes).or_else(|e| fault(format!("{what} is not JSON: {e}")))
}

/// How many values there are, by what separates or opens them; commas and brackets inside texts do not count.
fn count_values(bytes: &[u8]) -> usize {
    let (mut values, mut in_text, mut escaped) = (1, false, false);
    for byte in bytes {
        match (in_text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b',' | b'[' | b'{') => values += 1,
            _ => {}
        }
    }
    values
}

/// An object at a path.
#[derive(Debug)]
pub struct Object<'v> {
    map: &'v Map<String, Value>,
    path: String,
    faults: &'v Faults,
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn named(path: &str) -> &str {
    if path.is_empty() { "the body" } else { path }
}

/// A list of objects that is called `name` as a whole, each with its number. What is no object is left out, beside a fault.
pub fn numbered_objects<'v>(value: &'v Value, name: &str, faults: &'v Faults) -> Vec<(usize, Object<'v>)> {
    let items = items_at(value, name, faults).iter().enumerate();
    items.filter_map(|(n, item)| Some((n, object_at(item, format!("[{n}]"), faults)?))).collect()
}

/// The whole body as an object.
pub fn object<'v>(value: &'v Value, faults: &'v Faults) -> Option<Object<'v>> {
    object_at(value, String::new(), faults)
}

/// The whole body as a list of objects.
pub fn objects<'v>(value: &'v Value, faults: &'v Faults) -> Vec<Object<'v>> {
    let items = items_at(value, "", faults);
    items.iter().enumerate().filter_map(|(n, item)| object_at(item, format!("[{n}]"), faults)).collect()
}

fn object_at<'v>(value: &'v Value, path: String, faults: &'v Faults) -> Option<Object<'v>> {
    match value {
        Value::Object(map) => Some(Object { map, path, faults }),
        other => {
            let message = format!("expected an object, found {}", kind(other));
            faults.note(named(&path), message);
            None
        }
    }
}

fn items_at<'v>(value: &'v Value, path: &str, faults: &Faults) -> &'v [Value] {
    match value {
        Value::Array(items) if items.len() <= MAX_ITEMS => items,
        Value::Array(items) => {
            faults.note(
                named(path),
                format!("{} items are more than the {MAX_ITEMS} that one request may bring", items.len()),
            );
            &[]
        }
        other => {
            faults.note(named(path), format!("expected a list, found {}", kind(other)));
            &[]
        }
    }
}

impl<'v> Object<'v> {
    /// The path of one of the object's keys.
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Notes a fault at one of the object's keys.
    pub fn fault(&self, key: &str, message: impl Into<String>) {
        self.faults.note(self.path_of(key), message);
    }

    /// The value of a key; null is as good as absent.
    fn get(&self, key: &str) -> Option<&'v Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// Whether the key is there and not null.
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    fn wrong(&self, key: &str, expected: &str, found: &Value) {
        self.fault(key, format!("expected {expected}, found {}", kind(found)));
    }

    /// A text, where it is there.
    pub fn text(&self, key: &str) -> Option<String> {
        match self.get(key)? {
            Value::String(text) => Some(text.clone()),
            other => {
                self.wrong(key, "text", other);
                None
            }
        }
    }

    /// A text that must be there; the empty text where it is not, beside a fault.
    pub fn required_text(&self, key: &str) -> String {
        if !self.has(key) {
            self.fault(key, "is missing");
        }
        self.text(key).unwrap_or_default()
    }

    /// What is said of a text that can be cleared: nothing where the key is absent, and null is not as good as absent.
    pub fn text_change(&self, key: &str) -> Change<String> {
        match self.map.get(key) {
            None => Change::Keep,
            Some(Value::Null) => Change::Clear,
            Some(Value::String(text)) => Change::Set(text.clone()),
            Some(other) => {
                self.wrong(key, "text or null", other);
                Change::Keep
            }
        }
    }

    /// A boolean, where it is there.
    pub fn boolean(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            Value::Bool(value) => Some(*value),
            other => {
                self.wrong(key, "true or false", other);
                None
            }
        }
    }

    /// An object, where it is there.
    pub fn object(&self, key: &str) -> Option<Object<'v>> {
        object_at(self.get(key)?, self.path_of(key), self.faults)
    }

    /// An object that must be there.
    pub fn required_object(&self, key: &str) -> Option<Object<'v>> {
        if !self.has(key) {
            self.fault(key, "is missing");
        }
        self.object(key)
    }

    /// An object whose keys are anybody's, where it is there.
    pub fn map(&self, key: &str) -> Option<&'v Map<String, Value>> {
        match self.get(key)? {
            Value::Object(map) => Some(map),
            other => {
                self.wrong(key, "an object", other);
                None
            }
        }
    }

    /// A list of objects; none where it is absent.
    pub fn objects(&self, key: &str) -> Vec<Object<'v>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let path = self.path_of(key);
        let items = items_at(value, &path, self.faults);
        items.iter().enumerate().filter_map(|(n, item)| object_at(item, format!("{path}[{n}]"), self.faults)).collect()
    }

    /// A list of texts, where it is there.
    pub fn texts(&self, key: &str) -> Option<Vec<String>> {
        Some(self.placed_texts(key)?.into_iter().map(|(_, text)| text).collect())
    }

    /// As [`Self::texts`], each with its place in the list.
    pub fn placed_texts(&self, key: &str) -> Option<Vec<(usize, String)>> {
        let value = self.get(key)?;
        let path = self.path_of(key);
        let mut out = Vec::new();
        for (n, item) in items_at(value, &path, self.faults).iter().enumerate() {
            match item {
                Value::String(text) => out.push((n, text.clone())),
                other => self.faults.note(format!("{path}[{n}]"), format!("expected text, found {}", kind(other))),
            }
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_faults_are_told_with_their_paths() {
        let value = json!({"users": [{"userInfo": {"emailId": 5}}, 7, {"groups": ["a", 1], "canCreateBot": "yes"}]});
        let faults = Faults::default();
        let body = object(&value, &faults).unwrap();
        for user in body.objects("users") {
            if let Some(info) = user.required_object("userInfo") {
                info.required_text("emailId");
            }
            user.texts("groups");
            user.boolean("canCreateBot");
        }
        let told: Vec<String> = faults.done(()).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "users[1]: expected an object, found a number",
                "users[0].userInfo.emailId: expected text, found a number",
                "users[2].userInfo: is missing",
                "users[2].groups[1]: expected text, found a number",
                "users[2].canCreateBot: expected true or false, found text",
            ]
        );
    }

    #[test]
    fn absent_null_and_a_text_are_three_things_where_a_text_can_be_cleared() {
        let value = json!({"null": null, "empty": "", "text": "a", "number": 5});
        let faults = Faults::default();
        let body = object(&value, &faults).unwrap();
        let said = ["absent", "null", "empty", "text", "number"].map(|key| body.text_change(key));
        let set = |text: &str| Change::Set(text.to_owned());
        assert_eq!(said, [Change::Keep, Change::Clear, set(""), set("a"), Change::Keep]);
        assert_eq!(faults.done(()).unwrap_err()[0].to_string(), "number: expected text or null, found a number");
    }

    #[test]
    fn a_list_over_the_limit_names_it() {
        let value = json!({ "emailIds": vec!["a"; MAX_ITEMS + 1] });
        let faults = Faults::default();
        assert_eq!(object(&value, &faults).unwrap().texts("emailIds"), Some(vec![]));
        assert_eq!(
            faults.done(()).unwrap_err()[0].to_string(),
            "emailIds: 1001 items are more than the 1000 that one request may bring"
        );
    }

    #[test]
    fn a_body_of_very_many_values_is_refused_before_it_is_built() {
        let many = |n: usize| format!("[{}0]", "0,".repeat(n));
        assert!(parse(many(MAX_VALUES - 3).as_bytes()).is_ok());
        assert!(parse(many(MAX_VALUES).as_bytes()).unwrap_err()[0].message.contains("200000"));
        let text = format!("[\"{}\\\"{}\"]", ",[{".repeat(MAX_VALUES), ",".repeat(10));
        assert!(parse(text.as_bytes()).is_ok(), "what is inside a text does not count");
    }

    #[test]
    fn what_is_not_json_is_told_with_its_place() {
        assert!(parse(b" \n").unwrap_err()[0].message.contains("empty"));
        assert!(parse(b"{\"a\": }").unwrap_err()[0].message.contains("line 1 column 7"));
        assert!(parse(&[b'"', 0xff, b'"']).is_err());
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
    }
}

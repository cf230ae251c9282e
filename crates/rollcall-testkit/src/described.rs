//! Whether the API's own description (OpenAPI) is true: every reply of every caller is held to it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axum::http::Method;
use jsonschema::Validator;
use rollcall_web::rest::openapi::document;
use rollcall_web::rest::{PREFIXES, Route, route_of};
use serde_json::{Value, json};

use crate::Reply;

/// Panics where a reply is not one that the document tells of, or a request was done that it would not allow.
///
/// A route that is not in the document is passed over: that each is described is a test of its own.
pub(crate) fn check(method: &Method, uri: &str, sent: &[u8], reply: &Reply) {
    let path = uri.split('?').next().unwrap_or_default();
    if !PREFIXES.iter().any(|prefix| path.starts_with(prefix)) {
        return;
    }
    let name = format!("{method} {uri}");
    assert!(!reply.header("x-request-id").is_empty(), "{name}: there is no x-request-id");
    let Some(route) = route_of(path, method) else {
        if method == Method::HEAD {
            empty(&name, reply);
        } else {
            hold(&name, "#/components/schemas/Errors", reply);
        }
        return;
    };
    let Some(operation) = document().pointer(&pointer(route)) else { return };
    let status = reply.status.as_str();
    let answers = &operation["responses"];
    let answer = answers.get(status).unwrap_or_else(|| panic!("{name}: {status} is not described: {}", reply.text));
    let place = match answer["$ref"].as_str() {
        Some(reference) => reference.to_owned(),
        None => format!("#{}/responses/{status}", pointer(route)),
    };
    let answer = document().pointer(&place[1..]).expect("what the document refers to is in it");
    check_headers(&name, &answer["headers"], reply);
    if answer.get("content").is_none() || method == Method::HEAD {
        return empty(&name, reply);
    }
    assert_eq!(reply.header("content-type"), "application/json; charset=utf-8", "{name}");
    hold(&name, &format!("{place}/content/application~1json/schema"), reply);
    if reply.status == 200 {
        let faults = takes(route, sent);
        assert!(faults.is_empty(), "{name}: was done, but its body is not as described: {faults:?}");
    }
}

/// What is wrong with a body by the document's words; nothing where it is as described, or where none is described.
pub fn takes(route: &Route, body: &[u8]) -> Vec<String> {
    let content = format!("{}/requestBody/content/application~1json/schema", pointer(route));
    if document().pointer(&content).is_none() {
        return Vec::new();
    }
    match serde_json::from_slice(body) {
        Ok(value) => faults(&format!("#{content}"), &trimmed(value)),
        Err(error) => vec![error.to_string()],
    }
}

/// Where the document has a route.
fn pointer(route: &Route) -> String {
    let path = format!("{}{}", PREFIXES[0], route.path).replace('~', "~0").replace('/', "~1");
    format!("/paths/{path}/{}", route.method.as_str().to_ascii_lowercase())
}

/// Every header that always comes is there, and each is as described.
fn check_headers(name: &str, headers: &Value, reply: &Reply) {
    for (header, part) in headers.as_object().into_iter().flatten() {
        let place = part["$ref"].as_str().expect("headers have a place of their own");
        let part = document().pointer(&place[1..]).expect("what the document refers to is in it");
        let value = match reply.header(header) {
            "" if part["required"] == true => panic!("{name}: {} lacks the header {header}", reply.status),
            "" => continue,
            value if part["schema"]["type"] == "integer" => serde_json::from_str(value).unwrap_or(Value::Null),
            value => Value::from(value),
        };
        let faults = faults(&format!("{place}/schema"), &value);
        assert!(faults.is_empty(), "{name}: the header {header} is not as described: {faults:?}");
    }
    for header in ["etag", "idempotency-replayed", "retry-after"] {
        let is_known = headers.get(header).is_some() || !reply.headers.contains_key(header);
        assert!(is_known, "{name}: {} has a header {header} that is not described", reply.status);
    }
}

fn empty(name: &str, reply: &Reply) {
    assert_eq!(reply.text, "", "{name}: {} has a body that is not described", reply.status);
}

fn hold(name: &str, place: &str, reply: &Reply) {
    let body = serde_json::from_str(&reply.text).unwrap_or_else(|e| panic!("{name}: {e}: {}", reply.text));
    let faults = faults(place, &body);
    assert!(faults.is_empty(), "{name}: {} is not as described at {place}: {faults:#?}\n{}", reply.status, reply.text);
}

fn faults(place: &str, value: &Value) -> Vec<String> {
    validator(place).iter_errors(value).map(|e| format!("{}: {e:.300}", e.instance_path())).collect()
}

/// A validator of one of the document's schemas. Each is made once.
fn validator(place: &str) -> Arc<Validator> {
    static MADE: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let make = || {
        let document = document();
        // A reference is a URI, in which the braces of a path's parameters are written so (RFC 3986 §2.1).
        let place = place.replace('{', "%7B").replace('}', "%7D");
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": place, "paths": document["paths"], "components": document["components"],
        });
        Arc::new(jsonschema::validator_for(&schema).unwrap_or_else(|e| panic!("{place} is no schema: {e}")))
    };
    Arc::clone(made.entry(place.to_owned()).or_insert_with(make))
}

/// Texts are trimmed before anything is looked at.
fn trimmed(value: Value) -> Value {
    match value {
        Value::String(text) => Value::from(text.trim()),
        Value::Array(items) => items.into_iter().map(trimmed).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, field)| (key, trimmed(field))).collect(),
        other => other,
    }
}

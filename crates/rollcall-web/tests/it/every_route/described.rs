//! The API's own description: it has every route, its examples really ran, and its schemas refuse what the API refuses.
//! That every reply is as described is seen to by the callers of the testkit.

use std::collections::HashMap;

use rollcall_core::policy::Scope;
use rollcall_testkit::takes;
use rollcall_web::rest::openapi::{described, document, document_with};
use rollcall_web::rest::{PREFIXES, ROUTES, Route};
use serde_json::{Map, Value, json};

use super::table::Request;
use super::{Walk, name, needed, row, scopes};
use crate::acme::acme;
use crate::documents::compare_file;

#[test]
fn every_route_is_described_and_nothing_else_is() {
    let described = described();
    for route in ROUTES {
        let count = described.iter().filter(|known| **known == name(route)).count();
        assert_eq!(
            count,
            1,
            "{0} is a route, and is described {count} times. Add to the file of its noun in \
             crates/rollcall-web/src/rest/openapi/ one `route({0:?}, …)`, and run `cargo xtask generate`",
            name(route)
        );
    }
    for known in described {
        assert!(ROUTES.iter().any(|route| name(route) == known), "{known} is described, but is no route: remove it");
    }
}

/// The document's words for a route.
fn operation(route: &Route) -> &'static Value {
    &document()["paths"][format!("{}{}", PREFIXES[0], route.path)][route.method.as_str().to_ascii_lowercase()]
}

#[test]
fn each_route_is_described_with_its_scope_and_with_what_it_may_answer() {
    for route in ROUTES {
        let operation = operation(route);
        let expected: Vec<&str> = needed(route).map(Scope::id).into_iter().collect();
        assert_eq!(operation["security"], json!([{ "auth": expected }]), "{}", name(route));
        let statuses: Vec<&str> = operation["responses"].as_object().into_iter().flatten().map(|(s, _)| &**s).collect();
        let has = |status: &str| statuses.contains(&status);
        let always = ["200", "400", "401", "408", "413", "500", "503"];
        assert!(always.into_iter().all(has), "{}: {statuses:?}", name(route));
        assert_eq!(has("304"), route.method == "GET", "{}", name(route));
        assert_eq!(has("403"), needed(route).is_some(), "{}", name(route));
        assert_eq!((has("422"), has("504")), (route.mutates, route.mutates), "{}", name(route));
        let parameters = operation["parameters"].to_string();
        assert_eq!(parameters.contains("/IdempotencyKey"), route.mutates, "{}", name(route));
        assert_eq!(parameters.contains("/DryRun"), route.mutates, "{}", name(route));
        let segments = route.path.split('/').filter(|segment| segment.starts_with('{')).count();
        let described = parameters.matches(r#""in":"path""#).count();
        assert_eq!(described, segments, "{}: the parameters of its path", name(route));
    }
}

#[test]
fn ids_of_operations_and_words_of_routes_are_their_own() {
    for key in ["operationId", "summary", "description"] {
        let mut seen = HashMap::new();
        for route in ROUTES {
            let words = operation(route)[key].as_str().unwrap_or_default();
            assert!(!words.is_empty(), "{} has no {key}", name(route));
            let other = seen.insert(words, name(route));
            assert_eq!(other, None, "{} has the {key} of another route: {words}", name(route));
        }
    }
}

#[test]
fn what_is_refused_for_its_form_is_not_of_the_form_that_is_described() {
    for route in ROUTES.iter().filter(|route| !operation(route)["requestBody"].is_null()) {
        let row = row(route);
        let (request, faults) = (row.faulty.0, row.faulty.1);
        if request.content_type == "application/json" {
            assert_eq!(takes(route, &row.good.body), [""; 0], "{}: {}", name(route), row.good);
            let found = takes(route, &request.body);
            // A list of a wrong type hides what is in it, so that there may be fewer.
            assert!(!found.is_empty(), "{}: {faults:?} is refused, and the description allows it", name(route));
        }
    }
}

#[tokio::test]
async fn generated_documents_openapi() {
    let (first, second) = (examples().await, examples().await);
    let examples = stable(&first, &second, "");
    let text = |value: &Value| serde_json::to_string_pretty(value).expect("JSON") + "\n";
    compare_file("crates/rollcall-web/src/rest/openapi/examples.json", &text(&examples));
    compare_file("docs/openapi.json", &text(&document_with(&examples)));
}

/// The walk's good request to each route, and what it is answered by an installation of its own.
async fn examples() -> Value {
    let mut all = Map::new();
    for route in ROUTES {
        let mut walk = Walk::of(acme());
        let app = walk.app(&scopes(route));
        let request = row(route).good;
        let reply = walk.ask(&app, route, &request).await;
        assert_eq!(reply.status, 200, "{}: {}", name(route), reply.text);
        all.insert(name(route), json!({"request": parts(route, &request), "reply": reply.json()}));
    }
    Value::Object(all)
}

/// What a request has in its path, its query and its body.
fn parts(route: &Route, request: &Request) -> Value {
    let path = request.path.as_deref().unwrap_or(route.path);
    let pairs = route.path.split('/').zip(path.split('/'));
    let path = pairs.filter_map(|(pattern, found)| Some((pattern.strip_prefix('{')?.strip_suffix('}')?, found.into())));
    let query = request.query.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
    let query = query.map(|(key, value)| (key.to_owned(), value.into()));
    json!({
        "path": path.map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, Value>>(),
        "query": query.collect::<Map<_, Value>>(),
        "body": serde_json::from_slice::<Value>(&request.body).unwrap_or_default(),
    })
}

/// What two installations answered alike; where they differ, something of the same form that is always the same.
fn stable(one: &Value, other: &Value, path: &str) -> Value {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.iter().map(|(key, value)| (key.clone(), stable(value, &other[key], &format!("{path}.{key}")))).collect()
        }
        (Value::Array(one), Value::Array(other)) => {
            let pairs = one.iter().zip(other).enumerate();
            pairs.map(|(n, (one, other))| stable(one, other, &format!("{path}[{n}]"))).collect()
        }
        (Value::String(text), other) if Some(text.as_str()) != other.as_str() => masked(text, path).into(),
        (one, other) => {
            assert_eq!(one, other, "{path} is another each time, and is no text");
            one.clone()
        }
    }
}

/// An id with other digits, made of the place where it stands; of any other text each letter and digit is an x.
fn masked(text: &str, path: &str) -> String {
    let (prefix, id) = text.split_once('-').map_or(("", text), |(prefix, id)| (prefix, id));
    let is_id = |id: &str| id.len() >= 24 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let place = path.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let digit = |n: usize| char::from_digit(((place >> (n % 13 * 4)) % 16) as u32, 16).expect("a digit");
    if is_id(text) {
        return text.char_indices().map(|(n, c)| if c == '-' { c } else { digit(n) }).collect();
    }
    if is_id(id) {
        // The version of the UUID stays (RFC 9562 §4.2).
        let digits = id.char_indices().map(|(n, c)| if c == '-' || n == 14 { c } else { digit(n) });
        return format!("{prefix}-{}", digits.collect::<String>());
    }
    text.chars().map(|c| if c.is_alphanumeric() { 'x' } else { c }).collect()
}

#[test]
fn what_differs_each_time_is_replaced_and_nothing_else() {
    let one = json!({"a": "same", "id": "u-3b0c44d1-8e5c-5f6a-9a63-0f5f5f3a1d11", "list": [{"role": "64b8d1862f377730a77548c4"}], "key": "cs…a1b2"});
    let other = json!({"a": "same", "id": "u-93a6c3de-3f2b-5a57-8df1-4b2c5f6a7b88", "list": [{"role": "5d9d920dabdc1e6e8ec99342"}], "key": "cs…c3d4"});
    let (there, back) = (stable(&one, &other, ""), stable(&other, &one, ""));
    assert_eq!(there, back);
    assert_eq!((&there["a"], &there["key"]), (&json!("same"), &json!("xx…xxxx")));
    let id = there["id"].as_str().expect("an id");
    assert!(id.len() == 38 && id.as_bytes()[16] == b'5' && id != one["id"], "{id}");
    assert_eq!(there["list"][0]["role"].as_str().map(str::len), Some(24));
}

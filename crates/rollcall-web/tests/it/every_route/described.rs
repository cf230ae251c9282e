//! The API's own description: it has every route, its examples really ran, and its schemas refuse what the API refuses.
//! That every reply is as described is seen to by the callers of the testkit.

use std::collections::HashMap;

use rollcall_core::policy::Scope;
use rollcall_testkit::takes;
use rollcall_web::rest::openapi::{described, document, document_with};
use rollcall_web::rest::{PREFIXES, ROUTES, Route};
use serde_json::{Map, Value, json};

use super::roles_rows::acme;
use super::table::{Request, prepare};
use super::{Walk, name, needed, row, scopes};
use crate::documents::compare_file;
use crate::form;

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
        let always = ["200", "400", "401", "408", "413", "429", "500", "503"];
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
        prepare(&name(route), &walk.acme);
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
    let path =
        pairs.filter_map(|(pattern, found)| Some((pattern.strip_prefix('{')?.strip_suffix('}')?, decoded(found))));
    let query = request.query.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
    let query = query.map(|(key, value)| (key.to_owned(), value.into()));
    json!({
        "path": path.map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, Value>>(),
        "query": query.collect::<Map<_, Value>>(),
        "body": match request.content_type {
            form::CONTENT_TYPE => fields(&request.body),
            _ => serde_json::from_slice::<Value>(&request.body).unwrap_or_default(),
        },
    })
}

/// A segment of a path without its percent signs.
fn decoded(segment: &str) -> Value {
    percent_encoding::percent_decode_str(segment).decode_utf8().expect("UTF-8").into()
}

/// The parts of a form by their names.
fn fields(body: &[u8]) -> Value {
    let text = std::str::from_utf8(body).expect("text");
    let boundary = format!("--{}", form::BOUNDARY);
    let parts = text.split(&boundary).filter_map(|part| part.split_once("\r\n\r\n"));
    let field = |(head, content): (&str, &str)| {
        let name = head.split("; name=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a name");
        (name.to_owned(), Value::from(content.trim_end_matches("\r\n")))
    };
    Value::Object(parts.map(field).collect())
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
        (Value::String(text), other) if Some(text.as_str()) != other.as_str() => {
            masked(text, other.as_str().unwrap_or_default(), path).into()
        }
        (one, other) => {
            assert_eq!(one, other, "{path} is another each time, and is no text");
            one.clone()
        }
    }
}

/// A text whose ids have other digits, made of the place where it stands. Nothing else may differ each time, but for the
/// last characters of a secret.
fn masked(one: &str, other: &str, path: &str) -> String {
    if one.starts_with("cs…") {
        return "cs…x0x=".to_owned();
    }
    let pieces = |text: &str| -> Vec<String> {
        text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-').map(str::to_owned).collect()
    };
    let (one, other) = (pieces(one), pieces(other));
    assert_eq!(one.len(), other.len(), "{path} is another each time, and is no id: {one:?}, {other:?}");
    let pairs = one.iter().zip(&other);
    pairs.map(|(one, other)| if one == other { one.clone() } else { masked_id(one, path) }).collect()
}

fn masked_id(text: &str, path: &str) -> String {
    let (id, end) = text.split_at(text.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).len());
    let is_id = |id: &str| id.len() >= 24 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let (prefix, id) = match id.split_once('-') {
        // A UUID begins with eight digits, a prefix (`e-`) may be one.
        Some((prefix, rest)) if prefix.len() < 8 => (format!("{prefix}-"), rest),
        _ => (String::new(), id),
    };
    assert!(is_id(id), "{path} is another each time, and is no id: {text}");
    let place = path.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let digit = |n: usize| char::from_digit(((place >> (n % 13 * 4)) % 16) as u32, 16).expect("a digit");
    // The version of a UUID stays (RFC 9562 §4.2).
    let stays = |n: usize, c: char| c == '-' || (n == 14 && id.contains('-'));
    let digits: String = id.char_indices().map(|(n, c)| if stays(n, c) { c } else { digit(n) }).collect();
    format!("{prefix}{digits}{end}")
}

#[test]
fn what_differs_each_time_is_replaced_and_nothing_else() {
    let one = json!({"a": "same", "id": "u-3b0c44d1-8e5c-5f6a-9a63-0f5f5f3a1d11", "list": [{"role": "64b8d1862f377730a77548c4"}], "key": "cs…a1b=", "at": "http://a.test/b?c=e-0000000000000000000000000000000000000000000000000000000000001a2b&d"});
    let other = json!({"a": "same", "id": "u-93a6c3de-3f2b-5a57-8df1-4b2c5f6a7b88", "list": [{"role": "5d9d920dabdc1e6e8ec99342"}], "key": "cs…+/d=", "at": "http://a.test/b?c=e-ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff3c4d&d"});
    let (there, back) = (stable(&one, &other, ""), stable(&other, &one, ""));
    assert_eq!(there, back);
    assert_eq!((&there["a"], &there["key"]), (&json!("same"), &json!("cs…x0x=")));
    let id = there["id"].as_str().expect("an id");
    assert!(id.len() == 38 && id.as_bytes()[16] == b'5' && id != one["id"], "{id}");
    assert_eq!(there["list"][0]["role"].as_str().map(str::len), Some(24));
    let address = there["at"].as_str().expect("an address");
    assert!(address.starts_with("http://a.test/b?c=e-") && address.ends_with("&d"), "{address}");
    assert_eq!((address.len(), address == one["at"]), (86, false), "{address}");
}

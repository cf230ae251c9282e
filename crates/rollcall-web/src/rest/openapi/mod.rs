//! The API described by itself (OpenAPI 3.1): `/openapi.json`, and `/docs` for people. Tests hold every reply to it.
//!
//! Path, verb, scope and what a change needs come from the route table; the rest stands in the file of each noun.

mod describe;
mod document;
mod erasures;
mod groups;
mod lists;
mod page;
mod reading;
mod responses;
mod role_files;
mod roles;
mod schema;
mod sso;
mod user_changes;
mod users;

use std::sync::LazyLock;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

use crate::Served;
use crate::http::{hex, sha256};
use describe::Described;

/// Requests that tests made, and the replies they got: `cargo xtask generate` writes them.
const EXAMPLES: &str = include_str!("examples.json");

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    document::document(&serde_json::from_str(EXAMPLES).expect("the examples are JSON: a test writes and compares them"))
});

/// What every noun says of its routes.
fn descriptions() -> Vec<Described> {
    let nouns = [
        users::described(),
        user_changes::described(),
        groups::described(),
        roles::described(),
        role_files::described(),
        lists::described(),
        sso::described(),
        erasures::described(),
    ];
    nouns.into_iter().flatten().collect()
}

/// The document that the server hands out.
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// The same with other examples in it: those that are about to be written.
pub fn document_with(examples: &Value) -> Value {
    document::document(examples)
}

/// Verb and path of everything that is described.
pub fn described() -> Vec<&'static str> {
    descriptions().into_iter().map(|described| described.name).collect()
}

/// The document's bytes or a page's, with their entity tag.
struct Kept {
    bytes: Vec<u8>,
    tag: String,
}

impl Kept {
    fn of(bytes: Vec<u8>) -> Self {
        let tag = format!("\"{}\"", hex(&sha256(&bytes)[..16]));
        Self { bytes, tag }
    }

    fn answer(&'static self, asked: &HeaderMap, content_type: &'static str) -> Response {
        let tag = HeaderValue::from_str(&self.tag).expect("hex in quotes is a header value");
        let known = asked.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok()).map(str::to_owned);
        if super::answer::Tags::of(known).contain(&self.tag) {
            return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
        }
        let content_type = HeaderValue::from_static(content_type);
        ([(header::ETAG, tag), (header::CONTENT_TYPE, content_type)], self.bytes.as_slice()).into_response()
    }
}

/// The routes. They need no token: what they say is published.
pub(crate) fn routes() -> Router<Served> {
    static JSON: LazyLock<Kept> =
        LazyLock::new(|| Kept::of(serde_json::to_vec(document()).expect("texts, numbers and lists of them are JSON")));
    Router::new()
        .route(
            "/openapi.json",
            get(async |headers: HeaderMap| JSON.answer(&headers, "application/json; charset=utf-8")),
        )
        .merge(page::routes())
}

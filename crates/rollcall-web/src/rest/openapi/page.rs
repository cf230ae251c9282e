//! `/docs`: the document as one page for people, made on the server. No script, nothing from elsewhere.

use std::sync::LazyLock;

use askama::Template;
use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::Value;

use super::Kept;
use super::reading::{Row, Side, Span, parameter, resolved, rows, spans};
use crate::Served;
use crate::rest::PREFIXES;

const STYLE: &str = include_str!("../../../static/docs.css");

/// What the page may load: its own style.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// What the file is called that an example sends.
const FILE_NAME: &str = "roles.json";

const VERBS: [&str; 4] = ["get", "post", "put", "delete"];

#[derive(Template)]
#[template(path = "docs.html")]
struct Page<'d> {
    title: &'d str,
    version: &'d str,
    introduction: Vec<Vec<Span<'d>>>,
    parts: Vec<Part<'d>>,
}

struct Part<'d> {
    name: &'d str,
    about: &'d str,
    calls: Vec<Call<'d>>,
}

struct Call<'d> {
    id: &'d str,
    verb: String,
    path: &'d str,
    /// The path without what all have in common.
    short: &'d str,
    summary: &'d str,
    text: Vec<Span<'d>>,
    scope: Option<&'d str>,
    parameters: Vec<Row<'d>>,
    body: Vec<Row<'d>>,
    reply: Vec<Row<'d>>,
    request: String,
    answer: Option<String>,
    statuses: Vec<(&'d str, Vec<Span<'d>>)>,
}

/// The page and its style.
pub(super) fn routes() -> Router<Served> {
    Router::new()
        .route("/docs", get(show))
        .route("/static/docs.css", get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)))
}

async fn show(headers: HeaderMap) -> Response {
    static PAGE: LazyLock<Option<Kept>> = LazyLock::new(|| {
        let rendered = page(super::document()).render();
        rendered
            .inspect_err(|error| tracing::error!(%error, "a page could not be rendered"))
            .ok()
            .map(|p| Kept::of(p.into()))
    });
    let Some(page) = &*PAGE else { return axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut response = page.answer(&headers, "text/html; charset=utf-8");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn page(document: &Value) -> Page<'_> {
    let tags = document["tags"].as_array().into_iter().flatten();
    Page {
        title: text(&document["info"]["title"]),
        version: text(&document["info"]["version"]),
        introduction: text(&document["info"]["description"]).split("\n\n").map(spans).collect(),
        parts: tags.map(|tag| part(document, tag)).filter(|part| !part.calls.is_empty()).collect(),
    }
}

fn part<'d>(document: &'d Value, tag: &'d Value) -> Part<'d> {
    let mut calls = Vec::new();
    for (path, verbs) in document["paths"].as_object().into_iter().flatten() {
        for verb in VERBS {
            if verbs[verb]["tags"][0] == tag["name"] {
                calls.push(call(document, verb, path, &verbs[verb]));
            }
        }
    }
    Part { name: text(&tag["name"]), about: text(&tag["description"]), calls }
}

fn call<'d>(document: &'d Value, verb: &str, path: &'d str, operation: &'d Value) -> Call<'d> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let done = &operation["responses"]["200"]["content"]["application/json"];
    let status = |(code, answer): (&'d String, &'d Value)| {
        (code.as_str(), spans(text(&resolved(document, answer)["description"])))
    };
    Call {
        id: text(&operation["operationId"]),
        verb: verb.to_ascii_uppercase(),
        path,
        short: path.strip_prefix(PREFIXES[0]).unwrap_or(path),
        summary: text(&operation["summary"]),
        text: spans(text(&operation["description"])),
        scope: operation["security"][0]["auth"][0].as_str(),
        parameters: parameters.map(|one| parameter(document, one)).collect(),
        body: rows(document, &sent(operation).1["schema"], Side::Taken),
        reply: rows(document, &done["schema"], Side::Told),
        request: curl(document, verb, path, operation),
        answer: done.get("example").map(pretty),
        statuses: operation["responses"].as_object().into_iter().flatten().map(status).collect(),
    }
}

/// The example as a command for a shell in which `ROLLCALL` is the server and `TOKEN` the token.
fn curl(document: &Value, verb: &str, path: &str, operation: &Value) -> String {
    let mut address = path.to_owned();
    let mut query = form_urlencoded::Serializer::new(String::new());
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let parameter = resolved(document, parameter);
        let Some(value) = parameter.get("example") else { continue };
        let (name, value) = (text(&parameter["name"]), value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        if parameter["in"] == "path" {
            address = address.replace(&format!("{{{name}}}"), &value);
        } else {
            query.append_pair(name, &value);
        }
    }
    let query = query.finish();
    let mark = if query.is_empty() { "" } else { "?" };
    let method = if verb == "get" { String::new() } else { format!("-X {} ", verb.to_ascii_uppercase()) };
    let mut command = format!("curl {method}\"$ROLLCALL{address}{mark}{query}\" \\\n  -H \"auth: $TOKEN\"");
    let (media_type, content) = sent(operation);
    let Some(body) = content.get("example") else { return command };
    let quoted = |text: &str| text.replace('\'', "'\\''");
    if media_type == "application/json" {
        let body = quoted(&pretty(body));
        command.push_str(&format!(" \\\n  -H 'content-type: application/json' \\\n  -d '{body}'"));
    }
    if media_type == "multipart/form-data" {
        for (name, value) in body.as_object().into_iter().flatten() {
            let is_file = content["schema"]["properties"][name].get("contentMediaType").is_some();
            let value = if is_file { format!("@{FILE_NAME}") } else { quoted(text(value)) };
            command.push_str(&format!(" \\\n  -F '{name}={value}'"));
        }
    }
    command
}

/// The kind of body that a call takes, and what the document says of it.
fn sent(operation: &Value) -> (&str, &Value) {
    let kinds = operation["requestBody"]["content"].as_object();
    kinds.and_then(|kinds| kinds.iter().next()).map_or(("", &Value::Null), |(kind, content)| (kind.as_str(), content))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("a part of the document is JSON")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

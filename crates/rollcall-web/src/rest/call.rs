//! A request that got past the door: its query, its body, its idempotency key; and what a handler answers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use rollcall_core::actor::Actor;
use rollcall_core::op::{Mode, Once, Op, Reply};
use rollcall_core::page::Page;
use rollcall_core::{Fault, Result as CoreResult, Rollcall};
use serde_json::Value;

use super::error::Failure;
use super::{Parameters, Route};
use crate::http::{hex, json, sha256};

/// The largest body (contract §1, Bodies).
pub(super) const MAX_BODY: usize = 10 * 1024 * 1024;
/// How long a client may take to send a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest idempotency key.
const MAX_KEY: usize = 255;
/// Bodies over this are parsed on a thread of their own, so that they hold nobody up.
const LARGE_BODY: usize = 256 * 1024;

/// A request of somebody who may make it.
pub(super) struct Call {
    rollcall: Arc<Rollcall>,
    route: &'static Route,
    parameters: Parameters,
    actor: Actor,
    query: HashMap<String, String>,
    mode: Mode,
    once: Option<Once>,
    if_none_match: Option<String>,
    body: Bytes,
}

/// What a handler answers.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
    pub(super) etag: Option<String>,
    pub(super) replayed: bool,
}

impl Call {
    pub(super) async fn read(
        rollcall: Arc<Rollcall>,
        route: &'static Route,
        parameters: Parameters,
        actor: Actor,
        request: Request,
    ) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let query_text = parts.uri.query().unwrap_or_default();
        let query = read_query(query_text)?;
        let key = idempotency_key(&parts.headers)?;
        let mode = match query.get("dryRun").map(String::as_str) {
            Some("true") if route.mutates => Mode::DryRun,
            None | Some("true" | "false") => Mode::Real,
            Some(other) => {
                return Err(vec![Fault::at("dryRun", format!("expected true or false, found {other:?}"))].into());
            }
        };
        let announced = parts.headers.get(header::CONTENT_LENGTH).and_then(|n| n.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|n| n > MAX_BODY as u64) {
            return Err(Failure::too_large(MAX_BODY));
        }
        let collected = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, MAX_BODY).collect()).await;
        let Ok(collected) = collected else { return Err(Failure::timed_out(BODY_TIMEOUT)) };
        let body = match collected {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(Failure::too_large(MAX_BODY)),
            Err(_) => return Err(Failure::bad_request("The body ended before it was complete")),
        };
        let once = key.filter(|_| route.mutates).map(|key| {
            let fingerprint = fingerprint(route, &parameters, query_text, &body);
            Once { key, fingerprint }
        });
        let if_none_match = if parts.method == Method::GET || parts.method == Method::HEAD {
            parts.headers.get(header::IF_NONE_MATCH).and_then(|tag| tag.to_str().ok()).map(str::to_owned)
        } else {
            None
        };
        Ok(Self { rollcall, route, parameters, actor, query, mode, once, if_none_match, body })
    }

    /// The body as JSON.
    pub(super) async fn json(&mut self) -> Result<Value, Failure> {
        let body = std::mem::take(&mut self.body);
        if body.len() > LARGE_BODY {
            let parsed = tokio::task::spawn_blocking(move || json::parse(&body)).await;
            return Ok(parsed.map_err(|_| Failure::internal())??);
        }
        Ok(json::parse(&body)?)
    }

    /// What the path has for the `{name}` of the route.
    #[allow(dead_code)]
    pub(super) fn parameter(&self, name: &str) -> &str {
        self.parameters.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
    }

    /// The value of a query parameter, where it is there.
    #[allow(dead_code)]
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The page that `offset` (a page number) and `limit` ask for.
    pub(super) fn page(&self) -> Result<Page, Failure> {
        let mut faults = Vec::new();
        let mut number = |key: &str, default: u64, least: u64| match self.query.get(key) {
            None => default,
            Some(text) => match whole(text).filter(|n| *n >= least) {
                Some(n) => n,
                None => {
                    faults.push(Fault::at(key, format!("expected a whole number from {least} on, found {text:?}")));
                    default
                }
            },
        };
        let (offset, limit) = (number("offset", 0, 0), number("limit", u64::from(rollcall_core::page::MAX_LIMIT), 1));
        if !faults.is_empty() {
            return Err(faults.into());
        }
        Page::new(offset, limit).map_err(|why| vec![Fault::at("limit", why)].into())
    }

    /// Reads in one snapshot, with the route's permission.
    pub(super) async fn reading<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rollcall_core::op::View<'_>) -> CoreResult<T> + Send + 'static,
    ) -> Result<T, Failure> {
        Ok(self.rollcall.read(self.actor.clone(), self.route.permission, work).await?)
    }

    /// Writes in one transaction, with the route's permission, the call's idempotency key and its dry run.
    pub(super) async fn writing(
        self,
        work: impl Fn(&mut Op<'_>) -> CoreResult<Reply> + Send + 'static,
    ) -> Result<Answer, Failure> {
        let reply = self.rollcall.write_once(self.actor, self.route.permission, self.mode, self.once, work).await?;
        let status = StatusCode::from_u16(reply.status).map_err(|_| Failure::internal())?;
        Ok(Answer { status, body: reply.body, etag: None, replayed: reply.replayed })
    }

    /// The client's entity tags, for a snapshot that may have nothing new for it.
    pub(super) fn known_tags(&self) -> Tags {
        Tags::of(self.if_none_match.clone())
    }
}

/// What `If-None-Match` named.
pub(super) struct Tags(Option<String>);

impl Tags {
    pub(super) fn of(if_none_match: Option<String>) -> Self {
        Self(if_none_match)
    }

    /// Whether the client has this already (RFC 9110 §13.1.2, weak comparison).
    pub(super) fn contain(&self, tag: &str) -> bool {
        self.0.as_ref().is_some_and(|known| {
            known.split(',').map(str::trim).any(|t| t == "*" || t.strip_prefix("W/").unwrap_or(t) == tag)
        })
    }
}

impl Answer {
    pub(super) fn ok(body: Vec<u8>, etag: String) -> Self {
        Self { status: StatusCode::OK, body, etag: Some(etag), replayed: false }
    }

    pub(super) fn not_modified(etag: String) -> Self {
        Self { status: StatusCode::NOT_MODIFIED, body: Vec::new(), etag: Some(etag), replayed: false }
    }

    /// An answer whose tag is made from its bytes.
    pub(super) fn tagged(body: Vec<u8>) -> Self {
        let tag = format!("\"{}\"", hex(&sha256(&body)[..16]));
        Self::ok(body, tag)
    }
}

fn read_query(text: &str) -> Result<HashMap<String, String>, Failure> {
    let mut query = HashMap::new();
    let mut faults = Vec::new();
    for (key, value) in form_urlencoded::parse(text.as_bytes()) {
        if query.insert(key.to_string(), value.into_owned()).is_some() {
            faults.push(Fault::at(key, "is given more than once"));
        }
    }
    if faults.is_empty() { Ok(query) } else { Err(faults.into()) }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    match key.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= MAX_KEY => Ok(Some(key.to_owned())),
        _ => {
            let why = format!("expected 1 to {MAX_KEY} printable ASCII characters");
            Err(vec![Fault::at("Idempotency-Key", why)].into())
        }
    }
}

/// What makes two requests the same one: route, what its path names, query and body, each with its length.
fn fingerprint(route: &Route, parameters: &Parameters, query: &str, body: &[u8]) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(body.len() + 128);
    let parameters = parameters.iter().map(|(_, value)| value.as_bytes());
    let parts = [route.method.as_str().as_bytes(), route.path.as_bytes(), query.as_bytes(), body];
    for part in parts.into_iter().chain(parameters) {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    sha256(&bytes)
}

/// A whole number in digits; one too large for 64 bits is as good as the largest.
fn whole(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

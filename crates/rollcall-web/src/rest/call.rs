//! A request that got past the door: its query, its body, its idempotency key; and the ways in which a handler reads and writes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use rollcall_core::actor::Actor;
use rollcall_core::op::{Mode, Once, Op, Reply, View};
use rollcall_core::page::{MAX_LIMIT, Page};
use rollcall_core::users::{self, Creation, NewUser, Outcome};
use rollcall_core::{Code, Error, Fault, Result as CoreResult, Rollcall};
use serde_json::Value;

use super::answer::{Answer, Tags};
use super::error::Failure;
use super::{Parameters, Route};
use crate::http::body::{self, BodyPatience, Unread};
use crate::http::coding::Coding;
use crate::http::replies::Replies;
use crate::http::{json, sha256};
use crate::{Served, Site};

/// The largest body (contract §1, Bodies).
pub(super) const MAX_BODY: usize = 10 * 1024 * 1024;
/// As much may stand around an uploaded file: names, texts, boundaries.
pub(super) const MAX_FORM: usize = 64 * 1024;
/// How much of a list is served where nothing is said.
const DEFAULT_LIMIT: u64 = MAX_LIMIT as u64;
/// The longest idempotency key.
const MAX_KEY: usize = 255;
/// Bodies over this are parsed on a thread of their own, so that they hold nobody up.
const LARGE_BODY: usize = 256 * 1024;

/// A request of somebody who may make it.
pub(super) struct Call {
    rollcall: Arc<Rollcall>,
    site: Arc<Site>,
    replies: Arc<Replies>,
    coding: Coding,
    route: &'static Route,
    parameters: Parameters,
    actor: Actor,
    query: HashMap<String, String>,
    mode: Mode,
    once: Option<Once>,
    if_none_match: Option<String>,
    content_type: String,
    query_text: String,
    body: Bytes,
}

impl Call {
    pub(super) async fn read(
        served: Served,
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
        if announced.is_some_and(|n| n > route.max_body() as u64) {
            return Err(route.too_large());
        }
        let read = body::read(body, route.max_body(), BodyPatience::of(&parts.extensions)).await;
        let body = read.map_err(|unread| match unread {
            Unread::TooLarge => route.too_large(),
            Unread::TooSlow(limit) => Failure::timed_out(limit),
            Unread::Broken => Failure::bad_request("The body ended before it was complete"),
        })?;
        let once = key.filter(|_| route.mutates).map(|key| {
            let fingerprint = fingerprint(route, &parameters, query_text, &[&body]);
            Once { key, fingerprint }
        });
        let if_none_match = if parts.method == Method::GET || parts.method == Method::HEAD {
            parts.headers.get(header::IF_NONE_MATCH).and_then(|tag| tag.to_str().ok()).map(str::to_owned)
        } else {
            None
        };
        let Served { rollcall, site, replies } = served;
        let coding = Coding::chosen(&parts.headers);
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let (content_type, query_text) = (content_type.unwrap_or_default().to_owned(), query_text.to_owned());
        Ok(Self {
            rollcall,
            site,
            replies,
            coding,
            route,
            parameters,
            actor,
            query,
            mode,
            once,
            if_none_match,
            content_type,
            query_text,
            body,
        })
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

    /// The body as it came, and what its sender says that it is.
    pub(super) fn form(&mut self) -> (String, Bytes) {
        (self.content_type.clone(), std::mem::take(&mut self.body))
    }

    /// The call is the same one where these are the same, however its body writes them.
    pub(super) fn is_known_by(&mut self, parts: &[&[u8]]) {
        if let Some(once) = &mut self.once {
            once.fingerprint = fingerprint(self.route, &self.parameters, &self.query_text, parts);
        }
    }

    /// What the path has for the `{name}` of the route.
    pub(super) fn parameter(&self, name: &str) -> &str {
        self.parameters.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
    }

    /// The value of a query parameter, where it is there.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Where clients find this installation.
    pub(super) fn site(&self) -> Arc<Site> {
        Arc::clone(&self.site)
    }

    /// The page that `offset` (a page number) and `limit` ask for.
    pub(super) fn page(&self) -> Result<Page, Failure> {
        let mut faults = Vec::new();
        let [offset, limit] = self.numbers(&mut faults, [("offset", 0, 0), ("limit", DEFAULT_LIMIT, 1)]);
        if faults.is_empty() { paged("limit", Page::new(offset, limit)) } else { Err(faults.into()) }
    }

    /// The part of a list that `offset` (a number of things) and `limit` ask for.
    pub(super) fn part(&self) -> Result<Page, Failure> {
        let mut faults = Vec::new();
        let [offset, limit] = self.numbers(&mut faults, [("offset", 0, 0), ("limit", DEFAULT_LIMIT, 1)]);
        if faults.is_empty() { paged("limit", Page::after(offset, limit, MAX_LIMIT)) } else { Err(faults.into()) }
    }

    /// Query parameters that are whole numbers: name, what is meant where it is absent, the least that it may be.
    pub(super) fn numbers<const N: usize>(
        &self,
        faults: &mut Vec<Fault>,
        wanted: [(&'static str, u64, u64); N],
    ) -> [u64; N] {
        wanted.map(|(key, default, least)| match self.query.get(key) {
            None => default,
            Some(text) => whole(text).filter(|n| *n >= least).unwrap_or_else(|| {
                faults.push(Fault::at(key, format!("expected a whole number from {least} on, found {text:?}")));
                default
            }),
        })
    }

    /// Seals what is pending of the audit log, before it is read.
    pub(super) async fn sealing(&self) -> Result<(), Failure> {
        let unsealed = self.reading(rollcall_core::audit::unsealed).await?;
        // Others go on writing: what comes from now on is not waited for.
        for _ in 0..unsealed.div_ceil(rollcall_core::audit::SEALED_AT_ONCE) {
            if self.rollcall.seal_log(&self.actor).await.map_err(again)? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Reads in one snapshot, with the route's permission.
    pub(super) async fn reading<T: Send + 'static>(
        &self,
        work: impl FnOnce(&View<'_>) -> CoreResult<T> + Send + 'static,
    ) -> Result<T, Failure> {
        Ok(self.rollcall.read(self.actor.clone(), self.route.permission, work).await?)
    }

    /// Writes in one transaction, with the route's permission, the call's idempotency key and its dry run.
    pub(super) async fn writing(
        self,
        work: impl Fn(&mut Op<'_>) -> CoreResult<Reply> + Send + 'static,
    ) -> Result<Answer, Failure> {
        let reply = self.rollcall.write_once(self.actor, self.route.permission, self.mode, self.once, work).await?;
        Answer::of(reply)
    }

    /// Creates users, in one go with others who ask for that at the same time. A rehearsal, and a call that carries a key,
    /// are done by themselves.
    pub(super) async fn creating(
        self,
        asked: Vec<NewUser>,
        body: impl Fn(&[Outcome]) -> Vec<u8> + Send + 'static,
    ) -> Result<Answer, Failure> {
        let asked = Creation::of(asked);
        if self.mode == Mode::Real && self.once.is_none() {
            let outcomes = self.rollcall.create_users(self.actor, asked).await?;
            return Answer::of(Reply { status: 200, body: body(&outcomes), replayed: false });
        }
        self.writing(move |op| {
            let outcomes = users::create(op, &asked)?;
            Ok(Reply { status: 200, body: body(&outcomes), replayed: false })
        })
        .await
    }

    /// As [`Self::writing`], for work that may refuse the whole request in the vendor's own words: then nothing of it is
    /// kept, and no key remembers it.
    pub(super) async fn writing_unless_refused(
        self,
        work: impl Fn(&mut Op<'_>) -> CoreResult<Result<Reply, Failure>> + Send + 'static,
    ) -> Result<Answer, Failure> {
        let refused = Arc::new(Mutex::new(None));
        let told = Arc::clone(&refused);
        let answer = self.writing(move |op| {
            // The work may be done again, and then come to something else.
            let mut refusal = told.lock().unwrap_or_else(PoisonError::into_inner);
            *refusal = None;
            work(op)?.map_err(|failure| {
                *refusal = Some(failure);
                Error::invalid("the request is refused in the words of its face")
            })
        });
        match (answer.await, refused.lock().unwrap_or_else(PoisonError::into_inner).take()) {
            (Err(_), Some(failure)) => Err(failure),
            (answer, _) => answer,
        }
    }

    /// Reads in one snapshot what the client does not have yet. `tag` says in a few words what it would get, and is another
    /// one whenever that is; where the client has just this, nothing more is read.
    pub(super) async fn reading_anew<T: Send + 'static>(
        &self,
        tag: impl FnOnce(&View<'_>) -> CoreResult<String> + Send + 'static,
        work: impl FnOnce(&View<'_>) -> CoreResult<T> + Send + 'static,
        body: impl FnOnce(&T) -> Vec<u8>,
    ) -> Result<Answer, Failure> {
        let known = self.known_tags();
        let (tag, found) = self
            .reading(move |view| {
                let tag = format!("\"{}\"", tag(view)?);
                let found = if known.contain(&tag) { None } else { Some(work(view)?) };
                Ok((tag, found))
            })
            .await?;
        Ok(match found {
            None => Answer::not_modified(self.coding.tag(&tag)),
            Some(found) => Answer::ok(body(&found), tag),
        })
    }

    /// As [`Self::reading_anew`], for lists: where the same was rendered before, for anybody of the account, that is the
    /// answer. `tag` is asked in the request's own snapshot, so that nothing is told which the database would not tell now.
    pub(super) async fn listing<T>(
        &self,
        tag: impl FnOnce(&View<'_>) -> CoreResult<String> + Send + 'static,
        work: impl FnOnce(&View<'_>) -> CoreResult<T> + Send + 'static,
        body: impl FnOnce(&T) -> Vec<u8> + Send + 'static,
    ) -> Result<Answer, Failure> {
        self.listing_of(tag, move |view, _| Ok(body(&work(view)?).into())).await
    }

    /// As [`Self::listing`], for work that knows itself how to put the answer together of what is remembered.
    pub(super) async fn listing_of(
        &self,
        tag: impl FnOnce(&View<'_>) -> CoreResult<String> + Send + 'static,
        render: impl FnOnce(&View<'_>, &Replies) -> CoreResult<Bytes> + Send + 'static,
    ) -> Result<Answer, Failure> {
        let (known, coding, replies) = (self.known_tags(), self.coding, Arc::clone(&self.replies));
        let (tag, found) = self
            .reading(move |view| {
                let tag = format!("\"{}\"", tag(view)?);
                if known.contain(&tag) {
                    return Ok((tag, None));
                }
                // Whoever wants it in a coding has no use for the plain form where the other one is there.
                if coding != Coding::Identity
                    && let Some(written) = replies.get(&coding.tag(&tag))
                {
                    return Ok((tag, Some((coding, written))));
                }
                let plain = replies.get_or_render(&tag, || render(view, &replies))?;
                Ok((tag, Some((Coding::Identity, plain))))
            })
            .await?;
        Ok(match found {
            None => Answer::not_modified(self.coding.tag(&tag)),
            Some((Coding::Identity, plain)) => {
                let (coding, body) = self.replies.coded(&tag, self.coding, plain).await;
                Answer::coded(coding, body, &tag)
            }
            Some((coding, body)) => Answer::coded(coding, body, &tag),
        })
    }

    /// The client's entity tags, for a snapshot that may have nothing new for it.
    pub(super) fn known_tags(&self) -> Tags {
        Tags::of(self.if_none_match.clone())
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
        // A tab may stand in a header, and is not printable.
        Ok(key) if !key.is_empty() && key.len() <= MAX_KEY && !key.contains('\t') => Ok(Some(key.to_owned())),
        _ => {
            let why = format!("expected 1 to {MAX_KEY} printable ASCII characters");
            Err(vec![Fault::at("Idempotency-Key", why)].into())
        }
    }
}

/// What makes two requests the same one: route, what its path names, query and body, each with its length.
fn fingerprint(route: &Route, parameters: &Parameters, query: &str, body: &[&[u8]]) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(body.iter().map(|part| part.len()).sum::<usize>() + 128);
    let parameters = parameters.iter().map(|(_, value)| value.as_bytes());
    let parts = [route.method.as_str().as_bytes(), route.path.as_bytes(), query.as_bytes()];
    for part in parts.into_iter().chain(body.iter().copied()).chain(parameters) {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    sha256(&bytes)
}

/// Whether a seal was kept may be uncertain, but it does no harm twice: a reader is told to try again, and not to look for
/// what they have changed.
fn again(error: Error) -> Error {
    match error.code() {
        Code::Uncertain => Error::busy(error.cause().unwrap_or_default()),
        _ => error,
    }
}

/// A page, or what is wrong with the size that was asked for.
pub(super) fn paged(key: &str, page: Result<Page, String>) -> Result<Page, Failure> {
    page.map_err(|why| vec![Fault::at(key, why)].into())
}

/// A whole number in digits; one too large for 64 bits is as good as the largest.
fn whole(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_that_may_or_may_not_have_been_kept_is_tried_again() {
        let told = again(Error::uncertain("broke off"));
        assert_eq!((told.code(), told.cause()), (Code::Busy, Some("broke off")));
        assert_eq!(again(Error::invalid("no")).code(), Code::Invalid);
    }
}

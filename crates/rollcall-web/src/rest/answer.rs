//! What a handler answers: bytes with their coding and tag; and whether the client has them already.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rollcall_core::op::Reply;

use super::error::Failure;
use crate::http::coding::Coding;
use crate::http::{hex, replies, sha256};

/// What a handler answers.
pub(super) struct Answer {
    status: StatusCode,
    body: Bytes,
    coding: Coding,
    etag: Option<String>,
    replayed: bool,
}

/// What `If-None-Match` named.
pub(super) struct Tags(Option<String>);

impl Tags {
    pub(super) fn of(if_none_match: Option<String>) -> Self {
        Self(if_none_match)
    }

    /// Whether the client has this already, in whichever coding (RFC 9110 §13.1.2, weak comparison).
    pub(super) fn contain(&self, tag: &str) -> bool {
        self.0.as_ref().is_some_and(|known| {
            let plain = |t: &str| Coding::plain_tag(t.strip_prefix("W/").unwrap_or(t));
            known.split(',').map(str::trim).any(|t| t == "*" || plain(t) == tag)
        })
    }
}

impl Answer {
    /// What a transaction came to.
    pub(super) fn of(reply: Reply) -> Result<Self, Failure> {
        let status = StatusCode::from_u16(reply.status).map_err(|_| Failure::internal())?;
        let body = reply.body.into();
        Ok(Self { status, body, coding: Coding::Identity, etag: None, replayed: reply.replayed })
    }

    /// Something in a coding, by the tag of its plain form.
    pub(super) fn coded(coding: Coding, body: Bytes, tag: &str) -> Self {
        Self { status: StatusCode::OK, body, coding, etag: Some(coding.tag(tag)), replayed: false }
    }

    pub(super) fn ok(body: Vec<u8>, etag: String) -> Self {
        Self { status: StatusCode::OK, body: body.into(), coding: Coding::Identity, etag: Some(etag), replayed: false }
    }

    pub(super) fn not_modified(etag: String) -> Self {
        let (status, coding) = (StatusCode::NOT_MODIFIED, Coding::Identity);
        Self { status, body: Bytes::default(), coding, etag: Some(etag), replayed: false }
    }

    /// An answer whose tag is made from its bytes.
    pub(super) fn tagged(body: Vec<u8>) -> Self {
        let tag = format!("\"{}\"", hex(&sha256(&body)[..16]));
        Self::ok(body, tag)
    }

    /// The same, unless the client has it already.
    pub(super) fn unless(self, known: &Tags) -> Self {
        match self.etag {
            Some(tag) if known.contain(&tag) => Self::not_modified(tag),
            etag => Self { etag, ..self },
        }
    }

    /// The same in the coding that the client likes best, where it is not in one yet.
    pub(super) async fn written(self, wanted: Coding) -> Self {
        if self.coding != Coding::Identity || self.status == StatusCode::NOT_MODIFIED {
            return self;
        }
        let (coding, body) = replies::written(wanted, self.body).await;
        Self { body, coding, etag: self.etag.map(|tag| coding.tag(&tag)), ..self }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Body::from(self.body).into_response();
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if self.status != StatusCode::NOT_MODIFIED {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        }
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Some(name) = self.coding.name() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        if let Some(tag) = self.etag.and_then(|tag| HeaderValue::from_str(&tag).ok()) {
            headers.insert(header::ETAG, tag);
        }
        if self.replayed {
            headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}

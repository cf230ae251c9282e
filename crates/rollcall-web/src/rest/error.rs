//! Refusals in the vendor's form: `{"errors":[{"msg","code"}]}`, the status the code (401 with 4002 the one exception).

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rollcall_core::apps::token::Refusal;
use rollcall_core::limits::Limited;
use rollcall_core::{Code, Error, Fault};
use serde::Serialize;

use super::wire;
pub use crate::http::status::status;

/// A whole request refused.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    errors: Vec<wire::Fault>,
    allow: Option<String>,
    retry_after: Option<i64>,
}

/// What the vendor answers to calls that come too often (contract §1, Rate limit).
const RATE_LIMITED: &str = "Rate limit for this API has been reached. Please try again after some time.";
/// "Invalid SDK credentials" (contract §1, Authentication).
const INVALID_CREDENTIALS: u16 = 4002;

impl Failure {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self::of(status, vec![wire::Fault::new(message, status.as_u16())])
    }

    fn of(status: StatusCode, errors: Vec<wire::Fault>) -> Self {
        Self { status, errors, allow: None, retry_after: None }
    }

    /// The path is none of the API's.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found")
    }

    /// The path has other verbs, these.
    pub fn method_not_allowed(allow: &str) -> Self {
        Self { allow: Some(allow.to_owned()), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed") }
    }

    /// The one answer to every bad token.
    pub fn invalid_credentials() -> Self {
        let errors = vec![wire::Fault::new("Invalid SDK credentials", INVALID_CREDENTIALS)];
        Self::of(StatusCode::UNAUTHORIZED, errors)
    }

    /// A token's id was seen before, or may not have one (contract §1, JTI).
    pub fn token_id(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    /// The body is larger than the limit.
    pub fn too_large(limit: usize) -> Self {
        let megabytes = limit / (1024 * 1024);
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The body is larger than the {megabytes} MiB that a request may have"),
        )
    }

    /// The uploaded file is larger than the limit.
    pub fn file_too_large() -> Self {
        let limit = rollcall_core::files::MAX_SIZE;
        let message =
            format!("The file is larger than the {} MiB ({limit} bytes) that an upload may have", limit >> 20);
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    /// Both, or the refusals of both at once where the request is bad in several places.
    ///
    /// # Errors
    /// Where one of them was refused.
    pub fn both<A, B>(one: Result<A, Self>, other: Result<B, Self>) -> Result<(A, B), Self> {
        match (one, other) {
            (Ok(one), Ok(other)) => Ok((one, other)),
            (Err(mut one), Err(other)) if one.status == other.status => {
                one.errors.extend(other.errors);
                Err(one)
            }
            (Err(failure), _) | (_, Err(failure)) => Err(failure),
        }
    }

    /// The path with its query is longer than any of ours.
    pub fn target_too_long(limit: usize) -> Self {
        let message = format!("The path and query are longer than the {} KiB that a request may have", limit / 1024);
        Self::new(StatusCode::URI_TOO_LONG, message)
    }

    /// The client was too slow.
    pub fn timed_out(limit: Duration) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, format!("The body did not arrive within {} seconds", limit.as_secs()))
    }

    /// The client did not send what it announced.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Refused in the vendor's own words, with what they are about beside them.
    pub fn literal(status: StatusCode, message: &str, detail: impl Into<String>) -> Self {
        let errors = vec![wire::Fault::literal_of(status.as_u16(), message, detail)];
        Self::of(status, errors)
    }

    /// The account has called this API too often; the header says when it may again.
    pub fn rate_limited(limited: &Limited) -> Self {
        let retry_after = Some(limited.retry_after());
        Self { retry_after, ..Self::new(StatusCode::TOO_MANY_REQUESTS, RATE_LIMITED) }
    }

    /// A fault of ours.
    pub fn internal() -> Self {
        Error::internal("").into()
    }
}

impl From<Vec<Fault>> for Failure {
    fn from(faults: Vec<Fault>) -> Self {
        let errors = faults.iter().map(|f| wire::Fault::new(f.to_string(), 400)).collect();
        Self::of(StatusCode::BAD_REQUEST, errors)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if error.code() == Code::Unauthenticated {
            // Found by the transaction of whoever was recognised a moment ago.
            let reason = error.refusal().map_or("not good any more", Refusal::reason);
            error.refusal().into_iter().for_each(crate::http::metrics::token_refused);
            tracing::warn!(reason, "a token was refused");
            return Self::invalid_credentials();
        }
        let status = status(error.code());
        if let Some(cause) = error.cause() {
            tracing::error!(cause, "a request failed");
        }
        if !error.each_fault().is_empty() {
            return error.each_fault().to_vec().into();
        }
        let hint =
            if error.code() == Code::Internal { " The log has the details under this request's id." } else { "" };
        Self::new(status, format!("{error}{hint}"))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            errors: Vec<wire::Fault>,
        }
        let body = serde_json::to_vec(&Body { errors: self.errors }).expect("texts and numbers are JSON");
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        if let Some(allow) = self.allow.and_then(|allow| HeaderValue::from_str(&allow).ok()) {
            headers.insert(header::ALLOW, allow);
        }
        let is_busy = self.status == StatusCode::SERVICE_UNAVAILABLE;
        if let Some(seconds) = self.retry_after.or_else(|| is_busy.then_some(1)) {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

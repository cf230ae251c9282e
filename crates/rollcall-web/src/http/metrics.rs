//! What is counted, and `/metrics` for a scraper on the same machine. Labels come from fixed lists, never from requests.

use axum::extract::Request;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rollcall_core::apps::token::Refusal;

use super::Peer;

/// A token was refused, for this reason.
pub(crate) fn token_refused(refusal: Refusal) {
    metrics::counter!("rollcall_tokens_refused_total", "reason" => refusal.reason()).increment(1);
}

/// The API answered a request; `route` is none where there is no such route.
pub(crate) fn answered(route: Option<&'static str>, status: StatusCode) {
    let status = status.as_str().to_owned();
    metrics::counter!("rollcall_api_requests_total", "route" => route.unwrap_or("none"), "status" => status)
        .increment(1);
}

/// A call of this API was over its account's rate limit.
pub(crate) fn rate_limited(api: &'static str) {
    metrics::counter!("rollcall_rate_limited_total", "api" => api).increment(1);
}

/// Whether a request came from this machine: what is counted is nobody else's business.
pub(crate) fn is_local(request: &Request) -> bool {
    // A proxy on this machine speaks for somebody else.
    let speaks_for_others = |name: &HeaderName| {
        let name = name.as_str();
        matches!(name, "forwarded" | "x-real-ip" | "via") || name.starts_with("x-forwarded")
    };
    let is_forwarded = request.headers().keys().any(speaks_for_others);
    !is_forwarded && request.extensions().get::<Peer>().is_some_and(|peer| peer.0.ip().to_canonical().is_loopback())
}

/// What was counted, in the Prometheus text format 0.0.4.
pub(crate) fn page(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

//! A request id for every response, a log line for every request, and what `protect` adds. Never a header, a query or a body in
//! the log, and no path that carries a token.

use std::time::Instant;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use super::protect::{Encrypted, protect};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longer ids of clients are replaced by our own.
const MAX_REQUEST_ID: usize = 128;

/// The id under which a request stands in the log.
#[derive(Debug, Clone)]
pub struct RequestId(pub HeaderValue);

/// Whether the public address is https.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IsHttps(pub(crate) bool);

/// Wraps every request.
pub(crate) async fn observe(State(is_https): State<IsHttps>, mut request: Request, next: Next) -> Response {
    let id = request.headers().get(&REQUEST_ID).filter(|id| is_sane(id)).cloned().unwrap_or_else(fresh);
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let path = loggable(request.uri().path());
    let is_https = is_https.0 || request.extensions().get::<Encrypted>().is_some();
    let ip = super::client_ip(request.extensions()).map(tracing::field::display);
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default(), %method, path, ip);
    let started = Instant::now();
    let mut response = async {
        let response = next.run(request).await;
        let millis = started.elapsed().as_millis() as u64;
        tracing::info!(status = response.status().as_u16(), millis, "answered");
        response
    }
    .instrument(span)
    .await;
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    protect(headers, is_https);
    response
}

fn is_sane(id: &HeaderValue) -> bool {
    !id.is_empty() && id.len() <= MAX_REQUEST_ID && id.as_bytes().iter().all(|b| b.is_ascii_graphic())
}

fn fresh() -> HeaderValue {
    let mut bytes = [0; 12];
    SystemRandom::new().fill(&mut bytes).expect("the operating system gives random bytes");
    HeaderValue::from_str(&super::hex(&bytes)).expect("hex is a header value")
}

/// What comes before the token in a link that is a secret.
const LINKS: [&str; 4] = ["activ", "/link", "/reset", "/set-up"];

/// Links of one use are secrets, also under a prefix or misspelt; what else is not ours may be long.
fn loggable(path: &str) -> String {
    let lower = path.to_ascii_lowercase();
    if path.contains('%') {
        return "… (hidden)".to_owned();
    }
    if let Some(link) = LINKS.into_iter().find(|link| lower.contains(link)) {
        return format!("{link}… (hidden)");
    }
    path.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_links_are_not_logged() {
        for path in ["/activate/s3cret", "//activate/s3cret/", "/prefix/Activate/s3cret", "/%61ctivate/s3cret"] {
            assert!(!loggable(path).contains("s3cret"), "{path}");
        }
        for path in ["/console/link/s3cret", "/console//Reset/s3cret", "/set-up/s3cret", "/console/set-up/s3cret/x"] {
            assert!(!loggable(path).contains("s3cret"), "{path}");
        }
        assert_eq!(loggable("/api/public/groups"), "/api/public/groups");
    }

    #[test]
    fn only_sane_request_ids_are_echoed() {
        assert!(is_sane(&HeaderValue::from_static("req-1")));
        for bad in ["", "a b", "\u{e9}"] {
            assert!(!is_sane(&HeaderValue::from_bytes(bad.as_bytes()).unwrap()), "{bad}");
        }
        assert!(!is_sane(&HeaderValue::from_str(&"x".repeat(129)).unwrap()));
    }
}

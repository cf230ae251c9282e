//! What every answer tells a browser: not to guess its kind, keep it, frame it, load anything for it, or pass its address
//! on.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// The headers of every answer. A page of ours may have said something of its own.
pub(crate) const ALWAYS: [(HeaderName, HeaderValue); 6] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// For a year (RFC 6797 §6.1), of this host alone: what its siblings speak is not ours to say.
const STRICT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The request came by TLS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Encrypted;

/// Adds what an answer does not say itself; `is_https` where browsers find us by https alone.
pub(crate) fn protect(headers: &mut HeaderMap, is_https: bool) {
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(value);
    }
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, STRICT);
    }
}

//! Forms, and that they come from our own pages. A form's fields are not to be had before that is seen.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::http::sha256;

/// The largest form, in bytes.
pub(super) const MAX_FORM: usize = 1024 * 1024;
/// The hidden field that says that a form is of one of our pages.
pub(super) const TOKEN: &str = "form-token";

/// The hidden field that says who was seen to gain admin rights.
pub(super) const CONFIRMED: &str = "form-confirmed";

/// The fields of a form of ours.
#[derive(Debug, Clone, Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form, if it is of one of our pages: it says what only a page of this session was told (`expected`), or, where
    /// nobody is signed in, the browser says that it comes from this site.
    pub(super) fn read(headers: &HeaderMap, body: &[u8], expected: Option<&str>) -> Option<Self> {
        if !is_from_here(headers, expected.is_some()) {
            return None;
        }
        let fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        let form = Self(fields);
        match expected {
            Some(token) if !same(form.get(TOKEN).as_bytes(), token.as_bytes()) => None,
            _ => Some(form),
        }
    }

    /// A field; empty where it is missing.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Whether a field is there, such as a box that was ticked.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// All values of a field.
    pub(super) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every field but our own.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .filter(|(key, _)| key != TOKEN && key != CONFIRMED)
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// What the pages of a session put into their forms: of the session's token, which no other page knows.
pub(super) fn token_of(session: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(format!("form token of {session}").as_bytes()))
}

/// What browsers say of where a request comes from (Fetch Metadata, and RFC 6454 §7.3 where that is missing). Where neither
/// is said, the token must do.
fn is_from_here(headers: &HeaderMap, has_token: bool) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    match (text(header::ORIGIN.as_str()), text(header::HOST.as_str())) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, of)| of.eq_ignore_ascii_case(host)),
        (Some(_), None) => false,
        (None, _) => has_token,
    }
}

fn same(one: &[u8], other: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one, other).is_ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_form_is_read_where_it_is_of_a_page_of_ours() {
        let own = [("sec-fetch-site", "same-origin")];
        let origin = [("origin", "https://a.test"), ("host", "a.test")];
        let other = [("origin", "https://b.test"), ("host", "a.test")];
        let cross = [("sec-fetch-site", "cross-site"), ("origin", "https://a.test"), ("host", "a.test")];
        let sibling = [("sec-fetch-site", "same-site")];
        type Headers<'a> = &'a [(&'static str, &'static str)];
        // (headers, its token is the session's, there is a session, read)
        let table: [(Headers<'_>, &str, bool, bool); 11] = [
            (&own, "t", true, true),
            (&own, "x", true, false),
            (&own, "", true, false),
            (&own, "", false, true),
            (&origin, "t", true, true),
            (&origin, "", false, true),
            (&other, "t", true, false),
            (&cross, "t", true, false),
            (&sibling, "t", true, false),
            (&[], "t", true, true),
            (&[], "", false, false),
        ];
        for (pairs, token, has_session, expected) in table {
            let body = format!("a=1&{TOKEN}={token}");
            let read = Form::read(&headers(pairs), body.as_bytes(), has_session.then_some("t"));
            assert_eq!(read.is_some(), expected, "{pairs:?} {token} {has_session}");
            assert!(read.is_none_or(|form| form.get("a") == "1"));
        }
    }

    #[test]
    fn the_token_of_a_form_is_not_that_of_its_session() {
        assert_eq!(token_of("abc"), token_of("abc"));
        assert_ne!(token_of("abc"), token_of("abd"));
        assert!(!token_of("abc").contains("abc"));
    }
}

//! The cookies of the console: the session's token, and what is said once on the next page. Both begin with `__Host-`, so
//! that no other host and no page without TLS sets them (RFC 6265bis §4.1.3.2); browsers take this machine for safe.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::visit::Flash;

const SESSION: &str = "__Host-rollcall";
const FLASH: &str = "__Host-rollcall-flash";
/// The longest cookie of ours: more is none of ours.
const LONGEST: usize = 4096;

/// What a cookie says, where it is there once.
fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let pairs = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut found = pairs
        .flat_map(|pairs| pairs.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, value)| *key == name && value.len() <= LONGEST)
        .map(|(_, value)| value);
    let first = found.next()?;
    // Two of a name: somebody has put one beside ours, and nobody knows which is which.
    found.next().is_none().then_some(first)
}

/// The session's token.
pub(super) fn session(headers: &HeaderMap) -> Option<&str> {
    read(headers, SESSION).filter(|token| !token.is_empty())
}

/// What is to be said.
pub(super) fn flash(headers: &HeaderMap) -> Option<Flash> {
    let bytes = URL_SAFE_NO_PAD.decode(read(headers, FLASH)?).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn set(name: &str, value: &str, rest: &str) -> HeaderValue {
    let text = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{rest}");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Keeps a session's token until the browser is closed, or the session is over.
pub(super) fn keep_session(token: &str) -> HeaderValue {
    set(SESSION, token, "")
}

/// A session's token as a browser will send it.
pub(super) fn as_sent(token: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("{SESSION}={token}")).unwrap_or_else(|_| HeaderValue::from_static(""))
}

pub(super) fn drop_session() -> HeaderValue {
    set(SESSION, "", "; Max-Age=0")
}

/// Keeps what is to be said for the next page.
pub(super) fn keep_flash(flash: &Flash) -> HeaderValue {
    let text = URL_SAFE_NO_PAD.encode(serde_json::to_vec(flash).unwrap_or_default());
    set(FLASH, &text, "; Max-Age=60")
}

pub(super) fn drop_flash() -> HeaderValue {
    set(FLASH, "", "; Max-Age=0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookies: &[&'static str]) -> HeaderMap {
        cookies.iter().map(|cookie| (header::COOKIE, HeaderValue::from_static(cookie))).collect()
    }

    #[test]
    fn a_cookie_counts_where_it_is_there_once() {
        let table: [(&[&str], Option<&str>); 6] = [
            (&["__Host-rollcall=abc"], Some("abc")),
            (&["a=b; __Host-rollcall=abc; c=d"], Some("abc")),
            (&["a=b", "__Host-rollcall=abc"], Some("abc")),
            (&["__Host-rollcall=abc; __Host-rollcall=def"], None),
            (&["__Host-rollcall="], None),
            (&["rollcall=abc"], None),
        ];
        for (cookies, expected) in table {
            assert_eq!(session(&headers(cookies)), expected, "{cookies:?}");
        }
    }

    #[test]
    fn cookies_are_for_this_host_by_tls_and_not_for_scripts() {
        for cookie in [keep_session("abc"), drop_session(), keep_flash(&Flash::done("x", &[])), drop_flash()] {
            let text = cookie.to_str().unwrap();
            assert!(text.starts_with("__Host-") && !text.contains("Domain"), "{text}");
            for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
                assert!(text.contains(part), "{text}");
            }
        }
    }
}

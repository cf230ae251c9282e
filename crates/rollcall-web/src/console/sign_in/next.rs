//! Where one is led after signing in: to a page of this console, and nowhere else.

use percent_encoding::percent_decode_str;

use super::FIRST;

/// The address, if it is a page of this console that can be come back to; else the first page.
pub(super) fn checked(next: &str) -> &str {
    if is_ours(next) { next } else { FIRST }
}

fn is_ours(next: &str) -> bool {
    let Some(rest) = next.strip_prefix(FIRST) else { return false };
    // Browsers take a backslash for a slash, leave out tabs and ends of lines, and walk up at `..`, written as `%2e%2e` as well
    // (WHATWG URL §4.4).
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let walks = |segment: &str| matches!(percent_decode_str(segment).collect::<Vec<u8>>().as_slice(), b"." | b"..");
    let is_below = rest.is_empty() || rest.starts_with(['/', '?', '#']);
    let comes_back = ["/sign-in", "/sign-out", "/link/", "/reset/", "/set-up/", "/forgotten"];
    is_plain && is_below && !path.split('/').any(walks) && !comes_back.iter().any(|door| path.starts_with(door))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_led_to_a_page_of_this_console_and_nowhere_else() {
        for ours in ["/console", "/console/users", "/console/users?q=a%20b&after=x", "/console?a=//b", "/console/me#x"]
        {
            assert_eq!(checked(ours), ours);
        }
        let others = [
            "",
            "/",
            "//evil.test",
            "https://evil.test/console",
            "/\\evil.test",
            "/console\\evil",
            "/consolex",
            "/console.evil.test",
            "console",
            "/api/public/users",
            "/console/../docs",
            "/console/%2e%2e/docs",
            "/console/.%2E/docs",
            "/console/./x",
            "/console/\t/x",
            "/console/a\r\nset-cookie: b",
            "javascript:alert(1)",
            "/console/sign-in",
            "/console/sign-out",
            "/console/reset/x",
            "/console@evil.test",
            "/console/ü",
        ];
        for other in others {
            assert_eq!(checked(other), FIRST, "{other:?}");
        }
    }
}

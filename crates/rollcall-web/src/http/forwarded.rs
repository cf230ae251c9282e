//! The two headers in which proxies say whom they speak for: addresses in their order, none for what is no address.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// `X-Forwarded-For`: addresses, some proxies add ports.
pub(super) fn plain(text: &str) -> impl DoubleEndedIterator<Item = Option<IpAddr>> {
    text.split(',')
        .map(str::trim)
        .map(|item| item.parse().ok().or_else(|| node(item)).map(|ip: IpAddr| ip.to_canonical()))
}

/// `Forwarded` (RFC 7239 §4): of each element what `for` says. None of it where it is not written as it should be.
pub(super) fn elements(text: &str) -> Vec<Option<IpAddr>> {
    let Some(elements) = split(text, ',') else { return vec![None] };
    elements.into_iter().map(|element| element_for(element).map(|ip| ip.to_canonical())).collect()
}

fn element_for(element: &str) -> Option<IpAddr> {
    let mut found = None;
    for pair in split(element, ';')? {
        let (name, value) = pair.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("for") && found.replace(node(&unquoted(value.trim())?)?).is_some() {
            return None;
        }
    }
    found
}

/// The parts between separators that do not stand in quotes; none where a quote stays open.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut is_quoted, mut is_escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            c if c == separator && !is_quoted => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (!is_quoted).then_some(parts)
}

/// A token or a quoted string (RFC 9110 §5.6.4). No address has anything that needs a backslash.
fn unquoted(value: &str) -> Option<String> {
    match value.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').filter(|inner| !inner.contains(['"', '\\'])).map(str::to_owned),
        // A colon is no part of a token, so that addresses of IPv6 and ports need quotes.
        None => (!value.contains([':', '[', '"'])).then(|| value.to_owned()),
    }
}

/// A node (RFC 7239 §6) that is an address: IPv6 in brackets, with or without a port. `unknown` and made-up names are none.
fn node(text: &str) -> Option<IpAddr> {
    if let Some(inside) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inside.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    let v4 = text.parse().ok().map(IpAddr::V4);
    v4.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwarded_is_read_as_the_rfc_writes_it() {
        for (text, expected) in [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", &["192.0.2.60"][..]),
            ("For=\"[2001:db8:cafe::17]:4711\"", &["2001:db8:cafe::17"]),
            ("for=192.0.2.43, for=198.51.100.17", &["192.0.2.43", "198.51.100.17"]),
            ("for=\"192.0.2.43:47011\";host=\"a,b;c\\\"\"", &["192.0.2.43"]),
            ("for=\"::ffff:192.0.2.1\"", &["-"]),
            ("for=\"[::ffff:192.0.2.1]\"", &["192.0.2.1"]),
            ("for=unknown, for=_hidden, for=192.0.2.1", &["-", "-", "192.0.2.1"]),
            ("for=192.0.2.1:80", &["-"]),
            ("for=[2001:db8::1]", &["-"]),
            ("proto=https", &["-"]),
            ("for=192.0.2.1;for=192.0.2.2", &["-"]),
            ("for=192.0.2.1;secure", &["-"]),
            ("for=192.0.2.1, for=\"192.0.2.2", &["-"]),
            ("", &["-"]),
        ] {
            let told = |ip: Option<IpAddr>| ip.map_or_else(|| "-".to_owned(), |ip| ip.to_string());
            assert_eq!(elements(text).into_iter().map(told).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }
}

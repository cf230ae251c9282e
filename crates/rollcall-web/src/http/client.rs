//! Who a request came from: the address at the other end of the connection, or, where a proxy of ours is there, the one
//! that it names. How the headers are read: `forwarded`.

use std::fmt;
use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

use super::forwarded;

/// The address that a request came from, as far as it can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client(pub IpAddr);

/// The proxies whose word counts: none, unless the configuration names them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

/// More proxies than this stand before nobody; what names more was made up.
const MAX_HOPS: usize = 32;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

impl Proxies {
    /// Reads addresses and networks (CIDR, RFC 4632), separated by commas.
    ///
    /// # Errors
    /// A sentence about the first that is none, or that would make everybody a proxy.
    pub fn parse(text: &str) -> Result<Self, String> {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(network).collect::<Result<_, _>>().map(Self)
    }

    fn contain(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&ip))
    }

    /// Who a request came from that `peer` has sent.
    ///
    /// Where the peer is no proxy of ours, it is the client, whatever the headers say. Where it is one, `X-Forwarded-For`
    /// and `Forwarded` (RFC 7239) are read from the right, past proxies of ours, to the first other address; what stands
    /// left of that was written by a stranger. Both headers that disagree, or an entry on the way that is no address,
    /// name nobody: then it is the peer.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.contain(peer) {
            return peer;
        }
        let has = |name: &HeaderName| headers.contains_key(name);
        let plain = has(&X_FORWARDED_FOR).then(|| self.farthest(forwarded::plain(&texts(headers, &X_FORWARDED_FOR))));
        let standard = has(&header::FORWARDED).then(|| {
            let elements = forwarded::elements(&texts(headers, &header::FORWARDED));
            self.farthest(elements.into_iter())
        });
        match (plain, standard) {
            (Some(Some(one)), Some(Some(other))) if one == other => Some(one),
            (Some(named), None) | (None, Some(named)) => named,
            _ => None,
        }
        .unwrap_or(peer)
    }

    /// The first address that is no proxy of ours, seen from the end; the first of all where every one is.
    fn farthest(&self, hops: impl DoubleEndedIterator<Item = Option<IpAddr>>) -> Option<IpAddr> {
        let mut farthest = None;
        for (n, hop) in hops.rev().enumerate() {
            let ip = hop.filter(|_| n < MAX_HOPS)?;
            farthest = Some(ip);
            if !self.contain(ip) {
                break;
            }
        }
        farthest
    }
}

impl fmt::Display for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&items.join(","))
    }
}

/// Lines of one name are one list (RFC 9110 §5.3). What is no text is no address either.
fn texts(headers: &HeaderMap, name: &HeaderName) -> String {
    let lines: Vec<&str> = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("?")).collect();
    lines.join(",")
}

fn network(text: &str) -> Result<IpNet, String> {
    let network = match text.parse::<IpAddr>() {
        Ok(ip) => IpNet::from(ip.to_canonical()),
        Err(_) => text.parse::<IpNet>().map_err(|_| {
            format!("{text:?} is neither an address nor a network, such as 10.0.0.5, 10.0.0.0/8 or fd00::/8")
        })?,
    };
    if let IpNet::V6(v6) = network
        && v6.addr().to_ipv4_mapped().is_some()
    {
        return Err(format!("{text:?} is an IPv4 network in IPv6 dress; write it as IPv4"));
    }
    if network.prefix_len() == 0 {
        return Err(format!("{text:?} would believe everybody; name the proxies' own addresses"));
    }
    if network.trunc() != network {
        return Err(format!("{text:?} is an address inside a network; did you mean {}?", network.trunc()));
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(peer: &str, lines: &[(&str, &str)]) -> String {
        let proxies = Proxies::parse("10.0.0.0/8, 192.0.2.1, fd00::/8").unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        proxies.client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_stranger_is_the_client_whatever_it_says() {
        for name in ["x-forwarded-for", "forwarded"] {
            let said = if name == "forwarded" { "for=203.0.113.9" } else { "203.0.113.9" };
            assert_eq!(client("198.51.100.1", &[(name, said)]), "198.51.100.1");
            assert_eq!(client("::ffff:198.51.100.1", &[(name, said)]), "198.51.100.1", "IPv4 has one form");
            assert_eq!(client("10.0.0.1", &[(name, said)]), "203.0.113.9");
            assert_eq!(client("::ffff:10.0.0.1", &[(name, said)]), "203.0.113.9");
        }
        assert_eq!(Proxies::default().client("127.0.0.1".parse().unwrap(), &HeaderMap::new()).to_string(), "127.0.0.1");
    }

    #[test]
    fn a_chain_is_walked_from_the_right_past_proxies_of_ours() {
        for (said, expected) in [
            ("203.0.113.9", "203.0.113.9"),
            ("1.1.1.1, 203.0.113.9, 192.0.2.1, fd00::7", "203.0.113.9"),
            ("garbage, 203.0.113.9:4711, 10.1.1.1", "203.0.113.9"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("10.0.0.9, 10.0.0.8", "10.0.0.9"),
            // Named nobody: the peer.
            ("203.0.113.9, garbage, 10.1.1.1", "10.0.0.1"),
            ("203.0.113.9,", "10.0.0.1"),
            ("", "10.0.0.1"),
            ("unknown", "10.0.0.1"),
            ("203.0.113.9 10.0.0.1", "10.0.0.1"),
            ("203.0.113.9:99999", "10.0.0.1"),
            ("203.0.113.0/24", "10.0.0.1"),
            ("203.0.113.\u{e9}", "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", &[("x-forwarded-for", said)]), expected, "{said:?}");
        }
        let lines = [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "10.2.2.2")];
        assert_eq!(client("10.0.0.1", &lines), "203.0.113.9", "lines are one list");
    }

    #[test]
    fn more_hops_than_there_can_be_name_nobody() {
        let many = vec!["10.1.1.1"; 1_000].join(",");
        assert_eq!(client("10.0.0.1", &[("x-forwarded-for", &many)]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[("x-forwarded-for", &format!("{many},203.0.113.9"))]), "203.0.113.9");
    }

    #[test]
    fn two_headers_that_disagree_name_nobody() {
        let both = |plain, standard| client("10.0.0.1", &[("x-forwarded-for", plain), ("forwarded", standard)]);
        assert_eq!(both("203.0.113.9, 10.0.0.2", "for=203.0.113.9;proto=https"), "203.0.113.9");
        assert_eq!(both("203.0.113.9", "for=203.0.113.8"), "10.0.0.1");
        assert_eq!(both("203.0.113.9", "for=unknown"), "10.0.0.1");
        assert_eq!(both("garbage", "for=203.0.113.9"), "10.0.0.1");
    }

    #[test]
    fn proxies_are_read_and_what_is_wrong_is_named() {
        assert_eq!(Proxies::parse(" 10.0.0.0/8 ,, ::1").unwrap().to_string(), "10.0.0.0/8,::1/128");
        assert_eq!(Proxies::parse("").unwrap(), Proxies::default());
        for (bad, why) in [
            ("10.0.0.0/8,proxy", "\"proxy\" is neither"),
            ("10.0.0.1/8", "did you mean 10.0.0.0/8?"),
            ("0.0.0.0/0", "everybody"),
            ("::/0", "everybody"),
            ("::ffff:10.0.0.0/104", "write it as IPv4"),
            ("10.0.0.0/33", "neither"),
        ] {
            let error = Proxies::parse(bad).unwrap_err();
            assert!(error.contains(why), "{bad}: {error}");
        }
    }
}

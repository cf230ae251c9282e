//! What is wrong with a configuration by itself, all of it at once. What it names of the account is looked up later.

use super::{Kind, Mapping, Pair, Protocol, Provider, Settings, Synchronisation, Target, certificate};
use crate::text;

/// As many certificates: the one in use, and the one that follows it.
const MAX_CERTIFICATES: usize = 2;
/// The longest address, in characters.
const MAX_URL: usize = 2_000;
/// The longest name or value of an attribute, and the longest id.
const MAX_TEXT: usize = 500;

/// A configuration as it was asked for.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// How the provider talks; needed.
    pub protocol: Option<Protocol>,
    /// Whose service it is; needed for SAML.
    pub provider: Option<Provider>,
    /// Where people are sent to sign in; needed for SAML and WS-Federation.
    pub sign_on_url: Option<String>,
    /// The provider's name; needed. For OpenID Connect the address where it describes itself.
    pub issuer: Option<String>,
    /// The id that the provider knows Rollcall by.
    pub client_id: Option<String>,
    /// Certificates, each with its place; one is needed for SAML.
    pub certificates: Vec<(usize, String)>,
    /// Whether requests leave out which way of signing in is wanted.
    pub omit_context: bool,
    /// How attributes become roles, groups and rights.
    pub mapping: Option<DraftMapping>,
    /// Whether people whom Rollcall does not know are turned away.
    pub restrict_onboarding: bool,
    /// No second factor for those who begin at the provider.
    pub skip_2fa_idp: bool,
    /// No second factor for those who begin here.
    pub skip_2fa_sp: bool,
}

/// A mapping as it was asked for.
#[derive(Debug, Clone, Default)]
pub struct DraftMapping {
    /// Needed.
    pub synchronisation: Option<Synchronisation>,
    /// At least one is needed.
    pub pairs: Vec<DraftPair>,
}

/// A pair as it was asked for; all of it is needed.
#[derive(Debug, Clone)]
pub struct DraftPair {
    /// The attribute's name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// What it stands for.
    pub kind: Option<Kind>,
    /// What it gives.
    pub target: Target,
}

/// Where in a draft something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// [`Draft::protocol`].
    Protocol,
    /// [`Draft::provider`].
    Provider,
    /// [`Draft::sign_on_url`].
    SignOnUrl,
    /// [`Draft::issuer`].
    Issuer,
    /// [`Draft::client_id`].
    ClientId,
    /// [`Draft::certificates`], all of them.
    Certificates,
    /// The certificate of this place.
    Certificate(usize),
    /// [`DraftMapping::synchronisation`].
    Synchronisation,
    /// [`DraftMapping::pairs`], all of them.
    Pairs,
    /// A part of the pair of this number.
    Pair(usize, Part),
}

/// Which part of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The attribute's name.
    Name,
    /// Its value.
    Value,
    /// What it stands for.
    Kind,
    /// What it gives.
    Target,
}

const MISSING: &str = "is missing";

impl Draft {
    /// Checks every field by itself and against the protocol.
    ///
    /// # Errors
    /// All that is wrong, each with its place.
    pub fn check(self) -> Result<Settings, Vec<(Field, String)>> {
        let mut faults = Vec::new();
        let needs = |protocols: &[Protocol]| self.protocol.is_some_and(|p| protocols.contains(&p));
        if self.protocol.is_none() {
            faults.push((Field::Protocol, MISSING.to_owned()));
        }
        if self.provider.is_none() && needs(&[Protocol::Saml]) {
            faults.push((Field::Provider, MISSING.to_owned()));
        }
        if self.sign_on_url.is_none() && needs(&[Protocol::Saml, Protocol::WsFed]) {
            faults.push((Field::SignOnUrl, MISSING.to_owned()));
        }
        let mut keep =
            |field: Field, checked: Result<String, String>| checked.map_err(|why| faults.push((field, why))).ok();
        let sign_on_url =
            self.sign_on_url.as_deref().and_then(|url| keep(Field::SignOnUrl, web_address("the sign-on URL", url)));
        let issuer = self.issuer.as_deref().ok_or_else(|| MISSING.to_owned()).and_then(|issuer| match self.protocol {
            Some(Protocol::Oidc) => web_address("the issuer", issuer),
            _ => uri("the issuer", issuer),
        });
        let issuer = keep(Field::Issuer, issuer);
        let client_id = self
            .client_id
            .as_deref()
            .and_then(|id| keep(Field::ClientId, text::required("the client id", id, MAX_TEXT)));
        let certificates: Vec<String> = self
            .certificates
            .iter()
            .filter_map(|(place, body)| keep(Field::Certificate(*place), certificate::parse(body)))
            .collect();
        match self.certificates.len() {
            0 if needs(&[Protocol::Saml]) => {
                faults.push((Field::Certificates, "at least one certificate is needed".to_owned()));
            }
            n if n > MAX_CERTIFICATES => {
                faults.push((
                    Field::Certificates,
                    format!("{n} certificates are more than the {MAX_CERTIFICATES} that one may have"),
                ));
            }
            _ => {}
        }
        let mapping = self.mapping.map(|mapping| mapping.check(&mut faults));
        match (self.protocol, issuer) {
            (Some(protocol), Some(issuer)) if faults.is_empty() => Ok(Settings {
                protocol,
                provider: self.provider,
                sign_on_url,
                issuer,
                client_id,
                certificates,
                omit_context: self.omit_context,
                mapping: mapping.flatten(),
                restrict_onboarding: self.restrict_onboarding,
                skip_2fa_idp: self.skip_2fa_idp,
                skip_2fa_sp: self.skip_2fa_sp,
            }),
            _ => Err(faults),
        }
    }
}

impl DraftMapping {
    fn check(self, faults: &mut Vec<(Field, String)>) -> Option<Mapping> {
        if self.synchronisation.is_none() {
            faults.push((Field::Synchronisation, MISSING.to_owned()));
        }
        if self.pairs.is_empty() {
            // With nothing in it, a mapping that replaces would take everything from everybody who signs in.
            faults.push((Field::Pairs, "at least one attribute is needed".to_owned()));
        }
        let pairs = self.pairs.into_iter().enumerate().map(|(n, pair)| {
            let mut keep = |part: Part, checked: Result<String, String>| {
                checked.map_err(|why| faults.push((Field::Pair(n, part), why))).ok()
            };
            let name = keep(Part::Name, text::required("the attribute's name", &pair.name, MAX_TEXT));
            let value = keep(Part::Value, text::required("the attribute's value", &pair.value, MAX_TEXT));
            let target = match pair.target {
                Target::Flag(flag) => Some(Target::Flag(flag)),
                Target::Id(id) => keep(Part::Target, text::required("the id", &id, MAX_TEXT)).map(Target::Id),
            };
            if pair.kind.is_none() {
                faults.push((Field::Pair(n, Part::Kind), MISSING.to_owned()));
            }
            Some(Pair { name: name?, value: value?, kind: pair.kind?, target: target? })
        });
        let pairs = pairs.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>()?;
        Some(Mapping { synchronisation: self.synchronisation?, pairs })
    }
}

/// An address that browsers are sent to: `https`, or `http` on the same machine, where nobody listens on the way.
fn web_address(what: &str, text: &str) -> Result<String, String> {
    let url = text::required(what, text, MAX_URL)?;
    let wrong = || format!("{what} {url:?} is not an https address, such as https://idp.example.com/sso");
    let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host(authority).filter(|_| !url.contains(char::is_whitespace)).ok_or_else(wrong)?;
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok(url),
        "http" if ["localhost", "127.0.0.1", "[::1]"].contains(&host.to_ascii_lowercase().as_str()) => Ok(url),
        "http" => Err(format!("{what} {url:?} is not https; only this machine itself may be asked without")),
        _ => Err(wrong()),
    }
}

/// The host of `host[:port]`; none where it is no host, or where a name or password stands before it.
fn host(authority: &str) -> Option<&str> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|n| n > 0));
    let is_host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && idna::domain_to_ascii_strict(host).is_ok(),
    };
    (is_port && is_host).then_some(host)
}

/// A name with a scheme (RFC 3986 §3): a URL, or a URN.
fn uri(what: &str, text: &str) -> Result<String, String> {
    let uri = text::required(what, text, MAX_URL)?;
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    };
    match uri.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) && !rest.is_empty() && !uri.contains(char::is_whitespace) => Ok(uri),
        _ => Err(format!("{what} {uri:?} is neither a URL nor a URN")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_https_or_on_this_machine() {
        let good = [
            "https://idp.example.com/sso?x=1#y",
            "HTTPS://idp.example.com",
            "https://bücher.example:8443/",
            "https://[2001:db8::1]:443/a",
            "http://localhost:9000/sso",
            "http://127.0.0.1/",
            "http://[::1]:8080",
        ];
        for url in good {
            assert_eq!(web_address("the URL", url).as_deref(), Ok(url));
        }
        for url in [
            "",
            "idp.example.com",
            "https:/idp",
            "https://",
            "https:///sso",
            "https://a b/",
            "https://a@b/",
            "https://idp:port/",
            "https://idp:0/",
            "https://idp:70000/",
            "https://[::g]/",
            "ftp://idp/",
            "javascript://idp/%0Aalert(1)",
            "http://idp.example.com/",
            "http://localhost.example.com/",
        ] {
            assert!(web_address("the URL", url).unwrap_err().contains("the URL"), "{url}");
        }
    }

    #[test]
    fn an_issuer_is_a_url_or_a_urn() {
        for name in ["http://www.okta.com/exk1", "urn:acme:idp", "https://sts.windows.net/1/"] {
            assert_eq!(uri("the issuer", name).as_deref(), Ok(name));
        }
        for name in ["", "acme", "urn:", ":x", "1a:b", "urn:a b"] {
            assert!(uri("the issuer", name).is_err(), "{name}");
        }
    }
}

//! `postgres://…`: what libpq's URLs say (PostgreSQL documentation, 34.1.1.2), with the TLS parameters that the client
//! library does not know.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

use super::tls::{Tls, Trust};
use crate::error::{Error, Result};
use crate::store::mask;

/// Where a PostgreSQL server is, who logs in, and how far its certificate is checked.
#[derive(Clone)]
pub struct Address {
    url: String,
    config: Config,
    tls: Tls,
}

impl Address {
    /// Reads a URL. `sslmode` is one of `disable`, `prefer` (the default), `require`, `verify-ca`, `verify-full`;
    /// `sslrootcert` is a PEM file or `system`; `sslcert` and `sslkey` are PEM files.
    pub(in crate::store) fn parse(url: &str) -> Result<Self> {
        let wrong = |why: &dyn fmt::Display| {
            Error::invalid(format!(
                "{:?} is not an address of a PostgreSQL database: {why}; write postgres://USER:PASSWORD@HOST:5432/DATABASE?sslmode=verify-full",
                mask(url)
            ))
        };
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut mode = "prefer".to_owned();
        let (mut root, mut certificate, mut key) = (None, None, None);
        let mut others = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = || decoded(value).ok_or_else(|| wrong(&format!("{name} is not percent-encoded text")));
            match name {
                "sslmode" => mode = value()?,
                "sslrootcert" => root = Some(value()?),
                "sslcert" => certificate = Some(PathBuf::from(value()?)),
                "sslkey" => key = Some(PathBuf::from(value()?)),
                _ => others.push(pair),
            }
        }
        let plain = if others.is_empty() { base.to_owned() } else { format!("{base}?{}", others.join("&")) };
        let mut config: Config = plain.parse().map_err(|e: tokio_postgres::Error| {
            wrong(&std::error::Error::source(&e).map_or_else(|| e.to_string(), ToString::to_string))
        })?;
        if config.get_hosts().is_empty() {
            return Err(wrong(&"it names no host"));
        }
        let trust = match (mode.as_str(), root.as_deref()) {
            ("disable", _) => Trust::Nothing,
            ("verify-full", root) => Trust::Name(roots(root)),
            // With a root given, libpq checks it although it was not asked to.
            ("verify-ca", root) => Trust::Chain(roots(root)),
            ("require", Some(root)) => Trust::Chain(roots(Some(root))),
            ("prefer" | "require", _) => Trust::Anything,
            _ => {
                return Err(wrong(&format!(
                    "sslmode={mode} is not one of disable, prefer, require, verify-ca, verify-full"
                )));
            }
        };
        let on_sockets = config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)));
        config.ssl_mode(match mode.as_str() {
            "disable" => SslMode::Disable,
            // As libpq: there is nothing between us and a socket of this machine.
            _ if on_sockets => SslMode::Disable,
            "prefer" => SslMode::Prefer,
            _ => SslMode::Require,
        });
        let client = match (certificate, key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(wrong(&"sslcert and sslkey belong together")),
        };
        if config.get_application_name().is_none() {
            config.application_name("rollcall");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(3));
        }
        // A server that is gone without a word is noticed within half a minute.
        config.keepalives(true).keepalives_idle(Duration::from_secs(10));
        config.keepalives_interval(Duration::from_secs(5)).keepalives_retries(3);
        config.tcp_user_timeout(Duration::from_secs(15));
        // Of several hosts, the one that can be written to.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        Ok(Self { url: url.to_owned(), config, tls: Tls { trust, client } })
    }

    /// The URL as it was given, password included.
    pub(in crate::store) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn tls(&self) -> &Tls {
        &self.tls
    }

    /// Whether what goes to the server can be read or changed on the way by whoever sits there: no socket or address of
    /// this machine, and no check of the server's name.
    pub fn is_exposed(&self) -> bool {
        let local = |host: &Host| match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback()),
        };
        !matches!(self.tls.trust, Trust::Name(_)) && !self.config.get_hosts().iter().all(local)
    }
}

fn roots(root: Option<&str>) -> Option<PathBuf> {
    root.filter(|root| *root != "system").map(PathBuf::from)
}

/// Percent-decoding (RFC 3986 §2.1).
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let pair = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.url == other.url
    }
}

impl Eq for Address {}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mask(&self.url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust(query: &str) -> Trust {
        Address::parse(&format!("postgres://ada:secret@db.example/rollcall{query}")).unwrap().tls.trust
    }

    #[test]
    fn every_sslmode_says_what_is_checked() {
        assert_eq!(trust(""), Trust::Anything);
        assert_eq!(trust("?sslmode=disable"), Trust::Nothing);
        assert_eq!(trust("?sslmode=require"), Trust::Anything);
        assert_eq!(trust("?sslmode=require&sslrootcert=a%20b.pem"), Trust::Chain(Some("a b.pem".into())));
        assert_eq!(trust("?sslmode=verify-ca&sslrootcert=system"), Trust::Chain(None));
        assert_eq!(trust("?connect_timeout=2&sslmode=verify-full&application_name=x"), Trust::Name(None));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for (url, word) in [
            ("postgres://ada:secret@db/x?sslmode=allow", "sslmode=allow"),
            ("postgres://ada:secret@db/x?colour=red", "colour"),
            ("postgres://ada:secret@db:99999/x", "port"),
            ("postgres://", "no host"),
            ("postgres://ada:secret@db/x?sslcert=a.pem", "sslkey"),
        ] {
            let error = Address::parse(url).unwrap_err().to_string();
            assert!(error.contains(word) && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn only_a_checked_name_or_this_machine_is_safe() {
        let exposed = |url: &str| Address::parse(url).unwrap().is_exposed();
        assert!(exposed("postgres://ada@db/x") && exposed("postgres://ada@db/x?sslmode=require"));
        assert!(!exposed("postgres://ada@db/x?sslmode=verify-full") && !exposed("postgres://ada@127.0.0.1/x"));
        assert!(!exposed("postgres://ada@%2Frun%2Fpostgresql/x"));
    }
}

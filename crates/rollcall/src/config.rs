//! Settings: flags, then `ROLLCALL_*`, then `rollcall.toml` in the data directory, then defaults; and where each came from.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use rollcall_core::limits::RateLimit;
use rollcall_core::mask;
use rollcall_web::http::client::Proxies;
use serde::Deserialize;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag of the command line.
    Flag(&'static str),
    /// An environment variable.
    Environment(&'static str),
    /// The configuration file.
    File(PathBuf),
    /// Nobody said otherwise.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "--{name}"),
            Self::Environment(name) => f.write_str(name),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

/// What the command line said.
#[derive(Debug, Default, Clone)]
pub struct Flags {
    /// `--data`.
    pub data: Option<PathBuf>,
    /// `--database`.
    pub database: Option<String>,
    /// `--listen`.
    pub listen: Option<String>,
    /// `--public-url`.
    pub public_url: Option<String>,
    /// `--trusted-proxies`.
    pub trusted_proxies: Option<String>,
    /// `--max-connections`.
    pub max_connections: Option<String>,
    /// `--reply-memory`.
    pub reply_memory: Option<String>,
    /// `--tls-cert`.
    pub tls_cert: Option<String>,
    /// `--tls-key`.
    pub tls_key: Option<String>,
}

/// Everything that is configured.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The data directory.
    pub data: Setting<PathBuf>,
    /// The database's URL.
    pub database: Setting<String>,
    /// How many connections to PostgreSQL one server opens; SQLite has no use for it.
    pub connections: Setting<usize>,
    /// The address to listen on.
    pub listen: Setting<SocketAddr>,
    /// The address that links in mails and the addresses of single sign-on begin with, without a slash at its end.
    pub public_url: Setting<String>,
    /// How many calls of one API an account may make; none for as many as it likes.
    pub rate_limit: Setting<Option<RateLimit>>,
    /// The proxies that are believed about where a request came from.
    pub trusted_proxies: Setting<Proxies>,
    /// How many connections of clients there may be at the same time.
    pub max_connections: Setting<u32>,
    /// How many MiB of rendered replies are remembered.
    pub reply_memory: Setting<u32>,
    /// The file with the server's certificate; there is a key then, too.
    pub tls_cert: Setting<Option<PathBuf>>,
    /// The file with its key.
    pub tls_key: Setting<Option<PathBuf>>,
    /// Where the installation key comes from.
    pub key: Setting<KeySource>,
}

/// Where the installation key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// In `ROLLCALL_KEY`; its value is not kept here.
    Environment,
    /// In this file.
    File(PathBuf),
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct File {
    database: Option<String>,
    database_connections: Option<usize>,
    listen: Option<String>,
    public_url: Option<String>,
    rate_limit: Option<String>,
    trusted_proxies: Option<String>,
    max_connections: Option<u32>,
    reply_memory: Option<u32>,
    tls_cert: Option<String>,
    tls_key: Option<String>,
}

/// Enough for two cores to be busy while commits wait for the disk; a server of the usual 100 takes six of us.
const DEFAULT_CONNECTIONS: usize = 16;

/// As many connections of clients, where the process may open so many files.
const MAX_CONNECTIONS: u32 = 4_096;
/// Files that are kept for everything but connections: the database's own, letters, logs.
const OTHER_FILES: u64 = 64;

/// A mebibyte.
pub const MIB: u64 = 1024 * 1024;

/// How many connections of clients there may be where nobody says: what the limit on open files (`ulimit -n`) has room for.
fn default_max_connections(database: usize) -> u32 {
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
    let left = files.saturating_sub(OTHER_FILES + database as u64);
    u32::try_from(left).unwrap_or(u32::MAX).clamp(16, MAX_CONNECTIONS)
}

/// Reads an environment variable; the tests give another reader.
type Environment<'a> = &'a dyn Fn(&'static str) -> Option<String>;

/// Settings that other versions know. Saying nothing about them would look like obeying them.
pub const NOT_YET: [&str; 1] = ["ROLLCALL_SMTP_URL"];

impl Settings {
    /// Puts the settings together.
    ///
    /// # Errors
    /// A file that is not TOML or has an unknown key (with line and column), or a value that is none, named with its origin.
    pub fn load(flags: &Flags, environment: Environment<'_>) -> Result<Self> {
        let var = |name| environment(name).filter(|value| !value.trim().is_empty());
        let data = match (&flags.data, var("ROLLCALL_DATA")) {
            (Some(path), _) => Setting { value: path.clone(), origin: Origin::Flag("data") },
            (None, Some(path)) => Setting { value: path.into(), origin: Origin::Environment("ROLLCALL_DATA") },
            (None, None) => Setting { value: "rollcall-data".into(), origin: Origin::Default },
        };
        let path = data.value.join("rollcall.toml");
        let file = read_file(&path)?;
        let pick =
            |flag: (&'static str, &Option<String>), name: &'static str, in_file: &Option<String>, default: String| {
                if let Some(value) = flag.1 {
                    Setting { value: value.clone(), origin: Origin::Flag(flag.0) }
                } else if let Some(value) = var(name) {
                    Setting { value, origin: Origin::Environment(name) }
                } else if let Some(value) = in_file {
                    Setting { value: value.clone(), origin: Origin::File(path.clone()) }
                } else {
                    Setting { value: default, origin: Origin::Default }
                }
            };
        let default = format!("sqlite:{}", data.value.join("rollcall.db").display());
        let database = pick(("database", &flags.database), "ROLLCALL_DATABASE", &file.database, default);
        let in_file = file.database_connections.map(|n| n.to_string());
        let asked = pick(("", &None), "ROLLCALL_DATABASE_CONNECTIONS", &in_file, DEFAULT_CONNECTIONS.to_string());
        let Some(connections) = asked.value.parse().ok().filter(|n| (4..=512).contains(n)) else {
            bail!("{:?} (from {}) is not a number of database connections from 4 to 512", asked.value, asked.origin);
        };
        let listen = pick(("listen", &flags.listen), "ROLLCALL_LISTEN", &file.listen, "127.0.0.1:8080".into());
        let address: SocketAddr = listen.value.parse().map_err(|_| {
            anyhow::anyhow!(
                "{:?} (from {}) is not an address to listen on, such as 127.0.0.1:8080",
                listen.value,
                listen.origin
            )
        })?;
        let max = pick(
            ("max-connections", &flags.max_connections),
            "ROLLCALL_MAX_CONNECTIONS",
            &file.max_connections.map(|n| n.to_string()),
            default_max_connections(connections).to_string(),
        );
        let Some(max_connections) = max.value.parse().ok().filter(|n| (1..=1_000_000).contains(n)) else {
            bail!("{:?} (from {}) is not a number of connections from 1 to 1000000", max.value, max.origin);
        };
        let memory = pick(
            ("reply-memory", &flags.reply_memory),
            "ROLLCALL_REPLY_MEMORY",
            &file.reply_memory.map(|n| n.to_string()),
            (rollcall_web::http::replies::DEFAULT_BYTES / MIB).to_string(),
        );
        let Some(reply_memory) = memory.value.parse().ok().filter(|n| (0..=65_536).contains(n)) else {
            bail!("{:?} (from {}) is not a number of MiB from 0 to 65536", memory.value, memory.origin);
        };
        let proxies = pick(
            ("trusted-proxies", &flags.trusted_proxies),
            "ROLLCALL_TRUSTED_PROXIES",
            &file.trusted_proxies,
            String::new(),
        );
        let trusted_proxies = Proxies::parse(&proxies.value)
            .map_err(|why| anyhow::anyhow!("the trusted proxies (from {}): {why}", proxies.origin))?;
        let path_of = |Setting { value, origin }: Setting<String>| Setting {
            value: Some(value).filter(|path| !path.is_empty()).map(PathBuf::from),
            origin,
        };
        let tls_cert = path_of(pick(("tls-cert", &flags.tls_cert), "ROLLCALL_TLS_CERT", &file.tls_cert, String::new()));
        let tls_key = path_of(pick(("tls-key", &flags.tls_key), "ROLLCALL_TLS_KEY", &file.tls_key, String::new()));
        for (given, missing) in [(&tls_cert, "key"), (&tls_key, "certificate")] {
            if given.value.is_some() && (tls_cert.value.is_none() || tls_key.value.is_none()) {
                bail!(
                    "TLS takes a certificate and its key, and {} gives no {missing}; give --tls-cert FILE and --tls-key FILE",
                    given.origin
                );
            }
        }
        let scheme = if tls_cert.value.is_some() { "https" } else { "http" };
        let url = pick(
            ("public-url", &flags.public_url),
            "ROLLCALL_PUBLIC_URL",
            &file.public_url,
            format!("{scheme}://{address}"),
        );
        if !is_public_url(&url.value) {
            bail!(
                "{:?} (from {}) is not a public address, such as https://rollcall.example.com",
                url.value,
                url.origin
            );
        }
        let limit = pick(("", &None), "ROLLCALL_RATE_LIMIT", &file.rate_limit, RateLimit::DEFAULT.into());
        let rate_limit = RateLimit::parse(&limit.value).with_context(|| format!("the value from {}", limit.origin))?;
        let key = if var("ROLLCALL_KEY").is_some() {
            Setting { value: KeySource::Environment, origin: Origin::Environment("ROLLCALL_KEY") }
        } else {
            Setting { value: KeySource::File(data.value.join("rollcall.key")), origin: Origin::Default }
        };
        Ok(Self {
            data,
            database,
            connections: Setting { value: connections, origin: asked.origin },
            listen: Setting { value: address, origin: listen.origin },
            public_url: Setting { value: url.value.trim_end_matches('/').to_owned(), origin: url.origin },
            rate_limit: Setting { value: rate_limit, origin: limit.origin },
            trusted_proxies: Setting { value: trusted_proxies, origin: proxies.origin },
            max_connections: Setting { value: max_connections, origin: max.origin },
            reply_memory: Setting { value: reply_memory, origin: memory.origin },
            tls_cert,
            tls_key,
            key,
        })
    }

    /// Where the certificate and its key are, where TLS is spoken.
    pub fn tls(&self) -> Option<(&Path, &Path)> {
        Some((self.tls_cert.value.as_deref()?, self.tls_key.value.as_deref()?))
    }

    /// What addresses of this server begin with: `https` where TLS is spoken.
    pub fn scheme(&self) -> &'static str {
        if self.tls().is_some() { "https" } else { "http" }
    }

    /// Name, value and origin of each, for `rollcall config`. No secret is among them; a password in a URL is masked.
    pub fn table(&self) -> Vec<(&'static str, String, String)> {
        let key = match &self.key.value {
            KeySource::Environment => "(given)".to_owned(),
            KeySource::File(path) => path.display().to_string(),
        };
        let rate_limit = self.rate_limit.value.as_ref().map_or_else(|| "off".to_owned(), ToString::to_string);
        let none = |text: String| if text.is_empty() { "(none)".to_owned() } else { text };
        let path = |path: &Option<PathBuf>| none(path.as_ref().map(|p| p.display().to_string()).unwrap_or_default());
        vec![
            ("data", self.data.value.display().to_string(), self.data.origin.to_string()),
            ("database", mask(&self.database.value), self.database.origin.to_string()),
            ("database_connections", self.connections.value.to_string(), self.connections.origin.to_string()),
            ("listen", self.listen.value.to_string(), self.listen.origin.to_string()),
            ("public_url", self.public_url.value.clone(), self.public_url.origin.to_string()),
            ("rate_limit", rate_limit, self.rate_limit.origin.to_string()),
            ("trusted_proxies", none(self.trusted_proxies.value.to_string()), self.trusted_proxies.origin.to_string()),
            ("max_connections", self.max_connections.value.to_string(), self.max_connections.origin.to_string()),
            ("reply_memory", self.reply_memory.value.to_string(), self.reply_memory.origin.to_string()),
            ("tls_cert", path(&self.tls_cert.value), self.tls_cert.origin.to_string()),
            ("tls_key", path(&self.tls_key.value), self.tls_key.origin.to_string()),
            ("key", key, self.key.origin.to_string()),
        ]
    }
}

/// `http(s)://host…` without anything that would end up in the middle of a link.
fn is_public_url(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split('/').next().unwrap_or_default());
    host.is_some_and(|host| !host.is_empty()) && !url.contains(|c: char| c.is_whitespace() || matches!(c, '?' | '#'))
}

fn read_file(path: &Path) -> Result<File> {
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).with_context(|| format!("{} cannot be used", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(File::default()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(flags: &Flags, environment: &[(&str, &str)]) -> Result<Settings> {
        let find = |name: &'static str| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        Settings::load(flags, &find)
    }

    #[test]
    fn flags_win_over_environment_over_file_over_defaults() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join("rollcall.toml"),
            "listen = '127.0.0.1:1'\npublic_url = 'https://file.example/'\n",
        )
        .unwrap();
        let data = dir.path().to_str().unwrap();
        let flags = Flags { listen: Some("127.0.0.1:3".into()), ..Flags::default() };
        let settings = load(&flags, &[("ROLLCALL_DATA", data), ("ROLLCALL_LISTEN", "127.0.0.1:2")]).unwrap();
        assert_eq!((settings.listen.value.port(), settings.listen.origin), (3, Origin::Flag("listen")));
        assert_eq!(settings.public_url.value, "https://file.example");
        let settings = load(&Flags::default(), &[("ROLLCALL_DATA", data), ("ROLLCALL_LISTEN", "127.0.0.1:2")]).unwrap();
        assert_eq!((settings.listen.value.port(), settings.listen.origin), (2, Origin::Environment("ROLLCALL_LISTEN")));
        assert_eq!(settings.database.value, format!("sqlite:{data}/rollcall.db"));
        assert_eq!(settings.database.origin, Origin::Default);
    }

    #[test]
    fn the_rate_limit_is_told_as_it_is_in_force_and_where_it_comes_from() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("rollcall.toml"), "rate_limit = '5/s'\n").unwrap();
        let told = |data: &str, environment: &[(&str, &str)]| {
            let flags = Flags { data: Some(data.into()), ..Flags::default() };
            let table = load(&flags, environment).unwrap().table();
            table.into_iter().find(|(name, ..)| *name == "rate_limit").map(|(_, value, from)| (value, from)).unwrap()
        };
        let pair = |value: &str, from: &str| (value.to_owned(), from.to_owned());
        assert_eq!(told("nowhere", &[]), pair("60/min,1800/h", "default"));
        let data = dir.path().to_str().unwrap();
        assert_eq!(told(data, &[]), pair("5/s", &format!("{data}/rollcall.toml")));
        let from = "ROLLCALL_RATE_LIMIT";
        assert_eq!(told(data, &[(from, "off")]), pair("off", from));
        assert_eq!(told(data, &[(from, "9/h,2/min")]), pair("2/min,9/h", from));
        let error = format!("{:#}", load(&Flags::default(), &[(from, "60/day")]).unwrap_err());
        assert!(error.contains(from) && error.contains("\"60/day\"") && error.contains("off for no limit"), "{error}");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("rollcall.toml"), "listn = 'x'\n").unwrap();
        let error =
            format!("{:#}", load(&Flags { data: Some(dir.path().into()), ..Flags::default() }, &[]).unwrap_err());
        assert!(error.contains("rollcall.toml") && error.contains("listn") && error.contains("line 1"), "{error}");
        let error = load(&Flags::default(), &[("ROLLCALL_LISTEN", "8080")]).unwrap_err().to_string();
        assert!(error.contains("\"8080\"") && error.contains("ROLLCALL_LISTEN"), "{error}");
        let proxies =
            load(&Flags::default(), &[("ROLLCALL_TRUSTED_PROXIES", "10.0.0.1, proxy")]).unwrap_err().to_string();
        assert!(proxies.contains("ROLLCALL_TRUSTED_PROXIES") && proxies.contains("\"proxy\""), "{proxies}");
        for bad in ["0", "-1", "many"] {
            assert!(load(&Flags { max_connections: Some(bad.into()), ..Flags::default() }, &[]).is_err(), "{bad}");
        }
        for bad in ["-1", "1.5", "70000", "32 MB"] {
            assert!(load(&Flags { reply_memory: Some(bad.into()), ..Flags::default() }, &[]).is_err(), "{bad}");
        }
        for bad in ["ftp://x", "https://", "https:///a", "https://a?b", "a.example"] {
            assert!(load(&Flags { public_url: Some(bad.into()), ..Flags::default() }, &[]).is_err(), "{bad}");
        }
    }

    #[test]
    fn tls_takes_two_files_and_makes_the_address_https() {
        let both = [("ROLLCALL_TLS_CERT", "/a/cert.pem"), ("ROLLCALL_TLS_KEY", "/a/key.pem")];
        let settings = load(&Flags::default(), &both).unwrap();
        assert_eq!(settings.tls(), Some((Path::new("/a/cert.pem"), Path::new("/a/key.pem"))));
        assert_eq!(settings.public_url.value, "https://127.0.0.1:8080");
        let settings = load(&Flags::default(), &[]).unwrap();
        assert_eq!((settings.tls(), settings.public_url.value.as_str()), (None, "http://127.0.0.1:8080"));
        for (one, missing) in [(both[0], "no key"), (both[1], "no certificate")] {
            let error = load(&Flags::default(), &[one]).unwrap_err().to_string();
            assert!(error.contains(one.0) && error.contains(missing), "{error}");
        }
    }
}

//! Settings: flags, then `ROLLCALL_*`, then `rollcall.toml` in the data directory, then defaults; and where each came from.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use rollcall_core::limits::RateLimit;
use rollcall_core::mask;
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
}

/// Enough for two cores to be busy while commits wait for the disk; a server of the usual 100 takes six of us.
const DEFAULT_CONNECTIONS: usize = 16;

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
        let url = pick(
            ("public-url", &flags.public_url),
            "ROLLCALL_PUBLIC_URL",
            &file.public_url,
            format!("http://{address}"),
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
            key,
        })
    }

    /// Name, value and origin of each, for `rollcall config`. No secret is among them; a password in a URL is masked.
    pub fn table(&self) -> Vec<(&'static str, String, String)> {
        let key = match &self.key.value {
            KeySource::Environment => "(given)".to_owned(),
            KeySource::File(path) => path.display().to_string(),
        };
        let rate_limit = self.rate_limit.value.as_ref().map_or_else(|| "off".to_owned(), ToString::to_string);
        vec![
            ("data", self.data.value.display().to_string(), self.data.origin.to_string()),
            ("database", mask(&self.database.value), self.database.origin.to_string()),
            ("database_connections", self.connections.value.to_string(), self.connections.origin.to_string()),
            ("listen", self.listen.value.to_string(), self.listen.origin.to_string()),
            ("public_url", self.public_url.value.clone(), self.public_url.origin.to_string()),
            ("rate_limit", rate_limit, self.rate_limit.origin.to_string()),
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
        for bad in ["ftp://x", "https://", "https:///a", "https://a?b", "a.example"] {
            assert!(load(&Flags { public_url: Some(bad.into()), ..Flags::default() }, &[]).is_err(), "{bad}");
        }
    }
}

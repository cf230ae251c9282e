//! Finds PostgreSQL's programs on this machine. Installs nothing; `cargo xtask test` does.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Older ones have neither ICU as a cluster's own order nor all that Rollcall's statements use.
const OLDEST: u32 = 15;

/// Where Debian and Ubuntu put the server's programs, a folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// PostgreSQL's programs of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    bin: PathBuf,
    version: u32,
}

impl Installation {
    /// The one whose `initdb` the PATH finds, else the newest of Debian's.
    ///
    /// # Errors
    /// Where there is none that is new enough, with how to install it.
    pub fn find() -> Result<Self, String> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        // A link in the PATH may stand alone: the other programs are where it points to.
        let on_path = std::env::split_paths(&path).filter_map(|folder| folder.join("initdb").canonicalize().ok());
        let on_path = on_path.filter_map(|initdb| initdb.parent().and_then(Self::of));
        let debian = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
        let debian = debian.filter_map(|version| Self::of(&version.path().join("bin")));
        let found = chosen(on_path.collect(), debian.collect());
        found.ok_or_else(|| {
            format!(
                "there is no PostgreSQL {OLDEST} or newer (initdb, postgres and psql in the PATH or below {DEBIAN}); \
                 install it: sudo apt-get install postgresql, or cargo xtask test"
            )
        })
    }

    /// The major version: 15, 16, …
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Where a program of this version is.
    pub fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    fn of(bin: &Path) -> Option<Self> {
        if !["initdb", "postgres", "psql"].iter().all(|name| bin.join(name).is_file()) {
            return None;
        }
        let output = Command::new(bin.join("postgres")).arg("--version").output().ok()?;
        let version = version(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { bin: bin.to_owned(), version })
    }
}

fn chosen(on_path: Vec<Installation>, debian: Vec<Installation>) -> Option<Installation> {
    let new = |installation: &Installation| installation.version >= OLDEST;
    on_path.into_iter().find(new).or_else(|| debian.into_iter().filter(new).max_by_key(|found| found.version))
}

/// The major version in what `postgres --version` says: `postgres (PostgreSQL) 15.18 (Debian …)`, `… 19devel`.
fn version(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once("(PostgreSQL) ")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        let table = [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some(15)),
            ("postgres (PostgreSQL) 17.2\n", Some(17)),
            ("postgres (PostgreSQL) 19devel\n", Some(19)),
            ("postgres (EnterpriseDB) 15\n", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(version(text), expected, "{text}");
        }
    }

    #[test]
    fn the_path_wins_then_the_newest_and_nothing_old() {
        let of = |bin: &str, version| Installation { bin: bin.into(), version };
        let debian = || vec![of("/16", 16), of("/17", 17), of("/9.6", 9)];
        assert_eq!(chosen(vec![of("/own", 15)], debian()), Some(of("/own", 15)));
        assert_eq!(chosen(vec![of("/own", 14)], debian()), Some(of("/17", 17)));
        assert_eq!(chosen(vec![of("/own", 14)], vec![of("/9.6", 9)]), None);
    }
}

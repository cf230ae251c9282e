//! Throw-away PostgreSQL clusters, for tests, the bench and xtask. Knows nothing of Rollcall's schema or of its drivers.
//!
//! ```no_run
//! use rollcall_testbed::{Cluster, Options};
//!
//! let cluster = Cluster::start(&Options { settings: &[("fsync", "on")], ..Options::default() })?;
//! cluster.psql("postgres", "create database mine")?;
//! println!("{}", cluster.url("mine"));
//! # Ok::<(), String>(())
//! ```

mod account;
mod address;
mod folder;
mod installation;
mod processes;
mod psql;
mod server;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use account::Account;
use address::{USUAL_PORT, free_port};
use folder::Folder;
pub use installation::Installation;
use server::Server;

/// The superuser of every cluster, who needs no password.
const USER: &str = "rollcall";

/// Quick, not safe: what a throw-away cluster loses with the machine is not missed. Killing the server loses nothing.
const SETTINGS: [(&str, &str); 7] = [
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("jit", "off"),
    ("log_min_messages", "warning"),
    ("max_connections", "200"),
    ("max_prepared_transactions", "0"),
    ("shared_buffers", "64MB"),
];

/// What `initdb` is told of locales: the first that it takes. An order other than that of the bytes is wanted, so that
/// a test finds the `order by` that forgot its collation.
const LOCALES: [&[&str]; 3] =
    [&["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"], &["--locale=en_US.UTF-8"], &["--no-locale"]];

/// What is done to a data folder before its server first starts.
pub type Prepare<'a> = dyn Fn(&Path) -> std::io::Result<()> + 'a;

/// How a cluster differs from a plain one.
#[derive(Default)]
pub struct Options<'a> {
    /// Lines for `postgresql.conf`: name and value. They win over the testbed's own settings.
    pub settings: &'a [(&'a str, &'a str)],
    /// In which folder it is made: the way to a disk of one's choice. None: where temporary files go.
    pub parent: Option<&'a Path>,
    /// Whether it listens on a port of 127.0.0.1 too. Everybody on this machine can reach it there.
    pub tcp: bool,
    /// Called with the data folder before the first start: the place to lay a certificate or to write `pg_hba.conf`.
    /// The files become the server's own; a key must be readable by its owner alone (mode 0600).
    pub prepare: Option<&'a Prepare<'a>>,
}

/// A cluster of its own, in a folder of its own. Dropped, it is gone: processes, data and all.
///
/// However the process that started it ends, the server ends with it. What nobody dropped (a killed process, a cluster
/// in a `static`) leaves its folder behind, until the next start of any cluster by the same user removes it.
pub struct Cluster {
    // Fields are dropped in this order: first the server, then what it writes to.
    server: Option<Server>,
    folder: Folder,
    account: Option<Account>,
    installation: Installation,
    port: u16,
    tcp: bool,
    /// Whether memory that the server shared is still to be given back.
    killed: bool,
}

impl Cluster {
    /// Makes a cluster and starts it. It accepts connections when this returns.
    ///
    /// # Errors
    /// Where there is no PostgreSQL, or it does not start; with the end of its log.
    pub fn start(options: &Options<'_>) -> Result<Self, String> {
        let installation = Installation::find()?;
        let account = account::of_the_server()?;
        let folder = Folder::create(account, options.parent)?;
        let mut cluster =
            Self { server: None, folder, account, installation, port: USUAL_PORT, tcp: options.tcp, killed: false };
        cluster.make(options.settings)?;
        if let Some(prepare) = options.prepare {
            prepare(cluster.folder()).map_err(|error| format!("the cluster could not be prepared: {error}"))?;
        }
        cluster.start_somewhere(free_port).map(|()| cluster)
    }

    /// How a client finds the database, by the private socket. This form is read by libpq and by tokio-postgres.
    pub fn url(&self, database: &str) -> String {
        address::url(USER, &self.folder.path().to_string_lossy(), self.port, database)
    }

    /// How a client finds the database, by TCP.
    ///
    /// # Panics
    /// Where the cluster was not started with [`Options::tcp`].
    pub fn tcp_url(&self, database: &str) -> String {
        assert!(self.tcp, "this cluster does not listen on TCP; start it with `tcp: true`");
        address::url(USER, "127.0.0.1", self.port, database)
    }

    /// The data folder, with `postgresql.conf` and `pg_hba.conf`. What is written here while the server is stopped
    /// becomes the server's own when it starts again.
    pub fn folder(&self) -> &Path {
        self.folder.data()
    }

    /// What the server has written to its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.log()).unwrap_or_default()
    }

    /// The process id of the server: of its first process, the postmaster. None while it is stopped.
    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(Server::pid)
    }

    /// Shuts the server down in order, cutting off its clients. Nothing where it does not run.
    ///
    /// # Errors
    /// Where it had to be killed after a minute.
    pub fn stop(&mut self) -> Result<(), String> {
        self.server.take().map_or(Ok(()), Server::stop)
    }

    /// Starts the stopped or killed server with its data, at the same socket and port. Nothing where it runs.
    ///
    /// # Errors
    /// Where it does not start, with the end of its log.
    pub fn start_again(&mut self) -> Result<(), String> {
        if self.server.is_some() {
            return Ok(());
        }
        account::hand_over(self.folder.data(), self.account).map_err(|error| self.failed("hand over", &error))?;
        let log = std::fs::File::options().create(true).append(true).open(self.folder.log());
        let log = log.map_err(|error| self.failed("write the log of", &error))?;
        let mut postgres = account::command(self.account, &self.installation.program("postgres"));
        // Where it listens is no setting that a caller might change: the address is built of it.
        postgres.arg("-D").arg(self.folder.data()).arg("-k").arg(self.folder.path());
        postgres.args(["-p", &self.port.to_string(), "-h", if self.tcp { "127.0.0.1" } else { "" }]);
        postgres.current_dir(self.folder.data()).stderr(log);
        let server = Server::start(postgres, self.folder.data()).map_err(|error| {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(20).collect();
            format!("{error}\n{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"))
        })?;
        self.server = Some(server);
        self.killed = false;
        Ok(())
    }

    /// Kills the server and all its processes at one blow, as a crash does. When this returns none of them is left, and
    /// [`Cluster::start_again`] works at once. Nothing where it does not run.
    ///
    /// # Errors
    /// Where some of them would not go.
    pub fn kill(&mut self) -> Result<(), String> {
        let Some(server) = self.server.take() else { return Ok(()) };
        self.killed = true;
        server.kill()
    }

    /// Stops all processes of the server where they are, until [`Cluster::thaw`]: connections stay open, and nothing
    /// answers.
    ///
    /// # Errors
    /// Where the server does not run, or a process does not stop.
    pub fn freeze(&self) -> Result<(), String> {
        self.server.as_ref().ok_or("a server that does not run cannot be frozen")?.freeze()
    }

    /// Lets a frozen server go on.
    ///
    /// # Errors
    /// Where the server does not run.
    pub fn thaw(&self) -> Result<(), String> {
        self.server.as_ref().ok_or("a server that does not run cannot go on")?.thaw()
    }

    /// Runs statements with psql, each in a transaction of its own, up to the first that fails. The answer is the rows,
    /// a line each, columns divided by `|`. Commands of psql itself (`\\copy`) are obeyed.
    ///
    /// # Errors
    /// What psql says of the statement that fails.
    pub fn psql(&self, database: &str, sql: &str) -> Result<String, String> {
        psql::run(&self.installation.program("psql"), &self.url(database), sql)
    }

    /// Between the test of a port and the start of the server somebody else may take the port: then another is tried.
    fn start_somewhere(&mut self, mut ports: impl FnMut() -> Result<u16, String>) -> Result<(), String> {
        if !self.tcp {
            return self.start_again();
        }
        let mut done = Ok(());
        for _ in 0..5 {
            self.port = ports()?;
            done = self.start_again();
            if !done.as_ref().is_err_and(|error| error.contains("Address already in use")) {
                break;
            }
        }
        done
    }

    fn make(&self, settings: &[(&str, &str)]) -> Result<(), String> {
        let mut refused = String::new();
        for locale in LOCALES {
            let mut initdb = account::command(self.account, &self.installation.program("initdb"));
            initdb.args(["-U", USER, "--auth=trust", "-E", "UTF8", "--no-sync", "--lc-messages=C"]).args(locale);
            initdb.arg("-D").arg(self.folder.data()).current_dir(self.folder.path());
            let output = initdb.output().map_err(|error| format!("{initdb:?} did not start: {error}"))?;
            if output.status.success() {
                return self.write_settings(settings).map_err(|error| self.failed("set up", &error));
            }
            refused = format!("{initdb:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Err(refused)
    }

    fn write_settings(&self, settings: &[(&str, &str)]) -> std::io::Result<()> {
        let mut lines = String::new();
        // Of a setting that stands twice the last counts.
        for (name, value) in SETTINGS.iter().chain(settings) {
            writeln!(lines, "{name} = '{}'", value.replace('\'', "''")).expect("a String takes every text");
        }
        let path = self.folder.data().join("postgresql.conf");
        std::fs::File::options().append(true).open(path)?.write_all(lines.as_bytes())
    }

    fn failed(&self, what: &str, error: &std::io::Error) -> String {
        format!("could not {what} the cluster in {}: {error}", self.folder.path().display())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // A killed server leaves shared memory to the machine, which has only so much; the next start gives it back.
        if self.killed {
            let _ = self.start_again();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_lost_at_the_last_moment_is_not_the_end() {
        let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let lost = taken.local_addr().unwrap().port();
        let mut cluster = Cluster::start(&Options { tcp: true, ..Options::default() }).unwrap();
        cluster.stop().unwrap();
        let mut asked = 0;
        let ports = || {
            asked += 1;
            if asked < 3 { Ok(lost) } else { free_port() }
        };
        cluster.start_somewhere(ports).unwrap();
        assert_eq!(asked, 3);
        assert_eq!(cluster.psql("postgres", "show port").unwrap(), cluster.port.to_string());
        cluster.stop().unwrap();
        let refused = cluster.start_somewhere(|| Ok(lost)).unwrap_err();
        assert!(refused.contains("Address already in use"), "{refused}");
    }

    #[test]
    fn clusters_are_shared_by_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Cluster>();
    }
}

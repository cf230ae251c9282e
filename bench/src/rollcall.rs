//! Rollcall as it is shipped: filled with `rollcall apply`, started with `rollcall serve`, in a directory of its own that
//! goes when it goes; its database is there too, or on the cluster that is measured.

use std::cell::Cell;
use std::fs::File;
use std::io::BufWriter;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hyper::body::Bytes;
use hyper::{Method, Request, Uri};
use serde_json::Value;
use tempfile::TempDir;

use crate::cluster::{Database, Postgres};
use crate::load::{self, Body};
use crate::process::{Memory, Process, without};
use crate::question::Question;
use crate::{Place, account};

/// How long `rollcall apply` may take.
const APPLY: Duration = Duration::from_secs(3_600);
/// How often a start is timed.
const STARTS: usize = 3;
/// What the program says to standard error.
const LOG: &str = "bench.log";

/// An account of `users` users and a server on it.
pub(crate) struct Rollcall {
    // Dropped first: it writes into the home.
    pub(crate) replica: Replica,
    pub(crate) users: usize,
    /// The number of the user that is created next: no address twice.
    pub(crate) next: Cell<u64>,
    /// How long `rollcall apply` took, from its start to its end.
    pub(crate) filled_in: Duration,
    /// How long it took from its start to its first answers; the median of three.
    pub(crate) start: FirstAnswers,
    token: String,
    // Gone when nobody works on it any more.
    database: Option<Database>,
}

/// A running server, in a directory of its own.
pub(crate) struct Replica {
    // Dropped first: it writes into the directory.
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    home: Home,
}

/// A directory, and where the program finds its database; none: in the directory.
struct Home {
    dir: TempDir,
    database: Option<String>,
}

/// A database that has been filled and that nobody works on.
pub(crate) enum Filled<'a> {
    /// A file.
    Sqlite(PathBuf),
    /// One on the cluster that is measured.
    Postgres(&'a Database),
}

/// How long a server took from its start to its first answers.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(crate) struct FirstAnswers {
    /// To the first `/healthz`.
    pub(crate) health: Duration,
    /// To the first page of groups after that.
    pub(crate) page: Duration,
}

impl Rollcall {
    /// Fills a new installation with an account of so many users and starts it.
    pub(crate) async fn start(place: &Place, users: usize) -> Result<Self> {
        Self::start_with(place, users, |out| account::write(users, out), |_| Ok(())).await
    }

    /// As [`Self::start`], with an account file of `write`'s; and with whatever `more` puts into the database before the server
    /// is there.
    pub(crate) async fn start_with(
        place: &Place,
        users: usize,
        write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
        more: impl FnOnce(&Filled<'_>) -> Result<()>,
    ) -> Result<Self> {
        let database = place.postgres.as_ref().map(Postgres::database).transpose()?;
        let mut home = Home::new(place, database.as_ref())?;
        let filled_in = home.fill(place, write).await.map_err(|error| home.with_last_words(error))?;
        more(&match &database {
            Some(database) => Filled::Postgres(database),
            None => Filled::Sqlite(home.data().join("rollcall.db")),
        })?;
        let token = home.token(place).await.map_err(|error| home.with_last_words(error))?;
        let mut starts = Vec::new();
        for _ in 0..STARTS {
            let started = Instant::now();
            let replica = home.serve(place).await?;
            starts.push(replica.first_answers(started, &token).await?);
            home = replica.end();
        }
        starts.sort_by_key(|start| start.page);
        let replica = home.serve(place).await?;
        Ok(Self { replica, users, next: Cell::new(0), filled_in, start: starts[STARTS / 2], token, database })
    }

    /// One more server on the same database, with the same installation key.
    pub(crate) async fn start_replica(&self, place: &Place) -> Result<Replica> {
        let home = Home::new(place, self.database.as_ref())?;
        let (from, to) = (self.replica.home.data(), home.data());
        std::fs::create_dir(&to)?;
        std::fs::copy(from.join("rollcall.key"), to.join("rollcall.key")).context("the installation key")?;
        home.serve(place).await
    }

    /// A question of the client app's, whose replies begin anyhow and are not encoded.
    pub(crate) fn question(&self, verb: Method, path: String, bodies: Vec<Bytes>) -> Question {
        let headers = vec![
            ("auth", self.token.clone()),
            ("content-type", "application/json".to_owned()),
            ("accept-encoding", "identity".to_owned()),
        ];
        Question { verb, path, headers, bodies, ..Question::default() }
    }

    /// The path of a link of one use into the console, for whoever has this address.
    pub(crate) async fn way_in(&self, place: &Place, email: &str) -> Result<String> {
        let mut link = self.replica.home.command(place)?;
        link.args(["--json", "admin", "link", email]).stdin(Stdio::null()).stdout(Stdio::piped());
        let line = Process::start("rollcall admin link", &mut link)?.line(Duration::from_secs(60)).await?;
        let told: Value = serde_json::from_str(&line)?;
        let url: Uri = told["url"].as_str().context("rollcall admin link gave no address")?.parse()?;
        Ok(url.path().to_owned())
    }

    /// Asks the server for something and reads the answer.
    pub(crate) async fn ask(&self, path: &str) -> Result<Value> {
        let fetched = load::fetch(self.replica.address, self.send(Method::GET, path, "application/json", Bytes::new()));
        let (status, _, body) = fetched.await?;
        ensure!(status.is_success(), "GET {path} is answered {status} {}", String::from_utf8_lossy(&body));
        Ok(serde_json::from_slice(&body)?)
    }

    /// How many users the account has now.
    pub(crate) async fn count(&self) -> Result<u64> {
        self.ask("/api/public/alluserroles?limit=1").await?["total"].as_u64().context("no total of users")
    }

    /// A request of the client app, in all its parts.
    pub(crate) fn send(&self, verb: Method, path: &str, kind: &str, body: Bytes) -> Request<Body> {
        Request::builder()
            .method(verb)
            .uri(path)
            .header("host", self.replica.address.to_string())
            .header("auth", &self.token)
            .header("content-type", kind)
            .body(Body::new(body))
            .expect("a request of known parts")
    }

    /// The cluster that its database is on.
    pub(crate) fn postgres(&self) -> Option<&Rc<Postgres>> {
        self.database.as_ref().map(Database::postgres)
    }
}

impl Replica {
    /// How many statements its store has run so far; none where it does not count them.
    pub(crate) async fn statements(&self) -> Result<Option<u64>> {
        let request = Request::get("/metrics").header("host", self.address.to_string()).body(Body::default())?;
        let (status, _, text) = load::fetch(self.address, request).await?;
        ensure!(status.is_success(), "GET /metrics is answered {status}");
        let text = String::from_utf8_lossy(&text);
        let count = text.lines().find_map(|line| line.strip_prefix("rollcall_statements_total "));
        count.map(|count| count.trim().parse().context("a count of statements")).transpose()
    }

    async fn first_answers(&self, started: Instant, token: &str) -> Result<FirstAnswers> {
        let host = self.address.to_string();
        let ask = async |path: &str| {
            let request = Request::get(path).header("host", &host).header("auth", token).body(Body::default())?;
            let (status, _, _) = load::fetch(self.address, request).await?;
            ensure!(status.is_success(), "GET {path} is answered {status}");
            anyhow::Ok(started.elapsed())
        };
        Ok(FirstAnswers { health: ask("/healthz").await?, page: ask("/api/public/groups?limit=50").await? })
    }

    /// Ends it, and leaves its directory.
    fn end(self) -> Home {
        drop(self.process);
        self.home
    }

    /// What it said last, for messages.
    pub(crate) fn with_last_words(&self, error: anyhow::Error) -> anyhow::Error {
        self.home.with_last_words(error)
    }
}

/// What an installation that nobody has put anything into has in memory, some seconds after its first answer.
pub(crate) async fn idle(place: &Place) -> Result<Memory> {
    let database = place.postgres.as_ref().map(Postgres::database).transpose()?;
    let replica = Home::new(place, database.as_ref())?.serve(place).await?;
    let request = Request::get("/healthz").header("host", replica.address.to_string()).body(Body::default())?;
    load::fetch(replica.address, request).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    replica.process.memory()
}

impl Home {
    fn new(place: &Place, database: Option<&Database>) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("rollcall-bench-").tempdir_in(&place.dir)?;
        Ok(Self { dir, database: database.map(Database::url) })
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Gives how long it took.
    async fn fill(
        &self,
        place: &Place,
        write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
    ) -> Result<Duration> {
        let file = self.dir.path().join("account.json");
        let mut out = BufWriter::new(File::create(&file)?);
        write(&mut out)?;
        out.into_inner()?;
        let started = Instant::now();
        let mut apply = self.command(place)?;
        apply.arg("apply").arg(&file).stdin(Stdio::null()).stdout(Stdio::null());
        let status = Process::start("rollcall apply", &mut apply)?.end(APPLY).await?;
        let filled_in = started.elapsed();
        ensure!(status.success(), "rollcall apply: {status}");
        std::fs::remove_file(&file)?;
        Ok(filled_in)
    }

    async fn token(&self, place: &Place) -> Result<String> {
        let mut token = self.command(place)?;
        token.args(["--json", "app", "token", account::CLIENT_ID, "--ttl", "1d"]).stdin(Stdio::null());
        let line =
            Process::start("rollcall app token", token.stdout(Stdio::piped()))?.line(Duration::from_secs(60)).await?;
        let told: Value = serde_json::from_str(&line)?;
        Ok(told["token"].as_str().context("rollcall app token gave no token")?.to_owned())
    }

    async fn serve(self, place: &Place) -> Result<Replica> {
        let mut serve = self.command(place)?;
        serve.args(["--json", "serve", "--listen", "127.0.0.1:0"]);
        let started = Process::start_server("rollcall serve", &mut serve).await;
        let (process, address) = started.map_err(|error| self.with_last_words(error))?;
        Ok(Replica { process, address, home: self })
    }

    /// The program with nothing of the caller's own settings, its log in the directory.
    fn command(&self, place: &Place) -> Result<Command> {
        let mut command = Command::new(&place.binary);
        without(&mut command, "ROLLCALL_");
        let log = File::options().create(true).append(true).open(self.dir.path().join(LOG))?;
        command.arg("--data").arg(self.data()).env("ROLLCALL_RATE_LIMIT", "off").stderr(log);
        if let Some(url) = &self.database {
            command.env("ROLLCALL_DATABASE", url);
        }
        if place.forgets {
            command.env("ROLLCALL_REPLY_MEMORY", "0");
        }
        Ok(command)
    }

    fn with_last_words(&self, error: anyhow::Error) -> anyhow::Error {
        error.context(format!("what it said last:\n{}", last_words(self.dir.path())))
    }
}

fn last_words(dir: &Path) -> String {
    let log = std::fs::read(dir.join(LOG)).unwrap_or_default();
    let tail = &log[log.len().saturating_sub(2_000)..];
    String::from_utf8_lossy(tail).into_owned()
}

//! Rollcall as it is shipped: filled with `rollcall apply`, started with `rollcall serve`, in a directory of its own that
//! goes when it goes.

use std::cell::Cell;
use std::fs::File;
use std::io::BufWriter;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use hyper::Request;
use hyper::body::Bytes;
use serde_json::Value;
use tempfile::TempDir;

use crate::load::Body;
use crate::process::Process;
use crate::{Place, account};

/// What the program says to standard error.
const LOG: &str = "bench.log";

/// A running server with an account of `users` users.
pub(crate) struct Rollcall {
    // Dropped first: it writes into the directory.
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    pub(crate) users: usize,
    /// The number of the user that is created next: no address twice.
    pub(crate) next: Cell<u64>,
    /// How long `rollcall apply` took, from its start to its end.
    pub(crate) filled_in: Duration,
    token: String,
    dir: TempDir,
}

impl Rollcall {
    /// Fills a new installation and starts it.
    pub(crate) async fn start(place: &Place, users: usize) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("rollcall-bench-").tempdir_in(&place.dir)?;
        match Self::start_in(place, users, &dir).await {
            Ok((process, address, token, filled_in)) => {
                Ok(Self { process, address, users, next: Cell::new(0), filled_in, token, dir })
            }
            Err(error) => Err(error.context(format!("what it said last:\n{}", last_words(dir.path())))),
        }
    }

    async fn start_in(place: &Place, users: usize, dir: &TempDir) -> Result<(Process, SocketAddr, String, Duration)> {
        let file = dir.path().join("account.json");
        serde_json::to_writer(BufWriter::new(File::create(&file)?), &account::file(users))?;

        let started = Instant::now();
        let mut apply = command(place, dir.path())?;
        apply.arg("apply").arg(&file).stdin(Stdio::null()).stdout(Stdio::null());
        let status = Process::start("rollcall apply", &mut apply)?.end(Duration::from_secs(1800)).await?;
        let filled_in = started.elapsed();
        if !status.success() {
            bail!("rollcall apply: {status}");
        }

        let mut token = command(place, dir.path())?;
        token.args(["--json", "app", "token", account::CLIENT_ID, "--ttl", "1d"]).stdin(Stdio::null());
        let line =
            Process::start("rollcall app token", token.stdout(Stdio::piped()))?.line(Duration::from_secs(60)).await?;
        let told: Value = serde_json::from_str(&line)?;
        let token = told["token"].as_str().context("rollcall app token gave no token")?.to_owned();

        let mut serve = command(place, dir.path())?;
        serve.args(["--json", "serve", "--listen", "127.0.0.1:0"]);
        let (process, address) = Process::start_server("rollcall serve", &mut serve).await?;
        Ok((process, address, token, filled_in))
    }

    /// A request of the client app; with a body it is a `POST`.
    pub(crate) fn request(&self, path: &str, body: Option<Bytes>) -> Request<Body> {
        let verb = if body.is_some() { "POST" } else { "GET" };
        Request::builder()
            .method(verb)
            .uri(path)
            .header("host", self.address.to_string())
            .header("auth", &self.token)
            .header("content-type", "application/json")
            .body(Body::new(body.unwrap_or_default()))
            .expect("a request of known parts")
    }

    /// What it said last, for messages.
    pub(crate) fn last_words(&self) -> String {
        last_words(self.dir.path())
    }
}

/// The program with nothing of the caller's own settings, its log in the directory.
fn command(place: &Place, dir: &Path) -> Result<Command> {
    let mut command = Command::new(&place.binary);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ROLLCALL_")) {
        command.env_remove(name);
    }
    let log = File::options().create(true).append(true).open(dir.join(LOG))?;
    command.arg("--data").arg(dir.join("data")).env("ROLLCALL_RATE_LIMIT", "off").stderr(log);
    Ok(command)
}

fn last_words(dir: &Path) -> String {
    let log = std::fs::read(dir.join(LOG)).unwrap_or_default();
    let tail = &log[log.len().saturating_sub(2_000)..];
    String::from_utf8_lossy(tail).into_owned()
}

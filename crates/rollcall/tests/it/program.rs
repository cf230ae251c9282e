//! Running the binary: commands to their end, a server in the background that never outlives its test.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

use rollcall_testkit::TestDatabase;
use serde_json::Value;
use tempfile::TempDir;

/// A data directory of its own, and commands on it.
pub(crate) struct Program {
    /// Before the folder, with which the logs go.
    seen: Mutex<Seen>,
    folder: TempDir,
    /// Where the data lies if not in the data directory.
    database: Option<TestDatabase>,
    /// Settings in the environment of every command.
    settings: Vec<(String, String)>,
    /// Words before every command: what makes it run under other conditions.
    before: Vec<String>,
}

/// Secrets that commands have printed, and where servers have logged: no log may have any of them.
#[derive(Default)]
struct Seen {
    secrets: BTreeSet<String>,
    logs: BTreeSet<PathBuf>,
}

impl Seen {
    /// Notes what is printed: client secrets, and tokens by their signatures.
    fn note(&mut self, printed: &str) {
        let words = printed.split(|c: char| !c.is_ascii_alphanumeric() && !"+/=-_".contains(c));
        let is_secret = |word: &&str| word.len() == 44 && word.ends_with('=');
        self.secrets.extend(words.clone().filter(is_secret).map(str::to_owned));
        let tokens =
            printed.split(['"', ' ', '\n']).filter(|word| word.starts_with("eyJ") && word.matches('.').count() == 2);
        self.secrets.extend(tokens.filter_map(|token| token.rsplit('.').next()).map(str::to_owned));
    }

    /// Panics where the text has one of them.
    fn check(&self, what: &str, text: &str) {
        let told = self.secrets.iter().find(|secret| !secret.is_empty() && text.contains(secret.as_str()));
        assert_eq!(told, None, "{what} tells a secret: {text}");
    }
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Done {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().expect("the command ended by itself"),
            stdout: String::from_utf8(output.stdout.clone()).expect("text"),
            stderr: String::from_utf8(output.stderr.clone()).expect("text"),
        }
    }

    /// The output of a command that must have succeeded.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.stdout
    }

    /// The output as JSON.
    pub(crate) fn json(self) -> Value {
        let text = self.ok();
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        // Where a server never began, or the test has moved it, there is none.
        let logs = self.logs.iter().filter(|_| !std::thread::panicking());
        logs.for_each(|log| self.check("the log of a server", &std::fs::read_to_string(log).unwrap_or_default()));
    }
}

impl Program {
    /// On the database that the tests run on: SQLite in the data directory, or an empty one on a PostgreSQL server.
    pub(crate) fn new() -> Self {
        Self { database: TestDatabase::is_postgres().then(TestDatabase::empty), ..Self::on_sqlite() }
    }

    /// On a database of the caller's choice.
    pub(crate) fn on(database: TestDatabase) -> Self {
        Self { database: Some(database), ..Self::on_sqlite() }
    }

    /// On SQLite in the data directory, as the program does by default, whatever the tests run on.
    pub(crate) fn on_sqlite() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            database: None,
            settings: Vec::new(),
            before: Vec::new(),
            seen: Mutex::default(),
        }
    }

    /// A setting for every command from now on, as `ROLLCALL_KEY`.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// Words before every command from now on, as `nice`.
    pub(crate) fn run_by(&mut self, words: &[&str]) {
        self.before = words.iter().map(|word| (*word).to_owned()).collect();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The data directory; the first command makes it.
    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Whether commands have left anything behind, on the disk or in the database.
    pub(crate) fn is_untouched(&self) -> bool {
        !self.data().exists() && self.database.as_ref().is_none_or(|database| database.columns().is_empty())
    }

    /// Writes a file beside the data directory and gives its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file is written");
        path
    }

    pub(crate) fn command(&self) -> Command {
        let words: Vec<&str> = self.before.iter().map(String::as_str).chain([env!("CARGO_BIN_EXE_rollcall")]).collect();
        let mut command = self.other(words[0]);
        command.args(&words[1..]);
        command
    }

    /// A command of another program that calls this one, in the surroundings of this one's commands.
    pub(crate) fn other(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        // What the person who runs the tests has set must not change them.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ROLLCALL_")) {
            command.env_remove(name);
        }
        command.env("ROLLCALL_DATA", self.data()).current_dir(self.folder.path());
        // Tests call more often than clients do; those of the limit set it.
        command.env("ROLLCALL_RATE_LIMIT", "off");
        if let Some(database) = &self.database {
            command.env("ROLLCALL_DATABASE", database.url());
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        self.noted(Done::of(&self.command().args(arguments).output().expect("the binary runs")))
    }

    /// Secrets are printed where they were asked for, and nowhere else.
    fn noted(&self, done: Done) -> Done {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.note(&done.stdout);
        seen.check("standard error", &done.stderr);
        done
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Done {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        child.stdin.take().expect("standard input").write_all(input.as_bytes()).expect("input is taken");
        self.noted(Done::of(&child.wait_with_output().expect("the command ends")))
    }

    /// Starts `serve` on a free port and waits until it says where it listens.
    pub(crate) fn serve(&self, arguments: &[&str]) -> Server {
        self.serve_on(Path::new("log"), arguments)
    }

    /// As [`Self::serve`], with the log in a file of that name.
    pub(crate) fn serve_on(&self, log: &Path, arguments: &[&str]) -> Server {
        self.try_serve(log, arguments).unwrap_or_else(|done| panic!("the server ended: {done:?}"))
    }

    /// As [`Self::serve_on`]; what the command did where it ended instead of listening.
    pub(crate) fn try_serve(&self, log: &Path, arguments: &[&str]) -> Result<Server, Done> {
        let log = self.folder.path().join(log);
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).logs.insert(log.clone());
        let mut command = self.command();
        command.args(["serve", "--json", "--listen", "127.0.0.1:0"]).args(arguments);
        command.stdout(Stdio::piped()).stderr(std::fs::File::create(&log).expect("a log file"));
        let mut child = command.spawn().expect("the server starts");
        let mut output = BufReader::new(child.stdout.take().expect("standard output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("a line");
        if line.is_empty() {
            let output = child.wait_with_output().expect("the command ends");
            return Err(Done::of(&Output { stderr: std::fs::read(&log).expect("a log"), ..output }));
        }
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).note(&line);
        let greeting: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: the server said {line:?}"));
        let url = greeting["listen"].as_str().expect("an address").to_owned();
        Ok(Server { child, url, greeting, _output: output })
    }

    /// What servers have logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

/// A running server; killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    /// Such as `http://127.0.0.1:40123`.
    pub(crate) url: String,
    /// What it printed when it started.
    pub(crate) greeting: Value,
    _output: BufReader<ChildStdout>,
}

impl Server {
    /// The address without `http://` or `https://`.
    pub(crate) fn address(&self) -> &str {
        self.url.split_once("://").map_or(&self.url, |(_, address)| address)
    }

    /// The process's number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name, as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        // The shell's own `kill` is everywhere; the program of that name is not.
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status();
        assert!(sent.expect("sh runs").success());
    }

    /// Waits until the server has ended by itself, and gives its exit code.
    pub(crate) fn ended(mut self) -> Option<i32> {
        self.child.wait().expect("the server ends").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

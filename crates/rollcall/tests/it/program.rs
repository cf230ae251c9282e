//! Running the binary: commands to their end, a server in the background that never outlives its test.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use rollcall_core::Database;
use rollcall_testkit::TestDatabase;
use serde_json::Value;
use tempfile::TempDir;

/// A data directory of its own, and commands on it.
pub(crate) struct Program {
    folder: TempDir,
    /// Where the data lies if not in the data directory.
    database: Option<TestDatabase>,
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

impl Program {
    /// On the database that the tests run on: SQLite in the data directory, or an empty one on a PostgreSQL server.
    pub(crate) fn new() -> Self {
        Self { database: TestDatabase::is_postgres().then(TestDatabase::empty), ..Self::on_sqlite() }
    }

    /// On SQLite in the data directory, as the program does by default, whatever the tests run on.
    pub(crate) fn on_sqlite() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), database: None }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The data directory; the first command makes it.
    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Where its data lies.
    pub(crate) fn database(&self) -> Database {
        let file = || Database::Sqlite(self.data().join("rollcall.db"));
        self.database.as_ref().map_or_else(file, TestDatabase::database)
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
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
        // What the person who runs the tests has set must not change them.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ROLLCALL_")) {
            command.env_remove(name);
        }
        command.env("ROLLCALL_DATA", self.data()).current_dir(self.folder.path());
        if let Some(database) = &self.database {
            command.env("ROLLCALL_DATABASE", database.url());
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        Done::of(&self.command().args(arguments).output().expect("the binary runs"))
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Done {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        child.stdin.take().expect("standard input").write_all(input.as_bytes()).expect("input is taken");
        Done::of(&child.wait_with_output().expect("the command ends"))
    }

    /// Starts `serve` on a free port and waits until it says where it listens.
    pub(crate) fn serve(&self, arguments: &[&str]) -> Server {
        self.serve_on(Path::new("log"), arguments)
    }

    /// As [`Self::serve`], with the log in a file of that name.
    pub(crate) fn serve_on(&self, log: &Path, arguments: &[&str]) -> Server {
        let log = std::fs::File::create(self.folder.path().join(log)).expect("a log file");
        let mut command = self.command();
        command.args(["serve", "--json", "--listen", "127.0.0.1:0"]).args(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the server starts");
        let mut output = BufReader::new(child.stdout.take().expect("standard output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("a line");
        let greeting: Value = serde_json::from_str(&line)
            .unwrap_or_else(|e| panic!("{e}: the server said {line:?}; its log: {}", self.log()));
        let url = greeting["listen"].as_str().expect("an address").to_owned();
        Server { child, url, greeting, _output: output }
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
    /// The address without `http://`.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
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

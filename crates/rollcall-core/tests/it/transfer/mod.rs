//! Copies of a whole database: backups, restores and moves. What is the same afterwards, what is refused, what is seen.

mod broken;
mod online;
mod refusals;
mod whole;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rollcall_core::clock::ManualClock;
use rollcall_core::seal::InstallationKey;
use rollcall_core::transfer::Copied;
use rollcall_core::{Database, Error, HostKey, Open, Result, Rollcall, Threads, sync};
use rollcall_core::{op::View, policy::Permission};
use rollcall_testkit::{START, TestDatabase, TestRollcall};

type Rows = BTreeMap<String, Vec<Vec<Option<String>>>>;

/// The databases that the tests run on: SQLite always, PostgreSQL where there is a server.
fn kinds() -> Vec<fn() -> TestDatabase> {
    let server: fn() -> TestDatabase = TestDatabase::empty;
    [TestDatabase::sqlite as fn() -> TestDatabase]
        .into_iter()
        .chain(TestDatabase::is_postgres().then_some(server))
        .collect()
}

/// What a database is, for messages.
fn kind(database: &TestDatabase) -> &'static str {
    if database.folder().is_some() { "SQLite" } else { "PostgreSQL" }
}

/// Every table with all its rows and columns, in no order; without what belongs to the one database alone.
fn rows(database: &TestDatabase) -> Rows {
    let mut columns = BTreeMap::<String, BTreeSet<String>>::new();
    for (table, column) in database.columns() {
        columns.entry(table).or_default().insert(column);
    }
    columns.remove("schema_migrations");
    let all = |(table, columns): (String, BTreeSet<String>)| {
        let columns: Vec<String> = columns.into_iter().collect();
        let shared = if table == "installation" { "where name in ('key check', 'key history')" } else { "" };
        let mut rows = database.query(&format!("select {} from {table} {shared}", columns.join(", ")));
        rows.sort_unstable();
        (table, rows)
    };
    columns.into_iter().map(all).collect()
}

/// How many rows there are, whatever they are.
fn count(database: &TestDatabase) -> usize {
    rows(database).values().map(Vec::len).sum()
}

/// A copy at work, with the key of its original.
struct Opened {
    rollcall: Rollcall,
    host: HostKey,
}

impl Opened {
    fn at(acme: &TestRollcall, database: Database) -> Result<Self> {
        let key = InstallationKey::parse(acme.key().expose())?;
        let clock = Box::new(Arc::clone(&acme.clock));
        let (rollcall, host) =
            Rollcall::open(Open { database, clock, key, keys: None, threads: Threads::default(), rate_limit: None })?;
        Ok(Self { rollcall, host })
    }

    fn of(acme: &TestRollcall, database: &TestDatabase) -> Self {
        Self::at(acme, database.database()).unwrap()
    }

    /// Reads as the host; the account is the original's, as its ids are.
    fn read<T: Send + 'static>(
        &self,
        acme: &TestRollcall,
        work: impl FnOnce(&View<'_>) -> Result<T> + Send + 'static,
    ) -> T {
        let host = self.host.actor(&acme.account, "test");
        self.rollcall.read(host, Permission::AdministerAccount, work).wait().unwrap()
    }

    /// As [`TestRollcall::snapshot`].
    fn snapshot(&self, acme: &TestRollcall) -> String {
        let state = self.read(acme, |view| sync::export(view, true));
        rollcall_testkit::whole(&state)
    }
}

fn copy(acme: &TestRollcall, target: &TestDatabase) -> Result<Copied> {
    acme.rollcall().copy_to(acme.host(), &target.database())
}

/// A backup in a folder of its own.
fn backup(acme: &TestRollcall) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.db");
    acme.rollcall().backup(acme.host(), &file).unwrap();
    (folder, file)
}

/// Restores a copy of a backup, as the program does.
fn restore(file: &Path, target: &TestDatabase) -> Result<Copied> {
    let folder = tempfile::tempdir().unwrap();
    let read = folder.path().join("read.db");
    std::fs::copy(file, &read).unwrap();
    Rollcall::restore(&read, &target.database(), &ManualClock::at(START.plus_millis(1)))
}

/// Does something to a file that Rollcall would never do.
fn tamper(file: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(file).unwrap();
    connection.execute_batch(&format!("pragma foreign_keys = off; {sql}")).unwrap();
}

/// All that somebody could read of it.
fn say(error: &Error) -> String {
    format!("{error} {}", error.cause().unwrap_or_default())
}

/// The names of a folder's files.
fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

//! The database behind one small interface: placeholders, lists, batches, typed rows, error kinds. Everything that
//! SQLite does its own way is here, in `writer.rs` and in `migrate.rs`; the other files of the store do not know it.

use std::borrow::Cow;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::ops::Deref;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode as SqliteCode, OpenFlags};

use crate::clock::Time;
use crate::error::{Error, Result};

/// SQLite takes up to 32,766 parameters; lists longer than this are asked for in several statements.
const LIST_CHUNK: usize = 16_384;

/// Where the data lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// One file, inside this process.
    Sqlite(PathBuf),
}

impl Database {
    /// Reads `sqlite:PATH`.
    ///
    /// # Errors
    /// A sentence with the forms that there are.
    pub fn parse(url: &str) -> Result<Self> {
        match url.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            Some(("postgres" | "postgresql", _)) => Err(Error::invalid(
                "this version keeps its data in SQLite only; use --database sqlite:PATH (PostgreSQL comes with the next one)",
            )),
            _ => Err(Error::invalid(format!("{url:?} is not a database; use sqlite:PATH"))),
        }
    }
}

/// Opens a connection with the promises of the store: write-ahead log, an fsync for each commit, foreign keys.
pub(super) fn connect(database: &Database, read_only: bool) -> Result<Connection> {
    let Database::Sqlite(path) = database;
    let flags = if read_only {
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX
    };
    if !read_only {
        make_private(path)?;
    }
    let connection = Connection::open_with_flags(path, flags)
        .map_err(|e| Error::invalid(format!("cannot open the database {}: {e}", path.display())))?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(256);
    if !read_only {
        connection.pragma_update(None, "journal_mode", "wal").map_err(failed)?;
        connection.pragma_update(None, "synchronous", "full").map_err(failed)?;
        connection.pragma_update(None, "wal_autocheckpoint", 10_000).map_err(failed)?;
    }
    connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
    connection.pragma_update(None, "mmap_size", 1_i64 << 30).map_err(failed)?;
    connection.pragma_update(None, "temp_store", "memory").map_err(failed)?;
    Ok(connection)
}

/// Makes the file, for its owner alone: SQLite gives the log beside it the same mode.
fn make_private(path: &Path) -> Result<()> {
    let made = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path);
    match made {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(Error::invalid(format!("cannot make the database {}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

/// What a failure of the database means to the rest: busy, or a fault.
pub(super) fn failed(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(SqliteCode::DatabaseBusy | SqliteCode::DatabaseLocked) => Error::busy(error),
        Some(SqliteCode::NotADatabase) => {
            Error::invalid("the database's file is none: something else has written to it; restore it from a backup")
        }
        Some(SqliteCode::DiskFull) => Error::internal(format!("the disk is full: {error}")),
        _ => Error::internal(format!("database: {error}")),
    }
}

/// A parameter, borrowed from whoever holds it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Bool(bool),
    Text(&'a str),
    Bytes(&'a [u8]),
}

macro_rules! value_from {
    ($($type:ty => $make:expr),+ $(,)?) => {$(
        impl<'a> From<$type> for Value<'a> {
            fn from(value: $type) -> Self {
                #[allow(clippy::redundant_closure_call, reason = "each row of the table is a closure")]
                ($make)(value)
            }
        }
    )+};
}

value_from!(
    i64 => Value::Int,
    bool => Value::Bool,
    Time => |t: Time| Value::Int(t.0),
    &'a str => Value::Text,
    &'a String => |s: &'a String| Value::Text(s),
    &'a [u8] => Value::Bytes,
    &'a Vec<u8> => |b: &'a Vec<u8>| Value::Bytes(b),
    &'a [u8; 32] => |b: &'a [u8; 32]| Value::Bytes(b),
    Option<Time> => |t: Option<Time>| t.map_or(Value::Null, |t| Value::Int(t.0)),
    Option<&'a str> => |s: Option<&'a str>| s.map_or(Value::Null, Value::Text),
    &'a Option<String> => |s: &'a Option<String>| s.as_deref().map_or(Value::Null, Value::Text),
);

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Value::Null => ValueRef::Null,
            Value::Int(n) => ValueRef::Integer(n),
            Value::Bool(b) => ValueRef::Integer(i64::from(b)),
            Value::Text(s) => ValueRef::Text(s.as_bytes()),
            Value::Bytes(b) => ValueRef::Blob(b),
        }))
    }
}

/// A row of an answer. The columns are the statement's own, so a wrong type is a fault of ours and says so.
pub(crate) struct Row<'r, 's>(&'r rusqlite::Row<'s>);

impl Row<'_, '_> {
    fn cell(&self, column: usize) -> ValueRef<'_> {
        self.0.get_ref(column).expect("the statement has this column")
    }

    pub(crate) fn int(&self, column: usize) -> i64 {
        self.cell(column).as_i64().expect("an integer column")
    }

    pub(crate) fn opt_int(&self, column: usize) -> Option<i64> {
        self.cell(column).as_i64_or_null().expect("an integer column")
    }

    pub(crate) fn bool(&self, column: usize) -> bool {
        self.int(column) != 0
    }

    pub(crate) fn time(&self, column: usize) -> Time {
        Time(self.int(column))
    }

    pub(crate) fn str(&self, column: usize) -> &str {
        self.cell(column).as_str().expect("a text column")
    }

    pub(crate) fn text(&self, column: usize) -> String {
        self.str(column).to_owned()
    }

    pub(crate) fn opt_text(&self, column: usize) -> Option<String> {
        self.cell(column).as_str_or_null().expect("a text column").map(str::to_owned)
    }

    pub(crate) fn opt_bytes(&self, column: usize) -> Option<Vec<u8>> {
        self.cell(column).as_blob_or_null().expect("a column of bytes").map(<[u8]>::to_vec)
    }

    pub(crate) fn bytes(&self, column: usize) -> &[u8] {
        self.cell(column).as_blob().expect("a column of bytes")
    }
}

/// A transaction that reads one snapshot.
pub(crate) struct Tx<'c> {
    connection: &'c Connection,
    statements: &'c AtomicU64,
}

/// A transaction that may also write.
pub(crate) struct WriteTx<'c>(Tx<'c>);

impl<'c> Deref for WriteTx<'c> {
    type Target = Tx<'c>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'c> Tx<'c> {
    pub(super) fn new(connection: &'c Connection, statements: &'c AtomicU64) -> Self {
        Self { connection, statements }
    }

    fn prepare(&self, sql: &str) -> Result<CachedStatement<'c>> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.connection.prepare_cached(&positional(sql)).map_err(failed)
    }

    /// All rows of an answer.
    pub(crate) fn query<T>(
        &self,
        sql: &str,
        parameters: &[Value<'_>],
        mut row: impl FnMut(&Row<'_, '_>) -> T,
    ) -> Result<Vec<T>> {
        let mut out = Vec::new();
        self.each(sql, parameters, |r| out.push(row(r)))?;
        Ok(out)
    }

    fn each(&self, sql: &str, parameters: &[Value<'_>], mut row: impl FnMut(&Row<'_, '_>)) -> Result<()> {
        let mut statement = self.prepare(sql)?;
        bind(&mut statement, parameters)?;
        let mut rows = statement.raw_query();
        while let Some(r) = rows.next().map_err(failed)? {
            row(&Row(r));
        }
        Ok(())
    }

    /// The first row of an answer, if there is one.
    pub(crate) fn first<T>(
        &self,
        sql: &str,
        parameters: &[Value<'_>],
        row: impl FnOnce(&Row<'_, '_>) -> T,
    ) -> Result<Option<T>> {
        let mut statement = self.prepare(sql)?;
        bind(&mut statement, parameters)?;
        let mut rows = statement.raw_query();
        rows.next().map_err(failed)?.map(|r| Ok(row(&Row(r)))).transpose()
    }

    /// All rows for a list of values: `sql` names the list once, as `in {list}`, after the fixed parameters. An empty
    /// list asks nothing. The list is padded with its last value to a power of two, so that few texts are prepared.
    pub(crate) fn query_list<T>(
        &self,
        sql: &str,
        fixed: &[Value<'_>],
        list: &[Value<'_>],
        mut row: impl FnMut(&Row<'_, '_>) -> T,
    ) -> Result<Vec<T>> {
        let mut out = Vec::new();
        for chunk in list.chunks(LIST_CHUNK) {
            let padded = chunk.len().next_power_of_two();
            let text = sql.replace("{list}", &placeholders(fixed.len() + 1, padded));
            let mut parameters = Vec::with_capacity(fixed.len() + padded);
            parameters.extend_from_slice(fixed);
            parameters.extend_from_slice(chunk);
            parameters.resize(fixed.len() + padded, chunk[chunk.len() - 1]);
            self.each(&text, &parameters, |r| out.push(row(r)))?;
        }
        Ok(out)
    }
}

impl<'c> WriteTx<'c> {
    pub(super) fn new(connection: &'c Connection, statements: &'c AtomicU64) -> Self {
        Self(Tx::new(connection, statements))
    }

    /// How many rows this connection has changed since it was opened.
    pub(crate) fn changes(&self) -> u64 {
        self.connection.total_changes()
    }

    /// Runs a statement and tells how many rows it changed.
    pub(crate) fn execute(&self, sql: &str, parameters: &[Value<'_>]) -> Result<usize> {
        let mut statement = self.prepare(sql)?;
        bind(&mut statement, parameters)?;
        statement.raw_execute().map_err(failed)
    }

    /// Runs one statement for each row of a batch and tells how many rows were changed. To the rest of the store this
    /// is one statement: SQLite steps through it in process, which costs less than parsing one long text; a database
    /// behind a network would take the batch in one round trip.
    pub(crate) fn execute_many(&self, sql: &str, batch: &[Vec<Value<'_>>]) -> Result<usize> {
        let mut changed = 0;
        if !batch.is_empty() {
            let mut statement = self.prepare(sql)?;
            for parameters in batch {
                bind(&mut statement, parameters)?;
                changed += statement.raw_execute().map_err(failed)?;
            }
        }
        Ok(changed)
    }

    /// Inserts a batch with `… on conflict do nothing returning id` and gives, row by row, the id or none where
    /// something was there already. One statement, as [`Self::execute_many`].
    pub(crate) fn insert_returning(&self, sql: &str, batch: &[Vec<Value<'_>>]) -> Result<Vec<Option<i64>>> {
        let mut ids = Vec::with_capacity(batch.len());
        if !batch.is_empty() {
            let mut statement = self.prepare(sql)?;
            for parameters in batch {
                bind(&mut statement, parameters)?;
                let mut rows = statement.raw_query();
                let id = rows.next().map_err(failed)?.map(|r| Row(r).int(0));
                // Step to the end: the insert is done only when the statement is.
                while rows.next().map_err(failed)?.is_some() {}
                ids.push(id);
            }
        }
        Ok(ids)
    }

    /// Inserts one row with `… returning id`, which must not conflict.
    pub(crate) fn insert(&self, sql: &str, parameters: &[Value<'_>]) -> Result<i64> {
        self.first(sql, parameters, |r| r.int(0))?.ok_or_else(|| Error::internal("an insert returned no id"))
    }
}

fn bind(statement: &mut CachedStatement<'_>, parameters: &[Value<'_>]) -> Result<()> {
    for (index, value) in parameters.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, value).map_err(failed)?;
    }
    Ok(())
}

/// `$1` is a *named* parameter to SQLite; `?1` is the first one.
fn positional(sql: &str) -> Cow<'_, str> {
    if sql.contains('$') { Cow::Owned(sql.replace('$', "?")) } else { Cow::Borrowed(sql) }
}

fn placeholders(from: usize, count: usize) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(count * 6 + 2);
    out.push('(');
    for n in from..from + count {
        let _ = write!(out, "{}${n}", if n == from { "" } else { "," });
    }
    out.push(')');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_wait_for_the_disk_and_edges_are_checked() {
        let folder = tempfile::tempdir().unwrap();
        let connection = connect(&Database::Sqlite(folder.path().join("a.db")), false).unwrap();
        let pragma = |name: &str| connection.pragma_query_value(None, name, |r| r.get::<_, i64>(0)).unwrap();
        // 2 is FULL: an fsync of the log for every commit.
        assert_eq!((pragma("synchronous"), pragma("foreign_keys")), (2, 1));
        let mode: String = connection.pragma_query_value(None, "journal_mode", |r| r.get(0)).unwrap();
        assert_eq!(mode, "wal");
    }

    #[test]
    fn lists_are_padded_and_chunked() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("create table t (n integer)").unwrap();
        let rows = "with recursive s (n) as (select 1 union all select n + 1 from s where n < 50000) insert into t select n from s";
        connection.execute_batch(rows).unwrap();
        let statements = AtomicU64::new(0);
        let tx = Tx::new(&connection, &statements);
        let find = |list: &[i64]| {
            let list: Vec<Value<'_>> = list.iter().map(|n| Value::Int(*n)).collect();
            tx.query_list("select n from t where n > $1 and n in {list} order by n", &[Value::Int(1)], &list, |r| {
                r.int(0)
            })
            .unwrap()
        };
        assert_eq!(find(&[]), Vec::<i64>::new());
        assert_eq!(statements.load(Ordering::SeqCst), 0, "an empty list asks nothing");
        assert_eq!(find(&[3, 1, 2]), [2, 3]);
        let all: Vec<i64> = (1..=40_000).collect();
        assert_eq!(find(&all).len(), 39_999);
        assert_eq!(statements.load(Ordering::SeqCst), 4, "one, and three for a list of 40,000");
    }

    #[test]
    fn databases_are_named_by_url() {
        assert_eq!(Database::parse("sqlite:a/b.db").unwrap(), Database::Sqlite("a/b.db".into()));
        for bad in ["", "sqlite:", "a.db", "mysql://x"] {
            assert!(Database::parse(bad).unwrap_err().to_string().contains("sqlite:PATH"), "{bad}");
        }
        assert!(Database::parse("postgres://x/y").unwrap_err().to_string().contains("PostgreSQL"));
    }
}

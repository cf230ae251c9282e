//! SQLite's own ways: opening the file, `?1` for `$1`, lists as parameters, batches stepped through in process. Its
//! threads are in `writer.rs`; the words that its schema spells otherwise are in `../migrate.rs`.

mod file;
mod writer;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::{CachedStatement, Connection, ErrorCode as SqliteCode, OpenFlags};

use super::{Row, Value};
use crate::error::{Error, Result};

pub(crate) use file::{check_backup, check_target, make_plain, remove_unused};
pub(super) use writer::start;

/// SQLite takes up to 32,766 parameters; lists longer than this are asked for in several statements.
const LIST_CHUNK: usize = 16_384;

/// Of as many statements the texts are kept that SQLite gets; there are fewer.
const TEXTS: usize = 1_024;

/// A statement as SQLite has it, by the length of its list.
type OfLength = HashMap<usize, Arc<str>>;

/// An open connection, and the count of the statements that were run on it.
pub(crate) struct Connected {
    pub(super) connection: Connection,
    statements: Arc<AtomicU64>,
    /// Statements as SQLite has them, by how the store writes them and the length of their list: made once.
    texts: RefCell<HashMap<Box<str>, OfLength>>,
}

type Each<'a> = dyn FnMut(&Row<'_, '_>) + 'a;

/// How much of the database the writer keeps in memory, and how much all readers together; in KiB (decision 0026).
const WRITER_CACHE: i64 = 16 * 1024;
const READERS_CACHE: i64 = 32 * 1024;
/// How large the log stays, in bytes, after a transaction that needed more of it.
const LOG: i64 = 64 * 1024 * 1024;

/// Opens the connection of the writer.
pub(super) fn connect_to_write(path: &Path) -> Result<Connection> {
    connect(path, false, WRITER_CACHE)
}

/// Opens the connection of one of so many readers.
pub(super) fn connect_to_read(path: &Path, readers: usize) -> Result<Connection> {
    connect(path, true, READERS_CACHE / i64::try_from(readers).unwrap_or(READERS_CACHE))
}

/// Opens a connection with the promises of the store: write-ahead log, an fsync for each commit, foreign keys; and so many
/// KiB of the database in memory.
fn connect(path: &Path, read_only: bool, cache: i64) -> Result<Connection> {
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
        // SQLite takes a file that it cannot write for one to be read; such a server would never write again, not even
        // when the disk can be written again.
        if connection.is_readonly("main").map_err(failed)? {
            return Err(Error::invalid(format!(
                "the database {} cannot be written: mend its permissions, or make its disk writable",
                path.display()
            )));
        }
        connection.pragma_update(None, "journal_mode", "wal").map_err(failed)?;
        connection.pragma_update(None, "synchronous", "full").map_err(failed)?;
        // About 40 MB: then the writer moves them into the file, after a commit. No reader ever does.
        connection.pragma_update(None, "wal_autocheckpoint", 10_000).map_err(failed)?;
        connection.pragma_update(None, "journal_size_limit", LOG).map_err(failed)?;
    }
    connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
    // The operating system has the file in memory anyway; mapped, all that was ever read would count as ours.
    connection.pragma_update(None, "mmap_size", 0).map_err(failed)?;
    // Less than nothing: in KiB.
    connection.pragma_update(None, "cache_size", -cache).map_err(failed)?;
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

impl Connected {
    pub(super) fn new(connection: Connection, statements: &Arc<AtomicU64>) -> Self {
        Self { connection, statements: Arc::clone(statements), texts: RefCell::default() }
    }

    fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>> {
        self.prepare_of_list(sql, 0, 0)
    }

    /// With a list of that many values after the fixed ones.
    fn prepare_of_list(&self, sql: &str, fixed: usize, length: usize) -> Result<CachedStatement<'_>> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.connection.prepare_cached(&self.text(sql, fixed, length)).map_err(failed)
    }

    fn text(&self, sql: &str, fixed: usize, length: usize) -> Arc<str> {
        let mut texts = self.texts.borrow_mut();
        if let Some(text) = texts.get(sql).and_then(|texts| texts.get(&length)) {
            return Arc::clone(text);
        }
        if texts.len() >= TEXTS {
            texts.clear();
        }
        let text: Arc<str> = if length == 0 {
            positional(sql).into()
        } else {
            positional(&sql.replace("{list}", &placeholders(fixed + 1, length))).into()
        };
        texts.entry(sql.into()).or_default().insert(length, Arc::clone(&text));
        text
    }

    pub(super) fn each(&self, sql: &str, parameters: &[Value<'_>], row: &mut Each<'_>) -> Result<()> {
        each_row(&mut self.prepare(sql)?, parameters, row)
    }

    pub(super) fn first(&self, sql: &str, parameters: &[Value<'_>], row: &mut Each<'_>) -> Result<()> {
        let mut statement = self.prepare(sql)?;
        bind(&mut statement, parameters)?;
        let mut rows = statement.raw_query();
        if let Some(r) = rows.next().map_err(failed)? {
            row(&Row::Sqlite(r));
        }
        Ok(())
    }

    /// The list is padded with its last value to a power of two, so that few texts are prepared.
    pub(super) fn each_of_list(
        &self,
        sql: &str,
        fixed: &[Value<'_>],
        list: &[Value<'_>],
        row: &mut Each<'_>,
    ) -> Result<()> {
        for chunk in list.chunks(LIST_CHUNK) {
            let padded = chunk.len().next_power_of_two();
            let mut parameters = Vec::with_capacity(fixed.len() + padded);
            parameters.extend_from_slice(fixed);
            parameters.extend_from_slice(chunk);
            parameters.resize(fixed.len() + padded, chunk[chunk.len() - 1]);
            each_row(&mut self.prepare_of_list(sql, fixed.len(), padded)?, &parameters, row)?;
        }
        Ok(())
    }

    pub(super) fn changes(&self) -> u64 {
        self.connection.total_changes()
    }

    pub(super) fn execute(&self, sql: &str, parameters: &[Value<'_>]) -> Result<usize> {
        let mut statement = self.prepare(sql)?;
        bind(&mut statement, parameters)?;
        statement.raw_execute().map_err(failed)
    }

    pub(super) fn execute_many(&self, sql: &str, batch: &[Vec<Value<'_>>]) -> Result<usize> {
        let mut changed = 0;
        let mut statement = self.prepare(sql)?;
        for parameters in batch {
            bind(&mut statement, parameters)?;
            changed += statement.raw_execute().map_err(failed)?;
        }
        Ok(changed)
    }

    pub(super) fn insert_returning(&self, sql: &str, batch: &[Vec<Value<'_>>]) -> Result<Vec<Option<i64>>> {
        let mut ids = Vec::with_capacity(batch.len());
        let mut statement = self.prepare(sql)?;
        for parameters in batch {
            bind(&mut statement, parameters)?;
            let mut rows = statement.raw_query();
            let id = rows.next().map_err(failed)?.map(|r| Row::Sqlite(r).int(0));
            // Step to the end: the insert is done only when the statement is.
            while rows.next().map_err(failed)?.is_some() {}
            ids.push(id);
        }
        Ok(ids)
    }
}

fn each_row(statement: &mut CachedStatement<'_>, parameters: &[Value<'_>], row: &mut Each<'_>) -> Result<()> {
    bind(statement, parameters)?;
    let mut rows = statement.raw_query();
    while let Some(r) = rows.next().map_err(failed)? {
        row(&Row::Sqlite(r));
    }
    Ok(())
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
    use crate::store::Tx;

    #[test]
    fn commits_wait_for_the_disk_and_edges_are_checked() {
        let folder = tempfile::tempdir().unwrap();
        let connection = connect_to_write(&folder.path().join("a.db")).unwrap();
        let pragma = |name: &str| connection.pragma_query_value(None, name, |r| r.get::<_, i64>(0)).unwrap();
        // 2 is FULL: an fsync of the log for every commit.
        assert_eq!((pragma("synchronous"), pragma("foreign_keys")), (2, 1));
        let mode: String = connection.pragma_query_value(None, "journal_mode", |r| r.get(0)).unwrap();
        assert_eq!(mode, "wal");
    }

    /// Memory is bounded by what is said here, at any size of the file and by any number of readers.
    #[test]
    fn nothing_of_the_file_is_mapped_and_readers_share_what_they_keep() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let pragma = |connection: &Connection, name: &str| {
            connection.pragma_query_value(None, name, |r| r.get::<_, i64>(0)).unwrap()
        };
        let writer = connect_to_write(&path).unwrap();
        assert_eq!(
            ["mmap_size", "cache_size", "journal_size_limit"].map(|p| pragma(&writer, p)),
            [0, -WRITER_CACHE, LOG]
        );
        for readers in [1, 2, 16] {
            let reader = connect_to_read(&path, readers).unwrap();
            assert_eq!(pragma(&reader, "mmap_size"), 0);
            assert_eq!(pragma(&reader, "cache_size") * i64::try_from(readers).unwrap(), -READERS_CACHE);
        }
    }

    #[test]
    fn lists_are_padded_and_chunked() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("create table t (n integer)").unwrap();
        let rows = "with recursive s (n) as (select 1 union all select n + 1 from s where n < 50000) insert into t select n from s";
        connection.execute_batch(rows).unwrap();
        let statements = Arc::new(AtomicU64::new(0));
        let connected = Connected::new(connection, &statements);
        let tx = Tx::sqlite(&connected);
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
}

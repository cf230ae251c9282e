//! A SQLite file as a thing to carry away: made one plain file, and looked at before it is believed or written to.

use std::fs::File;
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::failed;
use crate::error::{Error, Result};
use crate::store::migrate;
use crate::store::transfer::DIGEST;

/// The schema's version, where it is a schema of Rollcall: other programs have a table of that name, too.
const VERSION: &str = "select max(version) from schema_migrations \
                       where exists (select 1 from schema_migrations where version = 1 and name = '0001_accounts')";

/// Ends the write-ahead log, so that the database is one file and whole, notes the digest of its rows in it, and waits
/// until it is on the disk.
pub(crate) fn make_plain(path: &Path) -> Result<()> {
    let connection = Connection::open(path).map_err(failed)?;
    connection.pragma_update(None, "journal_mode", "delete").map_err(failed)?;
    let digest = digest(&connection).map_err(failed)?;
    connection.execute("insert into installation (name, value) values (?1, ?2)", (DIGEST, digest)).map_err(failed)?;
    connection.close().map_err(|(_, error)| failed(error))?;
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|e| Error::internal(format!("{} may not be on the disk: {e}", path.display())))
}

/// Refuses a file that is not a whole Rollcall database, or one of a newer Rollcall. SQLite sees damage to its own
/// structure; that the rows are those that were backed up is seen by their digest, where the file has one.
pub(crate) fn check_backup(path: &Path) -> Result<()> {
    let refused = |why: &str| Error::invalid(format!("this is no whole backup of Rollcall: {why}"));
    let unreadable = |error: rusqlite::Error| refused(&told(&error));
    if path.metadata().is_ok_and(|file| file.len() == 0) {
        return Err(refused("the file is empty"));
    }
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(unreadable)?;
    let fault: String = connection.query_row("pragma integrity_check(1)", [], |r| r.get(0)).map_err(unreadable)?;
    if fault != "ok" {
        let fault = fault.lines().last().unwrap_or_default();
        return Err(refused(&format!("the file is damaged ({fault}); use another one")));
    }
    if connection.is_readonly("main").map_err(unreadable)? {
        return Err(refused("the file is damaged, or of a later SQLite; use another one"));
    }
    let version = match connection.query_row(VERSION, [], |r| r.get::<_, Option<i64>>(0)) {
        Ok(Some(version)) => version,
        _ => return Err(refused("it is a database of something else")),
    };
    if version > migrate::SCHEMA_VERSION {
        return Err(Error::invalid(format!(
            "the backup has schema {version}, this program knows up to {}: restore it with the newer Rollcall",
            migrate::SCHEMA_VERSION
        )));
    }
    let noted =
        connection.query_row("select value from installation where name = ?1", [DIGEST], |r| r.get::<_, Vec<u8>>(0));
    match noted {
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(()),
        Ok(noted) if digest(&connection).map_err(unreadable)? == noted => Ok(()),
        Ok(_) => Err(refused(
            "its rows are not those that were backed up. The file is damaged, or somebody has worked on it since; in that \
             case back it up anew (rollcall --database sqlite:FILE backup NEW)",
        )),
        Err(error) => Err(unreadable(error)),
    }
}

/// Refuses a file that has anything in it, without touching it: what is opened to be filled is migrated first.
pub(crate) fn check_target(path: &Path) -> Result<()> {
    if !path.metadata().is_ok_and(|file| file.len() > 0) {
        return Ok(());
    }
    let refused = |why: &str| Error::invalid(format!("{why}; it was left as it is. Name a file that is not there yet"));
    let unreadable = |error: rusqlite::Error| match failed(error) {
        busy if busy.code() == crate::Code::Busy => busy,
        _ => refused("the file is there, and no database that can be read"),
    };
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(unreadable)?;
    let tables = "select count(*) from sqlite_schema where name not like 'sqlite_%'";
    if connection.query_row(tables, [], |r| r.get::<_, i64>(0)).map_err(unreadable)? == 0 {
        return Ok(());
    }
    let Ok(Some(version)) = connection.query_row(VERSION, [], |r| r.get::<_, Option<i64>>(0)) else {
        return Err(refused("the file is there, and a database of something else"));
    };
    migrate::refuse_newer(version)?;
    // Every database that Rollcall was ever started on has rows in this one, whatever its version.
    match connection.query_row("select exists (select 1 from installation)", [], |r| r.get(0)) {
        Ok(false) => Ok(()),
        Ok(true) => Err(refused("there is something in the database already (table installation)")),
        Err(error) => Err(unreadable(error)),
    }
}

/// Removes a file that was made to be filled and was not; one that somebody else has filled meanwhile stays.
pub(crate) fn remove_unused(path: &Path) {
    let is_ours = || {
        let connection = Connection::open(path)?;
        connection.execute_batch("begin immediate")?;
        let is_used: bool = connection.query_row("select exists (select 1 from installation)", [], |r| r.get(0))?;
        Ok::<_, rusqlite::Error>((!is_used).then_some(connection))
    };
    // The lock is held meanwhile.
    if let Ok(Some(_connection)) = is_ours() {
        for ending in ["", "-wal", "-shm"] {
            let mut file = path.as_os_str().to_owned();
            file.push(ending);
            // What cannot be removed is empty, and can be filled.
            let _ = std::fs::remove_file(file);
        }
    }
}

/// What a file that SQLite cannot read is, for people.
fn told(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => "the file is no database".into(),
        Some(rusqlite::ErrorCode::DatabaseCorrupt) => {
            "the file is damaged, or only a part of it is there; use another one".into()
        }
        _ => error.to_string(),
    }
}

/// SHA-256 over every cell of every table, but for the digest's own row. It knows no schema, so that a backup of any
/// version is checked as it was written.
fn digest(connection: &Connection) -> rusqlite::Result<Vec<u8>> {
    let mut context = Context::new(&SHA256);
    let texts = |sql: &str, table: &[&str]| -> rusqlite::Result<Vec<String>> {
        let mut statement = connection.prepare(sql)?;
        statement.query_map(rusqlite::params_from_iter(table), |r| r.get(0))?.collect()
    };
    let tables = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name";
    for table in texts(tables, &[])? {
        let key = texts("select name from pragma_table_info(?1) where pk > 0 order by pk", &[&table])?.join(", ");
        let rows = if table == "installation" { format!("where name <> '{DIGEST}'") } else { String::new() };
        let mut statement = connection.prepare(&format!("select * from {table} {rows} order by {key}"))?;
        let columns = statement.column_count();
        field(&mut context, b't', table.as_bytes());
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                match row.get_ref(column)? {
                    ValueRef::Null => field(&mut context, b'n', &[]),
                    ValueRef::Integer(n) => field(&mut context, b'i', &n.to_be_bytes()),
                    ValueRef::Real(n) => field(&mut context, b'r', &n.to_be_bytes()),
                    ValueRef::Text(text) => field(&mut context, b's', text),
                    ValueRef::Blob(bytes) => field(&mut context, b'b', bytes),
                }
            }
        }
    }
    Ok(context.finish().as_ref().to_vec())
}

/// With its length, so that nothing can be moved from one into the next.
fn field(context: &mut Context, kind: u8, bytes: &[u8]) {
    context.update(&[kind]);
    context.update(&(bytes.len() as u64).to_be_bytes());
    context.update(bytes);
}

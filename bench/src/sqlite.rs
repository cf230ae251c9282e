//! The baseline for writes: a loop that inserts users into SQLite, one transaction for each or for so many at a time.
//! The table, its indexes and the settings of the connection are Rollcall's; HTTP, rules, audit and mail are missing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Place;
use crate::process::Process;

/// `crates/rollcall-core/migrations/0002_people.sql`, as it is on SQLite.
const TABLE: &str = "
create table users (
    id integer primary key,
    account_id integer not null, public_id text not null, email text not null, email_key text not null,
    org_user_id text, first_name text, last_name text, company text, department text, company_phone text,
    work_number text, street text, suite text, city text, zip text, state text, country text, job_title text,
    picture text, colour text,
    can_create_bot integer not null, is_developer integer not null, data_tables integer not null,
    status text not null check (status in ('invited', 'active', 'suspended', 'locked')),
    source text not null, last_login_at integer, created_at integer not null, updated_at integer not null,
    unique (account_id, id), unique (account_id, public_id), unique (account_id, email_key),
    check (is_developer or not can_create_bot)
) strict;
create unique index users_by_org_user_id on users (account_id, org_user_id) where org_user_id is not null;
";
const INSERT: &str = "
insert into users (account_id, public_id, email, email_key, org_user_id, first_name, last_name, department,
    can_create_bot, is_developer, data_tables, status, source, created_at, updated_at)
values (1, ?1, ?2, ?2, ?3, ?4, ?5, ?6, 1, 1, 0, 'invited', 'api', ?7, ?7)";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The database; a new one begins with so many users as `fill` says
    file: PathBuf,
    fill: u64,
    /// Users in one transaction
    batch: u64,
    seconds: f64,
    /// SQLite with none of Rollcall's settings
    #[arg(long)]
    plain: bool,
}

/// A database for the loop, beside the one of the server that it is compared with.
pub(crate) struct SqliteLoop {
    dir: TempDir,
    fill: usize,
    plain: bool,
}

impl SqliteLoop {
    /// A new database with so many users in it; with Rollcall's settings, or plain, as SQLite comes.
    pub(crate) async fn new(place: &Place, fill: usize, plain: bool) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("rollcall-bench-").tempdir_in(&place.dir)?;
        let new = Self { dir, fill, plain };
        new.run(1, Duration::ZERO).await?;
        Ok(new)
    }

    /// Runs the loop and gives its users a second.
    pub(crate) async fn run(&self, batch: u64, length: Duration) -> Result<f64> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("sqlite-loop").arg(self.dir.path().join("loop.db"));
        command.args([self.fill.to_string(), batch.to_string(), length.as_secs_f64().to_string()]);
        if self.plain {
            command.arg("--plain");
        }
        let mut process = Process::start("the SQLite loop", command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
        let line = process.line(length + Duration::from_secs(120)).await?;
        let status = process.end(Duration::from_secs(60)).await?;
        if !status.success() {
            bail!("the SQLite loop: {status}");
        }
        serde_json::from_str::<Value>(&line)?["perSecond"].as_f64().context("the SQLite loop gives no number")
    }
}

/// The process: one run of the loop.
pub(crate) fn run(args: &Args) -> Result<()> {
    let mut connection = open(&args.file, args.plain)?;
    let first = connection.query_row("select count(*) from users", (), |row| row.get::<_, i64>(0))?.unsigned_abs();
    if first == 0 {
        insert(&mut connection, 0, args.fill)?;
    }
    let mut next = first.max(args.fill);
    let (started, before) = (Instant::now(), next);
    while started.elapsed().as_secs_f64() < args.seconds {
        insert(&mut connection, next, args.batch)?;
        next += args.batch;
    }
    let per_second = (next - before) as f64 / started.elapsed().as_secs_f64();
    println!("{}", json!({ "perSecond": per_second }));
    Ok(())
}

/// As `store/db.rs` of the core opens it. Plain: a rollback journal, which is durable too, but needs more for it.
fn open(file: &Path, plain: bool) -> Result<Connection> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "synchronous", "full")?;
    if !plain {
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "wal_autocheckpoint", 10_000)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "mmap_size", 1_i64 << 30)?;
        connection.pragma_update(None, "temp_store", "memory")?;
    }
    if !connection.table_exists(None, "users")? {
        connection.execute_batch(TABLE)?;
    }
    Ok(connection)
}

fn insert(connection: &mut Connection, from: u64, count: u64) -> Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    {
        let mut statement = transaction.prepare_cached(INSERT)?;
        for n in from..from + count {
            // Public ids come in no order, as random ones do.
            let id = format!("u-{:016x}-{n:019}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let (email, org) = (format!("new.{n:09}@bench.example"), format!("N-{n:09}"));
            let at = i64::try_from(n)? + 1_790_000_000_000;
            statement.execute(params![id, email, org, "Priya", "Ramírez", "Engineering", at])?;
        }
    }
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::types::Value as Sql;

    #[test]
    fn both_loops_insert_into_a_durable_database() {
        let dir = tempfile::tempdir().unwrap();
        for (plain, journal) in [(false, "wal"), (true, "delete")] {
            let mut connection = open(&dir.path().join(journal), plain).unwrap();
            insert(&mut connection, 0, 3).unwrap();
            insert(&mut connection, 3, 1).unwrap();
            let ask = |sql| connection.query_row(sql, (), |row| row.get::<_, Sql>(0)).unwrap();
            assert_eq!(ask("select count(*) from users"), Sql::Integer(4));
            assert_eq!(ask("pragma journal_mode"), Sql::Text(journal.into()));
            assert_eq!(ask("pragma synchronous"), Sql::Integer(2));
        }
    }
}

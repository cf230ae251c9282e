//! The baseline for writes: a loop that inserts users into SQLite, one transaction for each or for so many at a time.
//! The table, its indexes and the settings of the connection are Rollcall's; HTTP, rules, audit and mail are missing. In the same
//! tables each user comes with its event, and all indexes and foreign keys are there.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Place;
use crate::process::{Process, own_cpu};
use crate::results::Rate;
use crate::tables;

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

const EVENT: &str = "
insert into audit_events (account_id, at, actor_kind, actor_id, actor_name, ip, category, name, target, description, state_after)
values (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

/// The name of the file.
const FILE: &str = "loop.db";
/// Users in a transaction while it is filled.
const FILL: usize = 20_000;

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
    /// Into the tables that the product has made
    #[arg(long, conflicts_with = "plain")]
    same_tables: bool,
}

/// What is inserted into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Into {
    /// A table of users alone, with Rollcall's settings.
    Users,
    /// The same, with the settings that SQLite comes with.
    Plain,
    /// The product's own tables: each user with its event.
    SameTables,
}

/// A database for the loop, beside the one of the server that it is compared with.
pub(crate) struct SqliteLoop {
    dir: TempDir,
    fill: usize,
    into: Into,
}

impl SqliteLoop {
    /// A new database with so many users in it.
    pub(crate) async fn new(place: &Place, fill: usize, into: Into) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("rollcall-bench-").tempdir_in(&place.dir)?;
        if into == Into::SameTables {
            tables::make_file(&dir.path().join(FILE))?;
        }
        let new = Self { dir, fill, into };
        new.run(1, Duration::ZERO).await?;
        Ok(new)
    }

    /// Runs the loop and gives its users a second, and its CPU time for each.
    pub(crate) async fn run(&self, batch: u64, length: Duration) -> Result<Rate> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("sqlite-loop").arg(self.dir.path().join(FILE));
        command.args([self.fill.to_string(), batch.to_string(), length.as_secs_f64().to_string()]);
        match self.into {
            Into::Users => &mut command,
            Into::Plain => command.arg("--plain"),
            Into::SameTables => command.arg("--same-tables"),
        };
        let mut process = Process::start("the SQLite loop", command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
        let line = process.line(length + Duration::from_secs(600)).await?;
        let status = process.end(Duration::from_secs(60)).await?;
        if !status.success() {
            bail!("the SQLite loop: {status}");
        }
        let told: Value = serde_json::from_str(&line)?;
        let number = |key: &str| told[key].as_f64().context("the SQLite loop gives no number");
        let cpu = number("cpuSecondsEach")?;
        Ok(Rate { per_second: number("perSecond")?, cpu: (cpu > 0.0).then(|| Duration::from_secs_f64(cpu)) })
    }
}

/// The process: one run of the loop.
pub(crate) fn run(args: &Args) -> Result<()> {
    let mut connection = open(&args.file, args.plain)?;
    let first = connection.query_row("select count(*) from users", (), |row| row.get::<_, i64>(0))?.unsigned_abs();
    if first == 0 {
        for from in (0..args.fill).step_by(FILL) {
            insert(&mut connection, from, args.fill.min(from + FILL as u64) - from, args.same_tables)?;
        }
    }
    let mut next = first.max(args.fill);
    let (started, before, cpu) = (Instant::now(), next, own_cpu()?);
    while started.elapsed().as_secs_f64() < args.seconds {
        insert(&mut connection, next, args.batch, args.same_tables)?;
        next += args.batch;
    }
    let inserted = (next - before) as f64;
    let per_second = inserted / started.elapsed().as_secs_f64();
    let each = (own_cpu()? - cpu).as_secs_f64() / inserted.max(1.0);
    println!("{}", json!({ "perSecond": per_second, "cpuSecondsEach": each }));
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

fn insert(connection: &mut Connection, from: u64, count: u64, with_events: bool) -> Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    {
        let mut statement = transaction.prepare_cached(INSERT)?;
        for n in from..from + count {
            // Public ids come in no order, as random ones do.
            let id = format!("u-{:016x}-{n:019}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let (email, org) = (format!("new.{n:09}@bench.example"), format!("N-{n:09}"));
            let at = i64::try_from(n)? + 1_790_000_000_000;
            statement.execute(params![id, email, org, "Priya", "Ramírez", "Engineering", at])?;
            if with_events {
                let mut event = transaction.prepare_cached(EVENT)?;
                let of = |text: &str| text.replace("u-0", &id).replace("new.0@bench.example", &email);
                for (at, text) in tables::EVENT.iter().enumerate() {
                    event.raw_bind_parameter(at + 2, of(text))?;
                }
                event.raw_bind_parameter(1, at)?;
                event.raw_execute()?;
            }
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
            insert(&mut connection, 0, 3, false).unwrap();
            insert(&mut connection, 3, 1, false).unwrap();
            let ask = |sql| connection.query_row(sql, (), |row| row.get::<_, Sql>(0)).unwrap();
            assert_eq!(ask("select count(*) from users"), Sql::Integer(4));
            assert_eq!(ask("pragma journal_mode"), Sql::Text(journal.into()));
            assert_eq!(ask("pragma synchronous"), Sql::Integer(2));
        }
    }
    #[test]
    fn the_same_tables_get_an_event_for_each_user() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(FILE);
        tables::make_file(&file).unwrap();
        let mut connection = open(&file, false).unwrap();
        let count = |connection: &Connection| {
            let of =
                |table| connection.query_row(&format!("select count(*) from {table}"), (), |row| row.get::<_, i64>(0));
            [of("users").unwrap(), of("audit_events").unwrap()]
        };
        let before = count(&connection);
        insert(&mut connection, 0, 5, true).unwrap();
        assert_eq!(count(&connection), [before[0] + 5, before[1] + 5]);
        let told: String = connection
            .query_row("select description from audit_events order by id desc limit 1", (), |row| row.get(0))
            .unwrap();
        assert_eq!(told, "User new.000000004@bench.example was created");
    }
}

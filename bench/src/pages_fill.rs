//! A large account, by statements of our own: the product needs an hour for what the database does in minutes. What the product
//! derives from rows (how many are in each run of ids) is computed here in one place, as its migrations do.

use anyhow::{Context as _, Result};
use rusqlite::Connection;

use crate::Engine;
use crate::cluster::Database;
use crate::rollcall::Filled;

/// How large.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) users: usize,
    pub(crate) groups: usize,
    pub(crate) events: usize,
}

/// Members of a group.
const MEMBERS: usize = 10;
/// The members of a group lie so many users apart; a prime number, so that no two of them are the same.
const APART: usize = 7_919;
/// Milliseconds between two events.
const PAUSE: usize = 10;

/// Adds as much to an account that is there.
///
/// # Errors
/// Where a table is not as it is known here.
pub(crate) fn fill(filled: &Filled<'_>, sizes: Sizes) -> Result<()> {
    let target = Target::open(filled)?;
    for statement in target.rows(sizes) {
        target.run(&statement)?;
    }
    // The older form has no levels.
    let has_levels = target.run("select level from page_counts where 1 = 0").is_ok();
    for statement in counts(has_levels) {
        target.run(&statement)?;
    }
    target.finish()
}

enum Target<'a> {
    Sqlite(Connection),
    Postgres(&'a Database),
}

impl<'a> Target<'a> {
    fn open(filled: &Filled<'a>) -> Result<Self> {
        Ok(match filled {
            Filled::Postgres(database) => Self::Postgres(database),
            Filled::Sqlite(file) => {
                let connection = Connection::open(file)?;
                // It is thrown away where the machine goes down.
                connection.pragma_update(None, "synchronous", "off")?;
                connection.pragma_update(None, "cache_size", -400_000)?;
                Self::Sqlite(connection)
            }
        })
    }

    fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    fn run(&self, sql: &str) -> Result<()> {
        match self {
            Self::Sqlite(connection) => connection.execute_batch(sql).with_context(|| sql.to_owned()),
            Self::Postgres(database) => database.run(sql).map(|_| ()).with_context(|| sql.to_owned()),
        }
    }

    /// The statements that add rows, the same on both databases but for a few words.
    fn rows(&self, Sizes { users, groups, events }: Sizes) -> Vec<String> {
        let (hash, yes) = match self.engine() {
            Engine::Sqlite => ("zeroblob(32)", "1"),
            Engine::Postgres => ("decode(repeat('00', 32), 'hex')", "true"),
        };
        let numbers = |count: usize| {
            format!("with recursive i (n) as (select 0 union all select n + 1 from i where n + 1 < {count})")
        };
        // Numbers of a fixed width, in words that both databases know.
        let digits = |width: usize| format!("substr(cast(1{:0>width$} + n as text), 2)", 0);
        let id = format!("{} || '-0000-5000-8000-' || {}", digits(8), digits(12));
        let account = "(select min(id) from accounts)";
        vec![
            format!(
                "insert into users (account_id, public_id, email, email_key, first_name, last_name, can_create_bot, \
                 is_developer, data_tables, status, source, created_at, updated_at) {} \
                 select {account}, 'u-' || {id}, 'page.' || {d} || '@bench.example', 'page.' || {d} || '@bench.example', \
                 'Priya', 'Nakamura', {yes}, {yes}, {yes}, 'active', 'api', 1790000000000 + n, 1790000000000 + n from i",
                numbers(users),
                d = digits(8)
            ),
            format!(
                "insert into groups (account_id, public_id, name, name_key, description, source, created_at, updated_at) {} \
                 select {account}, 'e-' || {id}, 'Page ' || {d}, 'page ' || {d}, '', 'local', 1790000000000, 1790000000000 \
                 from i",
                numbers(groups),
                d = digits(8)
            ),
            format!(
                "insert into memberships (account_id, group_id, user_id, since, added_by, via) {} \
                 select {account}, (select max(id) from groups) - n / {MEMBERS}, \
                 (select max(id) from users) - cast(n as bigint) * {APART} % {users}, \
                 1790000000000, 'bench', 'apply' from i",
                numbers(groups * MEMBERS)
            ),
            // What is there moves back, so that nothing has happened in the future.
            format!("update audit_events set at = at - cast({events} as bigint) * {PAUSE}"),
            format!(
                "insert into audit_events (account_id, at, actor_kind, actor_id, actor_name, category, name, target, \
                 description, seq, previous_hash, hash) {} \
                 select {account}, s.at + 1 + cast(n as bigint) * {PAUSE}, 'app', 'cs-bench', 'bench', \
                 'User Management', 'User Modified', 'u-' || {id}, 'User page.' || {} || '@bench.example was changed', \
                 s.last + 1 + n, {hash}, {hash} from i, (select coalesce(max(seq), 0) as last, max(at) as at from audit_events) s",
                numbers(events),
                digits(8)
            ),
        ]
    }

    fn finish(self) -> Result<()> {
        match self {
            Self::Sqlite(connection) => {
                // No `analyze`: the product runs none, and plans by other figures would be other plans.
                connection.execute_batch("pragma wal_checkpoint(truncate)")?;
                connection.close().map_err(|(_, error)| error)?;
            }
            Self::Postgres(database) => {
                database.run("vacuum analyze")?;
            }
        }
        Ok(())
    }
}

/// What the product keeps of the rows: `crates/rollcall-core/src/store/pages.rs` and `audit.rs` say what these tables mean.
fn counts(has_levels: bool) -> Vec<String> {
    let (run, level) = if has_levels { (200, ("level, ", "0, ")) } else { (1_000, ("", "")) };
    let count = |kind: &str, table: &str, only: &str, by: &str| {
        format!(
            "insert into page_counts (account_id, kind, {}bucket, row_count) select account_id, {kind}, {}id / {run}, count(*) \
             from {table} {only} group by account_id, {by}id / {run}",
            level.0, level.1
        )
    };
    // The last run of users is counted when it is asked for.
    let last = format!("where id / {run} < (select max(id) / {run} from users)");
    let mut all = vec![
        "delete from page_counts".to_owned(),
        "delete from audit_runs".to_owned(),
        count("'groups'", "groups", "", ""),
        count("'bots'", "bots", "", ""),
        count("kind || ' roles'", "roles", "", "kind, "),
        count("'users'", "users", &last, ""),
        format!(
            "insert into audit_runs (account_id, run, first_at, last_at) select account_id, seq / {run}, min(at), max(at) \
             from audit_events where seq is not null group by account_id, seq / {run}"
        ),
    ];
    if has_levels {
        all.push(format!(
            "insert into page_counts (account_id, kind, level, bucket, row_count) \
             select account_id, kind, 1, bucket / {run}, sum(row_count) from page_counts where level = 0 \
             group by account_id, kind, bucket / {run}"
        ));
        all.push("delete from audit_blocks".to_owned());
        all.push(format!(
            "insert into audit_blocks (account_id, block, first_at, last_at) \
             select account_id, run / {run}, min(first_at), max(last_at) from audit_runs group by account_id, run / {run}"
        ));
    }
    all
}

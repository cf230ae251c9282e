//! The embedded list of migrations, in the common dialect, and how it becomes SQLite's. Ordered, each in a transaction
//! of its own under the write lock; a schema newer than this program is refused.

use rusqlite::{Connection, TransactionBehavior};

use super::db::failed;
use crate::clock::Time;
use crate::error::{Error, Result};

const MIGRATIONS: [(&str, &str); 5] = [
    ("0001_accounts", include_str!("../../migrations/0001_accounts.sql")),
    ("0002_people", include_str!("../../migrations/0002_people.sql")),
    ("0003_roles", include_str!("../../migrations/0003_roles.sql")),
    ("0004_apps", include_str!("../../migrations/0004_apps.sql")),
    ("0005_events", include_str!("../../migrations/0005_events.sql")),
];

/// The schema that this program works with.
pub(crate) const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// The words of the common dialect that SQLite spells otherwise. `collate "C"` is its default order.
const SQLITE: [(&str, &str); 5] = [
    (" bigint identity primary key", " integer primary key"),
    (" bigint", " integer"),
    (" boolean", " integer"),
    (" bytea", " blob"),
    (" collate \"C\"", ""),
];

/// Brings the schema up to [`SCHEMA_VERSION`].
pub(super) fn migrate(connection: &mut Connection, now: Time) -> Result<()> {
    // The usual case takes no lock: nothing to do.
    let current = "select coalesce(max(version), 0) from schema_migrations";
    if connection.query_row(current, [], |r| r.get::<_, i64>(0)).is_ok_and(|version| version == SCHEMA_VERSION) {
        return Ok(());
    }
    connection
        .execute_batch("create table if not exists schema_migrations (version integer primary key, name text not null, applied_at integer not null) strict")
        .map_err(failed)?;
    for (index, (name, text)) in MIGRATIONS.iter().enumerate() {
        let version = index as i64 + 1;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let current: i64 = transaction
            .query_row("select coalesce(max(version), 0) from schema_migrations", [], |r| r.get(0))
            .map_err(failed)?;
        if current > SCHEMA_VERSION {
            return Err(Error::invalid(format!(
                "the database has schema {current}, this program knows up to {SCHEMA_VERSION}: run the newer Rollcall, or restore the backup made before the upgrade"
            )));
        }
        if current >= version {
            continue;
        }
        transaction.execute_batch(&sqlite(text)).map_err(|e| Error::internal(format!("migration {name}: {e}")))?;
        transaction
            .execute(
                "insert into schema_migrations (version, name, applied_at) values (?1, ?2, ?3)",
                (version, name, now.0),
            )
            .map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
    Ok(())
}

fn sqlite(text: &str) -> String {
    SQLITE.iter().fold(text.to_owned(), |text, (common, own)| text.replace(common, own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrating_twice_changes_nothing_and_every_table_is_strict() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, Time(1)).unwrap();
        migrate(&mut connection, Time(2)).unwrap();
        let late: i64 = connection
            .query_row("select count(*) from schema_migrations where applied_at = 2", [], |r| r.get(0))
            .unwrap();
        assert_eq!(late, 0);
        let loose: i64 = connection
            .query_row("select count(*) from pragma_table_list where schema = 'main' and type = 'table' and strict = 0 and name not like 'sqlite_%'", [], |r| r.get(0))
            .unwrap();
        assert_eq!(loose, 0);
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, Time(1)).unwrap();
        connection.execute("insert into schema_migrations values (99, 'from the future', 3)", []).unwrap();
        let error = migrate(&mut connection, Time(2)).unwrap_err();
        assert!(error.to_string().contains("schema 99"), "{error}");
    }
}

//! Every table with all its columns, for copies from one database into another. A test holds the list against the schema.

use std::fmt;

use super::{Row, Tx, Value, WriteTx};
use crate::error::Result;

/// As many rows are read, or written, at once, unless the table says otherwise.
const BATCH: usize = 1_000;

/// Where a backup notes, in its table `installation`, what its rows were.
pub(crate) const DIGEST: &str = "digest of the backup";

/// A table: its key first, in the order of which it is read.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    key: usize,
    columns: &'static [&'static str],
    batch: usize,
}

impl Table {
    const fn of(name: &'static str, key: usize, columns: &'static [&'static str]) -> Self {
        Self { name, key, columns, batch: BATCH }
    }

    /// For rows that are large: several batches are in memory at once.
    const fn one_by_one(self) -> Self {
        Self { batch: 1, ..self }
    }

    fn key(&self) -> String {
        self.columns[..self.key].join(", ")
    }

    /// A row's key, for people.
    pub(crate) fn key_of(&self, row: &Cells) -> String {
        let named = self.columns.iter().zip(row).take(self.key);
        named.map(|(column, cell)| format!("{column} {cell}")).collect::<Vec<_>>().join(", ")
    }

    /// Whether new rows are numbered by the database.
    fn is_numbered(&self) -> bool {
        self.columns[0] == "id"
    }
}

/// Every table but the list of migrations, each after those that it refers to.
pub(crate) const TABLES: &[Table] = &[
    Table::of("installation", 1, &["name", "value"]),
    Table::of(
        "accounts",
        1,
        &["id", "public_id", "name", "name_key", "org_id", "chain_id", "owner_id", "has_admin", "created_at"],
    ),
    Table::of("revisions", 2, &["account_id", "slot", "value"]),
    Table::of("page_counts", 4, &["account_id", "kind", "level", "bucket", "row_count"]),
    Table::of(
        "users",
        1,
        &[
            "id",
            "account_id",
            "public_id",
            "email",
            "email_key",
            "org_user_id",
            "first_name",
            "last_name",
            "company",
            "department",
            "company_phone",
            "work_number",
            "street",
            "suite",
            "city",
            "zip",
            "state",
            "country",
            "job_title",
            "picture",
            "colour",
            "can_create_bot",
            "is_developer",
            "data_tables",
            "status",
            "source",
            "last_login_at",
            "created_at",
            "updated_at",
            "name_key",
            "last_login_key",
        ],
    ),
    Table::of("search_blocks", 2, &["account_id", "block"]),
    Table::of("search_grams", 3, &["account_id", "block", "gram", "users"]),
    Table::of("search_changes", 2, &["account_id", "user_id"]),
    Table::of(
        "groups",
        1,
        &["id", "account_id", "public_id", "name", "name_key", "description", "source", "created_at", "updated_at"],
    ),
    Table::of("group_marks", 2, &["group_id", "slot", "account_id", "value"]),
    Table::of("memberships", 2, &["group_id", "user_id", "account_id", "since", "added_by", "via"]),
    Table::of("nestings", 2, &["parent_id", "child_id", "account_id", "since", "added_by", "via"]),
    Table::of(
        "roles",
        1,
        &[
            "id",
            "account_id",
            "public_id",
            "ref_id",
            "kind",
            "name",
            "name_key",
            "description",
            "permissions",
            "built_in",
            "created_at",
            "updated_at",
            "created_by",
            "updated_by",
            "rights",
        ],
    ),
    Table::of(
        "bots",
        1,
        &[
            "id",
            "account_id",
            "public_id",
            "name",
            "name_key",
            "description",
            "owner_id",
            "published",
            "audience",
            "created_at",
            "updated_at",
        ],
    ),
    Table::of("dialogs", 1, &["id", "account_id", "bot_id", "public_id", "name", "name_key"]),
    Table::of(
        "assignments",
        1,
        &["id", "account_id", "role_id", "bot_id", "user_id", "group_id", "since", "added_by", "via", "expires_at"],
    ),
    Table::of("task_grants", 1, &["id", "account_id", "user_id", "bot_id", "dialog_id"]),
    Table::of(
        "apps",
        1,
        &[
            "id",
            "account_id",
            "client_id",
            "name",
            "name_key",
            "algorithm",
            "scopes",
            "created_at",
            "updated_at",
            "last_used_at",
            "expires_at",
            "enforce_jti",
            "enforce_jwe",
        ],
    ),
    Table::of("app_secrets", 1, &["id", "app_id", "sealed", "created_at", "expires_at", "public_id", "last_used_at"]),
    Table::of("token_ids", 2, &["app_id", "jti_hash", "expires_at"]),
    Table::of("server_keys", 1, &["id", "kid", "purpose", "sealed", "public_key", "created_at", "retires_at"]),
    Table::of("app_refusals", 2, &["app_id", "reason", "refused", "last_at"]),
    Table::of("idempotency_keys", 2, &["app_id", "idempotency_key", "fingerprint", "status", "body", "created_at"]),
    Table::of(
        "audit_events",
        1,
        &[
            "id",
            "account_id",
            "at",
            "actor_kind",
            "actor_id",
            "actor_name",
            "ip",
            "category",
            "name",
            "target",
            "description",
            "state_before",
            "state_after",
            "seq",
            "previous_hash",
            "hash",
        ],
    ),
    Table::of(
        "outbox",
        1,
        &["id", "account_id", "user_id", "kind", "payload", "created_at", "next_at", "attempts", "last_error"],
    ),
    Table::of("audit_checkpoints", 2, &["account_id", "seq", "previous_seq", "hash", "at", "kid", "signature"]),
    Table::of("audit_runs", 2, &["account_id", "run", "first_at", "last_at"]),
    Table::of("audit_blocks", 2, &["account_id", "block", "first_at", "last_at"]),
    Table::of(
        "credentials",
        1,
        &[
            "id",
            "account_id",
            "user_id",
            "password_hash",
            "password_at",
            "failures",
            "barred_until",
            "totp",
            "totp_at",
            "totp_step",
            "reset_asked_at",
        ],
    ),
    Table::of("earlier_passwords", 1, &["id", "account_id", "user_id", "password_hash", "created_at"]),
    Table::of("recovery_codes", 2, &["user_id", "code_hash", "account_id"]),
    Table::of(
        "sign_in_links",
        1,
        &["id", "account_id", "user_id", "purpose", "token_hash", "created_at", "expires_at"],
    ),
    Table::of(
        "sessions",
        1,
        &[
            "id",
            "account_id",
            "user_id",
            "public_id",
            "token_hash",
            "lacks",
            "by_link",
            "created_at",
            "seen_at",
            "expires_at",
            "ip",
            "agent",
        ],
    ),
    Table::of("invitations", 1, &["id", "account_id", "user_id", "token_hash", "state", "created_at", "expires_at"]),
    Table::of(
        "files",
        1,
        &[
            "id",
            "account_id",
            "public_id",
            "name",
            "context",
            "extension",
            "content",
            "size",
            "created_at",
            "created_by",
        ],
    )
    .one_by_one(),
    Table::of(
        "erasures",
        1,
        &["id", "account_id", "public_id", "requested_by", "from_all_bots", "bots", "created_at", "updated_at"],
    ),
    Table::of("erasure_users", 2, &["erasure_id", "place", "account_id", "user_public_id", "state", "failure"]),
    Table::of(
        "sso_settings",
        1,
        &[
            "account_id",
            "protocol",
            "provider",
            "sign_on_url",
            "issuer",
            "client_id",
            "certificates",
            "omit_context",
            "mapping",
            "restrict_onboarding",
            "skip_2fa_idp",
            "skip_2fa_sp",
            "modified_at",
            "modified_by",
            "modified_by_name",
        ],
    ),
    Table::of("rate_limits", 3, &["account_id", "api", "number", "at"]),
];

/// A cell that lives for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Cell {
    fn of(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Int(n) => Self::Int(n),
            Value::Bool(b) => Self::Int(i64::from(b)),
            Value::Text(s) => Self::Text(s.to_owned()),
            Value::Bytes(b) => Self::Bytes(b.to_vec()),
        }
    }

    fn as_value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(n) => Value::Int(*n),
            Self::Text(s) => Value::Text(s),
            Self::Bytes(b) => Value::Bytes(b),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Int(n) => write!(f, "{n}"),
            Self::Text(s) => write!(f, "{s:?}"),
            Self::Bytes(b) => write!(f, "{} bytes", b.len()),
        }
    }
}

/// The cells of a row, in the order of the table's columns.
pub(crate) type Cells = Vec<Cell>;

/// The next rows of a table after the last one that was seen, in the order of its key; none at its end.
pub(crate) fn next(tx: &Tx<'_>, table: &Table, after: Option<&Cells>) -> Result<Vec<Cells>> {
    let (columns, key) = (table.columns.join(", "), table.key());
    let marks = (1..=table.key).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
    let from = if after.is_some() { format!("where ({key}) > ({marks})") } else { String::new() };
    let last: Vec<Value<'_>> =
        after.map(|row| row[..table.key].iter().map(Cell::as_value).collect()).unwrap_or_default();
    let cells = |r: &Row<'_, '_>| (0..table.columns.len()).map(|n| Cell::of(r.any(n))).collect();
    tx.query(&format!("select {columns} from {} {from} order by {key} limit {}", table.name, table.batch), &last, cells)
}

/// Writes rows as they are, ids included, and tells how many were written.
pub(crate) fn insert(tx: &WriteTx<'_>, table: &Table, rows: &[Cells]) -> Result<usize> {
    let marks = (1..=table.columns.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
    let batch: Vec<Vec<Value<'_>>> = rows.iter().map(|row| row.iter().map(Cell::as_value).collect()).collect();
    let sql = format!("insert into {} ({}) values ({marks})", table.name, table.columns.join(", "));
    tx.execute_many(&sql, &batch)
}

/// The first table that has anything in it.
pub(crate) fn first_filled(tx: &Tx<'_>) -> Result<Option<&'static str>> {
    for table in TABLES {
        if tx.first(&format!("select 1 from {} limit 1", table.name), &[], |_| ())?.is_some() {
            return Ok(Some(table.name));
        }
    }
    Ok(None)
}

/// After rows came with their ids: new rows get the ids after them.
pub(crate) fn number_on(tx: &WriteTx<'_>) -> Result<()> {
    TABLES.iter().filter(|table| table.is_numbered()).try_for_each(|table| tx.number_after_last(table.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;

    #[test]
    fn every_column_of_the_schema_is_copied() {
        let mut connection = rusqlite::Connection::open_in_memory().unwrap();
        crate::store::migrate::sqlite(&mut connection, Time(1)).unwrap();
        let texts = |sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(sql).unwrap();
            statement.query_map([], |r| r.get(0)).unwrap().map(|r| r.unwrap()).collect()
        };
        let mut listed: Vec<&str> = TABLES.iter().map(|t| t.name).collect();
        listed.push("schema_migrations");
        listed.sort_unstable();
        let tables = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name";
        assert_eq!(texts(tables), listed);
        for table in TABLES {
            let mut listed = table.columns.to_vec();
            listed.sort_unstable();
            let columns = format!("select name from pragma_table_info('{}') order by name", table.name);
            assert_eq!(texts(&columns), listed, "{}", table.name);
            let key = format!("select name from pragma_table_info('{}') where pk > 0 order by pk", table.name);
            assert_eq!(texts(&key), table.columns[..table.key].to_vec(), "the key of {}", table.name);
        }
    }
}

//! SQL and nothing else: one file for each noun, `db.rs` for what databases differ in. Private to the core; it decides
//! nothing.

mod db;
mod migrate;
mod postgres;
mod row;
mod sqlite;
mod tx;

pub(crate) mod accounts;
pub(crate) mod apps;
pub(crate) mod assignments;
pub(crate) mod audit;
pub(crate) mod bot_lists;
pub(crate) mod bots;
pub(crate) mod credentials;
pub(crate) mod erasures;
pub(crate) mod explain;
pub(crate) mod files;
pub(crate) mod find;
pub(crate) mod gifts;
pub(crate) mod grams;
pub(crate) mod group_lists;
pub(crate) mod groups;
pub(crate) mod holders;
pub(crate) mod invitations;
pub(crate) mod limits;
pub(crate) mod links;
mod marks;
pub(crate) mod members;
pub(crate) mod once;
pub(crate) mod outbox;
pub(crate) mod pages;
pub(crate) mod role_lists;
pub(crate) mod roles;
pub(crate) mod sealed;
pub(crate) mod server_keys;
pub(crate) mod sessions;
pub(crate) mod snapshot;
pub(crate) mod sso;
pub(crate) mod tasks;
pub(crate) mod token_ids;
pub(crate) mod transfer;
pub(crate) mod users;
pub(crate) mod users_search;

pub use db::{Database, Threads, mask};
pub(crate) use db::{Extent, Job, Store, Verdict};
pub(crate) use migrate::SCHEMA_VERSION;
pub use postgres::Address as PostgresAddress;
pub(crate) use row::{Row, Value};
pub(crate) use sqlite::{check_backup, check_target, make_plain, remove_unused};
pub(crate) use tx::{Chore, Lock, Trace, Tx, WriteTx};

/// What tells whether anything of an account, or of its apps, was changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Raised by every change of the account.
    pub(crate) revision: i64,
    /// Raised by every change of its apps.
    pub(crate) stamp: i64,
}

macro_rules! row_key {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) struct $name(pub(crate) i64);

        impl From<$name> for Value<'_> {
            fn from(key: $name) -> Self {
                Value::Int(key.0)
            }
        }

        impl From<Option<$name>> for Value<'_> {
            fn from(key: Option<$name>) -> Self {
                key.map_or(Value::Null, |key| Value::Int(key.0))
            }
        }
    )+};
}

row_key!(
    /// An account's internal key.
    AccountKey,
    /// A user's internal key.
    UserKey,
    /// A group's internal key.
    GroupKey,
    /// A role's internal key.
    RoleKey,
    /// A bot's internal key.
    BotKey,
    /// A dialog task's internal key.
    DialogKey,
    /// A client app's internal key.
    AppKey,
    /// A session's internal key.
    SessionKey,
);

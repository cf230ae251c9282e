//! What locks are called on PostgreSQL: advisory ones, by numbers.

use crate::seal::sha256;
use crate::store::Lock;

/// A lock, as the server knows it.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) is_shared: bool,
    pub(super) key: i64,
}

impl Named {
    /// Two installations in one database, each in a schema of its own, do not hold each other up.
    pub(super) fn of(lock: Lock<'_>, schema: &str) -> Self {
        let (name, is_shared) = match lock {
            Lock::Installation => ("installation".to_owned(), false),
            Lock::Key(app, key) => (format!("key {} {key}", app.0), false),
            Lock::Account(account) => (format!("account {}", account.0), false),
            Lock::Additions(account) => (format!("account {}", account.0), true),
            Lock::Chore(account, chore) => (format!("{chore:?} {}", account.0), false),
            Lock::Api(account, api) => (format!("calls {} {api}", account.0), false),
        };
        let hash = sha256(format!("rollcall {schema}/{name}").as_bytes());
        let key = i64::from_be_bytes(hash[..8].try_into().expect("eight bytes"));
        Self { name, is_shared, key }
    }
}

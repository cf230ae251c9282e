//! Every column of bytes: which are sealed under the installation key, and what is in those that are not. A test holds the
//! lists against the schema, so that nothing that is sealed is left out when the key is rotated.

use super::{Tx, Value, WriteTx};
use crate::error::Result;

/// A column of which every value is sealed, in a table whose key is `id`.
pub(crate) struct Column {
    pub(crate) table: &'static str,
    pub(crate) name: &'static str,
    pub(crate) holds: Holds,
    /// What tells for what a value is sealed.
    kind: &'static str,
}

/// What is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// A credential of an app, for its algorithm.
    Credential,
    /// A letter.
    Letter,
    /// The private half of a key pair of the server, for its purpose.
    ServerKey,
    /// The secret of somebody's second factor.
    SecondFactor,
}

/// All that is sealed, but for the one value that tells whether a key is right.
pub(crate) const SEALED: [Column; 4] = [
    Column {
        table: "app_secrets",
        name: "sealed",
        holds: Holds::Credential,
        kind: "(select algorithm from apps where apps.id = app_secrets.app_id)",
    },
    Column { table: "outbox", name: "payload", holds: Holds::Letter, kind: "kind" },
    Column { table: "server_keys", name: "sealed", holds: Holds::ServerKey, kind: "purpose" },
    Column { table: "credentials", name: "totp", holds: Holds::SecondFactor, kind: "''" },
];

/// The other columns of bytes, and what is in them.
pub(crate) const PLAIN: [(&str, &str, &str); 14] = [
    ("installation", "value", "public, but for the key check, which is made anew"),
    ("audit_events", "previous_hash", "a hash that anybody may know"),
    ("audit_events", "hash", "a hash that anybody may know"),
    ("audit_checkpoints", "hash", "a hash that anybody may know"),
    ("audit_checkpoints", "signature", "a signature that anybody may check"),
    ("idempotency_keys", "fingerprint", "a hash of a request"),
    ("idempotency_keys", "body", "a reply, which never has a secret in it"),
    ("invitations", "token_hash", "a hash of 32 random bytes"),
    ("sign_in_links", "token_hash", "a hash of 32 random bytes"),
    ("sessions", "token_hash", "a hash of 32 random bytes"),
    ("recovery_codes", "code_hash", "a hash of 10 random bytes"),
    ("search_grams", "users", "in which users of a block three characters stand"),
    ("server_keys", "public_key", "public"),
    ("files", "content", "what was uploaded, which whoever uploaded it has"),
];

/// A sealed value: the row, what tells for what it is sealed, and the sealed bytes.
pub(crate) type Stored = (i64, String, Vec<u8>);

/// The values of the rows after this one, in order.
pub(crate) fn next(tx: &Tx<'_>, column: &Column, after: i64, limit: i64) -> Result<Vec<Stored>> {
    let Column { table, name, kind, .. } = column;
    tx.query(
        &format!("select id, coalesce({kind}, ''), {name} from {table} where id > $1 and {name} is not null order by id limit $2"),
        &[after.into(), limit.into()],
        |r| (r.int(0), r.text(1), r.bytes(2).to_vec()),
    )
}

/// Puts others in their places; tells how many rows were there.
pub(crate) fn replace_many(tx: &WriteTx<'_>, column: &Column, values: &[(i64, Vec<u8>)]) -> Result<usize> {
    let Column { table, name, .. } = column;
    let rows: Vec<Vec<Value<'_>>> = values.iter().map(|(id, sealed)| vec![(*id).into(), sealed.into()]).collect();
    tx.execute_many(&format!("update {table} set {name} = $2 where id = $1"), &rows)
}

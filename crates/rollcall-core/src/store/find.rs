//! Anything by the beginning of its key.

use super::{AccountKey, Tx};
use crate::error::Result;
use crate::find::Kind;

/// Public ids and names of things of a kind whose key begins so, in the order of keys.
pub(crate) fn beginning_with(
    tx: &Tx<'_>,
    account: AccountKey,
    kind: Kind,
    key: &str,
    limit: i64,
) -> Result<Vec<(String, String)>> {
    let (table, id, name, column) = match kind {
        Kind::User => ("users", "public_id", "email", "email_key"),
        Kind::Group => ("groups", "public_id", "name", "name_key"),
        Kind::Role => ("roles", "public_id", "name", "name_key"),
        Kind::Bot => ("bots", "public_id", "name", "name_key"),
        Kind::App => ("apps", "client_id", "name", "name_key"),
    };
    // Behind every text that begins so; keys are ordered by their bytes.
    let end = format!("{key}\u{10FFFF}");
    tx.query(
        &format!(
            "select {id}, {name} from {table} where account_id = $1 and {column} >= $2 and {column} < $3 \
             order by {column} limit $4"
        ),
        &[account.into(), key.into(), (&end).into(), limit.into()],
        |r| (r.text(0), r.text(1)),
    )
}

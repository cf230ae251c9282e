//! Invitations, by the hash of their token.

use super::{AccountKey, Tx, UserKey, Value, WriteTx};
use crate::clock::Time;
use crate::error::Result;

pub(crate) fn insert_many(
    tx: &WriteTx<'_>,
    account: AccountKey,
    invitations: &[(UserKey, [u8; 32])],
    now: Time,
    expires: Time,
) -> Result<()> {
    let rows: Vec<Vec<Value<'_>>> = invitations
        .iter()
        .map(|(user, hash)| vec![account.into(), (*user).into(), hash.into(), now.into(), expires.into()])
        .collect();
    tx.execute_later(
        "insert into invitations (account_id, user_id, token_hash, state, created_at, expires_at) \
         values ($1, $2, $3, 'open', $4, $5)",
        &rows,
    )
}

/// The account, the user and the user's public id of an invitation that is open, has not expired, and is waited for.
pub(crate) fn find_open(tx: &Tx<'_>, hash: &[u8; 32], now: Time) -> Result<Option<(AccountKey, UserKey, String)>> {
    tx.first(
        "select i.account_id, i.user_id, u.public_id from invitations i join users u on u.id = i.user_id \
         where i.token_hash = $1 and i.state = 'open' and i.expires_at > $2 and u.status = 'invited'",
        &[hash.into(), now.into()],
        |r| (AccountKey(r.int(0)), UserKey(r.int(1)), r.text(2)),
    )
}

/// Uses an invitation up; false where it was not open any more.
pub(crate) fn close(tx: &WriteTx<'_>, hash: &[u8; 32], now: Time) -> Result<bool> {
    let changed = tx.execute(
        "update invitations set state = 'accepted' where token_hash = $1 and state = 'open' and expires_at > $2",
        &[hash.into(), now.into()],
    )?;
    Ok(changed == 1)
}

/// Nobody comes in by an open invitation of these users any more.
pub(crate) fn revoke_of_users(tx: &WriteTx<'_>, account: AccountKey, users: &[UserKey]) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> = users.iter().map(|key| vec![account.into(), (*key).into()]).collect();
    tx.execute_many(
        "update invitations set state = 'revoked' where account_id = $1 and user_id = $2 and state = 'open'",
        &rows,
    )
}

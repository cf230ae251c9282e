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

/// Which of these users have an invitation that nobody has used or revoked, expired or not.
pub(crate) fn open_of(tx: &Tx<'_>, account: AccountKey, users: &[UserKey]) -> Result<Vec<UserKey>> {
    let list: Vec<Value<'_>> = users.iter().map(|user| (*user).into()).collect();
    let sql = "select distinct user_id from invitations where account_id = $1 and state = 'open' and user_id in {list}";
    tx.query_list(sql, &[account.into()], &list, |r| UserKey(r.int(0)))
}

/// The last invitations of a user, the newest first: state, when it was made, when it ends.
pub(crate) fn of_user(
    tx: &Tx<'_>,
    account: AccountKey,
    user: UserKey,
    limit: i64,
) -> Result<Vec<(String, Time, Time)>> {
    tx.query(
        "select state, created_at, expires_at from invitations where account_id = $1 and user_id = $2 \
         order by id desc limit $3",
        &[account.into(), user.into(), limit.into()],
        |r| (r.text(0), r.time(1), r.time(2)),
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

/// How many open invitations of people who are waited for end between these times, the first excluded; among as many.
pub(crate) fn count_ending(tx: &Tx<'_>, account: AccountKey, after: Time, until: Time, among: i64) -> Result<u64> {
    let counted = tx.first(
        "select count(*) from (select user_id from invitations where account_id = $1 and state = 'open' \
         and expires_at > $2 and expires_at <= $3 order by expires_at limit $4) i \
         join users u on u.id = i.user_id where u.status = 'invited'",
        &[account.into(), after.into(), until.into(), among.into()],
        |r| r.int(0).unsigned_abs(),
    )?;
    Ok(counted.unwrap_or_default())
}

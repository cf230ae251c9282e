//! Messages that wait to be sent, sealed.

use super::{AccountKey, Tx, UserKey, Value, WriteTx};
use crate::clock::Time;
use crate::error::Result;
use crate::mail::LEASE_MILLIS;

pub(crate) fn insert_many(
    tx: &WriteTx<'_>,
    account: AccountKey,
    kind: &str,
    payloads: &[(UserKey, Vec<u8>)],
    now: Time,
) -> Result<()> {
    let rows: Vec<Vec<Value<'_>>> = payloads
        .iter()
        .map(|(to, payload)| vec![account.into(), (*to).into(), kind.into(), payload.into(), now.into()])
        .collect();
    tx.execute_later(
        "insert into outbox (account_id, user_id, kind, payload, created_at, next_at, attempts) values ($1, $2, $3, $4, $5, $5, 0)",
        &rows,
    )
}

/// Id, attempts so far, when it was written, of what kind it is, and the sealed payload.
pub(crate) type Waiting = (i64, i64, Time, String, Vec<u8>);

/// A message never waits longer than an hour for its next turn, and one that was not tried yet no longer than a lease.
/// Twice as long was put off by a clock that has since been set back.
const TOO_LONG: i64 = 2 * 3_600_000;
const TOO_LONG_AT_FIRST: i64 = 2 * LEASE_MILLIS;

/// What is due, oldest first.
pub(crate) fn due(tx: &Tx<'_>, account: AccountKey, now: Time, limit: i64) -> Result<Vec<Waiting>> {
    tx.query(
        "select id, attempts, created_at, kind, payload from outbox where account_id = $1 \
         and (next_at <= $2 or next_at > $3 or (attempts = 0 and next_at > $4)) order by id limit $5",
        &[
            account.into(),
            now.into(),
            now.plus_millis(TOO_LONG).into(),
            now.plus_millis(TOO_LONG_AT_FIRST).into(),
            limit.into(),
        ],
        |r| (r.int(0), r.int(1), r.time(2), r.text(3), r.bytes(4).to_vec()),
    )
}

pub(crate) fn count(tx: &Tx<'_>, account: AccountKey) -> Result<i64> {
    Ok(tx.first("select count(*) from outbox where account_id = $1", &[account.into()], |r| r.int(0))?.unwrap_or(0))
}

/// As [`count`], up to so many.
pub(crate) fn count_up_to(tx: &Tx<'_>, account: AccountKey, most: i64) -> Result<i64> {
    let sql = "select count(*) from (select 1 from outbox where account_id = $1 limit $2) o";
    Ok(tx.first(sql, &[account.into(), most.into()], |r| r.int(0))?.unwrap_or(0))
}

/// How many of the oldest messages could not be delivered so far, and why one of them could not; among as many.
pub(crate) fn count_failing(tx: &Tx<'_>, account: AccountKey, among: i64) -> Result<(u64, Option<String>)> {
    let counted = tx.first(
        "select count(*), max(last_error) from (select attempts, last_error from outbox where account_id = $1 \
         order by id limit $2) o where attempts > 0",
        &[account.into(), among.into()],
        |r| (r.int(0).unsigned_abs(), r.opt_text(1)),
    )?;
    Ok(counted.unwrap_or_default())
}

/// Removes messages by id and when they were written.
pub(crate) fn remove_many(tx: &WriteTx<'_>, account: AccountKey, messages: &[(i64, Time)]) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> =
        messages.iter().map(|(id, written)| vec![account.into(), (*id).into(), (*written).into()]).collect();
    tx.execute_many("delete from outbox where account_id = $1 and id = $2 and created_at = $3", &rows)
}

/// Nobody else's turn comes before `until`.
pub(crate) fn lease_many(tx: &WriteTx<'_>, account: AccountKey, ids: &[i64], until: Time) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> = ids.iter().map(|id| vec![account.into(), (*id).into(), until.into()]).collect();
    tx.execute_unordered("update outbox set next_at = $3 where account_id = $1 and id = $2", &rows)
}

pub(crate) fn postpone_many(tx: &WriteTx<'_>, account: AccountKey, failed: &[(i64, Time, &str)]) -> Result<()> {
    let rows: Vec<Vec<Value<'_>>> = failed
        .iter()
        .map(|(id, next, why)| vec![account.into(), (*id).into(), (*next).into(), (*why).into()])
        .collect();
    tx.execute_unordered(
        "update outbox set attempts = attempts + 1, next_at = $3, last_error = $4 where account_id = $1 and id = $2",
        &rows,
    )?;
    Ok(())
}

/// Forgets what was to be sent to these users.
pub(crate) fn remove_of_users(tx: &WriteTx<'_>, account: AccountKey, users: &[UserKey]) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> = users.iter().map(|key| vec![account.into(), (*key).into()]).collect();
    tx.execute_many("delete from outbox where account_id = $1 and user_id = $2", &rows)
}

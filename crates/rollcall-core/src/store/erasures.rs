//! Requests to erase users' data, and how far each is.

use super::{AccountKey, Tx, Value, WriteTx};
use crate::clock::Time;
use crate::erasures::{Erasure, Progress};
use crate::error::Result;
use crate::id::ErasureId;

/// A user whose turn has not come.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    key: i64,
    place: i64,
    /// The request's public id.
    pub(crate) request: String,
    /// The user's.
    pub(crate) user: String,
}

/// One whose turn it was, and why nothing could be done.
pub(crate) struct Settled<'a> {
    pub(crate) job: &'a Pending,
    pub(crate) failure: Option<&'a str>,
}

#[allow(clippy::too_many_arguments, reason = "a row is as wide as it is")]
pub(crate) fn insert(
    tx: &WriteTx<'_>,
    account: AccountKey,
    id: &ErasureId,
    by: &str,
    from_all_bots: bool,
    bots: &[String],
    users: &[&str],
    now: Time,
) -> Result<()> {
    let bots = serde_json::json!(bots).to_string();
    let key = tx.insert(
        "insert into erasures (account_id, public_id, requested_by, from_all_bots, bots, created_at, updated_at) \
         values ($1, $2, $3, $4, $5, $6, $6) returning id",
        &[account.into(), id.as_str().into(), by.into(), from_all_bots.into(), (&bots).into(), now.into()],
    )?;
    let rows: Vec<Vec<Value<'_>>> = (0_i64..)
        .zip(users)
        .map(|(place, user)| vec![account.into(), key.into(), place.into(), (*user).into()])
        .collect();
    tx.execute_many(
        "insert into erasure_users (account_id, erasure_id, place, user_public_id, state) \
         values ($1, $2, $3, $4, 'pending')",
        &rows,
    )?;
    Ok(())
}

pub(crate) fn find(tx: &Tx<'_>, account: AccountKey, id: &str) -> Result<Option<Erasure>> {
    let found = tx.first(
        "select id, public_id, created_at, updated_at, from_all_bots, bots from erasures \
         where account_id = $1 and public_id = $2",
        &[account.into(), id.into()],
        |r| {
            let erasure = Erasure {
                id: ErasureId::stored(r.text(1)),
                created_at: r.time(2),
                updated_at: r.time(3),
                from_all_bots: r.bool(4),
                bots: serde_json::from_str(r.str(5)).unwrap_or_default(),
                users: Vec::new(),
            };
            (r.int(0), erasure)
        },
    )?;
    let Some((key, mut erasure)) = found else { return Ok(None) };
    erasure.users = tx.query(
        "select user_public_id, state, failure from erasure_users where account_id = $1 and erasure_id = $2 order by place",
        &[account.into(), key.into()],
        |r| (r.text(0), Progress::stored(r.str(1), r.opt_text(2))),
    )?;
    Ok(Some(erasure))
}

/// Whose turn it is, oldest request first.
pub(crate) fn pending(tx: &Tx<'_>, account: AccountKey, limit: i64) -> Result<Vec<Pending>> {
    tx.query(
        "select u.erasure_id, u.place, e.public_id, u.user_public_id from erasure_users u \
         join erasures e on e.id = u.erasure_id where u.account_id = $1 and u.state = 'pending' \
         order by u.erasure_id, u.place limit $2",
        &[account.into(), limit.into()],
        |r| Pending { key: r.int(0), place: r.int(1), request: r.text(2), user: r.text(3) },
    )
}

pub(crate) fn settle(tx: &WriteTx<'_>, account: AccountKey, settled: &[Settled<'_>], now: Time) -> Result<()> {
    let rows: Vec<Vec<Value<'_>>> = settled
        .iter()
        .map(|s| {
            let state = if s.failure.is_some() { "failed" } else { "done" };
            vec![account.into(), s.job.key.into(), s.job.place.into(), state.into(), s.failure.into()]
        })
        .collect();
    tx.execute_many(
        "update erasure_users set state = $4, failure = $5 where account_id = $1 and erasure_id = $2 and place = $3",
        &rows,
    )?;
    let mut requests: Vec<i64> = settled.iter().map(|s| s.job.key).collect();
    requests.sort_unstable();
    requests.dedup();
    let rows: Vec<Vec<Value<'_>>> =
        requests.into_iter().map(|key| vec![account.into(), key.into(), now.into()]).collect();
    tx.execute_many("update erasures set updated_at = $3 where account_id = $1 and id = $2", &rows)?;
    Ok(())
}

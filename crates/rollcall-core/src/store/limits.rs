//! The calls that count towards rate limits, numbered for each account and API.

use super::{AccountKey, Tx, Value, WriteTx};
use crate::clock::Time;
use crate::error::Result;
use crate::limits::{MAX_WINDOWS, Past, RateLimit};

/// The last call of an API, and those that lie as many before the next one as each window allows.
pub(crate) fn past(tx: &Tx<'_>, account: AccountKey, api: &str, limit: &RateLimit) -> Result<Past> {
    let mut calls = limit.windows().iter().map(|window| window.calls).collect::<Vec<_>>();
    // One statement for every limit: what is asked twice is answered once.
    calls.resize(MAX_WINDOWS, limit.most());
    let mut parameters: Vec<Value<'_>> = vec![account.into(), api.into()];
    parameters.extend(calls.into_iter().map(Value::from));
    let rows = tx.query(
        "select l.number, l.at, e.number, e.at from (select number, at from rate_limits where account_id = $1 and api = $2 \
         order by number desc limit 1) l left join rate_limits e on e.account_id = $1 and e.api = $2 \
         and e.number in (l.number + 1 - $3, l.number + 1 - $4, l.number + 1 - $5)",
        &parameters,
        |r| ((r.int(0), r.time(1)), r.opt_int(2).map(|number| (number, r.time(3)))),
    )?;
    Ok(Past {
        last: rows.first().map(|(last, _)| *last),
        earlier: rows.iter().filter_map(|(_, earlier)| *earlier).collect(),
    })
}

/// Notes a call.
pub(crate) fn note(tx: &WriteTx<'_>, account: AccountKey, api: &str, number: i64, at: Time) -> Result<()> {
    tx.execute_later(
        "insert into rate_limits (account_id, api, number, at) values ($1, $2, $3, $4)",
        &[vec![account.into(), api.into(), number.into(), at.into()]],
    )
}

/// Forgets an API's calls up to that number.
pub(crate) fn forget_up_to(tx: &WriteTx<'_>, account: AccountKey, api: &str, number: i64) -> Result<()> {
    tx.execute_later(
        "delete from rate_limits where account_id = $1 and api = $2 and number <= $3",
        &[vec![account.into(), api.into(), number.into()]],
    )
}

/// Forgets the account's calls that were noted for `until` and before, or for later than `after`.
pub(crate) fn forget(tx: &WriteTx<'_>, account: AccountKey, until: Time, after: Time) -> Result<usize> {
    tx.execute(
        "delete from rate_limits where account_id = $1 and (at <= $2 or at > $3)",
        &[account.into(), until.into(), after.into()],
    )
}

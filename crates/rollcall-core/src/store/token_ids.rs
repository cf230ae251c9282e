//! Token ids that were seen.

use super::{AccountKey, AppKey, Tx, WriteTx};
use crate::apps::TokenId;
use crate::clock::Time;
use crate::error::Result;
use crate::seal::hex;

/// Whether the id is new; one statement.
pub(crate) fn insert(tx: &WriteTx<'_>, account: AccountKey, app: AppKey, id: &TokenId) -> Result<bool> {
    // The join leaves out an app that was removed since it was recognised.
    let hash = hex(&id.hash);
    let rows = tx.insert_returning(
        "insert into token_ids (app_id, jti_hash, expires_at) \
         select a.id, cast($3 as text), cast($4 as bigint) from apps a where a.account_id = $1 and a.id = $2 \
         on conflict do nothing returning app_id",
        &[vec![account.into(), app.into(), (&hash).into(), id.until.into()]],
    )?;
    Ok(rows.first().is_some_and(Option::is_some))
}

/// Whether the id was seen.
pub(crate) fn is_known(tx: &Tx<'_>, app: AppKey, id: &TokenId, now: Time) -> Result<bool> {
    let hash = hex(&id.hash);
    let found = tx.first(
        "select 1 from token_ids where app_id = $1 and jti_hash = $2 and expires_at > $3",
        &[app.into(), (&hash).into(), now.into()],
        |_| (),
    )?;
    Ok(found.is_some())
}

/// Forgets those that no token is taken with any more.
pub(crate) fn forget(tx: &WriteTx<'_>, now: Time) -> Result<usize> {
    tx.execute("delete from token_ids where expires_at <= $1", &[now.into()])
}

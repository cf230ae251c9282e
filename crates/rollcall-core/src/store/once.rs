//! Remembered replies of idempotency keys.

use super::{AccountKey, AppKey, Tx, Value, WriteTx};
use crate::clock::Time;
use crate::error::Result;
use crate::op::Reply;

/// The request and the reply of a key, where it was remembered after `since`.
pub(crate) fn find(tx: &Tx<'_>, app: AppKey, key: &str, since: Time) -> Result<Option<([u8; 32], Reply)>> {
    tx.first(
        "select fingerprint, status, body from idempotency_keys where app_id = $1 and idempotency_key = $2 and created_at > $3",
        &[app.into(), key.into(), since.into()],
        |r| {
            let status = u16::try_from(r.int(1)).unwrap_or(500);
            (r.bytes(0).try_into().unwrap_or_default(), Reply { status, body: r.bytes(2).to_vec(), replayed: true })
        },
    )
}

/// Remembers a reply, over an expired one of the same key.
pub(crate) fn remember(
    tx: &WriteTx<'_>,
    app: AppKey,
    key: &str,
    fingerprint: &[u8; 32],
    reply: &Reply,
    now: Time,
) -> Result<()> {
    tx.execute(
        "insert into idempotency_keys (app_id, idempotency_key, fingerprint, status, body, created_at) \
         values ($1, $2, $3, $4, $5, $6) on conflict (app_id, idempotency_key) do update \
         set fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body, created_at = excluded.created_at",
        &[
            app.into(),
            key.into(),
            fingerprint.into(),
            i64::from(reply.status).into(),
            (&reply.body).into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Forgets the replies remembered before `until`.
pub(crate) fn forget(tx: &WriteTx<'_>, until: Time) -> Result<usize> {
    tx.execute("delete from idempotency_keys where created_at <= $1", &[until.into()])
}

/// Forgets the replies to an account's apps of which this is true.
pub(crate) fn forget_where(tx: &WriteTx<'_>, account: AccountKey, is_meant: impl Fn(&[u8]) -> bool) -> Result<usize> {
    let meant = tx.query(
        "select k.app_id, k.idempotency_key, k.body from idempotency_keys k join apps a on a.id = k.app_id \
         where a.account_id = $1",
        &[account.into()],
        |r| is_meant(r.bytes(2)).then(|| (AppKey(r.int(0)), r.text(1))),
    )?;
    let rows: Vec<Vec<Value<'_>>> = meant.iter().flatten().map(|(app, key)| vec![(*app).into(), key.into()]).collect();
    tx.execute_many("delete from idempotency_keys where app_id = $1 and idempotency_key = $2", &rows)
}

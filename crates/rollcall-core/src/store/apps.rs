//! Client apps, their sealed secrets, and what has been seen of them.

use std::collections::HashMap;

use super::{AccountKey, AppKey, Row, Tx, Value, WriteTx};
use crate::apps::usage::Seen;
use crate::apps::{Algorithm, App, AppChange};
use crate::clock::Time;
use crate::error::Result;
use crate::id::ClientId;
use crate::policy::Scope;
use crate::text;

const COLUMNS: &str =
    "a.id, a.account_id, a.client_id, a.name, a.algorithm, a.scopes, a.created_at, a.last_used_at, s.sealed";

/// A row for each secret; the first one makes the app.
fn gather(rows: Vec<(App, Option<Vec<u8>>)>) -> Vec<App> {
    let mut apps: Vec<App> = Vec::new();
    for (app, secret) in rows {
        if apps.last().is_none_or(|last| last.key != app.key) {
            apps.push(app);
        }
        if let Some(last) = apps.last_mut() {
            last.secrets.extend(secret);
        }
    }
    apps
}

fn app(r: &Row<'_, '_>) -> (App, Option<Vec<u8>>) {
    let app = App {
        key: AppKey(r.int(0)),
        account: AccountKey(r.int(1)),
        client_id: ClientId::stored(r.text(2)),
        name: r.text(3),
        algorithm: Algorithm::stored(r.str(4)),
        scopes: r.str(5).split(' ').filter_map(|id| Scope::parse(id).ok()).collect(),
        created: r.time(6),
        last_used: r.opt_int(7).map(Time),
        secrets: Vec::new(),
    };
    (app, r.opt_bytes(8))
}

/// The apps of tokens, in any account, with their live secrets; by client id.
pub(crate) fn find_by_client_ids(tx: &Tx<'_>, client_ids: &[&str], now: Time) -> Result<HashMap<String, App>> {
    let list: Vec<Value<'_>> = client_ids.iter().map(|id| (*id).into()).collect();
    let rows = tx.query_list(
        &format!(
            "select {COLUMNS} from apps a left join app_secrets s on s.app_id = a.id \
             and (s.expires_at is null or s.expires_at > $1) where a.client_id in {{list}} order by a.id, s.id"
        ),
        &[now.into()],
        &list,
        app,
    )?;
    Ok(gather(rows).into_iter().map(|app| (app.client_id.to_string(), app)).collect())
}

/// Every app of the account, oldest first, with all secrets.
pub(crate) fn list(tx: &Tx<'_>, account: AccountKey) -> Result<Vec<App>> {
    let rows = tx.query(
        &format!("select {COLUMNS} from apps a left join app_secrets s on s.app_id = a.id where a.account_id = $1 order by a.id, s.id"),
        &[account.into()],
        app,
    )?;
    Ok(gather(rows))
}

fn words(scopes: &[Scope]) -> String {
    scopes.iter().map(|s| s.id()).collect::<Vec<_>>().join(" ")
}

#[allow(clippy::too_many_arguments, reason = "the columns of the row")]
pub(crate) fn insert(
    tx: &WriteTx<'_>,
    account: AccountKey,
    client_id: &ClientId,
    name: &str,
    algorithm: Algorithm,
    scopes: &[Scope],
    sealed: &[u8],
    now: Time,
) -> Result<Option<AppKey>> {
    let (key, words) = (text::key(name), words(scopes));
    let ids = tx.insert_returning(
        "insert into apps (account_id, client_id, name, name_key, algorithm, scopes, created_at, updated_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $7) on conflict do nothing returning id",
        &[vec![
            account.into(),
            client_id.as_str().into(),
            name.into(),
            (&key).into(),
            algorithm.name().into(),
            (&words).into(),
            now.into(),
        ]],
    )?;
    let Some(id) = ids.first().copied().flatten() else { return Ok(None) };
    insert_secret(tx, AppKey(id), sealed, now)?;
    Ok(Some(AppKey(id)))
}

fn insert_secret(tx: &WriteTx<'_>, app: AppKey, sealed: &[u8], now: Time) -> Result<()> {
    tx.execute(
        "insert into app_secrets (app_id, sealed, created_at) values ($1, $2, $3)",
        &[app.into(), sealed.into(), now.into()],
    )?;
    Ok(())
}

/// Puts one secret in the place of all that there are.
pub(crate) fn replace_secret(tx: &WriteTx<'_>, app: AppKey, sealed: &[u8], now: Time) -> Result<()> {
    tx.execute("delete from app_secrets where app_id = $1", &[app.into()])?;
    insert_secret(tx, app, sealed, now)
}

pub(crate) fn update_many(tx: &WriteTx<'_>, account: AccountKey, changes: &[AppChange], now: Time) -> Result<usize> {
    let scopes: Vec<String> = changes.iter().map(|c| words(&c.scopes)).collect();
    let rows: Vec<Vec<Value<'_>>> = changes
        .iter()
        .zip(&scopes)
        .map(|(c, scopes)| vec![account.into(), c.key.into(), c.algorithm.name().into(), scopes.into(), now.into()])
        .collect();
    tx.execute_many(
        "update apps set algorithm = $3, scopes = $4, updated_at = $5 where account_id = $1 and id = $2",
        &rows,
    )
}

pub(crate) fn remove_many(tx: &WriteTx<'_>, account: AccountKey, apps: &[AppKey]) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> = apps.iter().map(|key| vec![account.into(), (*key).into()]).collect();
    tx.execute_many("delete from apps where account_id = $1 and id = $2", &rows)
}

/// Why an app's tokens were refused: reason, how often, when last; the latest first.
pub(crate) fn refusals(tx: &Tx<'_>, app: AppKey) -> Result<Vec<(String, u64, Time)>> {
    tx.query(
        "select reason, refused, last_at from app_refusals where app_id = $1 order by last_at desc, reason",
        &[app.into()],
        |r| (r.text(0), r.int(1).unsigned_abs(), r.time(2)),
    )
}

pub(crate) fn note_usage(tx: &WriteTx<'_>, account: AccountKey, seen: &[(AppKey, Seen)]) -> Result<()> {
    let used: Vec<Vec<Value<'_>>> =
        seen.iter().filter_map(|(app, s)| Some(vec![account.into(), (*app).into(), s.last_used?.into()])).collect();
    // Another replica may have seen the app later.
    tx.execute_many(
        "update apps set last_used_at = $3 where account_id = $1 and id = $2 and (last_used_at is null or last_used_at < $3)",
        &used,
    )?;
    let refused: Vec<Vec<Value<'_>>> = seen
        .iter()
        .flat_map(|(app, s)| s.refusals.iter().map(move |(reason, (n, at))| (app, reason, n, at)))
        .map(|(app, reason, n, at)| vec![account.into(), (*app).into(), (*reason).into(), (*n).into(), (*at).into()])
        .collect();
    // The join leaves out apps that were removed since.
    tx.execute_many(
        "insert into app_refusals (app_id, reason, refused, last_at) \
         select a.id, cast($3 as text), cast($4 as bigint), cast($5 as bigint) from apps a where a.account_id = $1 and a.id = $2 \
         on conflict (app_id, reason) do update set refused = app_refusals.refused + excluded.refused, last_at = excluded.last_at",
        &refused,
    )?;
    Ok(())
}

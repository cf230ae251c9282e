//! Client apps, their sealed secrets, and what has been seen of them.

use std::collections::HashMap;

use super::{AccountKey, AppKey, Row, Tx, Value, WriteTx};
use crate::apps::usage::Seen;
use crate::apps::{Algorithm, App, AppChange, AppSecret};
use crate::chance;
use crate::clock::Time;
use crate::error::Result;
use crate::id::ClientId;
use crate::policy::Scope;
use crate::text;

const COLUMNS: &str = "a.id, a.account_id, a.client_id, a.name, a.algorithm, a.scopes, a.created_at, a.last_used_at, \
     a.expires_at, a.enforce_jti, a.enforce_jwe, coalesce(r.value, 0), s.public_id, s.sealed, s.created_at, s.expires_at, \
     s.last_used_at";

/// The counter of an account's revision that every change of its apps raises: what is remembered of them is true as long as
/// it stays. Replicas' own counters are from 0 on.
pub(crate) const STAMP: i64 = -1;

const TABLES: &str = "apps a left join revisions r on r.account_id = a.account_id and r.slot = -1 \
     left join app_secrets s on s.app_id = a.id";

/// A row for each secret; the first one makes the app.
fn gather(rows: Vec<(App, Option<AppSecret>)>) -> Vec<App> {
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

fn app(r: &Row<'_, '_>) -> (App, Option<AppSecret>) {
    let app = App {
        key: AppKey(r.int(0)),
        account: AccountKey(r.int(1)),
        client_id: ClientId::stored(r.text(2)),
        name: r.text(3),
        algorithm: Algorithm::stored(r.str(4)),
        scopes: r.str(5).split(' ').filter_map(|id| Scope::parse(id).ok()).collect(),
        created: r.time(6),
        last_used: r.opt_int(7).map(Time),
        expires: r.opt_int(8).map(Time),
        enforce_jti: r.bool(9),
        enforce_jwe: r.bool(10),
        stamp: r.int(11),
        secrets: Vec::new(),
    };
    let secret = r.opt_bytes(13).map(|sealed| AppSecret {
        id: r.text(12),
        sealed,
        created: r.time(14),
        expires: r.opt_int(15).map(Time),
        last_used: r.opt_int(16).map(Time),
    });
    (app, secret)
}

/// The apps of tokens, in any account, with all their secrets; by client id.
pub(crate) fn find_by_client_ids(tx: &Tx<'_>, client_ids: &[&str]) -> Result<HashMap<String, App>> {
    let list: Vec<Value<'_>> = client_ids.iter().map(|id| (*id).into()).collect();
    let sql = format!("select {COLUMNS} from {TABLES} where a.client_id in {{list}} order by a.id, s.id");
    let rows = tx.query_list(&sql, &[], &list, app)?;
    Ok(gather(rows).into_iter().map(|app| (app.client_id.to_string(), app)).collect())
}

/// Every app of the account, oldest first, with all secrets, oldest first.
pub(crate) fn list(tx: &Tx<'_>, account: AccountKey) -> Result<Vec<App>> {
    let sql = format!("select {COLUMNS} from {TABLES} where a.account_id = $1 order by a.id, s.id");
    Ok(gather(tx.query(&sql, &[account.into()], app)?))
}

/// The names of apps by their client ids.
pub(crate) fn names(tx: &Tx<'_>, account: AccountKey, ids: &[&str]) -> Result<HashMap<String, String>> {
    let list: Vec<Value<'_>> = ids.iter().map(|id| (*id).into()).collect();
    let rows = tx.query_list(
        "select client_id, name from apps where account_id = $1 and client_id in {list}",
        &[account.into()],
        &list,
        |r| (r.text(0), r.text(1)),
    )?;
    Ok(rows.into_iter().collect())
}

/// Whether the app is there.
pub(crate) fn exists(tx: &Tx<'_>, account: AccountKey, app: AppKey) -> Result<bool> {
    let found =
        tx.first("select 1 from apps where account_id = $1 and id = $2", &[account.into(), app.into()], |_| ())?;
    Ok(found.is_some())
}

/// What was recognised before is not true any more. The step is drawn by lot, so that a database that lost commits does not come
/// back to a stamp that somebody has seen.
pub(crate) fn raise_stamp(tx: &WriteTx<'_>, account: AccountKey) -> Result<()> {
    tx.execute_later(
        "insert into revisions (account_id, slot, value) values ($1, $2, $3) \
         on conflict (account_id, slot) do update set value = revisions.value + $3",
        &[vec![account.into(), STAMP.into(), chance::step().into()]],
    )
}

fn words(scopes: &[Scope]) -> String {
    scopes.iter().map(|s| s.id()).collect::<Vec<_>>().join(" ")
}

/// An app's row, and its first secret.
pub(crate) struct NewRow<'a> {
    pub(crate) client_id: &'a ClientId,
    pub(crate) name: &'a str,
    pub(crate) algorithm: Algorithm,
    pub(crate) scopes: &'a [Scope],
    pub(crate) enforce_jti: bool,
    pub(crate) enforce_jwe: bool,
    pub(crate) expires: Option<Time>,
}

/// The new app; none where its name or client id is taken.
pub(crate) fn insert(tx: &WriteTx<'_>, account: AccountKey, new: &NewRow<'_>, now: Time) -> Result<Option<AppKey>> {
    let (key, words) = (text::key(new.name), words(new.scopes));
    let ids = tx.insert_returning(
        "insert into apps (account_id, client_id, name, name_key, algorithm, scopes, created_at, updated_at, expires_at, \
         enforce_jti, enforce_jwe) values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10) on conflict do nothing returning id",
        &[vec![
            account.into(),
            new.client_id.as_str().into(),
            new.name.into(),
            (&key).into(),
            new.algorithm.name().into(),
            (&words).into(),
            now.into(),
            new.expires.into(),
            new.enforce_jti.into(),
            new.enforce_jwe.into(),
        ]],
    )?;
    raise_stamp(tx, account)?;
    Ok(ids.first().copied().flatten().map(AppKey))
}

/// Adds a secret to an app.
pub(crate) fn insert_secret(tx: &WriteTx<'_>, account: AccountKey, app: AppKey, secret: &AppSecret) -> Result<()> {
    tx.execute(
        "insert into app_secrets (app_id, public_id, sealed, created_at, expires_at, last_used_at) \
         values ($1, $2, $3, $4, $5, $6)",
        &[
            app.into(),
            (&secret.id).into(),
            (&secret.sealed).into(),
            secret.created.into(),
            secret.expires.into(),
            secret.last_used.into(),
        ],
    )?;
    raise_stamp(tx, account)
}

/// Gives a secret another end.
pub(crate) fn expire_secret(
    tx: &WriteTx<'_>,
    account: AccountKey,
    app: AppKey,
    id: &str,
    expires: Option<Time>,
) -> Result<()> {
    tx.execute(
        "update app_secrets set expires_at = $3 where app_id = $1 and public_id = $2",
        &[app.into(), id.into(), expires.into()],
    )?;
    raise_stamp(tx, account)
}

/// Removes secrets of an app: these, or all.
pub(crate) fn remove_secrets(tx: &WriteTx<'_>, account: AccountKey, app: AppKey, ids: Option<&[&str]>) -> Result<()> {
    match ids {
        None => {
            tx.execute("delete from app_secrets where app_id = $1", &[app.into()])?;
        }
        Some(ids) => {
            let rows: Vec<Vec<Value<'_>>> = ids.iter().map(|id| vec![app.into(), (*id).into()]).collect();
            tx.execute_many("delete from app_secrets where app_id = $1 and public_id = $2", &rows)?;
        }
    }
    raise_stamp(tx, account)
}

/// Removes the secrets of an account's apps that came to their end before `until` and are not the last of their app.
pub(crate) fn remove_expired_secrets(tx: &WriteTx<'_>, account: AccountKey, until: Time) -> Result<usize> {
    tx.execute(
        "delete from app_secrets where expires_at <= $2 and app_id in (select id from apps where account_id = $1) \
         and exists (select 1 from app_secrets later where later.app_id = app_secrets.app_id and later.id > app_secrets.id)",
        &[account.into(), until.into()],
    )
}

pub(crate) fn update_many(tx: &WriteTx<'_>, account: AccountKey, changes: &[AppChange], now: Time) -> Result<usize> {
    let scopes: Vec<String> = changes.iter().map(|c| words(&c.after.scopes)).collect();
    let rows: Vec<Vec<Value<'_>>> = changes
        .iter()
        .zip(&scopes)
        .map(|(c, scopes)| {
            vec![
                account.into(),
                c.key.into(),
                c.after.algorithm.name().into(),
                scopes.into(),
                now.into(),
                c.after.expires.into(),
                c.after.enforce_jti.into(),
                c.after.enforce_jwe.into(),
            ]
        })
        .collect();
    let changed = tx.execute_many(
        "update apps set algorithm = $3, scopes = $4, updated_at = $5, expires_at = $6, enforce_jti = $7, enforce_jwe = $8 \
         where account_id = $1 and id = $2",
        &rows,
    )?;
    raise_stamp(tx, account)?;
    Ok(changed)
}

pub(crate) fn remove_many(tx: &WriteTx<'_>, account: AccountKey, apps: &[AppKey]) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> = apps.iter().map(|key| vec![account.into(), (*key).into()]).collect();
    let removed = tx.execute_many("delete from apps where account_id = $1 and id = $2", &rows)?;
    raise_stamp(tx, account)?;
    Ok(removed)
}

/// Why an app's tokens were refused: reason, how often, when last; the latest first.
pub(crate) fn refusals(tx: &Tx<'_>, app: AppKey) -> Result<Vec<(String, u64, Time)>> {
    tx.query(
        "select reason, refused, last_at from app_refusals where app_id = $1 order by last_at desc, reason",
        &[app.into()],
        |r| (r.text(0), r.int(1).unsigned_abs(), r.time(2)),
    )
}

/// Why tokens were refused, how often, and when last.
pub(crate) type Refused = (String, u64, Time);

/// The same of every app of the account, by app.
pub(crate) fn refusals_of_account(tx: &Tx<'_>, account: AccountKey) -> Result<HashMap<AppKey, Vec<Refused>>> {
    let rows = tx.query(
        "select f.app_id, f.reason, f.refused, f.last_at from app_refusals f join apps a on a.id = f.app_id \
         where a.account_id = $1 order by f.last_at desc, f.reason",
        &[account.into()],
        |r| (AppKey(r.int(0)), (r.text(1), r.int(2).unsigned_abs(), r.time(3))),
    )?;
    let mut found = HashMap::<_, Vec<_>>::new();
    rows.into_iter().for_each(|(app, refusal)| found.entry(app).or_default().push(refusal));
    Ok(found)
}

pub(crate) fn note_usage(tx: &WriteTx<'_>, account: AccountKey, seen: &[(AppKey, Seen)]) -> Result<()> {
    let used: Vec<Vec<Value<'_>>> =
        seen.iter().filter_map(|(app, s)| Some(vec![account.into(), (*app).into(), s.last_used?.into()])).collect();
    // Another replica may have seen the app later.
    tx.execute_many(
        "update apps set last_used_at = $3 where account_id = $1 and id = $2 and (last_used_at is null or last_used_at < $3)",
        &used,
    )?;
    let secrets: Vec<Vec<Value<'_>>> = seen
        .iter()
        .flat_map(|(app, s)| s.secrets.iter().map(move |(id, at)| (app, id, at)))
        .map(|(app, id, at)| vec![account.into(), (*app).into(), (&**id).into(), (*at).into()])
        .collect();
    tx.execute_many(
        "update app_secrets set last_used_at = $4 where app_id in (select id from apps where account_id = $1 and id = $2) \
         and public_id = $3 and (last_used_at is null or last_used_at < $4)",
        &secrets,
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

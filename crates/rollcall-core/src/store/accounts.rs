//! Accounts, their revisions, and what belongs to the installation.

use super::apps::STAMP;
use super::{AccountKey, Marks, Tx, UserKey, WriteTx};
use crate::accounts::{Account, AccountInfo};
use crate::chance;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::id::{AccountId, OrgId};
use crate::text;

fn info(r: &super::Row<'_, '_>) -> AccountInfo {
    AccountInfo { key: AccountKey(r.int(0)), id: AccountId::stored(r.text(1)), name: r.text(2) }
}

pub(crate) fn list(tx: &Tx<'_>) -> Result<Vec<AccountInfo>> {
    tx.query("select id, public_id, name from accounts order by id", &[], info)
}

pub(crate) fn find(tx: &Tx<'_>, name_key: &str) -> Result<Option<AccountInfo>> {
    tx.first("select id, public_id, name from accounts where name_key = $1", &[name_key.into()], info)
}

pub(crate) fn get(tx: &Tx<'_>, account: AccountKey) -> Result<Account> {
    tx.first("select name, public_id, org_id from accounts where id = $1", &[account.into()], |r| Account {
        name: r.text(0),
        id: AccountId::stored(r.text(1)),
        org: OrgId::stored(r.text(2)),
    })?
    .ok_or_else(|| Error::internal("the actor's account is gone"))
}

pub(crate) fn insert(
    tx: &WriteTx<'_>,
    id: &AccountId,
    org: &OrgId,
    name: &str,
    chain: &str,
    now: Time,
) -> Result<AccountKey> {
    let key = tx.insert(
        "insert into accounts (public_id, name, name_key, org_id, chain_id, created_at) values ($1, $2, $3, $4, $5, $6) returning id",
        &[id.as_str().into(), name.into(), text::key(name).as_str().into(), org.as_str().into(), chain.into(), now.into()],
    )?;
    tx.execute("insert into revisions (account_id, slot, value) values ($1, 0, 1)", &[key.into()])?;
    Ok(AccountKey(key))
}

pub(crate) fn rename(tx: &WriteTx<'_>, account: AccountKey, name: &str, id: &AccountId, org: &OrgId) -> Result<()> {
    tx.execute(
        "update accounts set name = $2, name_key = $3, public_id = $4, org_id = $5 where id = $1",
        &[account.into(), name.into(), text::key(name).as_str().into(), id.as_str().into(), org.as_str().into()],
    )?;
    Ok(())
}

/// Whether nothing was ever put into the account.
pub(crate) fn is_empty(tx: &Tx<'_>, account: AccountKey) -> Result<bool> {
    let things = ["users", "groups", "bots", "apps", "roles"].map(|table| {
        let custom = if table == "roles" { " and not built_in" } else { "" };
        format!("not exists (select 1 from {table} where account_id = $1{custom})")
    });
    let sql = format!("select {}", things.join(" and "));
    Ok(tx.first(&sql, &[account.into()], |r| r.bool(0))?.unwrap_or(false))
}

pub(crate) fn owner(tx: &Tx<'_>, account: AccountKey) -> Result<Option<UserKey>> {
    Ok(tx
        .first("select owner_id from accounts where id = $1", &[account.into()], |r| r.opt_int(0))?
        .flatten()
        .map(UserKey))
}

pub(crate) fn set_owner(tx: &WriteTx<'_>, account: AccountKey, owner: UserKey) -> Result<()> {
    tx.execute("update accounts set owner_id = $2 where id = $1", &[account.into(), owner.into()])?;
    Ok(())
}

/// The account's revision, and the stamp of its apps: one look at a few rows.
pub(crate) fn marks(tx: &Tx<'_>, account: AccountKey) -> Result<Marks> {
    let marks = tx.first(
        "select cast(coalesce(sum(value), 0) as bigint), \
         cast(coalesce(sum(case when slot = $2 then value end), 0) as bigint) from revisions where account_id = $1",
        &[account.into(), STAMP.into()],
        |r| Marks { revision: r.int(0), stamp: r.int(1) },
    )?;
    Ok(marks.unwrap_or_default())
}

/// Where the account's audit chain begins.
pub(crate) fn chain_id(tx: &Tx<'_>, account: AccountKey) -> Result<String> {
    tx.first("select chain_id from accounts where id = $1", &[account.into()], |r| r.text(0))?
        .ok_or_else(|| Error::internal("the actor's account is gone"))
}

/// Once a transaction is enough: nobody sees what is between. By a step that is drawn by lot: a commit that a database lost
/// while this process lived on does not give its revision, and what is remembered under it, to another one.
pub(crate) fn raise_revision(tx: &WriteTx<'_>, account: AccountKey) -> Result<()> {
    if !tx.is_first_change(account) {
        return Ok(());
    }
    tx.execute_later(
        "insert into revisions (account_id, slot, value) values ($1, $2, $3) \
         on conflict (account_id, slot) do update set value = revisions.value + excluded.value",
        &[vec![account.into(), tx.revision_slot().into(), chance::step().into()]],
    )
}

/// Whether the account has ever had an active admin, and whether it has one now.
pub(crate) fn admin_state(tx: &Tx<'_>, account: AccountKey, now: Time) -> Result<(bool, bool)> {
    tx.first(
        "select a.has_admin, exists (select 1 from roles r join assignments s on s.role_id = r.id \
         join users u on u.id = s.user_id where r.account_id = a.id and r.kind = 'admin' and r.built_in \
         and u.status = 'active' and (s.expires_at is null or s.expires_at > $2)) \
         from accounts a where a.id = $1",
        &[account.into(), now.into()],
        |r| (r.bool(0), r.bool(1)),
    )?
    .ok_or_else(|| Error::internal("the actor's account is gone"))
}

pub(crate) fn note_admin(tx: &WriteTx<'_>, account: AccountKey) -> Result<()> {
    tx.execute("update accounts set has_admin = true where id = $1", &[account.into()])?;
    Ok(())
}

pub(crate) fn installation_value(tx: &Tx<'_>, name: &str) -> Result<Option<Vec<u8>>> {
    tx.first("select value from installation where name = $1", &[name.into()], |r| r.bytes(0).to_vec())
}

/// Puts a value in the place of one that may be there.
pub(crate) fn put_installation_value(tx: &WriteTx<'_>, name: &str, value: &[u8]) -> Result<()> {
    tx.execute(
        "insert into installation (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value",
        &[name.into(), value.into()],
    )?;
    Ok(())
}

pub(crate) fn set_installation_value(tx: &WriteTx<'_>, name: &str, value: &[u8]) -> Result<()> {
    tx.execute("insert into installation (name, value) values ($1, $2)", &[name.into(), value.into()])?;
    Ok(())
}

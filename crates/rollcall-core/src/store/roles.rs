//! Roles.

use super::{AccountKey, RoleKey, Row, Tx, Value, WriteTx};
use crate::clock::Time;
use crate::error::Result;
use crate::id::RoleId;
use crate::roles::{NewRole, Role, RoleChange, RoleKind};
use crate::text;

const COLUMNS: &str = "id, public_id, kind, name, built_in";

fn role(r: &Row<'_, '_>) -> Role {
    Role {
        key: RoleKey(r.int(0)),
        id: RoleId::stored(r.text(1)),
        kind: kind(r.str(2)),
        name: r.text(3),
        built_in: r.bool(4),
    }
}

/// The column's check allows two words only.
pub(super) fn kind(word: &str) -> RoleKind {
    if word == "admin" { RoleKind::Admin } else { RoleKind::Bot }
}

pub(crate) fn list(tx: &Tx<'_>, account: AccountKey) -> Result<Vec<Role>> {
    tx.query(
        &format!("select {COLUMNS} from roles where account_id = $1 order by built_in desc, id"),
        &[account.into()],
        role,
    )
}

pub(crate) fn find_by_ids(tx: &Tx<'_>, account: AccountKey, ids: &[&str]) -> Result<Vec<Role>> {
    let list: Vec<Value<'_>> = ids.iter().map(|id| (*id).into()).collect();
    tx.query_list(
        &format!("select {COLUMNS} from roles where account_id = $1 and public_id in {{list}}"),
        &[account.into()],
        &list,
        role,
    )
}

pub(crate) fn insert_many(
    tx: &WriteTx<'_>,
    account: AccountKey,
    roles: &[NewRole],
    built_in: bool,
    now: Time,
) -> Result<Vec<Option<RoleKey>>> {
    let keys: Vec<String> = roles.iter().map(|r| text::key(&r.name)).collect();
    let rows: Vec<Vec<Value<'_>>> = roles
        .iter()
        .zip(&keys)
        .map(|(r, key)| {
            vec![
                account.into(),
                r.id.as_str().into(),
                (&r.ref_id).into(),
                r.kind.word().into(),
                (&r.name).into(),
                key.into(),
                (&r.description).into(),
                (&r.permissions).into(),
                built_in.into(),
                now.into(),
            ]
        })
        .collect();
    let ids = tx.insert_returning(
        "insert into roles (account_id, public_id, ref_id, kind, name, name_key, description, permissions, built_in, \
         created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) on conflict do nothing returning id",
        &rows,
    )?;
    Ok(ids.into_iter().map(|id| id.map(RoleKey)).collect())
}

pub(crate) fn update_many(tx: &WriteTx<'_>, account: AccountKey, changes: &[RoleChange], now: Time) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> = changes
        .iter()
        .map(|c| vec![account.into(), c.key.into(), (&c.description).into(), (&c.permissions).into(), now.into()])
        .collect();
    tx.execute_many(
        "update roles set description = $3, permissions = $4, updated_at = $5 where account_id = $1 and id = $2 and not built_in",
        &rows,
    )
}

pub(crate) fn remove_many(tx: &WriteTx<'_>, account: AccountKey, roles: &[RoleKey]) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> = roles.iter().map(|key| vec![account.into(), (*key).into()]).collect();
    tx.execute_many("delete from roles where account_id = $1 and id = $2 and not built_in", &rows)
}

/// Every role of an account, built-ins too: only while it is still empty.
pub(crate) fn remove_all(tx: &WriteTx<'_>, account: AccountKey) -> Result<usize> {
    tx.execute("delete from roles where account_id = $1", &[account.into()])
}

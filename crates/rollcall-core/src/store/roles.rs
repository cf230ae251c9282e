//! Roles.

use super::pages::{self, Kind};
use super::{AccountKey, RoleKey, Row, Tx, Value, WriteTx};
use crate::clock::Time;
use crate::error::Result;
use crate::id::RoleId;
use crate::page::{Page, Paged};
use crate::roles::rights::AdminRights;
use crate::roles::{NewRole, Role, RoleChange, RoleDetails, RoleKind};
use crate::text;

pub(super) const COLUMNS: &str = "id, public_id, kind, name, built_in, rights";

pub(super) fn role(r: &Row<'_, '_>) -> Role {
    Role {
        key: RoleKey(r.int(0)),
        id: RoleId::stored(r.text(1)),
        kind: kind(r.str(2)),
        name: r.text(3),
        built_in: r.bool(4),
        rights: rights(r.opt_int(5)),
    }
}

/// What is not worked out yet gives nobody anything; [`work_out_rights`] does so before anybody asks.
pub(super) fn rights(bits: Option<i64>) -> AdminRights {
    bits.map_or(AdminRights::NONE, AdminRights::stored)
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

pub(super) const DETAILS: &str = "id, public_id, kind, name, built_in, rights, ref_id, description, permissions, created_at, created_by, \
    updated_at, updated_by";

pub(super) fn details(r: &Row<'_, '_>) -> RoleDetails {
    let Role { key, id, kind, name, built_in, rights } = role(r);
    RoleDetails {
        key,
        id,
        kind,
        name,
        built_in,
        rights,
        ref_id: r.text(6),
        description: r.text(7),
        // They are kept as the JSON object that was checked when they came.
        permissions: serde_json::from_str(r.str(8)).unwrap_or_default(),
        created_at: r.time(9),
        created_by: r.opt_text(10),
        updated_at: r.time(11),
        updated_by: r.opt_text(12),
    }
}

/// The pages that list roles of a kind.
fn pages_of(kind: RoleKind) -> Kind {
    match kind {
        RoleKind::Admin => Kind::AdminRoles,
        RoleKind::Bot => Kind::BotRoles,
    }
}

/// A page of the roles of a kind in order of creation, found by a seek.
pub(crate) fn page(tx: &Tx<'_>, account: AccountKey, kind: RoleKind, page: Page) -> Result<Paged<RoleDetails>> {
    let seek = pages::seek(tx, account, pages_of(kind), page.skipped())?;
    let items = tx.query(
        &format!(
            "select {DETAILS} from roles where account_id = $1 and kind = $2 and id >= $3 order by id limit $4 offset $5"
        ),
        &[
            account.into(),
            kind.word().into(),
            seek.from_id.into(),
            i64::from(page.limit()).into(),
            seek.skip.into(),
        ],
        details,
    )?;
    let shown = page.skipped().saturating_add(items.len() as i64);
    Ok(Paged { total: seek.total.unsigned_abs(), more: !items.is_empty() && shown < seek.total, items })
}

/// Every role of a kind, oldest first.
pub(crate) fn of_kind(tx: &Tx<'_>, account: AccountKey, kind: RoleKind) -> Result<Vec<RoleDetails>> {
    tx.query(
        &format!("select {DETAILS} from roles where account_id = $1 and kind = $2 order by id"),
        &[account.into(), kind.word().into()],
        details,
    )
}

/// Counts new roles (`sign` 1) or removed ones (`sign` -1) on the pages of their kind.
fn count(tx: &WriteTx<'_>, account: AccountKey, roles: &[(RoleKey, RoleKind)], sign: i64) -> Result<()> {
    for kind in [RoleKind::Admin, RoleKind::Bot] {
        let ids = roles.iter().filter(|(_, of)| *of == kind).map(|(key, _)| key.0);
        pages::count(tx, account, pages_of(kind), ids, sign)?;
    }
    Ok(())
}

/// Inserts roles made by somebody, or those that are built in; none for each whose name or id was there already.
pub(crate) fn insert_many(
    tx: &WriteTx<'_>,
    account: AccountKey,
    roles: &[NewRole],
    by: Option<&str>,
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
                by.is_none().into(),
                now.into(),
                by.into(),
                AdminRights::of_text(r.kind, &r.permissions).bits().into(),
            ]
        })
        .collect();
    let ids = tx.insert_returning(
        "insert into roles (account_id, public_id, ref_id, kind, name, name_key, description, permissions, built_in, \
         created_at, updated_at, created_by, updated_by, rights) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $11, $12) \
         on conflict do nothing returning id",
        &rows,
    )?;
    let keys: Vec<Option<RoleKey>> = ids.into_iter().map(|id| id.map(RoleKey)).collect();
    let new: Vec<_> = keys.iter().zip(roles).filter_map(|(key, role)| Some(((*key)?, role.kind))).collect();
    count(tx, account, &new, 1)?;
    Ok(keys)
}

pub(crate) fn update_many(
    tx: &WriteTx<'_>,
    account: AccountKey,
    changes: &[RoleChange],
    by: &str,
    now: Time,
) -> Result<usize> {
    let keys: Vec<String> = changes.iter().map(|c| text::key(&c.after.name)).collect();
    // All let go of their names before any gets one: two roles may swap theirs. No name begins with a blank.
    let between: Vec<String> = changes.iter().map(|c| format!(" {}", c.key.0)).collect();
    let freed: Vec<Vec<Value<'_>>> = changes
        .iter()
        .zip(&keys)
        .zip(&between)
        .map(|((c, key), between)| vec![account.into(), c.key.into(), key.into(), between.into()])
        .collect();
    tx.execute_many(
        "update roles set name_key = $4 where account_id = $1 and id = $2 and name_key <> $3 and not built_in",
        &freed,
    )?;
    let permissions: Vec<String> = changes.iter().map(|c| c.after.permissions_text()).collect();
    let rows: Vec<Vec<Value<'_>>> = changes
        .iter()
        .zip(&keys)
        .zip(&permissions)
        .map(|((c, key), permissions)| {
            vec![
                account.into(),
                c.key.into(),
                (&c.after.name).into(),
                key.into(),
                (&c.after.ref_id).into(),
                (&c.after.description).into(),
                permissions.into(),
                now.into(),
                by.into(),
                AdminRights::of(c.kind, &c.after.permissions).bits().into(),
            ]
        })
        .collect();
    tx.execute_many(
        "update roles set name = $3, name_key = $4, ref_id = $5, description = $6, permissions = $7, updated_at = $8, \
         updated_by = $9, rights = $10 where account_id = $1 and id = $2 and not built_in",
        &rows,
    )
}

pub(crate) fn remove_many(tx: &WriteTx<'_>, account: AccountKey, roles: &[(RoleKey, RoleKind)]) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> = roles.iter().map(|(key, _)| vec![account.into(), (*key).into()]).collect();
    count(tx, account, roles, -1)?;
    tx.execute_many("delete from roles where account_id = $1 and id = $2 and not built_in", &rows)
}

/// Every role of an account, built-ins too: only while it is still empty.
pub(crate) fn remove_all(tx: &WriteTx<'_>, account: AccountKey) -> Result<usize> {
    let roles: Vec<_> = list(tx, account)?.iter().map(|role| (role.key, role.kind)).collect();
    count(tx, account, &roles, -1)?;
    tx.execute("delete from roles where account_id = $1", &[account.into()])
}

/// Whether there are roles of which it is not worked out yet what they give.
pub(crate) fn lacks_rights(tx: &Tx<'_>) -> Result<bool> {
    Ok(tx.first("select 1 from roles where rights is null limit 1", &[], |_| ())?.is_some())
}

/// Works out what each of these gives.
pub(crate) fn work_out_rights(tx: &WriteTx<'_>) -> Result<()> {
    let roles = tx.query("select id, kind, permissions from roles where rights is null", &[], |r| {
        (r.int(0), AdminRights::of_text(kind(r.str(1)), r.str(2)))
    })?;
    let rows: Vec<Vec<Value<'_>>> = roles.iter().map(|(id, rights)| vec![(*id).into(), rights.bits().into()]).collect();
    tx.execute_many("update roles set rights = $2 where id = $1", &rows).map(|_| ())
}

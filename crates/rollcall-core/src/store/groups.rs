//! Groups and their nesting.

use super::pages::{self, Kind};
use super::{AccountKey, GroupKey, Row, Tx, Value, WriteTx, marks};
use crate::clock::Time;
use crate::error::Result;
use crate::groups::{Group, GroupChange, NewGroup};
use crate::id::GroupId;
use crate::page::{Page, Paged};
use crate::text;

const COLUMNS: &str = "id, public_id, name, description, source";

fn group(r: &Row<'_, '_>) -> Group {
    Group {
        key: GroupKey(r.int(0)),
        id: GroupId::stored(r.text(1)),
        name: r.text(2),
        description: r.text(3),
        from_directory: r.str(4) == "directory",
    }
}

fn find(tx: &Tx<'_>, account: AccountKey, column: &str, keys: &[&str]) -> Result<Vec<Group>> {
    let list: Vec<Value<'_>> = keys.iter().map(|key| (*key).into()).collect();
    tx.query_list(
        &format!("select {COLUMNS} from groups where account_id = $1 and {column} in {{list}}"),
        &[account.into()],
        &list,
        group,
    )
}

pub(crate) fn find_by_ids(tx: &Tx<'_>, account: AccountKey, ids: &[&str]) -> Result<Vec<Group>> {
    find(tx, account, "public_id", ids)
}

pub(crate) fn find_by_name_keys(tx: &Tx<'_>, account: AccountKey, keys: &[&str]) -> Result<Vec<Group>> {
    find(tx, account, "name_key", keys)
}

pub(crate) fn list(tx: &Tx<'_>, account: AccountKey) -> Result<Vec<Group>> {
    tx.query(&format!("select {COLUMNS} from groups where account_id = $1 order by id"), &[account.into()], group)
}

/// A page of groups in order of creation, found by a seek; each with its mark.
pub(crate) fn page(tx: &Tx<'_>, account: AccountKey, page: Page) -> Result<Paged<(Group, i64)>> {
    let seek = pages::seek(tx, account, Kind::Groups, page.skipped())?;
    let items = tx.query(
        &format!(
            "select {COLUMNS}, {} from (select {COLUMNS} from groups where account_id = $1 and id >= $2 \
             order by id limit $3 offset $4) g order by id",
            marks::OF_GROUP
        ),
        &[account.into(), seek.from_id.into(), i64::from(page.limit()).into(), seek.skip.into()],
        |r| (group(r), r.int(5)),
    )?;
    Ok(Paged::of(page, seek.total, items))
}

/// The direct children of these groups: parent, child's id, name, description; by name.
pub(crate) fn children(tx: &Tx<'_>, parents: &[GroupKey]) -> Result<Vec<(GroupKey, Group)>> {
    let list: Vec<Value<'_>> = parents.iter().map(|key| (*key).into()).collect();
    tx.query_list(
        "select g.id, g.public_id, g.name, g.description, g.source, n.parent_id from nestings n \
         join groups g on g.id = n.child_id where n.parent_id in {list} order by g.name_key",
        &[],
        &list,
        |r| (GroupKey(r.int(5)), group(r)),
    )
}

/// Every edge of the account's group graph: parent, child.
pub(crate) fn edges(tx: &Tx<'_>, account: AccountKey) -> Result<Vec<(GroupKey, GroupKey)>> {
    tx.query(
        "select n.parent_id, n.child_id from nestings n join groups g on g.id = n.parent_id where g.account_id = $1 \
         order by n.parent_id, n.child_id",
        &[account.into()],
        |r| (GroupKey(r.int(0)), GroupKey(r.int(1))),
    )
}

pub(crate) fn insert_many(
    tx: &WriteTx<'_>,
    account: AccountKey,
    groups: &[NewGroup],
    now: Time,
) -> Result<Vec<Option<GroupKey>>> {
    let keys: Vec<String> = groups.iter().map(|g| text::key(&g.name)).collect();
    let rows: Vec<Vec<Value<'_>>> = groups
        .iter()
        .zip(&keys)
        .map(|(g, key)| {
            vec![
                account.into(),
                g.id.as_str().into(),
                (&g.name).into(),
                key.into(),
                (&g.description).into(),
                now.into(),
            ]
        })
        .collect();
    let ids = tx.insert_returning(
        "insert into groups (account_id, public_id, name, name_key, description, source, created_at, updated_at) \
         values ($1, $2, $3, $4, $5, 'local', $6, $6) on conflict do nothing returning id",
        &rows,
    )?;
    pages::count(tx, account, Kind::Groups, ids.iter().copied().flatten(), 1)?;
    // Also a new one: it may have got the number of one that went.
    marks::raise(tx, account, ids.iter().copied().flatten().map(GroupKey))?;
    Ok(ids.into_iter().map(|id| id.map(GroupKey)).collect())
}

pub(crate) fn update_many(tx: &WriteTx<'_>, account: AccountKey, changes: &[GroupChange], now: Time) -> Result<usize> {
    let changed: Vec<GroupKey> = changes.iter().map(|c| c.key).collect();
    marks::raise(tx, account, changed.iter().copied())?;
    marks::raise_of_parents(tx, account, &changed)?;
    let keys: Vec<String> = changes.iter().map(|c| text::key(&c.name)).collect();
    let rows: Vec<Vec<Value<'_>>> = changes
        .iter()
        .zip(&keys)
        .map(|(c, key)| {
            vec![account.into(), c.key.into(), (&c.name).into(), key.into(), (&c.description).into(), now.into()]
        })
        .collect();
    tx.execute_many(
        "update groups set name = $3, name_key = $4, description = $5, updated_at = $6 where account_id = $1 and id = $2",
        &rows,
    )
}

pub(crate) fn remove_many(tx: &WriteTx<'_>, account: AccountKey, groups: &[GroupKey]) -> Result<usize> {
    marks::raise_of_parents(tx, account, groups)?;
    let rows: Vec<Vec<Value<'_>>> = groups.iter().map(|key| vec![account.into(), (*key).into()]).collect();
    pages::count(tx, account, Kind::Groups, groups.iter().map(|key| key.0), -1)?;
    tx.execute_many("delete from groups where account_id = $1 and id = $2", &rows)
}

pub(crate) fn nest_many(
    tx: &WriteTx<'_>,
    account: AccountKey,
    edges: &[(GroupKey, GroupKey)],
    by: &str,
    via: &str,
    now: Time,
) -> Result<usize> {
    marks::raise(tx, account, edges.iter().map(|(parent, _)| *parent))?;
    let rows: Vec<Vec<Value<'_>>> = edges
        .iter()
        .map(|(parent, child)| {
            vec![account.into(), (*parent).into(), (*child).into(), now.into(), by.into(), via.into()]
        })
        .collect();
    tx.execute_many(
        "insert into nestings (account_id, parent_id, child_id, since, added_by, via) values ($1, $2, $3, $4, $5, $6) \
         on conflict do nothing",
        &rows,
    )
}

pub(crate) fn unnest_many(tx: &WriteTx<'_>, account: AccountKey, edges: &[(GroupKey, GroupKey)]) -> Result<usize> {
    marks::raise(tx, account, edges.iter().map(|(parent, _)| *parent))?;
    let rows: Vec<Vec<Value<'_>>> =
        edges.iter().map(|(parent, child)| vec![account.into(), (*parent).into(), (*child).into()]).collect();
    tx.execute_many("delete from nestings where account_id = $1 and parent_id = $2 and child_id = $3", &rows)
}

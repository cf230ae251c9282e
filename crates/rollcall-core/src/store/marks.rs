//! Group marks: a number for each group that grows with every change of what a list of groups shows of it. What was rendered
//! of a group may be shown again for as long as its mark is the same.
//!
//! Whoever writes to users, groups, memberships or nestings raises them here, in the same transaction. Steps are drawn by lot:
//! a group that gets the number of one that went, or a commit that a database lost, never brings an old mark back for
//! something else.

use super::{AccountKey, GroupKey, UserKey, Value, WriteTx};
use crate::chance;
use crate::error::Result;

const RAISE: &str = "on conflict (group_id, slot) do update set value = group_marks.value + excluded.value";

/// The mark of each group `g` of a statement that reads groups.
pub(super) const OF_GROUP: &str =
    "(select cast(coalesce(sum(k.value), 0) as bigint) from group_marks k where k.group_id = g.id)";

/// Something of these groups themselves has changed, of who is in them, or of what they hold.
pub(super) fn raise(tx: &WriteTx<'_>, account: AccountKey, groups: impl Iterator<Item = GroupKey>) -> Result<()> {
    let mut keys: Vec<GroupKey> = groups.collect();
    // In one order and each once. Several jobs of one transaction may still come in another order than those of another
    // replica with the same slot: then one of them is undone by the database and done again.
    keys.sort_unstable();
    keys.dedup();
    if keys.is_empty() {
        return Ok(());
    }
    let (slot, step) = (tx.revision_slot(), chance::step());
    let rows: Vec<Vec<Value<'_>>> =
        keys.into_iter().map(|key| vec![account.into(), key.into(), slot.into(), step.into()]).collect();
    let insert = "insert into group_marks (account_id, group_id, slot, value) values ($1, $2, $3, $4)";
    tx.execute_later(&format!("{insert} {RAISE}"), &rows)
}

/// Something of these users has changed, or they are about to go: all groups that they are in show them.
pub(super) fn raise_of_users(
    tx: &WriteTx<'_>,
    account: AccountKey,
    users: impl Iterator<Item = UserKey>,
) -> Result<()> {
    let list: Vec<Value<'_>> = users.map(Into::into).collect();
    let groups = "select distinct group_id from memberships where account_id = $1 and user_id in {list}";
    raise(tx, account, tx.query_list(groups, &[account.into()], &list, |r| GroupKey(r.int(0)))?.into_iter())
}

/// What is told of these groups has changed, or they are about to go: all groups that they are in show them.
pub(super) fn raise_of_parents(tx: &WriteTx<'_>, account: AccountKey, groups: &[GroupKey]) -> Result<()> {
    let list: Vec<Value<'_>> = groups.iter().map(|key| (*key).into()).collect();
    let parents = "select distinct parent_id from nestings where account_id = $1 and child_id in {list}";
    raise(tx, account, tx.query_list(parents, &[account.into()], &list, |r| GroupKey(r.int(0)))?.into_iter())
}

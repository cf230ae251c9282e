//! Who got into which group, which group into which, and what was given to whom: with who did so, when, and through what.

use super::assignments::{GivenRole, Holder};
use super::{AccountKey, GroupKey, Row, Tx, UserKey, Value};
use crate::clock::Time;
use crate::error::Result;
use crate::id::GroupId;

/// By whom something came, when, and through what.
#[derive(Debug, Clone)]
pub(crate) struct Came {
    pub(crate) by: String,
    pub(crate) since: Time,
    pub(crate) via: String,
}

fn came(r: &Row<'_, '_>, from: usize) -> Came {
    Came { by: r.text(from), since: r.time(from + 1), via: r.text(from + 2) }
}

/// A user in a group, with how they came.
pub(crate) type Joined = (UserKey, GroupKey, Came);

/// The groups that these users are direct members of.
pub(crate) fn memberships(tx: &Tx<'_>, account: AccountKey, users: &[UserKey]) -> Result<Vec<Joined>> {
    let list: Vec<Value<'_>> = users.iter().map(|key| (*key).into()).collect();
    tx.query_list(
        "select m.user_id, m.group_id, m.added_by, m.since, m.via from memberships m \
         where m.account_id = $1 and m.user_id in {list}",
        &[account.into()],
        &list,
        |r| (UserKey(r.int(0)), GroupKey(r.int(1)), came(r, 2)),
    )
}

/// A group, and one that it is in.
pub(crate) struct AboveRow {
    pub(crate) group: GroupKey,
    pub(crate) id: GroupId,
    pub(crate) name: String,
    pub(crate) parent: Option<(GroupKey, Came)>,
}

/// These groups and all above them: a row for each group that one is in, and one for each that is in none.
pub(crate) fn above(tx: &Tx<'_>, account: AccountKey, groups: &[GroupKey]) -> Result<Vec<AboveRow>> {
    let list: Vec<Value<'_>> = groups.iter().map(|key| (*key).into()).collect();
    tx.query_list(
        "with recursive above (group_id) as (select g.id from groups g where g.account_id = $1 and g.id in {list} \
         union select n.parent_id from above a join nestings n on n.child_id = a.group_id) \
         select g.id, g.public_id, g.name, n.parent_id, n.added_by, n.since, n.via from above a \
         join groups g on g.id = a.group_id left join nestings n on n.child_id = a.group_id",
        &[account.into()],
        &list,
        |r| AboveRow {
            group: GroupKey(r.int(0)),
            id: GroupId::stored(r.text(1)),
            name: r.text(2),
            parent: r.opt_int(3).map(|parent| (GroupKey(parent), came(r, 4))),
        },
    )
}

/// A role that was given, to whom, and how.
pub(crate) struct GivenRow {
    pub(crate) holder: Holder,
    pub(crate) given: GivenRole,
    pub(crate) came: Came,
}

/// What was given to these users, or groups, and has not expired; in the order it was given.
pub(crate) fn given_to(
    tx: &Tx<'_>,
    account: AccountKey,
    users: &[UserKey],
    groups: &[GroupKey],
    now: Time,
) -> Result<Vec<GivenRow>> {
    let mut out = Vec::new();
    let users = users.iter().map(|key| Value::from(*key)).collect::<Vec<_>>();
    let groups = groups.iter().map(|key| Value::from(*key)).collect::<Vec<_>>();
    for (column, list) in [("user_id", users), ("group_id", groups)] {
        let sql = format!(
            "select s.user_id, s.group_id, s.added_by, s.since, s.via, s.id, s.expires_at, r.public_id, r.name, r.kind, \
             b.public_id, b.name, r.rights from assignments s join roles r on r.id = s.role_id \
             left join bots b on b.id = s.bot_id \
             where s.account_id = $1 and s.{column} in {{list}} and (s.expires_at is null or s.expires_at > $2)"
        );
        let rows = tx.query_list(&sql, &[account.into(), now.into()], &list, |r| {
            let holder = match r.opt_int(0) {
                Some(user) => Holder::User(UserKey(user)),
                None => Holder::Group(GroupKey(r.int(1))),
            };
            Some(GivenRow { holder, came: came(r, 2), given: GivenRole::read(r, 5)? })
        })?;
        out.extend(rows.into_iter().flatten());
    }
    out.sort_unstable_by_key(|row| row.given.place);
    Ok(out)
}

/// What the apps of these client ids are called.
pub(crate) fn app_names(tx: &Tx<'_>, account: AccountKey, ids: &[&str]) -> Result<Vec<(String, String)>> {
    let list: Vec<Value<'_>> = ids.iter().map(|id| (*id).into()).collect();
    tx.query_list(
        "select client_id, name from apps where account_id = $1 and client_id in {list}",
        &[account.into()],
        &list,
        |r| (r.text(0), r.text(1)),
    )
}

/// The groups that a user is a direct member of, by name, and how they came into each.
pub(crate) fn groups_of(tx: &Tx<'_>, account: AccountKey, user: UserKey) -> Result<Vec<(GroupId, String, Came)>> {
    tx.query(
        "select g.public_id, g.name, m.added_by, m.since, m.via from memberships m join groups g on g.id = m.group_id \
         where m.account_id = $1 and m.user_id = $2 order by g.name_key",
        &[account.into(), user.into()],
        |r| (GroupId::stored(r.text(0)), r.text(1), came(r, 2)),
    )
}

/// The tasks that a user may use: the bot's public id and name, and the task's name; none for all of the bot's.
pub(crate) fn tasks_of(
    tx: &Tx<'_>,
    account: AccountKey,
    user: UserKey,
) -> Result<Vec<(String, String, Option<String>)>> {
    tx.query(
        "select b.public_id, b.name, d.name from task_grants t join bots b on b.id = t.bot_id \
         left join dialogs d on d.id = t.dialog_id where t.account_id = $1 and t.user_id = $2 order by b.name_key, b.id, d.name_key",
        &[account.into(), user.into()],
        |r| (r.text(0), r.text(1), r.opt_text(2)),
    )
}

//! Who is in which group: a row for each, never a list.

use super::{AccountKey, GroupKey, Tx, UserKey, Value, WriteTx, marks};
use crate::clock::Time;
use crate::error::Result;
use crate::groups::Member;
use crate::id::{GroupId, UserId};
use crate::users::Status;

/// The direct members of these groups, ordered by address.
pub(crate) fn of_groups(tx: &Tx<'_>, groups: &[GroupKey]) -> Result<Vec<(GroupKey, Member)>> {
    let list: Vec<Value<'_>> = groups.iter().map(|key| (*key).into()).collect();
    tx.query_list(
        "select m.group_id, u.public_id, u.email, u.first_name, u.last_name, u.picture, u.colour, u.job_title, u.status \
         from memberships m join users u on u.id = m.user_id where m.group_id in {list} order by u.email_key",
        &[],
        &list,
        |r| {
            let member = Member {
                id: UserId::stored(r.text(1)),
                email: r.text(2),
                first_name: r.opt_text(3),
                last_name: r.opt_text(4),
                picture: r.opt_text(5),
                colour: r.opt_text(6),
                job_title: r.opt_text(7),
                status: Status::stored(r.str(8)),
            };
            (GroupKey(r.int(0)), member)
        },
    )
}

/// The groups that these users are direct members of, by name.
pub(crate) fn groups_of(tx: &Tx<'_>, users: &[UserKey]) -> Result<Vec<(UserKey, GroupId, String)>> {
    let list: Vec<Value<'_>> = users.iter().map(|key| (*key).into()).collect();
    tx.query_list(
        "select m.user_id, g.public_id, g.name from memberships m join groups g on g.id = m.group_id \
         where m.user_id in {list} order by g.name_key",
        &[],
        &list,
        |r| (UserKey(r.int(0)), GroupId::stored(r.text(1)), r.text(2)),
    )
}

/// Which groups these users are direct members of.
pub(crate) fn of_users(tx: &Tx<'_>, users: &[UserKey]) -> Result<Vec<(UserKey, GroupKey)>> {
    let list: Vec<Value<'_>> = users.iter().map(|key| (*key).into()).collect();
    tx.query_list("select user_id, group_id from memberships where user_id in {list}", &[], &list, |r| {
        (UserKey(r.int(0)), GroupKey(r.int(1)))
    })
}

/// Every membership of the account.
pub(crate) fn list(tx: &Tx<'_>, account: AccountKey) -> Result<Vec<(GroupKey, UserKey)>> {
    tx.query(
        "select m.group_id, m.user_id from memberships m join groups g on g.id = m.group_id where g.account_id = $1 \
         order by m.group_id, m.user_id",
        &[account.into()],
        |r| (GroupKey(r.int(0)), UserKey(r.int(1))),
    )
}

pub(crate) fn insert_many(
    tx: &WriteTx<'_>,
    account: AccountKey,
    members: &[(GroupKey, UserKey)],
    by: &str,
    via: &str,
    now: Time,
) -> Result<usize> {
    marks::raise(tx, account, members.iter().map(|(group, _)| *group))?;
    let rows: Vec<Vec<Value<'_>>> = members
        .iter()
        .map(|(group, user)| vec![account.into(), (*group).into(), (*user).into(), now.into(), by.into(), via.into()])
        .collect();
    tx.execute_many(
        "insert into memberships (account_id, group_id, user_id, since, added_by, via) values ($1, $2, $3, $4, $5, $6) \
         on conflict do nothing",
        &rows,
    )
}

pub(crate) fn remove_many(tx: &WriteTx<'_>, account: AccountKey, members: &[(GroupKey, UserKey)]) -> Result<usize> {
    marks::raise(tx, account, members.iter().map(|(group, _)| *group))?;
    let rows: Vec<Vec<Value<'_>>> =
        members.iter().map(|(group, user)| vec![account.into(), (*group).into(), (*user).into()]).collect();
    tx.execute_many("delete from memberships where account_id = $1 and group_id = $2 and user_id = $3", &rows)
}

/// Takes these users out of every group.
pub(crate) fn remove_of_users(tx: &WriteTx<'_>, account: AccountKey, users: &[UserKey]) -> Result<usize> {
    marks::raise_of_users(tx, account, users.iter().copied())?;
    let rows: Vec<Vec<Value<'_>>> = users.iter().map(|key| vec![account.into(), (*key).into()]).collect();
    tx.execute_many("delete from memberships where account_id = $1 and user_id = $2", &rows)
}

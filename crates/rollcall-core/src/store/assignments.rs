//! Who holds which role: directly, through groups, and what a group carries.

use std::collections::{HashMap, HashSet};

use super::{AccountKey, BotKey, GroupKey, RoleKey, Row, Tx, UserKey, Value, WriteTx};
use crate::clock::Time;
use crate::error::Result;
use crate::id::{BotId, RoleId};
use crate::policy::Grant;
use crate::roles::RoleKind;

/// Who gets or has a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Holder {
    User(UserKey),
    Group(GroupKey),
}

/// A role, the bot that it is for where it is a bot role, and who has it.
pub(crate) type Held = (RoleKey, Option<BotKey>, Holder);

/// A role of somebody, about to be written or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct NewAssignment {
    pub(crate) role: RoleKey,
    pub(crate) bot: Option<BotKey>,
    pub(crate) holder: Holder,
    pub(crate) expires: Option<Time>,
}

impl NewAssignment {
    pub(crate) fn of((role, bot, holder): Held) -> Self {
        Self { role, bot, holder, expires: None }
    }

    fn user_and_group(&self) -> [Value<'static>; 2] {
        match self.holder {
            Holder::User(user) => [user.into(), Value::Null],
            Holder::Group(group) => [Value::Null, group.into()],
        }
    }
}

/// A role that a group hands to everybody in it.
pub(crate) struct Carried {
    kind: RoleKind,
    name: String,
    built_in: bool,
}

impl Carried {
    pub(crate) fn grant(&self) -> Grant<'_> {
        Grant { kind: self.kind, name: &self.name, built_in: self.built_in }
    }
}

/// The roles that a member of each of these groups gains: the group's own and those of every group above it.
pub(crate) fn carried_by_groups(tx: &Tx<'_>, groups: &[GroupKey], now: Time) -> Result<Vec<(GroupKey, Carried)>> {
    let list: Vec<Value<'_>> = groups.iter().map(|key| (*key).into()).collect();
    tx.query_list(
        "with recursive above (origin, group_id) as (select g.id, g.id from groups g where g.id in {list} \
         union select a.origin, n.parent_id from above a join nestings n on n.child_id = a.group_id) \
         select distinct a.origin, r.kind, r.name, r.built_in, r.name_key from above a join assignments s on s.group_id = a.group_id \
         join roles r on r.id = s.role_id where s.expires_at is null or s.expires_at > $1 order by a.origin, r.name_key",
        &[now.into()],
        &list,
        |r| {
            let carried = Carried { kind: super::roles::kind(r.str(1)), name: r.text(2), built_in: r.bool(3) };
            (GroupKey(r.int(0)), carried)
        },
    )
}

/// A role that a user holds by one way.
#[derive(Debug, Clone)]
pub(crate) struct HeldRow {
    pub(crate) user: UserKey,
    pub(crate) role: RoleId,
    pub(crate) name: String,
    pub(crate) kind: RoleKind,
    pub(crate) bot: Option<(BotId, String)>,
    /// The group that carries the role; none where it is held directly.
    pub(crate) group: Option<String>,
}

fn held(r: &Row<'_, '_>) -> HeldRow {
    let bot = r.opt_text(4).map(|id| (BotId::stored(id), r.opt_text(5).unwrap_or_default()));
    HeldRow {
        user: UserKey(r.int(0)),
        role: RoleId::stored(r.text(1)),
        name: r.text(2),
        kind: super::roles::kind(r.str(3)),
        bot,
        group: r.opt_text(6),
    }
}

/// The roles that were given to these users themselves, and have not expired.
pub(crate) fn held_directly(tx: &Tx<'_>, users: &[UserKey], now: Time) -> Result<Vec<HeldRow>> {
    let list: Vec<Value<'_>> = users.iter().map(|key| (*key).into()).collect();
    tx.query_list(
        "select s.user_id, r.public_id, r.name, r.kind, b.public_id, b.name, null from assignments s \
         join roles r on r.id = s.role_id left join bots b on b.id = s.bot_id \
         where s.user_id in {list} and (s.expires_at is null or s.expires_at > $1) order by s.id",
        &[now.into()],
        &list,
        held,
    )
}

/// Every way by which these users hold roles, in two statements: directly, and through each group that carries one and
/// that they are in, at any depth.
pub(crate) fn held_by(tx: &Tx<'_>, users: &[UserKey], now: Time) -> Result<Vec<HeldRow>> {
    let list: Vec<Value<'_>> = users.iter().map(|key| (*key).into()).collect();
    let mut rows = held_directly(tx, users, now)?;
    rows.extend(tx.query_list(
        "with recursive above (user_id, group_id) as ( \
         select m.user_id, m.group_id from memberships m where m.user_id in {list} \
         union select a.user_id, n.parent_id from above a join nestings n on n.child_id = a.group_id) \
         select a.user_id, r.public_id, r.name, r.kind, b.public_id, b.name, g.name from above a \
         join assignments s on s.group_id = a.group_id join groups g on g.id = a.group_id \
         join roles r on r.id = s.role_id left join bots b on b.id = s.bot_id \
         where s.expires_at is null or s.expires_at > $1 order by s.id, g.name_key",
        &[now.into()],
        &list,
        held,
    )?);
    Ok(rows)
}

/// When the next assignment of the account runs out: until then, who holds which role changes by a change of the account alone.
pub(crate) fn next_end(tx: &Tx<'_>, account: AccountKey, now: Time) -> Result<Option<Time>> {
    let end = tx.first(
        "select min(expires_at) from assignments where account_id = $1 and expires_at > $2",
        &[account.into(), now.into()],
        |r| r.opt_int(0).map(Time),
    )?;
    Ok(end.flatten())
}

/// A role of a user: whose, which, its name, and on which bot.
pub(crate) type Direct = (UserKey, RoleId, String, Option<String>);

/// The roles that these users were given directly, also those that have expired.
pub(crate) fn direct_of(tx: &Tx<'_>, users: &[UserKey]) -> Result<Vec<Direct>> {
    let list: Vec<Value<'_>> = users.iter().map(|key| (*key).into()).collect();
    tx.query_list(
        "select s.user_id, r.public_id, r.name, b.public_id from assignments s join roles r on r.id = s.role_id \
         left join bots b on b.id = s.bot_id where s.user_id in {list} order by s.id",
        &[],
        &list,
        |r| (UserKey(r.int(0)), RoleId::stored(r.text(1)), r.text(2), r.opt_text(3)),
    )
}

/// Every assignment of the account.
pub(crate) fn list(tx: &Tx<'_>, account: AccountKey) -> Result<Vec<NewAssignment>> {
    tx.query(
        "select role_id, bot_id, user_id, group_id, expires_at from assignments where account_id = $1 order by id",
        &[account.into()],
        |r| NewAssignment {
            role: RoleKey(r.int(0)),
            bot: r.opt_int(1).map(BotKey),
            holder: match r.opt_int(2) {
                Some(user) => Holder::User(UserKey(user)),
                None => Holder::Group(GroupKey(r.int(3))),
            },
            expires: r.opt_int(4).map(Time),
        },
    )
}

/// Who was given these roles directly, on which bots, and until when: also what has expired.
pub(crate) fn holders(tx: &Tx<'_>, roles: &[RoleKey]) -> Result<HashMap<Held, Option<Time>>> {
    let list: Vec<Value<'_>> = roles.iter().map(|key| (*key).into()).collect();
    let rows = tx.query_list(
        "select role_id, user_id, group_id, expires_at, bot_id from assignments where role_id in {list}",
        &[],
        &list,
        |r| {
            let holder = match r.opt_int(1) {
                Some(user) => Holder::User(UserKey(user)),
                None => Holder::Group(GroupKey(r.int(2))),
            };
            ((RoleKey(r.int(0)), r.opt_int(4).map(BotKey), holder), r.opt_int(3).map(Time))
        },
    )?;
    Ok(rows.into_iter().collect())
}

/// What was given to these users themselves, on which bots, and until when: also what has expired.
pub(crate) fn given_to(tx: &Tx<'_>, account: AccountKey, users: &[UserKey]) -> Result<HashMap<Held, Option<Time>>> {
    let list: Vec<Value<'_>> = users.iter().map(|key| (*key).into()).collect();
    let rows = tx.query_list(
        "select role_id, bot_id, user_id, expires_at from assignments where account_id = $1 and user_id in {list}",
        &[account.into()],
        &list,
        |r| {
            let held = (RoleKey(r.int(0)), r.opt_int(1).map(BotKey), Holder::User(UserKey(r.int(2))));
            (held, r.opt_int(3).map(Time))
        },
    )?;
    Ok(rows.into_iter().collect())
}

/// Which of these roles anybody holds, user or group.
pub(crate) fn held_roles(tx: &Tx<'_>, roles: &[RoleKey], now: Time) -> Result<HashSet<RoleKey>> {
    let list: Vec<Value<'_>> = roles.iter().map(|key| (*key).into()).collect();
    let rows = tx.query_list(
        "select distinct role_id from assignments where (expires_at is null or expires_at > $1) and role_id in {list}",
        &[now.into()],
        &list,
        |r| RoleKey(r.int(0)),
    )?;
    Ok(rows.into_iter().collect())
}

/// The active users who hold the built-in admin role of the account.
pub(crate) fn active_admins(tx: &Tx<'_>, account: AccountKey, now: Time) -> Result<Vec<UserKey>> {
    tx.query(
        "select s.user_id from roles r join assignments s on s.role_id = r.id join users u on u.id = s.user_id \
         where r.account_id = $1 and r.kind = 'admin' and r.built_in and u.status = 'active' \
         and (s.expires_at is null or s.expires_at > $2)",
        &[account.into(), now.into()],
        |r| UserKey(r.int(0)),
    )
}

pub(crate) fn insert_many(
    tx: &WriteTx<'_>,
    account: AccountKey,
    assignments: &[NewAssignment],
    by: &str,
    via: &str,
    now: Time,
) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> = assignments
        .iter()
        .map(|a| {
            let [user, group] = a.user_and_group();
            vec![
                account.into(),
                a.role.into(),
                a.bot.into(),
                user,
                group,
                now.into(),
                by.into(),
                via.into(),
                a.expires.into(),
            ]
        })
        .collect();
    tx.execute_many(
        "insert into assignments (account_id, role_id, bot_id, user_id, group_id, since, added_by, via, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
        &rows,
    )
}

pub(crate) fn remove_many(tx: &WriteTx<'_>, account: AccountKey, assignments: &[NewAssignment]) -> Result<usize> {
    let mut removed = 0;
    for (of_users, holder) in [(true, "user_id"), (false, "group_id")] {
        for (on_bot, bot) in [(true, "bot_id = $4"), (false, "bot_id is null")] {
            let rows: Vec<Vec<Value<'_>>> = assignments
                .iter()
                .filter(|a| matches!(a.holder, Holder::User(_)) == of_users && a.bot.is_some() == on_bot)
                .map(|a| {
                    let [user, group] = a.user_and_group();
                    let mut row = vec![account.into(), a.role.into(), if of_users { user } else { group }];
                    row.extend(a.bot.map(Value::from));
                    row
                })
                .collect();
            removed += tx.execute_many(
                &format!("delete from assignments where account_id = $1 and role_id = $2 and {holder} = $3 and {bot}"),
                &rows,
            )?;
        }
    }
    Ok(removed)
}

/// Takes all that these users were given directly.
pub(crate) fn remove_of_users(tx: &WriteTx<'_>, account: AccountKey, users: &[UserKey]) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> = users.iter().map(|key| vec![account.into(), (*key).into()]).collect();
    tx.execute_many("delete from assignments where account_id = $1 and user_id = $2", &rows)
}

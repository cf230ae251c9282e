//! Who holds which role: directly, through groups, and what a group carries.

use std::collections::{HashMap, HashSet};

use super::{AccountKey, BotKey, GroupKey, RoleKey, Row, Tx, UserKey, Value, WriteTx};
use crate::clock::Time;
use crate::error::Result;
use crate::id::{BotId, GroupId, RoleId};
use crate::policy::Grant;
use crate::roles::RoleKind;
use crate::roles::rights::AdminRights;

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
    rights: AdminRights,
}

impl Carried {
    pub(crate) fn grant(&self) -> Grant<'_> {
        Grant { kind: self.kind, name: &self.name, built_in: self.built_in, rights: self.rights }
    }
}

/// The roles that a member of each of these groups gains: the group's own and those of every group above it.
pub(crate) fn carried_by_groups(tx: &Tx<'_>, groups: &[GroupKey], now: Time) -> Result<Vec<(GroupKey, Carried)>> {
    let list: Vec<Value<'_>> = groups.iter().map(|key| (*key).into()).collect();
    tx.query_list(
        "with recursive above (origin, group_id) as (select g.id, g.id from groups g where g.id in {list} \
         union select a.origin, n.parent_id from above a join nestings n on n.child_id = a.group_id) \
         select distinct a.origin, r.kind, r.name, r.built_in, r.name_key, r.rights from above a join assignments s on s.group_id = a.group_id \
         join roles r on r.id = s.role_id where s.expires_at is null or s.expires_at > $1 order by a.origin, r.name_key",
        &[now.into()],
        &list,
        |r| {
            let (kind, rights) = (super::roles::kind(r.str(1)), super::roles::rights(r.opt_int(5)));
            (GroupKey(r.int(0)), Carried { kind, name: r.text(2), built_in: r.bool(3), rights })
        },
    )
}

/// A role that was given to somebody.
#[derive(Debug, Clone)]
pub(crate) struct GivenRole {
    /// Its place among all that was given: what came earlier has a lower one.
    pub(crate) place: i64,
    pub(crate) role: RoleId,
    pub(crate) name: String,
    pub(crate) kind: RoleKind,
    pub(crate) bot: Option<(BotId, String)>,
    pub(crate) expires: Option<Time>,
    /// What it lets its holders do in the console.
    pub(crate) rights: AdminRights,
}

impl GivenRole {
    /// Reads `s.id, s.expires_at, r.public_id, r.name, r.kind, b.public_id, b.name, r.rights` from a column on; none where
    /// nothing was given.
    pub(super) fn read(r: &Row<'_, '_>, from: usize) -> Option<Self> {
        Some(Self {
            place: r.opt_int(from)?,
            expires: r.opt_int(from + 1).map(Time),
            role: RoleId::stored(r.text(from + 2)),
            name: r.text(from + 3),
            kind: super::roles::kind(r.str(from + 4)),
            bot: r.opt_text(from + 5).map(|id| (BotId::stored(id), r.opt_text(from + 6).unwrap_or_default())),
            rights: super::roles::rights(r.opt_int(from + 7)),
        })
    }
}

/// The roles that were given to these users themselves, and have not expired; by user, in the order they were given.
pub(crate) fn held_directly(tx: &Tx<'_>, users: &[UserKey], now: Time) -> Result<HashMap<UserKey, Vec<GivenRole>>> {
    let list: Vec<Value<'_>> = users.iter().map(|key| (*key).into()).collect();
    let rows = tx.query_list(
        "select s.user_id, s.id, s.expires_at, r.public_id, r.name, r.kind, b.public_id, b.name, r.rights from assignments s \
         join roles r on r.id = s.role_id left join bots b on b.id = s.bot_id \
         where s.user_id in {list} and (s.expires_at is null or s.expires_at > $1)",
        &[now.into()],
        &list,
        |r| Some((UserKey(r.int(0)), GivenRole::read(r, 1)?)),
    )?;
    let mut out = HashMap::<UserKey, Vec<GivenRole>>::new();
    for (user, given) in rows.into_iter().flatten() {
        out.entry(user).or_default().push(given);
    }
    // Not by the database: SQLite would rather walk over all that was ever given than sort these few.
    out.values_mut().for_each(|given| given.sort_unstable_by_key(|role| role.place));
    Ok(out)
}

/// A group that is one of those asked for, or above one; and a role that was given to it, where there is any.
pub(crate) struct CarrierRow {
    /// The group that was asked for.
    pub(crate) origin: GroupKey,
    /// The group that has the role.
    pub(crate) group: GroupKey,
    pub(crate) id: GroupId,
    pub(crate) name: String,
    pub(crate) name_key: String,
    /// Also where its time is over.
    pub(crate) given: Option<GivenRole>,
}

/// These groups and all above them, with the roles that were given to each: a row for each role, and one for each group
/// without any.
pub(crate) fn carriers(tx: &Tx<'_>, groups: &[GroupKey]) -> Result<Vec<CarrierRow>> {
    let list: Vec<Value<'_>> = groups.iter().map(|key| (*key).into()).collect();
    tx.query_list(
        "with recursive above (origin, group_id) as (select g.id, g.id from groups g where g.id in {list} \
         union select a.origin, n.parent_id from above a join nestings n on n.child_id = a.group_id) \
         select a.origin, g.id, g.public_id, g.name, g.name_key, s.id, s.expires_at, r.public_id, r.name, r.kind, \
         b.public_id, b.name, r.rights from above a join groups g on g.id = a.group_id \
         left join assignments s on s.group_id = a.group_id left join roles r on r.id = s.role_id \
         left join bots b on b.id = s.bot_id",
        &[],
        &list,
        |r| CarrierRow {
            origin: GroupKey(r.int(0)),
            group: GroupKey(r.int(1)),
            id: GroupId::stored(r.text(2)),
            name: r.text(3),
            name_key: r.text(4),
            given: GivenRole::read(r, 5),
        },
    )
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

pub(super) const ADMIN_RIGHTS: &str = "with recursive carried (group_id, rights) as (\
    select s.group_id, r.rights from assignments s join roles r on r.id = s.role_id where s.account_id = $1 \
    and s.group_id is not null and r.kind = 'admin' and (s.expires_at is null or s.expires_at > $2) \
    union select n.child_id, c.rights from carried c join nestings n on n.parent_id = c.group_id) \
    select s.user_id, r.rights from assignments s join roles r on r.id = s.role_id where s.account_id = $1 \
    and s.user_id is not null and r.kind = 'admin' and (s.expires_at is null or s.expires_at > $2) \
    union select m.user_id, c.rights from carried c join memberships m on m.group_id = c.group_id";

/// What every user with an admin role has by each of its ways: directly, and by every group that carries it.
pub(crate) fn admin_rights(tx: &Tx<'_>, account: AccountKey, now: Time) -> Result<Vec<(UserKey, AdminRights)>> {
    tx.query(ADMIN_RIGHTS, &[account.into(), now.into()], |r| (UserKey(r.int(0)), super::roles::rights(r.opt_int(1))))
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

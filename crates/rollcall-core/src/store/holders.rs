//! Who holds a role, has one on a bot, or is in a group, by any way: a part of them in the order of their creation. However
//! many there are, and by however many ways: no more is read than a part may have, and one membership of each group.

use super::{BotKey, GroupKey, RoleKey, Tx};
use crate::clock::Time;
use crate::error::Result;

const LIVES: &str = "(s.expires_at is null or s.expires_at > $2)";

/// The ids of those who hold a role, on any bot, who come after an id; in order.
pub(crate) fn with_role(tx: &Tx<'_>, role: RoleKey, now: Time, after: i64, limit: i64) -> Result<Vec<i64>> {
    // Each of these has an index of its own, by users and by groups.
    holding(
        tx,
        &["s.role_id = $1 and s.bot_id is null", "s.role_id = $1 and s.bot_id is not null"],
        role.0,
        now,
        after,
        limit,
    )
}

/// The ids of those who hold any role on a bot, as [`with_role`].
pub(crate) fn on_bot(tx: &Tx<'_>, bot: BotKey, now: Time, after: i64, limit: i64) -> Result<Vec<i64>> {
    holding(tx, &["s.bot_id = $1 and s.bot_id is not null"], bot.0, now, after, limit)
}

/// The ids of those who are in a group, be it by another one that is in it; as [`with_role`].
pub(crate) fn below(tx: &Tx<'_>, group: GroupKey, after: i64, limit: i64) -> Result<Vec<i64>> {
    let root = "select g.id from groups g where g.id = $1 and cast($2 as bigint) >= 0";
    let nobody = "select u.id as user_id from users u where u.id < 0";
    first_after(tx, root, nobody, (group.0, 0), after, limit)
}

fn holding(tx: &Tx<'_>, held: &[&str], of: i64, now: Time, after: i64, limit: i64) -> Result<Vec<i64>> {
    let groups = |held: &&str| {
        format!("select s.group_id from assignments s where {held} and s.group_id is not null and {LIVES}")
    };
    let users = |(n, held): (usize, &&str)| {
        format!(
            "select user_id from (select distinct s.user_id from assignments s where {held} and s.user_id is not null \
             and s.user_id > $3 and {LIVES} order by s.user_id limit $4) d{n}"
        )
    };
    let groups: Vec<String> = held.iter().map(groups).collect();
    let users: Vec<String> = held.iter().enumerate().map(users).collect();
    first_after(tx, &groups.join(" union "), &users.join(" union "), (of, now.0), after, limit)
}

/// The first of those who are in the groups of `roots` or in any below them, or among `direct`, which itself gives the first
/// of them alone. In each group the next member is looked up by the index, and only in groups that have one of the first.
fn first_after(
    tx: &Tx<'_>,
    roots: &str,
    direct: &str,
    (of, now): (i64, i64),
    after: i64,
    limit: i64,
) -> Result<Vec<i64>> {
    let sql = format!(
        "with recursive below (group_id) as ({roots} \
         union select n.child_id from below b join nestings n on n.parent_id = b.group_id), \
         direct (user_id) as ({direct}), \
         firsts (group_id, user_id) as (select b.group_id, (select min(m.user_id) from memberships m \
         where m.group_id = b.group_id and m.user_id > $3) from below b), \
         bound (user_id) as (select case when count(*) < $4 then {most} else max(user_id) end from \
         (select user_id from (select user_id from direct union select user_id from firsts where user_id is not null) a \
         order by user_id limit $4) c), \
         steps (group_id, user_id, n) as (select group_id, user_id, 1 from firsts \
         where user_id <= (select user_id from bound) \
         union all select s.group_id, (select min(m.user_id) from memberships m \
         where m.group_id = s.group_id and m.user_id > s.user_id), s.n + 1 from steps s \
         where s.user_id < (select user_id from bound) and s.n < $4) \
         select user_id from (select user_id from direct union select user_id from steps where user_id is not null) h \
         order by user_id limit $4",
        most = i64::MAX
    );
    tx.query(&sql, &[of.into(), now.into(), after.into(), limit.into()], |r| r.int(0))
}

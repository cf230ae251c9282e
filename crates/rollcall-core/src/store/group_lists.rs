//! Groups as people look through them: lists by filter, one group with what is around it, its members page by page.

use super::{AccountKey, GroupKey, Row, Tx, Value};
use crate::clock::Time;
use crate::error::Result;
use crate::groups::{GroupFilter, GroupMember, GroupOrder, GroupRow, Neighbour, Source};
use crate::id::{BotId, GroupId, RoleId, UserId};
use crate::roles::Carrying;
use crate::text;
use crate::users::Status;

/// As many neighbours, or roles, are shown of one group or bot at most.
pub(super) const MOST: i64 = 1_000;

/// As many characters of what is searched for are looked at: no key is longer, and SQLite takes no pattern of over 50,000
/// bytes (`SQLITE_MAX_LIKE_PATTERN_LENGTH`).
const SEARCHED: usize = 5_000;

/// What of a `like` finds everything whose key has this text in it; everything there is, where the text is empty.
pub(super) fn containing(text: &str) -> String {
    let mut out = String::from("%");
    for c in text::key(text).chars().filter(|c| !c.is_control()).take(SEARCHED) {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('%');
    out
}

/// What a list shows of a group `g`. Numbers stop where they are told as "more than": none is worth a walk over a million.
const COLUMNS: &str = "g.id, g.public_id, g.name, g.description, g.source, g.created_at, g.updated_at, \
    (select count(*) from (select 1 from memberships m where m.group_id = g.id limit 1001) as c), \
    (select count(*) from (select 1 from nestings n where n.parent_id = g.id limit 1001) as c), \
    (select count(*) from (select 1 from nestings n where n.child_id = g.id limit 1001) as c), \
    (select count(*) from (select 1 from assignments s where s.group_id = g.id limit 1001) as c), g.name_key";

fn row(r: &Row<'_, '_>) -> GroupRow {
    GroupRow {
        key: GroupKey(r.int(0)),
        id: GroupId::stored(r.text(1)),
        name: r.text(2),
        description: r.text(3),
        source: Source::stored(r.str(4)),
        created: r.time(5),
        updated: r.time(6),
        members: r.int(7).unsigned_abs(),
        children: r.int(8).unsigned_abs(),
        parents: r.int(9).unsigned_abs(),
        roles: r.int(10).unsigned_abs(),
        cursor: r.text(11),
    }
}

/// The groups of a filter in its order, from behind the cursor on.
pub(crate) fn found(tx: &Tx<'_>, account: AccountKey, filter: &GroupFilter, limit: i64) -> Result<Vec<GroupRow>> {
    let from_start = filter.after.is_empty();
    let (behind, order) = match filter.order {
        GroupOrder::Name => ("g.name_key > $3", "g.name_key"),
        GroupOrder::NameDown if from_start => ("$3 = ''", "g.name_key desc"),
        GroupOrder::NameDown => ("g.name_key < $3", "g.name_key desc"),
        GroupOrder::Newest if from_start => ("$3 = ''", "g.id desc"),
        GroupOrder::Newest => ("g.id < $3", "g.id desc"),
    };
    // A number stays where it is when its group goes.
    let is_newest = filter.order == GroupOrder::Newest;
    let number = filter.after.parse().unwrap_or(i64::MAX);
    let behind_whom: Value<'_> = if is_newest && !from_start { number.into() } else { (&filter.after).into() };
    let source = filter.source.map_or_else(String::new, |source| format!(" and g.source = '{}'", source.word()));
    let empty = if filter.is_empty {
        " and not exists (select 1 from memberships m where m.group_id = g.id) \
         and not exists (select 1 from nestings n where n.parent_id = g.id)"
    } else {
        ""
    };
    let sql = format!(
        "select {COLUMNS} from groups g where g.account_id = $1 and g.name_key like $2 escape '\\' and {behind}{source}{empty} \
         order by {order} limit $4"
    );
    let mut rows =
        tx.query(&sql, &[account.into(), (&containing(&filter.text)).into(), behind_whom, limit.into()], row)?;
    if is_newest {
        rows.iter_mut().for_each(|row| row.cursor = row.key.0.to_string());
    }
    Ok(rows)
}

/// One group by its public id.
pub(crate) fn one(tx: &Tx<'_>, account: AccountKey, id: &str) -> Result<Option<GroupRow>> {
    let sql = format!("select {COLUMNS} from groups g where g.account_id = $1 and g.public_id = $2");
    tx.first(&sql, &[account.into(), id.into()], row)
}

/// The groups that a group is in (`above`), or that are in it; by name.
pub(crate) fn neighbours(tx: &Tx<'_>, group: GroupKey, above: bool) -> Result<Vec<Neighbour>> {
    let (own, other) = if above { ("child_id", "parent_id") } else { ("parent_id", "child_id") };
    tx.query(
        &format!(
            "select g.public_id, g.name, n.since, n.added_by, n.via from nestings n join groups g on g.id = n.{other} \
             where n.{own} = $1 order by g.name_key limit {MOST}"
        ),
        &[group.into()],
        |r| Neighbour {
            id: GroupId::stored(r.text(0)),
            name: r.text(1),
            since: r.time(2),
            by: r.text(3),
            via: r.text(4),
        },
    )
}

/// The members of a group whose address has this text in it, in the order their accounts were made, behind the user with
/// that id.
pub(crate) fn members(
    tx: &Tx<'_>,
    account: AccountKey,
    group: GroupKey,
    text: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<GroupMember>> {
    tx.query(
        "select u.public_id, u.email, u.first_name, u.last_name, u.status, m.since, m.added_by, m.via from memberships m \
         join users u on u.id = m.user_id where m.group_id = $2 and u.email_key like $3 escape '\\' \
         and m.user_id > coalesce((select id from users where account_id = $1 and public_id = $4), 0) \
         order by m.user_id limit $5",
        &[account.into(), group.into(), (&containing(text)).into(), after.into(), limit.into()],
        |r| GroupMember {
            id: UserId::stored(r.text(0)),
            email: r.text(1),
            name: [r.opt_text(2), r.opt_text(3)].into_iter().flatten().collect::<Vec<_>>().join(" "),
            status: Status::stored(r.str(4)),
            since: r.time(5),
            by: r.text(6),
            via: r.text(7),
        },
    )
}

/// The roles that a group hands to everybody in it: its own, and those of all groups above it; by name.
pub(crate) fn carried(tx: &Tx<'_>, group: GroupKey, now: Time) -> Result<Vec<Carrying>> {
    tx.query(
        &format!(
            "with recursive above (group_id) as (select g.id from groups g where g.id = $1 \
             union select n.parent_id from above a join nestings n on n.child_id = a.group_id) \
             select r.public_id, r.name, r.kind, b.public_id, b.name, g.public_id, g.name, s.since, s.added_by, s.via, \
             s.expires_at, g.id from above a join groups g on g.id = a.group_id join assignments s on s.group_id = a.group_id \
             join roles r on r.id = s.role_id left join bots b on b.id = s.bot_id \
             where s.expires_at is null or s.expires_at > $2 order by r.name_key, b.name_key, g.name_key limit {MOST}"
        ),
        &[group.into(), now.into()],
        |r| Carrying {
            role: RoleId::stored(r.text(0)),
            name: r.text(1),
            kind: super::roles::kind(r.str(2)),
            bot: r.opt_text(3).map(|id| (BotId::stored(id), r.opt_text(4).unwrap_or_default())),
            from: (r.int(11) != group.0).then(|| (GroupId::stored(r.text(5)), r.text(6))),
            since: r.time(7),
            by: r.text(8),
            via: r.text(9),
            until: r.opt_int(10).map(Time),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_searched_for_is_text_and_no_pattern() {
        let table = [("", "%%"), ("Ab", "%ab%"), ("50%_\\", "%50\\%\\_\\\\%"), ("a\0b", "%ab%")];
        for (text, pattern) in table {
            assert_eq!(containing(text), pattern);
        }
    }
}

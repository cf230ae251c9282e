//! Roles as people look through them: lists by filter, and who was given what, on a role or on a bot, page by page.

use super::group_lists::containing;
use super::{AccountKey, BotKey, RoleKey, Row, Tx};
use crate::clock::Time;
use crate::error::Result;
use crate::id::{BotId, GroupId, RoleId, UserId};
use crate::roles::{Holder, Holding, Role, RoleDetails, RoleFilter, RoleKind, RoleOrder, RoleRow};

fn row(r: &Row<'_, '_>) -> RoleRow {
    RoleRow {
        id: RoleId::stored(r.text(0)),
        kind: super::roles::kind(r.str(1)),
        name: r.text(2),
        description: r.text(3),
        built_in: r.bool(4),
        rights: super::roles::rights(r.opt_int(5)),
        updated: r.time(6),
        given: r.int(7).unsigned_abs(),
    }
}

/// The roles of a filter in its order, behind the one with the cursor's id.
pub(crate) fn found(tx: &Tx<'_>, account: AccountKey, filter: &RoleFilter, limit: i64) -> Result<Vec<RoleRow>> {
    let from_start = filter.after.is_empty();
    let (sign, order) = match filter.order {
        RoleOrder::Name => (">", "r.name_key, r.id"),
        RoleOrder::NameDown => ("<", "r.name_key desc, r.id desc"),
    };
    let behind = if from_start {
        "$3 = ''".to_owned()
    } else {
        format!("(r.name_key, r.id) {sign} (select name_key, id from roles where account_id = $1 and public_id = $3)")
    };
    let kind = filter.kind.map_or_else(String::new, |kind| format!(" and r.kind = '{}'", kind.word()));
    let custom = if filter.is_custom { " and not r.built_in" } else { "" };
    tx.query(
        &format!(
            "select r.public_id, r.kind, r.name, r.description, r.built_in, r.rights, r.updated_at, \
             (select count(*) from (select 1 from assignments s where s.role_id = r.id limit 1001) as c) \
             from roles r where r.account_id = $1 and r.name_key like $2 escape '\\' and {behind}{kind}{custom} \
             order by {order} limit $4"
        ),
        &[account.into(), (&containing(&filter.text)).into(), (&filter.after).into(), limit.into()],
        row,
    )
}

/// A role by its public id, with all that is known of it.
pub(crate) fn one(tx: &Tx<'_>, account: AccountKey, id: &str) -> Result<Option<RoleDetails>> {
    let sql = format!("select {} from roles where account_id = $1 and public_id = $2", super::roles::DETAILS);
    tx.first(&sql, &[account.into(), id.into()], super::roles::details)
}

/// The role of that kind whose name has this key.
pub(crate) fn by_name(tx: &Tx<'_>, account: AccountKey, kind: RoleKind, key: &str) -> Result<Option<Role>> {
    let sql =
        format!("select {} from roles where account_id = $1 and kind = $2 and name_key = $3", super::roles::COLUMNS);
    tx.first(&sql, &[account.into(), kind.word().into(), key.into()], super::roles::role)
}

/// Of which role, or on which bot.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Of {
    Role(RoleKey),
    Bot(BotKey),
}

/// What was given of a role or on a bot, in the order it was given, also what has ended; only holders whose address or name
/// has this text in it.
pub(crate) fn given(tx: &Tx<'_>, of: Of, text: &str, after: i64, limit: i64) -> Result<Vec<Holding>> {
    let (column, key) = match of {
        Of::Role(key) => ("role_id", key.into()),
        Of::Bot(key) => ("bot_id", key.into()),
    };
    tx.query(
        &format!(
            "select s.id, r.public_id, r.name, r.kind, r.built_in, b.public_id, b.name, u.public_id, u.email, u.status, \
             g.public_id, g.name, s.since, s.added_by, s.via, s.expires_at from assignments s \
             join roles r on r.id = s.role_id left join bots b on b.id = s.bot_id left join users u on u.id = s.user_id \
             left join groups g on g.id = s.group_id where s.{column} = $1 and s.id > $2 \
             and coalesce(u.email_key, g.name_key) like $3 escape '\\' order by s.id limit $4"
        ),
        &[key, after.into(), (&containing(text)).into(), limit.into()],
        holding,
    )
}

fn holding(r: &Row<'_, '_>) -> Holding {
    let holder = match r.opt_text(7) {
        Some(id) => Holder::User {
            id: UserId::stored(id),
            email: r.opt_text(8).unwrap_or_default(),
            is_active: r.opt_text(9).as_deref() == Some("active"),
        },
        None => Holder::Group {
            id: GroupId::stored(r.opt_text(10).unwrap_or_default()),
            name: r.opt_text(11).unwrap_or_default(),
        },
    };
    Holding {
        place: r.int(0),
        role: RoleId::stored(r.text(1)),
        role_name: r.text(2),
        kind: super::roles::kind(r.str(3)),
        built_in: r.bool(4),
        bot: r.opt_text(5).map(|id| (BotId::stored(id), r.opt_text(6).unwrap_or_default())),
        holder,
        since: r.time(12),
        by: r.text(13),
        via: r.text(14),
        until: r.opt_int(15).map(Time),
    }
}

/// How many users and how many groups hold a role, among as many of its holders.
pub(crate) fn count(tx: &Tx<'_>, role: RoleKey, among: i64) -> Result<(u64, u64)> {
    let counted = tx.first(
        "select count(user_id), count(group_id) from \
         (select user_id, group_id from assignments where role_id = $1 limit $2) as held",
        &[role.into(), among.into()],
        |r| (r.int(0).unsigned_abs(), r.int(1).unsigned_abs()),
    )?;
    Ok(counted.unwrap_or_default())
}

/// The bots of an account by name, as something to choose from: ids and names; a thousand at most.
pub(crate) fn bots(tx: &Tx<'_>, account: AccountKey) -> Result<Vec<(String, String)>> {
    tx.query(
        "select public_id, name from bots where account_id = $1 order by name_key limit 1000",
        &[account.into()],
        |r| (r.text(0), r.text(1)),
    )
}

/// The roles for bots by name, as something to choose from.
pub(crate) fn bot_roles(tx: &Tx<'_>, account: AccountKey) -> Result<Vec<(String, String)>> {
    tx.query(
        "select public_id, name from roles where account_id = $1 and kind = 'bot' order by name_key limit 1000",
        &[account.into()],
        |r| (r.text(0), r.text(1)),
    )
}

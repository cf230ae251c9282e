//! Bots as people look through them: lists by filter, one bot, and who may use its tasks.

use super::group_lists::{MOST, containing};
use super::{AccountKey, BotKey, Row, Tx};
use crate::bots::{Audience, BotFilter, BotRow, Task, TaskUser};
use crate::error::Result;
use crate::id::{BotId, DialogId, UserId};

const COLUMNS: &str = "b.id, b.public_id, b.name, b.description, b.published, b.audience, b.created_at, u.public_id, u.email, \
    (select count(*) from (select 1 from dialogs d where d.bot_id = b.id limit 1001) as c), \
    (select count(*) from (select 1 from assignments s where s.bot_id = b.id limit 1001) as c), b.name_key";

fn row(r: &Row<'_, '_>) -> BotRow {
    BotRow {
        key: BotKey(r.int(0)),
        id: BotId::stored(r.text(1)),
        name: r.text(2),
        description: r.text(3),
        published: r.bool(4),
        audience: Audience::stored(r.str(5)),
        created: r.time(6),
        owner: r.opt_text(7).map(|id| (UserId::stored(id), r.opt_text(8).unwrap_or_default())),
        dialogs: r.int(9).unsigned_abs(),
        given: r.int(10).unsigned_abs(),
        cursor: r.text(11),
    }
}

/// The bots of a filter, by name, from behind the cursor on.
pub(crate) fn found(tx: &Tx<'_>, account: AccountKey, filter: &BotFilter, limit: i64) -> Result<Vec<BotRow>> {
    let (behind, order) = match (filter.is_down, filter.after.is_empty()) {
        (false, _) => ("b.name_key > $3", "b.name_key"),
        (true, true) => ("$3 = ''", "b.name_key desc"),
        (true, false) => ("b.name_key < $3", "b.name_key desc"),
    };
    let audience = filter.audience.map_or_else(String::new, |of| format!(" and b.audience = '{}'", of.word()));
    let published = match filter.is_published {
        None => "",
        Some(true) => " and b.published",
        Some(false) => " and not b.published",
    };
    tx.query(
        &format!(
            "select {COLUMNS} from bots b left join users u on u.id = b.owner_id where b.account_id = $1 \
             and b.name_key like $2 escape '\\' and {behind}{audience}{published} order by {order} limit $4"
        ),
        &[account.into(), (&containing(&filter.text)).into(), (&filter.after).into(), limit.into()],
        row,
    )
}

/// One bot by its public id.
pub(crate) fn one(tx: &Tx<'_>, account: AccountKey, id: &str) -> Result<Option<BotRow>> {
    let sql = format!(
        "select {COLUMNS} from bots b left join users u on u.id = b.owner_id where b.account_id = $1 and b.public_id = $2"
    );
    tx.first(&sql, &[account.into(), id.into()], row)
}

/// The tasks of a bot by name, each with how many were given it by name.
pub(crate) fn tasks(tx: &Tx<'_>, bot: BotKey) -> Result<Vec<Task>> {
    tx.query(
        &format!(
            "select d.public_id, d.name, (select count(*) from (select 1 from task_grants t where t.bot_id = d.bot_id \
             and t.dialog_id = d.id limit 1001) as c) from dialogs d where d.bot_id = $1 order by d.name_key limit {MOST}"
        ),
        &[bot.into()],
        |r| Task { id: DialogId::stored(r.text(0)), name: r.text(1), users: r.int(2).unsigned_abs() },
    )
}

/// Who may use which task of a bot, in the order they were let; only those whose address has this text in it.
pub(crate) fn task_users(tx: &Tx<'_>, bot: BotKey, text: &str, after: i64, limit: i64) -> Result<Vec<TaskUser>> {
    tx.query(
        "select t.id, u.public_id, u.email, d.name from task_grants t join users u on u.id = t.user_id \
         left join dialogs d on d.id = t.dialog_id where t.bot_id = $1 and t.id > $2 \
         and u.email_key like $3 escape '\\' order by t.id limit $4",
        &[bot.into(), after.into(), (&containing(text)).into(), limit.into()],
        |r| TaskUser { place: r.int(0), user: UserId::stored(r.text(1)), email: r.text(2), task: r.opt_text(3) },
    )
}

//! Which dialog tasks users may use.

use std::collections::HashMap;

use super::{AccountKey, BotKey, DialogKey, Tx, UserKey, Value, WriteTx};
use crate::error::Result;
use crate::id::{BotId, DialogId};

/// One dialog of a bot, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct NewTask {
    pub(crate) bot: BotKey,
    pub(crate) dialog: Option<DialogKey>,
}

/// A bot and the dialogs of it that somebody may use.
pub(crate) type OnBot = (BotId, Vec<DialogId>);

/// By user: bots in the order they were allowed, with the dialogs; "all" is told as all that the bot has now.
pub(crate) fn of_users(tx: &Tx<'_>, users: &[UserKey]) -> Result<HashMap<UserKey, Vec<OnBot>>> {
    let list: Vec<Value<'_>> = users.iter().map(|key| (*key).into()).collect();
    let rows = tx.query_list(
        "select t.user_id, b.public_id, d.public_id from task_grants t join bots b on b.id = t.bot_id \
         left join dialogs d on d.bot_id = t.bot_id and (t.dialog_id is null or d.id = t.dialog_id) \
         where t.user_id in {list} order by b.id, d.id",
        &[],
        &list,
        |r| (UserKey(r.int(0)), r.text(1), r.opt_text(2)),
    )?;
    let mut out = HashMap::<UserKey, Vec<(BotId, Vec<DialogId>)>>::new();
    for (user, bot, dialog) in rows {
        let bots = out.entry(user).or_default();
        if bots.last().is_none_or(|(id, _)| id.as_str() != bot) {
            bots.push((BotId::stored(bot), Vec::new()));
        }
        if let (Some((_, dialogs)), Some(dialog)) = (bots.last_mut(), dialog.map(DialogId::stored))
            && !dialogs.contains(&dialog)
        {
            dialogs.push(dialog);
        }
    }
    Ok(out)
}

/// A task that somebody may use, with the ids by which clients know it.
#[derive(Debug, Clone)]
pub(crate) struct Granted {
    pub(crate) task: NewTask,
    pub(crate) bot: BotId,
    pub(crate) dialog: Option<DialogId>,
}

/// The grants of these users, in the order they were made.
pub(crate) fn granted_to(tx: &Tx<'_>, account: AccountKey, users: &[UserKey]) -> Result<Vec<(UserKey, Granted)>> {
    let list: Vec<Value<'_>> = users.iter().map(|key| (*key).into()).collect();
    tx.query_list(
        "select t.user_id, t.bot_id, t.dialog_id, b.public_id, d.public_id from task_grants t \
         join bots b on b.id = t.bot_id left join dialogs d on d.id = t.dialog_id \
         where t.account_id = $1 and t.user_id in {list} order by t.id",
        &[account.into()],
        &list,
        |r| {
            let task = NewTask { bot: BotKey(r.int(1)), dialog: r.opt_int(2).map(DialogKey) };
            let (bot, dialog) = (BotId::stored(r.text(3)), r.opt_text(4).map(DialogId::stored));
            (UserKey(r.int(0)), Granted { task, bot, dialog })
        },
    )
}

/// Every grant of the account.
pub(crate) fn list(tx: &Tx<'_>, account: AccountKey) -> Result<Vec<(UserKey, NewTask)>> {
    tx.query(
        "select user_id, bot_id, dialog_id from task_grants where account_id = $1 order by id",
        &[account.into()],
        |r| (UserKey(r.int(0)), NewTask { bot: BotKey(r.int(1)), dialog: r.opt_int(2).map(DialogKey) }),
    )
}

pub(crate) fn insert_many(tx: &WriteTx<'_>, account: AccountKey, tasks: &[(UserKey, NewTask)]) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> = tasks
        .iter()
        .map(|(user, t)| {
            let dialog = t.dialog.map_or(Value::Null, Value::from);
            vec![account.into(), (*user).into(), t.bot.into(), dialog]
        })
        .collect();
    tx.execute_many(
        "insert into task_grants (account_id, user_id, bot_id, dialog_id) values ($1, $2, $3, $4) on conflict do nothing",
        &rows,
    )
}

/// Takes all tasks of these users away.
pub(crate) fn remove_of_users(tx: &WriteTx<'_>, account: AccountKey, users: &[UserKey]) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> = users.iter().map(|key| vec![account.into(), (*key).into()]).collect();
    tx.execute_many("delete from task_grants where account_id = $1 and user_id = $2", &rows)
}

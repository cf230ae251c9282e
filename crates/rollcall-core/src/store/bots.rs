//! Bots and their dialog tasks.

use std::collections::HashMap;

use super::pages::{self, Kind};
use super::{AccountKey, BotKey, DialogKey, Row, Tx, UserKey, Value, WriteTx};
use crate::bots::{Audience, Bot, BotChange, Dialog, NewBot, NewDialog};
use crate::clock::Time;
use crate::error::Result;
use crate::id::{BotId, DialogId, UserId};
use crate::page::{Page, Paged};
use crate::text;

const COLUMNS: &str = "id, public_id, name, description, owner_id, published, audience";

fn bot(r: &Row<'_, '_>) -> Bot {
    Bot {
        key: BotKey(r.int(0)),
        id: BotId::stored(r.text(1)),
        name: r.text(2),
        description: r.text(3),
        owner: r.opt_int(4).map(UserKey),
        published: r.bool(5),
        audience: Audience::stored(r.str(6)),
        dialogs: Vec::new(),
    }
}

fn with_dialogs(tx: &Tx<'_>, mut bots: Vec<Bot>) -> Result<Vec<Bot>> {
    let keys: Vec<Value<'_>> = bots.iter().map(|b| b.key.into()).collect();
    let mut dialogs = HashMap::<BotKey, Vec<Dialog>>::new();
    for (of, dialog) in tx.query_list(
        "select bot_id, id, public_id, name from dialogs where bot_id in {list} order by id",
        &[],
        &keys,
        |r| (BotKey(r.int(0)), Dialog { key: DialogKey(r.int(1)), id: DialogId::stored(r.text(2)), name: r.text(3) }),
    )? {
        dialogs.entry(of).or_default().push(dialog);
    }
    for bot in &mut bots {
        bot.dialogs = dialogs.remove(&bot.key).unwrap_or_default();
    }
    Ok(bots)
}

/// Bots by public id, with their dialogs: two statements.
pub(crate) fn find_by_ids(tx: &Tx<'_>, account: AccountKey, ids: &[&str]) -> Result<Vec<Bot>> {
    let list: Vec<Value<'_>> = ids.iter().map(|id| (*id).into()).collect();
    let bots = tx.query_list(
        &format!("select {COLUMNS} from bots where account_id = $1 and public_id in {{list}}"),
        &[account.into()],
        &list,
        bot,
    )?;
    with_dialogs(tx, bots)
}

/// A bot as lists show it.
#[derive(Debug, Clone)]
pub(crate) struct BotRow {
    pub(crate) id: BotId,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) owner: Option<UserId>,
    pub(crate) published: bool,
    pub(crate) audience: Audience,
    pub(crate) created: Time,
}

/// A page of bots in order of creation, found by a seek.
pub(crate) fn page(tx: &Tx<'_>, account: AccountKey, page: Page) -> Result<Paged<BotRow>> {
    let seek = pages::seek(tx, account, Kind::Bots, page.skipped())?;
    let items = tx.query(
        "select b.public_id, b.name, b.description, u.public_id, b.published, b.audience, b.created_at from bots b \
         left join users u on u.id = b.owner_id where b.account_id = $1 and b.id >= $2 order by b.id limit $3 offset $4",
        &[account.into(), seek.from_id.into(), i64::from(page.limit()).into(), seek.skip.into()],
        |r| BotRow {
            id: BotId::stored(r.text(0)),
            name: r.text(1),
            description: r.text(2),
            owner: r.opt_text(3).map(UserId::stored),
            published: r.bool(4),
            audience: Audience::stored(r.str(5)),
            created: r.time(6),
        },
    )?;
    Ok(Paged::of(page, seek.total, items))
}

/// Every bot of the account, oldest first, with their dialogs.
pub(crate) fn list(tx: &Tx<'_>, account: AccountKey) -> Result<Vec<Bot>> {
    let bots =
        tx.query(&format!("select {COLUMNS} from bots where account_id = $1 order by id"), &[account.into()], bot)?;
    with_dialogs(tx, bots)
}

/// The names of the bots that these users own, oldest first.
pub(crate) fn owned_by(tx: &Tx<'_>, account: AccountKey, users: &[UserKey]) -> Result<Vec<(UserKey, String)>> {
    let list: Vec<Value<'_>> = users.iter().map(|key| (*key).into()).collect();
    tx.query_list(
        "select owner_id, name from bots where account_id = $1 and owner_id in {list} order by id",
        &[account.into()],
        &list,
        |r| (UserKey(r.int(0)), r.text(1)),
    )
}

pub(crate) fn insert_many(
    tx: &WriteTx<'_>,
    account: AccountKey,
    bots: &[NewBot],
    now: Time,
) -> Result<Vec<Option<BotKey>>> {
    let keys: Vec<String> = bots.iter().map(|b| text::key(&b.name)).collect();
    let rows: Vec<Vec<Value<'_>>> = bots
        .iter()
        .zip(&keys)
        .map(|(b, key)| {
            vec![
                account.into(),
                b.id.as_str().into(),
                (&b.name).into(),
                key.into(),
                (&b.description).into(),
                b.owner.into(),
                b.published.into(),
                b.audience.word().into(),
                now.into(),
            ]
        })
        .collect();
    let ids = tx.insert_returning(
        "insert into bots (account_id, public_id, name, name_key, description, owner_id, published, audience, created_at, \
         updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) on conflict do nothing returning id",
        &rows,
    )?;
    pages::count(tx, account, Kind::Bots, ids.iter().copied().flatten(), 1)?;
    Ok(ids.into_iter().map(|id| id.map(BotKey)).collect())
}

pub(crate) fn update_many(tx: &WriteTx<'_>, account: AccountKey, changes: &[BotChange], now: Time) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> = changes
        .iter()
        .map(|c| {
            vec![
                account.into(),
                c.key.into(),
                (&c.description).into(),
                c.owner.into(),
                c.published.into(),
                c.audience.word().into(),
                now.into(),
            ]
        })
        .collect();
    tx.execute_many(
        "update bots set description = $3, owner_id = $4, published = $5, audience = $6, updated_at = $7 \
         where account_id = $1 and id = $2",
        &rows,
    )
}

pub(crate) fn remove_many(tx: &WriteTx<'_>, account: AccountKey, bots: &[BotKey]) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> = bots.iter().map(|key| vec![account.into(), (*key).into()]).collect();
    pages::count(tx, account, Kind::Bots, bots.iter().map(|key| key.0), -1)?;
    tx.execute_many("delete from bots where account_id = $1 and id = $2", &rows)
}

pub(crate) fn insert_dialogs(
    tx: &WriteTx<'_>,
    account: AccountKey,
    dialogs: &[(BotKey, NewDialog)],
) -> Result<Vec<Option<DialogKey>>> {
    let keys: Vec<String> = dialogs.iter().map(|(_, d)| text::key(&d.name)).collect();
    let rows: Vec<Vec<Value<'_>>> = dialogs
        .iter()
        .zip(&keys)
        .map(|((bot, d), key)| vec![account.into(), (*bot).into(), d.id.as_str().into(), (&d.name).into(), key.into()])
        .collect();
    let ids = tx.insert_returning(
        "insert into dialogs (account_id, bot_id, public_id, name, name_key) values ($1, $2, $3, $4, $5) \
         on conflict do nothing returning id",
        &rows,
    )?;
    Ok(ids.into_iter().map(|id| id.map(DialogKey)).collect())
}

pub(crate) fn remove_dialogs(tx: &WriteTx<'_>, account: AccountKey, dialogs: &[DialogKey]) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> = dialogs.iter().map(|key| vec![account.into(), (*key).into()]).collect();
    tx.execute_many("delete from dialogs where account_id = $1 and id = $2", &rows)
}

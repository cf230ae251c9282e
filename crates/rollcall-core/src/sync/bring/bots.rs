//! Bots and dialog tasks of a description.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use crate::bots::{self, Audience, BotChange, NewBot, NewDialog};
use crate::change::Change;
use crate::error::Result;
use crate::id::{BotId, DialogId};
use crate::op::Op;
use crate::store::{self, UserKey};
use crate::sync::apply::{Keys, choose};
use crate::sync::current::Current;
use crate::sync::{Report, State};
use crate::text::{self, Email};

pub(in crate::sync) fn bring_bots(
    op: &mut Op<'_>,
    state: &State,
    now: &Current,
    keys: &mut Keys,
    report: &mut Report,
) -> Result<()> {
    let known: HashMap<String, _> = now.bots.iter().map(|b| (text::key(&b.name), b)).collect();
    let mut taken: HashSet<String> = now.bots.iter().map(|b| b.id.to_string()).collect();
    let emails: HashMap<UserKey, &str> = now.users.iter().map(|u| (u.key, u.email.as_str())).collect();
    let (mut new, mut changes) = (Vec::new(), Vec::new());
    for bot in &state.bots {
        let owner = match &bot.owner {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::Set(email) => {
                keys.users.get(&Email::lookup_key(email)).map_or(Change::Keep, |key| Change::Set(*key))
            }
        };
        match known.get(&text::key(&bot.name)) {
            None => {
                let given = bot.id.as_deref().and_then(|id| BotId::parse(id).ok());
                let derived = BotId::derive(&now.account.name, &text::key(&bot.name));
                report.note('+', format!("bot {:?}", bot.name));
                new.push(NewBot {
                    id: choose(given, derived, &mut taken, BotId::random),
                    name: bot.name.clone(),
                    description: bot.description.clone().unwrap_or_default(),
                    owner: owner.over(None),
                    published: bot.published.unwrap_or(false),
                    audience: bot.audience.unwrap_or(Audience::Enterprise),
                });
            }
            Some(has) => {
                let change = BotChange {
                    key: has.key,
                    id: has.id.to_string(),
                    name: has.name.clone(),
                    description: bot.description.clone().unwrap_or_else(|| has.description.clone()),
                    owner: owner.over(has.owner.as_ref()),
                    published: bot.published.unwrap_or(has.published),
                    audience: bot.audience.unwrap_or(has.audience),
                    before: Value::Null,
                    after: Value::Null,
                };
                let show = |description: &str, owner: Option<UserKey>, published: bool, audience: Audience| {
                    let owner = owner.and_then(|key| emails.get(&key));
                    json!({"description": description, "owner": owner, "published": published, "audience": audience.word()})
                };
                if change.description != has.description
                    || change.owner != has.owner
                    || change.published != has.published
                    || change.audience != has.audience
                {
                    report.note('~', format!("bot {:?}", bot.name));
                    let before = show(&has.description, has.owner, has.published, has.audience);
                    let after = show(&change.description, change.owner, change.published, change.audience);
                    changes.push(BotChange { before, after, ..change });
                }
            }
        }
    }
    bots::create_many(op, &new)?;
    bots::update_many(op, &changes)?;
    bring_dialogs(op, state, now, report)?;
    let dialogs = |b: &bots::Bot| b.dialogs.iter().map(|d| (text::key(&d.name), d.key)).collect();
    keys.bots =
        store::bots::list(op.tx, op.account)?.iter().map(|b| (text::key(&b.name), (b.key, dialogs(b)))).collect();
    Ok(())
}

pub(in crate::sync) fn bring_dialogs(op: &mut Op<'_>, state: &State, now: &Current, report: &mut Report) -> Result<()> {
    let bots = store::bots::list(op.tx, op.account)?;
    let known: HashMap<String, _> = bots.iter().map(|b| (text::key(&b.name), b)).collect();
    let mut taken: HashSet<String> = bots.iter().flat_map(|b| &b.dialogs).map(|d| d.id.to_string()).collect();
    let (mut add, mut named) = (Vec::new(), Vec::new());
    for bot in &state.bots {
        let Some(has) = known.get(&text::key(&bot.name)) else { continue };
        let names: HashSet<String> = has.dialogs.iter().map(|d| text::key(&d.name)).collect();
        let before = add.len();
        for dialog in bot.dialogs.iter().filter(|d| !names.contains(&text::key(&d.name))) {
            let given = dialog.id.as_deref().and_then(|id| DialogId::parse(id).ok());
            let path = format!("{}/{}", text::key(&bot.name), text::key(&dialog.name));
            let id = choose(given, DialogId::derive(&now.account.name, &path), &mut taken, DialogId::random);
            report.note('+', format!("dialog {:?} of bot {:?}", dialog.name, bot.name));
            add.push((has.key, NewDialog { id, name: dialog.name.clone() }));
        }
        if add.len() > before {
            named.push((has.id.to_string(), has.name.clone()));
        }
    }
    bots::change_dialogs(op, &add, &[], &named).map(|_| ())
}

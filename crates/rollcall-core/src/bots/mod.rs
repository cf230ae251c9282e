//! Bots: a registry of what roles and tasks are assigned on. Rollcall runs none.

mod find;
pub mod list;

pub use find::{BotAround, BotFilter, BotRow, Task, TaskUser, around, find};
use serde_json::{Value, json};

use crate::audit::{Event, EventKind};
use crate::error::{Error, Result};
use crate::id::{BotId, DialogId};
use crate::op::Op;
use crate::policy::Permission;
use crate::store::{self, BotKey, DialogKey, UserKey};

/// For whom a bot is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The organisation's own people.
    Enterprise,
    /// Everybody.
    Consumer,
}

impl Audience {
    /// The word of files and of the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Enterprise => "enterprise",
            Self::Consumer => "consumer",
        }
    }

    /// Reads the word.
    ///
    /// # Errors
    /// A sentence with both words.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "enterprise" => Ok(Self::Enterprise),
            "consumer" => Ok(Self::Consumer),
            other => Err(format!("{other:?} is not an audience; there are enterprise and consumer")),
        }
    }

    pub(crate) fn stored(word: &str) -> Self {
        if word == "enterprise" { Self::Enterprise } else { Self::Consumer }
    }
}

/// A bot, as the store keeps it.
#[derive(Debug, Clone)]
pub(crate) struct Bot {
    pub(crate) key: BotKey,
    pub(crate) id: BotId,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) owner: Option<UserKey>,
    pub(crate) published: bool,
    pub(crate) audience: Audience,
    pub(crate) dialogs: Vec<Dialog>,
}

impl Bot {
    /// Whether its tasks can be assigned to people of the organisation.
    pub(crate) fn is_for_enterprise(&self) -> bool {
        self.published && self.audience == Audience::Enterprise
    }
}

/// A dialog task of a bot.
#[derive(Debug, Clone)]
pub(crate) struct Dialog {
    pub(crate) key: DialogKey,
    pub(crate) id: DialogId,
    pub(crate) name: String,
}

/// A bot to be registered.
#[derive(Debug, Clone)]
pub(crate) struct NewBot {
    pub(crate) id: BotId,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) owner: Option<UserKey>,
    pub(crate) published: bool,
    pub(crate) audience: Audience,
}

/// New contents of a bot.
#[derive(Debug, Clone)]
pub(crate) struct BotChange {
    pub(crate) key: BotKey,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) owner: Option<UserKey>,
    pub(crate) published: bool,
    pub(crate) audience: Audience,
    pub(crate) before: Value,
    pub(crate) after: Value,
}

/// A dialog task to be registered.
#[derive(Debug, Clone)]
pub(crate) struct NewDialog {
    pub(crate) id: DialogId,
    pub(crate) name: String,
}

/// Registers bots; a name or an id that is taken is a fault of the caller, who has looked.
pub(crate) fn create_many(op: &mut Op<'_>, bots: &[NewBot]) -> Result<Vec<BotKey>> {
    op.expect(Permission::AdministerAccount)?;
    if bots.is_empty() {
        return Ok(Vec::new());
    }
    op.change(|tx, view| {
        let keys = store::bots::insert_many(tx, view.account, bots, view.now)?;
        let keys = keys.into_iter().zip(bots).map(|(key, bot)| {
            key.ok_or_else(|| Error::invalid(format!("the bot {:?} or its id {} is there already", bot.name, bot.id)))
        });
        let events = bots.iter().map(|bot| {
            Event::new(EventKind::BotCreated, &bot.id, format!("Bot {:?} was registered", bot.name))
                .after(json!({"name": bot.name, "published": bot.published, "audience": bot.audience.word()}))
        });
        Ok((keys.collect::<Result<Vec<_>>>()?, events.collect()))
    })
}

/// Changes bots.
pub(crate) fn update_many(op: &mut Op<'_>, changes: &[BotChange]) -> Result<()> {
    op.expect(Permission::AdministerAccount)?;
    if changes.is_empty() {
        return Ok(());
    }
    op.change(|tx, view| {
        store::bots::update_many(tx, view.account, changes, view.now)?;
        let events = changes.iter().map(|c| {
            Event::new(EventKind::BotModified, &c.id, format!("Bot {:?} was changed", c.name))
                .before(c.before.clone())
                .after(c.after.clone())
        });
        Ok(((), events.collect()))
    })
}

/// Removes bots, with their dialogs and all that is assigned on them.
pub(crate) fn remove_many(op: &mut Op<'_>, bots: &[(BotKey, String, String)]) -> Result<()> {
    op.expect(Permission::AdministerAccount)?;
    if bots.is_empty() {
        return Ok(());
    }
    op.change(|tx, view| {
        let keys: Vec<BotKey> = bots.iter().map(|(key, _, _)| *key).collect();
        store::bots::remove_many(tx, view.account, &keys)?;
        let events =
            bots.iter().map(|(_, id, name)| Event::new(EventKind::BotDeleted, id, format!("Bot {name:?} was removed")));
        Ok(((), events.collect()))
    })
}

/// Adds and removes dialog tasks; `named` tells, by bot, the id and name that the audit log gives it.
pub(crate) fn change_dialogs(
    op: &mut Op<'_>,
    add: &[(BotKey, NewDialog)],
    remove: &[DialogKey],
    named: &[(String, String)],
) -> Result<Vec<DialogKey>> {
    op.expect(Permission::AdministerAccount)?;
    if add.is_empty() && remove.is_empty() {
        return Ok(Vec::new());
    }
    op.change(|tx, view| {
        store::bots::remove_dialogs(tx, view.account, remove)?;
        let keys = store::bots::insert_dialogs(tx, view.account, add)?;
        let keys = keys.into_iter().zip(add).map(|(key, (_, d))| {
            key.ok_or_else(|| Error::invalid(format!("the dialog {:?} or its id {} is there already", d.name, d.id)))
        });
        let events = named.iter().map(|(id, name)| {
            Event::new(EventKind::BotModified, id, format!("The dialog tasks of the bot {name:?} were changed"))
        });
        Ok((keys.collect::<Result<Vec<_>>>()?, events.collect()))
    })
}

//! Bots as people look through them: the list by a filter, and one bot with who may do what with it.

use super::Audience;
use crate::clock::Time;
use crate::error::{Code, Error, Result};
use crate::id::{BotId, DialogId, UserId};
use crate::op::View;
use crate::policy::{self, Permission};
use crate::roles::{HolderFilter, Holding};
use crate::store::{BotKey, bot_lists, role_lists};
use crate::who::{self, Named};

/// Which bots are listed, by name.
#[derive(Debug, Clone, Default)]
pub struct BotFilter {
    /// The name has this text in it, whatever the case.
    pub text: String,
    /// They are for these.
    pub audience: Option<Audience>,
    /// They are published, or are not.
    pub is_published: Option<bool>,
    /// From the end of the alphabet.
    pub is_down: bool,
    /// Behind the bot with this cursor; from the start where it is empty.
    pub after: String,
}

/// A bot on a list.
#[derive(Debug, Clone)]
pub struct BotRow {
    pub(crate) key: BotKey,
    /// Public id.
    pub id: BotId,
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// Whether it is published.
    pub published: bool,
    /// For whom.
    pub audience: Audience,
    /// When it was registered.
    pub created: Time,
    /// Who owns it: id and address. None also for whoever may not see users.
    pub owner: Option<(UserId, String)>,
    /// Its tasks, up to one more than [`COUNTED`](crate::groups::COUNTED).
    pub dialogs: u64,
    /// How often a role was given on it, as far.
    pub given: u64,
    /// What the list goes on behind.
    pub cursor: String,
}

/// A task of a bot.
#[derive(Debug, Clone)]
pub struct Task {
    /// Public id.
    pub id: DialogId,
    /// Name.
    pub name: String,
    /// How many were given it by name, up to one more than [`COUNTED`](crate::groups::COUNTED).
    pub users: u64,
}

/// Somebody who may use a task of a bot.
#[derive(Debug, Clone)]
pub struct TaskUser {
    /// What a list of these goes on behind.
    pub place: i64,
    /// Public id.
    pub user: UserId,
    /// Address.
    pub email: String,
    /// The task's name; none for all that the bot has and will have.
    pub task: Option<String>,
}

/// A bot with who may do what with it.
#[derive(Debug)]
pub struct BotAround {
    /// The bot.
    pub bot: BotRow,
    /// Its tasks by name; a thousand at most.
    pub tasks: Vec<Task>,
    /// A page of the roles that were given on it; none for whoever may not see who holds roles.
    pub given: Option<Vec<Holding>>,
    /// A page of those who may use its tasks; none for whoever may not see users.
    pub users: Option<Vec<TaskUser>>,
    /// The roles that can be given on it, ids and names; a thousand at most.
    pub roles: Vec<(String, String)>,
    /// Who did all of this, by public id.
    pub who: Named,
}

/// The bots of a filter. One statement.
///
/// # Errors
/// When the database fails.
pub fn find(view: &View<'_>, filter: &BotFilter, limit: u32) -> Result<Vec<BotRow>> {
    view.expect(Permission::ViewBots)?;
    let mut found = bot_lists::found(view.tx, view.account, filter, limit.into())?;
    if !policy::allows(&view.actor, Permission::ViewUsers) {
        found.iter_mut().for_each(|bot| bot.owner = None);
    }
    Ok(found)
}

/// A bot, a page of who was given a role on it, and one of who may use its tasks. Seven statements at most.
///
/// # Errors
/// [`Code::NotFound`] where the account has no such bot.
pub fn around(view: &View<'_>, id: &str, given: &HolderFilter, users: &HolderFilter, limit: u32) -> Result<BotAround> {
    view.expect(Permission::ViewBots)?;
    let bot = bot_lists::one(view.tx, view.account, id)?;
    let mut bot = bot.ok_or_else(|| Error::new(Code::NotFound, format!("There is no bot {id} (any more).")))?;
    let tasks = bot_lists::tasks(view.tx, bot.key)?;
    let of = role_lists::Of::Bot(bot.key);
    let (mut roles, mut holdings) = (Vec::new(), None);
    if policy::allows(&view.actor, Permission::ViewRoles) {
        holdings = Some(role_lists::given(view.tx, of, &given.text, given.after, limit.into())?);
        roles = role_lists::bot_roles(view.tx, view.account)?;
    }
    let mut allowed = None;
    if policy::allows(&view.actor, Permission::ViewUsers) {
        allowed = Some(bot_lists::task_users(view.tx, bot.key, &users.text, users.after, limit.into())?);
    } else {
        bot.owner = None;
    }
    let who = who::names(view, holdings.iter().flatten().map(|holding| holding.by.as_str()))?;
    Ok(BotAround { bot, tasks, given: holdings, users: allowed, roles, who })
}

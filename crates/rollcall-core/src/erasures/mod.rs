//! Erasing what is personal of users: asked for at once, done by a job in the background, and told of by its request.

mod request;
mod run;

pub use request::{Asked, Refusal, request};
pub use run::{is_any_pending, run};

use std::collections::{HashMap, HashSet};

use crate::clock::Time;
use crate::error::{Code, Error, Result};
use crate::id::ErasureId;
use crate::op::View;
use crate::policy::Permission;
use crate::store::{self, UserKey};

/// A request and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Its public id.
    pub id: ErasureId,
    /// When it was made.
    pub created_at: Time,
    /// When it last came further.
    pub updated_at: Time,
    /// Whether what any bot knows is meant.
    pub from_all_bots: bool,
    /// The bots that were named, by their public ids.
    pub bots: Vec<String>,
    /// Public ids of the users, in the order asked, and what became of each.
    pub users: Vec<(String, Progress)>,
}

/// What became of one user of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Their turn has not come.
    Pending,
    /// Nothing personal is left.
    Done,
    /// It had become impossible, for this reason; nothing was changed.
    Failed(String),
}

/// A request of the account, as it stands.
///
/// # Errors
/// [`Code::NotFound`], naming the id.
pub fn status(view: &View<'_>, id: &str) -> Result<Erasure> {
    view.expect(Permission::EraseUsersData)?;
    let id = id.trim();
    let found = store::erasures::find(view.tx, view.account, id)?;
    found.ok_or_else(|| Error::new(Code::NotFound, format!("Unknown request id {id}")))
}

/// What stands in the way of erasing users, looked up for all of them at once.
struct Bars {
    owner: Option<UserKey>,
    bots: HashMap<UserKey, Vec<String>>,
    /// The active admins.
    admins: HashSet<UserKey>,
}

impl Bars {
    fn look_up(view: &View<'_>, users: &[UserKey]) -> Result<Self> {
        let mut bots = HashMap::<UserKey, Vec<String>>::new();
        for (owner, name) in store::bots::owned_by(view.tx, view.account, users)? {
            bots.entry(owner).or_default().push(name);
        }
        Ok(Self {
            owner: store::accounts::owner(view.tx, view.account)?,
            bots,
            admins: store::assignments::active_admins(view.tx, view.account, view.now)?.into_iter().collect(),
        })
    }

    /// Why this user cannot be erased, whoever else is; each goes on after a word for them, and holds no name of theirs.
    fn of(&self, user: UserKey) -> Vec<String> {
        let mut bars = Vec::new();
        if self.owner == Some(user) {
            bars.push("owns the account; make somebody else its owner first".to_owned());
        }
        let bots = self.bots.get(&user).into_iter().flatten();
        bars.extend(bots.map(|bot| format!("owns the bot {bot:?}; give it to somebody else first")));
        bars
    }
}

/// Why those cannot be erased without whom nobody would be left to administer the account.
const LAST_ADMIN: &str = "is the last active holder of the built-in role \"admin\", which may not be left without one";

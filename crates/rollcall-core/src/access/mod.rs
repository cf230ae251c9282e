//! Which roles users hold, and by which ways: the one function that every face asks.

use std::collections::HashMap;

use crate::clock::Time;
use crate::error::Result;
use crate::id::{BotId, RoleId};
use crate::op::View;
use crate::roles::RoleKind;
use crate::store::{self, UserKey};

/// A role that a user holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRole {
    /// The role's public id.
    pub role: RoleId,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub kind: RoleKind,
    /// For a bot role: on which bot, and its name.
    pub bot: Option<(BotId, String)>,
    /// Whether it is assigned to the user directly.
    pub direct: bool,
    /// The names of the groups that carry it and that the user is in, at any depth.
    pub groups: Vec<String>,
}

/// When a role that somebody holds runs out next: what is told of roles is right until then, as long as the account's mark is
/// the same ([`View::mark`]). None: there is no such role.
///
/// # Errors
/// When the database fails.
pub fn right_until(view: &View<'_>) -> Result<Option<Time>> {
    store::assignments::next_end(view.tx, view.account, view.now)
}

/// The roles of these users, direct ones first, each role (on each bot) once.
pub(crate) fn of_users(view: &View<'_>, users: &[UserKey]) -> Result<HashMap<UserKey, Vec<HeldRole>>> {
    let mut out = HashMap::<UserKey, Vec<HeldRole>>::new();
    for row in store::assignments::held_by(view.tx, users, view.now)? {
        let roles = out.entry(row.user).or_default();
        let same = |held: &HeldRole| {
            held.role == row.role && held.bot.as_ref().map(|b| &b.0) == row.bot.as_ref().map(|b| &b.0)
        };
        let index = roles.iter().position(same).unwrap_or_else(|| {
            roles.push(HeldRole {
                role: row.role.clone(),
                name: row.name.clone(),
                kind: row.kind,
                bot: row.bot.clone(),
                direct: false,
                groups: Vec::new(),
            });
            roles.len() - 1
        });
        match row.group {
            None => roles[index].direct = true,
            Some(group) => roles[index].groups.push(group),
        }
    }
    Ok(out)
}

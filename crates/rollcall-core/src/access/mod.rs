//! Which roles users hold, and by which ways: the one function that every face asks.

mod carriers;
pub mod explain;
mod graph;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::clock::Time;
use crate::error::Result;
use crate::id::{BotId, RoleId};
use crate::op::View;
use crate::roles::RoleKind;
use crate::roles::rights::AdminRights;
use crate::store::assignments::GivenRole;
use crate::store::{self, GroupKey, UserKey};

pub(crate) use carriers::{Carrier, Carriers};

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
    /// What it lets them do in the console.
    pub rights: AdminRights,
}

/// When a role that somebody holds runs out next: what is told of roles is right until then, as long as the account's mark is
/// the same ([`View::mark`]). None: there is no such role.
///
/// # Errors
/// When the database fails.
pub fn right_until(view: &View<'_>) -> Result<Option<Time>> {
    store::assignments::next_end(view.tx, view.account, view.now)
}

impl HeldRole {
    fn is_of(&self, given: &GivenRole) -> bool {
        self.role == given.role && self.bot.as_ref().map(|b| &b.0) == given.bot.as_ref().map(|b| &b.0)
    }
}

/// What a user has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    /// Direct ones first, each role (on each bot) once.
    pub(crate) roles: Vec<HeldRole>,
    /// The groups that they are a direct member of, by name.
    pub(crate) groups: Vec<Arc<Carrier>>,
}

/// What these users have. Three statements; two where their groups are remembered.
pub(crate) fn of_users(view: &View<'_>, users: &[UserKey]) -> Result<HashMap<UserKey, Access>> {
    let direct = store::assignments::held_directly(view.tx, users, view.now)?;
    let memberships = store::members::of_users(view.tx, users)?;
    let groups: HashSet<GroupKey> = memberships.iter().map(|(_, group)| *group).collect();
    let carriers = carriers::of_groups(view, &groups.into_iter().collect::<Vec<_>>())?;
    let mut out = HashMap::<UserKey, Access>::with_capacity(users.len());
    for (user, given) in direct {
        let access = out.entry(user).or_default();
        given.iter().for_each(|given| held(&mut access.roles, given).direct = true);
    }
    for (user, group) in memberships {
        out.entry(user).or_default().groups.extend(carriers.get(&group).cloned());
    }
    for access in out.values_mut() {
        access.groups.sort_unstable_by(|one, other| one.name_key.cmp(&other.name_key));
        let all = access.groups.iter().flat_map(|carrier| &carrier.carried);
        let mut carried: Vec<_> =
            all.filter(|carried| carried.given.expires.is_none_or(|time| time > view.now)).collect();
        carried.sort_unstable_by_key(|carried| carried.given.place);
        // Who is in two groups below one that carries a role has it from that one once.
        carried.dedup_by_key(|carried| carried.given.place);
        for carried in carried {
            held(&mut access.roles, &carried.given).groups.push(carried.group.clone());
        }
    }
    Ok(out)
}

/// The role among those that are held; new where it is not.
fn held<'r>(roles: &'r mut Vec<HeldRole>, given: &GivenRole) -> &'r mut HeldRole {
    let index = roles.iter().position(|held| held.is_of(given)).unwrap_or_else(|| {
        roles.push(HeldRole {
            role: given.role.clone(),
            name: given.name.clone(),
            kind: given.kind,
            bot: given.bot.clone(),
            direct: false,
            groups: Vec::new(),
            rights: given.rights,
        });
        roles.len() - 1
    });
    &mut roles[index]
}

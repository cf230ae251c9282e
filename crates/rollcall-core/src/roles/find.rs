//! Roles as people look through them: the list by a filter, and one role with who holds it.

use super::rights::AdminRights;
use super::{RoleDetails, RoleKind};
use crate::clock::Time;
use crate::error::{Code, Error, Result};
use crate::groups::COUNTED;
use crate::id::{BotId, GroupId, RoleId, UserId};
use crate::op::View;
use crate::policy::Permission;
use crate::store::role_lists;
use crate::who::{self, Named};

/// In which order roles are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RoleOrder {
    /// By name.
    #[default]
    Name,
    /// By name, from the end.
    NameDown,
}

/// Which roles are listed.
#[derive(Debug, Clone, Default)]
pub struct RoleFilter {
    /// The name has this text in it, whatever the case.
    pub text: String,
    /// They are of this kind.
    pub kind: Option<RoleKind>,
    /// They are not built in.
    pub is_custom: bool,
    /// In which order.
    pub order: RoleOrder,
    /// Behind the role with this id; from the start where it is empty.
    pub after: String,
}

/// A role on a list.
#[derive(Debug, Clone)]
pub struct RoleRow {
    /// Public id.
    pub id: RoleId,
    /// What it is about.
    pub kind: RoleKind,
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// Whether Rollcall made it and keeps it.
    pub built_in: bool,
    /// What it lets its holders do in the console.
    pub rights: AdminRights,
    /// When it was changed last.
    pub updated: Time,
    /// How often it was given, to users and groups, on bots: up to one more than
    /// [`COUNTED`](crate::groups::COUNTED).
    pub given: u64,
}

/// A role that a group hands to everybody in it.
#[derive(Debug, Clone)]
pub struct Carrying {
    /// The role's public id.
    pub role: RoleId,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub kind: RoleKind,
    /// On which bot.
    pub bot: Option<(BotId, String)>,
    /// The group above that it was given to; none where it is the group's own.
    pub from: Option<(GroupId, String)>,
    /// Since when.
    pub since: Time,
    /// Who gave it: a public id.
    pub by: String,
    /// By which way.
    pub via: String,
    /// Until when.
    pub until: Option<Time>,
}

/// To whom a role was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A user.
    User {
        /// Public id.
        id: UserId,
        /// Address.
        email: String,
        /// Whether they can do anything with it now.
        is_active: bool,
    },
    /// A group: everybody in it, at any depth.
    Group {
        /// Public id.
        id: GroupId,
        /// Name.
        name: String,
    },
}

/// That somebody was given a role.
#[derive(Debug, Clone)]
pub struct Holding {
    /// What a list of these goes on behind.
    pub place: i64,
    /// The role's public id.
    pub role: RoleId,
    /// Its name.
    pub role_name: String,
    /// What it is about.
    pub kind: RoleKind,
    /// Whether it is built in.
    pub built_in: bool,
    /// On which bot.
    pub bot: Option<(BotId, String)>,
    /// To whom.
    pub holder: Holder,
    /// Since when.
    pub since: Time,
    /// Who gave it: a public id.
    pub by: String,
    /// By which way.
    pub via: String,
    /// Until when; it may be over.
    pub until: Option<Time>,
}

/// Which holders are shown.
#[derive(Debug, Clone, Default)]
pub struct HolderFilter {
    /// The address or the group's name has this text in it.
    pub text: String,
    /// Behind the one with this place; 0 is the start.
    pub after: i64,
}

/// A role with who holds it.
#[derive(Debug)]
pub struct RoleAround {
    /// The role.
    pub role: RoleDetails,
    /// A page of those whom it was given to, in the order that they got it.
    pub holders: Vec<Holding>,
    /// How many users and how many groups have it directly: together up to one more than [`COUNTED`].
    pub counts: (u64, u64),
    /// For a bot role: the bots it can be given on, ids and names; a thousand at most.
    pub bots: Vec<(String, String)>,
    /// Who did all of this, by public id.
    pub who: Named,
}

/// The roles of a filter. One statement.
///
/// # Errors
/// When the database fails.
pub fn find(view: &View<'_>, filter: &RoleFilter, limit: u32) -> Result<Vec<RoleRow>> {
    view.expect(Permission::ViewRoles)?;
    role_lists::found(view.tx, view.account, filter, limit.into())
}

/// Whether a file that is read in parts can go on behind this role, by its id and name; at its beginning there is none.
///
/// # Errors
/// [`Code::Conflict`] where it is gone, or called otherwise by now: nobody can say which comes next.
pub fn can_go_on(view: &View<'_>, behind: Option<&(String, String)>) -> Result<()> {
    let Some((id, name)) = behind else { return Ok(()) };
    let is_there = role_lists::one(view.tx, view.account, id)?.is_some_and(|role| role.name == *name);
    if is_there { Ok(()) } else { Err(crate::page::broken_off(id)) }
}

/// A role with a page of its holders. Six statements.
///
/// # Errors
/// [`Code::NotFound`] where the account has no such role.
pub fn around(view: &View<'_>, id: &str, filter: &HolderFilter, limit: u32) -> Result<RoleAround> {
    view.expect(Permission::ViewRoles)?;
    let role = role_lists::one(view.tx, view.account, id)?.ok_or_else(|| unknown(id))?;
    let holders = role_lists::given(view.tx, role_lists::Of::Role(role.key), &filter.text, filter.after, limit.into())?;
    let counts = role_lists::count(view.tx, role.key, i64::try_from(COUNTED).unwrap_or(i64::MAX).saturating_add(1))?;
    let bots = match role.kind {
        RoleKind::Bot => role_lists::bots(view.tx, view.account)?,
        RoleKind::Admin => Vec::new(),
    };
    let by = holders.iter().map(|holding| holding.by.as_str());
    let who = who::names(view, by.chain(role.created_by.as_deref()).chain(role.updated_by.as_deref()))?;
    Ok(RoleAround { role, holders, counts, bots, who })
}

/// A role, and how many users and groups have it directly, all of them: what a change of it is about. Two statements, the
/// second of which looks at every holder.
///
/// # Errors
/// [`Code::NotFound`] where the account has no such role.
pub fn counted(view: &View<'_>, id: &str) -> Result<(RoleDetails, (u64, u64))> {
    view.expect(Permission::ViewRoles)?;
    let role = role_lists::one(view.tx, view.account, id)?.ok_or_else(|| unknown(id))?;
    let counts = role_lists::count(view.tx, role.key, i64::MAX)?;
    Ok((role, counts))
}

pub(super) fn unknown(id: &str) -> Error {
    Error::new(Code::NotFound, format!("There is no role {id} (any more)."))
}

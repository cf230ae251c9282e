//! Giving roles to users and groups and taking them away: operations in order, each whole or not at all.

use std::collections::{HashMap, HashSet};

use super::given::{self, Given, Names};
use super::{Role, RoleKind};
use crate::bots::Bot;
use crate::error::{Error, Result};
use crate::groups::Group;
use crate::op::{Op, View};
use crate::policy::{self, Permission};
use crate::store::assignments::Holder;
use crate::store::users::UserRow;
use crate::store::{self, GroupKey, RoleKey, UserKey};
use crate::text;
use crate::users::{Lookup, People, Status, Unreached};

/// Who gets and who loses one role.
#[derive(Debug, Clone, Default)]
pub struct Operation {
    /// The role's public id.
    pub role: String,
    /// The bot's public id, for a bot role.
    pub bot: Option<String>,
    /// Users to give it to.
    pub add_users: Vec<Lookup>,
    /// Users to take it from.
    pub remove_users: Vec<Lookup>,
    /// Names of groups to give it to.
    pub add_groups: Vec<String>,
    /// Names of groups to take it from.
    pub remove_groups: Vec<String>,
}

/// As many users and groups may be named in one request, over all of its operations: what everybody else waits for
/// while they are looked up stays short, and so does the answer.
pub const MAX_NAMES: usize = 10_000;

impl Operation {
    fn names(&self) -> usize {
        self.add_users.len() + self.remove_users.len() + self.add_groups.len() + self.remove_groups.len()
    }
}

/// What became of one operation: done whole, or refused for all of these reasons.
pub type OperationOutcome = std::result::Result<(), Vec<String>>;

/// What the operations name and the account has.
struct Known {
    roles: HashMap<String, Role>,
    bots: HashMap<String, Bot>,
    people: People,
    groups: HashMap<String, Group>,
}

/// Who holds what while the operations are gone through, each seeing those before it.
struct Holdings {
    given: Given,
    active_admins: HashSet<UserKey>,
}

/// Applies operations on admin roles, in order; see [`assign`].
///
/// # Errors
/// As [`assign`].
pub fn assign_admin(op: &mut Op<'_>, operations: &[Operation]) -> Result<Vec<OperationOutcome>> {
    assign(op, RoleKind::Admin, operations)
}

/// Applies operations on roles of one kind, in order. A fixed number of statements, whatever is asked.
///
/// # Errors
/// More than [`MAX_NAMES`] names, or when the database fails; nothing is changed then. An operation with faults is an
/// outcome, not an error.
pub fn assign(op: &mut Op<'_>, kind: RoleKind, operations: &[Operation]) -> Result<Vec<OperationOutcome>> {
    op.expect(Permission::ManageRoles)?;
    let names: usize = operations.iter().map(Operation::names).sum();
    if names > MAX_NAMES {
        return Err(Error::invalid(format!(
            "the operations name {names} users and groups; one request may name {MAX_NAMES} in all"
        )));
    }
    let known = look_up(op, operations)?;
    let role_keys: Vec<RoleKey> = known.roles.values().map(|r| r.key).collect();
    let before: Given = store::assignments::holders(op.tx, &role_keys)?;
    let active_admins = store::assignments::active_admins(op.tx, op.account, op.now)?.into_iter().collect();
    let mut holdings = Holdings { given: before.clone(), active_admins };
    let outcomes = operations.iter().map(|operation| go_through(op, kind, &known, &mut holdings, operation)).collect();

    op.change(|tx, view| Ok(((), given::write(tx, view, &known.names(), &before, &holdings.given)?)))?;
    Ok(outcomes)
}

fn look_up(view: &View<'_>, operations: &[Operation]) -> Result<Known> {
    let people = operations.iter().flat_map(|o| o.add_users.iter().chain(&o.remove_users));
    let people = People::look_up(view, people)?;
    let groups: HashSet<String> = operations
        .iter()
        .flat_map(|o| o.add_groups.iter().chain(&o.remove_groups))
        .map(|name| text::key(name))
        .collect();
    let roles: HashSet<&str> = operations.iter().map(|o| o.role.trim()).collect();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    let roles = store::roles::find_by_ids(view.tx, view.account, &roles.into_iter().collect::<Vec<_>>())?;
    let bots: HashSet<&str> = operations.iter().filter_map(|o| o.bot.as_deref()).map(str::trim).collect();
    let bots = store::bots::find_by_ids(view.tx, view.account, &bots.into_iter().collect::<Vec<_>>())?;
    Ok(Known {
        bots: bots.into_iter().map(|b| (b.id.to_string(), b)).collect(),
        roles: roles.into_iter().map(|r| (r.id.to_string(), r)).collect(),
        people,
        groups: store::groups::find_by_name_keys(view.tx, view.account, &groups)?
            .into_iter()
            .map(|g| (text::key(&g.name), g))
            .collect(),
    })
}

impl Known {
    fn user(&self, person: &Lookup) -> Result<&UserRow, String> {
        self.people.find(person).map_err(|why| match (why, person) {
            (Unreached::Barred(why), _) => why,
            (Unreached::Unknown, Lookup::Email(email)) => format!("Unknown user {}", email.trim()),
            (Unreached::Unknown, Lookup::OrgUserId(id)) => format!("Unknown org user id {}", id.trim()),
        })
    }

    fn group(&self, name: &str) -> Result<&Group, String> {
        self.groups.get(&text::key(name)).ok_or_else(|| format!("Unknown group {}", name.trim()))
    }

    fn names(&self) -> Names<'_> {
        Names {
            users: self.people.all().map(|u| (u.key, u.email.as_str())).collect(),
            groups: self.groups.values().map(|g| (g.key, g.name.as_str())).collect(),
            roles: self.roles.values().map(|r| (r.key, r)).collect(),
            bots: self.bots.values().map(|b| (b.key, b)).collect(),
        }
    }
}

fn collect<'a, T>(found: impl Iterator<Item = Result<&'a T, String>>, faults: &mut Vec<String>) -> Vec<&'a T> {
    found.filter_map(|f| f.map_err(|why| faults.push(why)).ok()).collect()
}

fn go_through(
    view: &View<'_>,
    kind: RoleKind,
    known: &Known,
    holdings: &mut Holdings,
    operation: &Operation,
) -> OperationOutcome {
    let mut faults = Vec::new();
    let role = known.roles.get(operation.role.trim());
    if role.is_none() {
        faults.push(format!("Unknown role id {}", operation.role.trim()));
    }
    let bot = operation.bot.as_deref().map(str::trim).and_then(|id| {
        let found = known.bots.get(id);
        if found.is_none() {
            faults.push(format!("Unknown bot id {id}"));
        }
        found
    });
    let add_users = collect(operation.add_users.iter().map(|p| known.user(p)), &mut faults);
    let remove_users = collect(operation.remove_users.iter().map(|p| known.user(p)), &mut faults);
    let add_groups = collect(operation.add_groups.iter().map(|n| known.group(n)), &mut faults);
    let remove_groups = collect(operation.remove_groups.iter().map(|n| known.group(n)), &mut faults);
    let leaving: HashSet<UserKey> = remove_users.iter().map(|u| u.key).collect();
    for user in add_users.iter().filter(|u| leaving.contains(&u.key)) {
        faults.push(format!("User {} is both to be added and to be removed", user.email));
    }
    let leaving: HashSet<GroupKey> = remove_groups.iter().map(|g| g.key).collect();
    for group in add_groups.iter().filter(|g| leaving.contains(&g.key)) {
        faults.push(format!("Group {} is both to be added and to be removed", group.name));
    }
    let Some(role) = role else { return Err(faults) };
    match (role.kind, kind) {
        (RoleKind::Bot, RoleKind::Admin) => {
            faults.push(format!("The role {:?} ({}) is a bot role, not an admin role", role.name, role.id));
        }
        (RoleKind::Admin, RoleKind::Bot) => {
            faults.push(format!("The role {:?} ({}) is an admin role, not a bot role", role.name, role.id));
        }
        (RoleKind::Admin, RoleKind::Admin) | (RoleKind::Bot, RoleKind::Bot) => {}
    }
    let grant = role.grant();
    if !(add_users.is_empty() && add_groups.is_empty()) {
        faults.extend(policy::ceiling(&view.actor, &grant).err());
    }
    let mut admins = holdings.active_admins.clone();
    if grant.is_master_admin() {
        faults.extend(add_groups.iter().map(|g| {
            format!("The built-in role {:?} can be given to users only, not to the group {:?}", role.name, g.name)
        }));
        admins.extend(add_users.iter().filter(|u| u.status == Status::Active).map(|u| u.key));
        for user in &remove_users {
            admins.remove(&user.key);
        }
        if admins.is_empty() && !holdings.active_admins.is_empty() {
            faults.extend(remove_users.iter().filter(|u| holdings.active_admins.contains(&u.key)).map(|u| {
                format!(
                    "{} is the last active holder of the built-in role {:?}, which may not be left without one",
                    u.email, role.name
                )
            }));
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    holdings.active_admins = admins;
    let added = add_users.iter().map(|u| Holder::User(u.key)).chain(add_groups.iter().map(|g| Holder::Group(g.key)));
    let removed =
        remove_users.iter().map(|u| Holder::User(u.key)).chain(remove_groups.iter().map(|g| Holder::Group(g.key)));
    for holder in added {
        given::give(&mut holdings.given, (role.key, bot.map(|b| b.key), holder), view.now);
    }
    for holder in removed {
        holdings.given.remove(&(role.key, bot.map(|b| b.key), holder));
    }
    Ok(())
}

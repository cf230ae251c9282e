//! Giving roles to users and groups and taking them away: operations in order, each whole or not at all.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::json;

use super::{Role, RoleKind};
use crate::audit::{Event, EventKind};
use crate::bots::Bot;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::groups::Group;
use crate::op::{Op, View};
use crate::policy::{self, Permission};
use crate::store::assignments::{Held, Holder, NewAssignment};
use crate::store::users::UserRow;
use crate::store::{self, BotKey, GroupKey, RoleKey, UserKey};
use crate::text::{self, Email};
use crate::users::{Lookup, Status};

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
    emails: HashMap<String, UserRow>,
    org_user_ids: HashMap<String, UserRow>,
    groups: HashMap<String, Group>,
}

/// Who was given what, and until when.
type Given = HashMap<Held, Option<Time>>;

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

    let added = differing(&holdings.given, &before);
    let replaced = differing(&before, &holdings.given);
    if !added.is_empty() || !replaced.is_empty() {
        op.change(|tx, view| {
            let rows = |list: &[Held]| -> Vec<NewAssignment> { list.iter().copied().map(NewAssignment::of).collect() };
            store::assignments::remove_many(tx, view.account, &rows(&replaced))?;
            let by = view.actor.signature().1;
            store::assignments::insert_many(tx, view.account, &rows(&added), &by, "api", view.now)?;
            let removed: Vec<_> = replaced.into_iter().filter(|held| !holdings.given.contains_key(held)).collect();
            Ok(((), events(&known, &added, &removed)))
        })?;
    }
    Ok(outcomes)
}

/// What the one has and the other has not, or until another time; in order.
fn differing(one: &Given, other: &Given) -> Vec<Held> {
    let mut out: Vec<_> =
        one.iter().filter(|(held, until)| other.get(held) != Some(until)).map(|(held, _)| *held).collect();
    out.sort_unstable();
    out
}

fn look_up(view: &View<'_>, operations: &[Operation]) -> Result<Known> {
    let people = || operations.iter().flat_map(|o| o.add_users.iter().chain(&o.remove_users));
    let emails: HashSet<String> = people()
        .filter_map(|p| match p {
            Lookup::Email(email) => Some(Email::lookup_key(email)),
            Lookup::OrgUserId(_) => None,
        })
        .collect();
    let org_ids: HashSet<&str> = people()
        .filter_map(|p| match p {
            Lookup::Email(_) => None,
            Lookup::OrgUserId(id) => Some(id.trim()),
        })
        .collect();
    let groups: HashSet<String> = operations
        .iter()
        .flat_map(|o| o.add_groups.iter().chain(&o.remove_groups))
        .map(|name| text::key(name))
        .collect();
    let roles: HashSet<&str> = operations.iter().map(|o| o.role.trim()).collect();
    let list = |set: &HashSet<String>| -> Vec<String> { set.iter().cloned().collect() };
    let (emails, groups) = (list(&emails), list(&groups));
    fn refs(list: &[String]) -> Vec<&str> {
        list.iter().map(String::as_str).collect()
    }
    let roles = store::roles::find_by_ids(view.tx, view.account, &roles.into_iter().collect::<Vec<_>>())?;
    let org_ids: Vec<&str> = org_ids.into_iter().collect();
    let bots: HashSet<&str> = operations.iter().filter_map(|o| o.bot.as_deref()).map(str::trim).collect();
    let bots = store::bots::find_by_ids(view.tx, view.account, &bots.into_iter().collect::<Vec<_>>())?;
    Ok(Known {
        bots: bots.into_iter().map(|b| (b.id.to_string(), b)).collect(),
        roles: roles.into_iter().map(|r| (r.id.to_string(), r)).collect(),
        emails: store::users::find_by_emails(view.tx, view.account, &refs(&emails))?,
        org_user_ids: store::users::find_by_org_user_ids(view.tx, view.account, &org_ids)?,
        groups: store::groups::find_by_name_keys(view.tx, view.account, &refs(&groups))?
            .into_iter()
            .map(|g| (text::key(&g.name), g))
            .collect(),
    })
}

impl Known {
    fn user(&self, person: &Lookup) -> Result<&UserRow, String> {
        match person {
            Lookup::Email(email) => {
                self.emails.get(&Email::lookup_key(email)).ok_or_else(|| format!("Unknown user {}", email.trim()))
            }
            Lookup::OrgUserId(id) => {
                self.org_user_ids.get(id.trim()).ok_or_else(|| format!("Unknown org user id {}", id.trim()))
            }
        }
    }

    fn group(&self, name: &str) -> Result<&Group, String> {
        self.groups.get(&text::key(name)).ok_or_else(|| format!("Unknown group {}", name.trim()))
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
        let until = holdings.given.entry((role.key, bot.map(|b| b.key), holder)).or_insert(None);
        // What has expired is given anew; what still runs is there, and stays as it is.
        if until.is_some_and(|time| time <= view.now) {
            *until = None;
        }
    }
    for holder in removed {
        holdings.given.remove(&(role.key, bot.map(|b| b.key), holder));
    }
    Ok(())
}

/// One event for each role, bot and kind of holder, with everybody who gained or lost it.
fn events(known: &Known, added: &[Held], removed: &[Held]) -> Vec<Event> {
    let users: HashMap<UserKey, &str> =
        known.emails.values().chain(known.org_user_ids.values()).map(|u| (u.key, u.email.as_str())).collect();
    let groups: HashMap<_, &str> = known.groups.values().map(|g| (g.key, g.name.as_str())).collect();
    let roles: HashMap<RoleKey, &Role> = known.roles.values().map(|r| (r.key, r)).collect();
    let bots: HashMap<BotKey, &Bot> = known.bots.values().map(|b| (b.key, b)).collect();
    let mut out = Vec::new();
    for (list, gained) in [(added, true), (removed, false)] {
        let mut names = BTreeMap::<(RoleKey, Option<BotKey>, bool), Vec<&str>>::new();
        for (role, bot, holder) in list {
            let (is_user, name) = match holder {
                Holder::User(key) => (true, users.get(key)),
                Holder::Group(key) => (false, groups.get(key)),
            };
            names.entry((*role, *bot, is_user)).or_default().extend(name);
        }
        for ((role, bot, is_user), names) in names {
            let Some(role) = roles.get(&role) else { continue };
            let bot = bot.and_then(|bot| bots.get(&bot));
            let (kind, what) = match (is_user, gained) {
                (true, true) if bot.is_some() => (EventKind::BotRoleAssigned, "given to user(s)"),
                (true, true) => (EventKind::AdminRoleAssigned, "given to user(s)"),
                (true, false) if bot.is_some() => (EventKind::BotRoleRemoved, "taken from user(s)"),
                (true, false) => (EventKind::AdminRoleRemoved, "taken from user(s)"),
                (false, true) => (EventKind::RoleAssignedToGroups, "given to group(s)"),
                (false, false) => (EventKind::RoleRemovedFromGroups, "taken from group(s)"),
            };
            let on = bot.map(|bot| format!(" on the bot {:?}", bot.name)).unwrap_or_default();
            let told = format!("Role {:?}{on} was {what} {}", role.name, names.join(", "));
            let mut state = json!({ if is_user { "users" } else { "groups" }: names });
            if let Some(bot) = bot {
                state["bot"] = json!({"id": bot.id.as_str(), "name": bot.name});
            }
            let event = Event::new(kind, &role.id, told);
            out.push(if gained { event.after(state) } else { event.before(state) });
        }
    }
    out
}

//! What a description does not name, removed: only when asked for.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::bring::task_names;
use super::current::Current;
use super::{GroupState, Report, State};
use crate::apps;
use crate::bots;
use crate::error::{Error, Fault, Result};
use crate::groups::{self, NamedEdge, NamedMember};
use crate::op::Op;
use crate::roles::{self, HeldChange, RoleGone, RoleKind};
use crate::store::assignments::Holder;
use crate::store::{BotKey, GroupKey, UserKey};
use crate::text;
use crate::text::Email;
use crate::users::{self, Leaving, TaskChange};

/// Removes what joins things: assignments, nesting, memberships, tasks.
pub(super) fn prune_edges(op: &mut Op<'_>, state: &State, now: &Current, report: &mut Report) -> Result<()> {
    prune_assignments(op, state, now, report)?;
    prune_nesting(op, state, now, report)?;
    prune_members(op, state, now, report)?;
    prune_tasks(op, state, now, report)
}

fn prune_assignments(op: &mut Op<'_>, state: &State, now: &Current, report: &mut Report) -> Result<()> {
    let mut named = HashSet::new();
    for a in &state.assignments {
        let (role, bot) = (text::key(&a.role), a.bot.as_ref().map(|b| text::key(b)));
        named.extend(a.users.iter().map(|e| (role.clone(), bot.clone(), true, Email::lookup_key(e))));
        named.extend(a.groups.iter().map(|g| (role.clone(), bot.clone(), false, text::key(g))));
    }
    let roles: HashMap<_, _> = now.roles.iter().map(|r| (r.role.key, &r.role)).collect();
    let bots: HashMap<BotKey, &str> = now.bots.iter().map(|b| (b.key, b.name.as_str())).collect();
    let users: HashMap<UserKey, _> = now.users.iter().map(|u| (u.key, u)).collect();
    let groups: HashMap<GroupKey, &str> = now.groups.iter().map(|g| (g.key, g.name.as_str())).collect();
    let mut remove = Vec::new();
    for row in &now.assignments {
        let Some(role) = roles.get(&row.role) else { continue };
        let bot_name = row.bot.and_then(|key| bots.get(&key)).map(|n| (*n).to_owned());
        let (is_user, key, holder_name) = match row.holder {
            Holder::User(key) => match users.get(&key) {
                Some(user) => (true, user.email_key.clone(), user.email.clone()),
                None => continue,
            },
            Holder::Group(key) => match groups.get(&key) {
                Some(name) => (false, text::key(name), (*name).to_owned()),
                None => continue,
            },
        };
        if !named.contains(&(text::key(&role.name), bot_name.as_ref().map(|b| text::key(b)), is_user, key)) {
            let on = bot_name.as_ref().map_or_else(String::new, |bot| format!(" on {bot:?}"));
            report.note('-', format!("role {:?}{on} of {holder_name}", role.name));
            remove.push(HeldChange {
                row: *row,
                role_id: role.id.to_string(),
                role_name: role.name.clone(),
                kind: role.kind,
                built_in: role.built_in,
                bot_name,
                holder_name,
            });
        }
    }
    roles::change_held(op, &[], &remove, "file")
}

/// Takes groups out of those whose description does not name them. Before anything is nested: what a description turns
/// round is no cycle.
fn prune_nesting(op: &mut Op<'_>, state: &State, now: &Current, report: &mut Report) -> Result<()> {
    let children = |g: &GroupState| -> HashSet<String> { g.groups.iter().map(|name| text::key(name)).collect() };
    let keep: HashMap<String, HashSet<String>> =
        state.groups.iter().map(|g| (text::key(&g.name), children(g))).collect();
    let groups: HashMap<GroupKey, _> = now.groups.iter().map(|g| (g.key, g)).collect();
    let mut edges = Vec::new();
    for (parent, child) in &now.edges {
        let (Some(parent), Some(child)) = (groups.get(parent), groups.get(child)) else { continue };
        let Some(children) = keep.get(&text::key(&parent.name)) else { continue };
        if !children.contains(&text::key(&child.name)) {
            report.note('-', format!("group {:?} in group {:?}", child.name, parent.name));
            edges.push(NamedEdge {
                parent: parent.key,
                parent_id: parent.id.to_string(),
                parent_name: parent.name.clone(),
                child: child.key,
                child_name: child.name.clone(),
            });
        }
    }
    groups::unnest(op, &edges)
}

fn prune_members(op: &mut Op<'_>, state: &State, now: &Current, report: &mut Report) -> Result<()> {
    let emails = |g: &GroupState| -> HashSet<String> { g.members.iter().map(|e| Email::lookup_key(e)).collect() };
    let keep: HashMap<String, HashSet<String>> = state.groups.iter().map(|g| (text::key(&g.name), emails(g))).collect();
    let groups: HashMap<GroupKey, _> = now.groups.iter().map(|g| (g.key, g)).collect();
    let users: HashMap<UserKey, _> = now.users.iter().map(|u| (u.key, u)).collect();
    let mut members = Vec::new();
    for (group, user) in &now.members {
        let (Some(group), Some(user)) = (groups.get(group), users.get(user)) else { continue };
        let Some(emails) = keep.get(&text::key(&group.name)) else { continue };
        if !group.from_directory && !emails.contains(&user.email_key) {
            report.note('-', format!("{} in group {:?}", user.email, group.name));
            members.push(NamedMember {
                group: group.key,
                group_id: group.id.to_string(),
                group_name: group.name.clone(),
                user: user.key,
                email: user.email.clone(),
            });
        }
    }
    groups::remove_members(op, &members)
}

fn prune_tasks(op: &mut Op<'_>, state: &State, now: &Current, report: &mut Report) -> Result<()> {
    let named: HashMap<String, _> = state.users.iter().map(|u| (Email::lookup_key(&u.email), u)).collect();
    let holders: HashSet<UserKey> = now.tasks.iter().map(|(user, _)| *user).collect();
    let mut changes = Vec::new();
    for user in now.users.iter().filter(|u| holders.contains(&u.key)) {
        if named.get(&user.email_key).is_some_and(|u| u.tasks.is_none()) {
            report.note('-', format!("tasks of {}", user.email));
            let had: Vec<_> = now.tasks.iter().filter(|(key, _)| *key == user.key).map(|(_, task)| *task).collect();
            let (before, after) = (task_names(now, &had), Value::Array(Vec::new()));
            changes.push(TaskChange { user: user.key, email: user.email.clone(), tasks: Vec::new(), before, after });
        }
    }
    users::replace_tasks(op, &changes)
}

/// Removes things, each with what hangs on it.
pub(super) fn prune_things(op: &mut Op<'_>, state: &State, report: &mut Report) -> Result<()> {
    let now = &Current::load(op)?;
    let groups_named: HashSet<String> = state.groups.iter().map(|g| text::key(&g.name)).collect();
    let groups: Vec<_> = now
        .groups
        .iter()
        .filter(|g| !g.from_directory && !groups_named.contains(&text::key(&g.name)))
        .map(|g| (g.key, g.id.to_string(), g.name.clone()))
        .collect();
    let bots_named: HashMap<String, HashSet<String>> = state
        .bots
        .iter()
        .map(|b| (text::key(&b.name), b.dialogs.iter().map(|d| text::key(&d.name)).collect()))
        .collect();
    let bots: Vec<_> = now
        .bots
        .iter()
        .filter(|b| !bots_named.contains_key(&text::key(&b.name)))
        .map(|b| (b.key, b.id.to_string(), b.name.clone()))
        .collect();
    let (mut dialogs, mut changed_bots) = (Vec::new(), Vec::new());
    for bot in &now.bots {
        let Some(keep) = bots_named.get(&text::key(&bot.name)) else { continue };
        let gone: Vec<_> = bot.dialogs.iter().filter(|d| !keep.contains(&text::key(&d.name))).collect();
        gone.iter().for_each(|d| report.note('-', format!("dialog {:?} of bot {:?}", d.name, bot.name)));
        if !gone.is_empty() {
            changed_bots.push((bot.id.to_string(), bot.name.clone()));
            dialogs.extend(gone.iter().map(|d| d.key));
        }
    }
    let roles_named: HashSet<(RoleKind, String)> = state.roles.iter().map(|r| (r.kind, text::key(&r.name))).collect();
    let roles: Vec<_> = now
        .roles
        .iter()
        .filter(|r| !r.role.built_in && !roles_named.contains(&(r.role.kind, text::key(&r.role.name))))
        .map(|r| RoleGone { key: r.role.key, kind: r.role.kind, id: r.role.id.to_string(), before: r.contents() })
        .collect();
    let apps_named: HashSet<String> = state.apps.iter().map(|a| text::key(&a.name)).collect();
    let apps: Vec<_> = now.apps.iter().filter(|a| !apps_named.contains(&text::key(&a.name))).collect();
    let users = users_to_go(state, now)?;

    for (what, things) in [
        ("group", names(&groups)),
        ("bot", names(&bots)),
        ("role", roles.iter().map(|role| role.before.name.clone()).collect()),
        ("app", apps.iter().map(|app| app.name.clone()).collect()),
    ] {
        things.iter().for_each(|name| report.note('-', format!("{what} {name:?}")));
    }
    users.iter().for_each(|user| report.note('-', format!("user {}", user.email)));
    bots::change_dialogs(op, &[], &dialogs, &changed_bots)?;
    groups::remove_many(op, &groups)?;
    bots::remove_many(op, &bots)?;
    roles::remove_many(op, &roles)?;
    apps::remove_many(op, &apps)?;
    users::remove_many(op, &users)
}

fn names<K>(things: &[(K, String, String)]) -> Vec<String> {
    things.iter().map(|(_, _, name)| name.clone()).collect()
}

/// Users that the description does not name; who owns the account or a bot that stays cannot go.
fn users_to_go(state: &State, now: &Current) -> Result<Vec<Leaving>> {
    let named: HashSet<String> = state.users.iter().map(|u| Email::lookup_key(&u.email)).collect();
    let bots_named: HashSet<String> = state.bots.iter().map(|b| text::key(&b.name)).collect();
    let mut faults = Vec::new();
    let mut users = Vec::new();
    for user in now.users.iter().filter(|u| !named.contains(&u.email_key)) {
        if now.owner == Some(user.key) {
            faults.push(Fault::at("account.owner", format!("{} owns the account and cannot be removed", user.email)));
        }
        for bot in now.bots.iter().filter(|b| b.owner == Some(user.key) && bots_named.contains(&text::key(&b.name))) {
            faults.push(Fault::at("bots", format!("{} owns the bot {:?} and cannot be removed", user.email, bot.name)));
        }
        let (id, email) = (user.id.to_string(), user.email.clone());
        users.push(Leaving { key: user.key, id, before: json!({ "email": email }), email });
    }
    if faults.is_empty() { Ok(users) } else { Err(Error::faults(faults)) }
}

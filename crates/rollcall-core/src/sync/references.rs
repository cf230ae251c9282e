//! What a description refers to: users, groups, roles, bots and dialogs that must be there, groups that must not contain
//! each other, assignments that must not contradict each other.

use std::collections::{HashMap, HashSet};

use super::check::Checker;
use super::current::Current;
use super::{AssignmentState, State};
use crate::change::Change;
use crate::clock::Time;
use crate::groups::tree;
use crate::roles::{RoleKind, built_in};
use crate::store::GroupKey;
use crate::text;
use crate::text::Email;

/// The names that references may use: those of the file and those of the account.
struct Names {
    emails: HashSet<String>,
    groups: HashSet<String>,
    roles: HashSet<(RoleKind, String)>,
    /// By bot: its dialogs.
    bots: HashMap<String, HashSet<String>>,
    prunes: bool,
}

fn names(state: &State, now: &Current, prunes: bool) -> Names {
    let key = |name: &String| text::key(name);
    let stays = !prunes;
    let mut bots = HashMap::<String, HashSet<String>>::new();
    for bot in now.bots.iter().filter(|_| stays) {
        bots.entry(key(&bot.name)).or_default().extend(bot.dialogs.iter().map(|d| key(&d.name)));
    }
    for bot in &state.bots {
        bots.entry(key(&bot.name)).or_default().extend(bot.dialogs.iter().map(|d| key(&d.name)));
    }
    Names {
        emails: now
            .users
            .iter()
            .filter(|_| stays)
            .map(|u| u.email_key.clone())
            .chain(state.users.iter().map(|u| Email::lookup_key(&u.email)))
            .collect(),
        groups: now
            .groups
            .iter()
            .filter(|g| stays || g.from_directory)
            .map(|g| key(&g.name))
            .chain(state.groups.iter().map(|g| key(&g.name)))
            .collect(),
        roles: now
            .roles
            .iter()
            .filter(|r| stays || r.role.built_in)
            .map(|r| (r.role.kind, key(&r.role.name)))
            .chain(state.roles.iter().map(|r| (r.kind, key(&r.name))))
            .collect(),
        bots,
        prunes,
    }
}

impl Names {
    fn nowhere(&self, what: &str) -> String {
        if self.prunes {
            format!("nothing in this file {what}, and the rest is pruned")
        } else {
            format!("neither this file nor the account {what}")
        }
    }

    fn user(&self, c: &mut Checker, place: String, email: &str) {
        if !self.emails.contains(&Email::lookup_key(email)) {
            c.fault(place, format!("unknown user {email:?}: {}", self.nowhere("has this address")));
        }
    }

    fn group(&self, c: &mut Checker, place: String, name: &str) {
        if !self.groups.contains(&text::key(name)) {
            c.fault(place, format!("unknown group {name:?}: {}", self.nowhere("has a group of this name")));
        }
    }

    fn bot(&self, c: &mut Checker, place: String, name: &str) -> Option<&HashSet<String>> {
        let dialogs = self.bots.get(&text::key(name));
        if dialogs.is_none() {
            c.fault(place, format!("unknown bot {name:?}: {}", self.nowhere("has a bot of this name")));
        }
        dialogs
    }
}

/// Every reference of the description.
pub(super) fn check(c: &mut Checker, state: &State, now: &Current, prunes: bool) {
    let names = names(state, now, prunes);
    references(c, state, &names);
    contradictions(c, state);
    cycle(c, state, now, prunes);
}

/// The graph as it would be must have no cycle; the fault is at one of the file's own edges.
fn cycle(c: &mut Checker, state: &State, now: &Current, prunes: bool) {
    let known: HashMap<GroupKey, &str> = now.groups.iter().map(|g| (g.key, g.name.as_str())).collect();
    let mut numbers = HashMap::<String, usize>::new();
    let mut shown = Vec::<String>::new();
    let mut number = |name: &str| {
        *numbers.entry(text::key(name)).or_insert_with(|| {
            shown.push(name.trim().to_owned());
            shown.len() - 1
        })
    };
    // As they are spelt where they are described, and in that order.
    for group in &state.groups {
        number(&group.name);
    }
    let mut places = HashMap::new();
    for (n, group) in state.groups.iter().enumerate() {
        for (m, child) in group.groups.iter().enumerate() {
            places.entry((number(&group.name), number(child))).or_insert_with(|| format!("groups[{n}].groups[{m}]"));
        }
    }
    let mut edges: Vec<(usize, usize)> = places.keys().copied().collect();
    edges.sort_unstable();
    for (parent, child) in now.edges.iter().filter(|_| !prunes) {
        if let (Some(parent), Some(child)) = (known.get(parent), known.get(child)) {
            edges.push((number(parent), number(child)));
        }
    }
    let Some(cycle) = tree::find_cycle(&edges) else { return };
    let path: Vec<&str> = cycle.iter().filter_map(|n| shown.get(*n)).map(String::as_str).collect();
    let place = cycle.windows(2).find_map(|edge| places.get(&(edge[0], edge[1])));
    let place = place.cloned().unwrap_or_else(|| "groups".to_owned());
    c.fault(place, format!("groups would contain each other: {}", path.join(" › ")));
}

/// One assignment cannot end at two times.
fn contradictions(c: &mut Checker, state: &State) {
    let mut ends = HashMap::<_, Option<Time>>::new();
    for (n, a) in state.assignments.iter().enumerate() {
        let users = a.users.iter().enumerate().map(|(m, e)| (format!("users[{m}]"), true, Email::lookup_key(e), e));
        let groups = a.groups.iter().enumerate().map(|(m, g)| (format!("groups[{m}]"), false, text::key(g), g));
        for (place, is_user, key, name) in users.chain(groups) {
            let held = (text::key(&a.role), a.bot.as_ref().map(|bot| text::key(bot)), is_user, key);
            if *ends.entry(held).or_insert(a.expires) != a.expires {
                let why = format!("the role {:?} of {name} ends at another time elsewhere in this file", a.role);
                c.fault(format!("assignments[{n}].{place}"), why);
            }
        }
    }
}

fn references(c: &mut Checker, state: &State, names: &Names) {
    if let Some(owner) = &state.owner {
        names.user(c, "account.owner".into(), owner);
    }
    for (n, group) in state.groups.iter().enumerate() {
        for (m, email) in group.members.iter().enumerate() {
            names.user(c, format!("groups[{n}].members[{m}]"), email);
        }
        for (m, name) in group.groups.iter().enumerate() {
            names.group(c, format!("groups[{n}].groups[{m}]"), name);
        }
    }
    for (n, bot) in state.bots.iter().enumerate() {
        if let Change::Set(owner) = &bot.owner {
            names.user(c, format!("bots[{n}].owner"), owner);
        }
    }
    for (n, user) in state.users.iter().enumerate() {
        for (m, task) in user.tasks.iter().flatten().enumerate() {
            let place = format!("users[{n}].tasks[{m}]");
            let Some(dialogs) = names.bot(c, format!("{place}.bot"), &task.bot) else { continue };
            for (k, dialog) in task.dialogs.iter().flatten().enumerate() {
                if !dialogs.contains(&text::key(dialog)) {
                    c.fault(
                        format!("{place}.dialogs[{k}]"),
                        format!("the bot {:?} has no dialog {dialog:?}", task.bot),
                    );
                }
            }
        }
    }
    for (n, assignment) in state.assignments.iter().enumerate() {
        assignment_references(c, &format!("assignments[{n}]"), assignment, names);
    }
}

fn assignment_references(c: &mut Checker, place: &str, a: &AssignmentState, names: &Names) {
    let kind = if a.bot.is_some() { RoleKind::Bot } else { RoleKind::Admin };
    let key = text::key(&a.role);
    if !names.roles.contains(&(kind, key.clone())) {
        let other = if kind == RoleKind::Bot { RoleKind::Admin } else { RoleKind::Bot };
        let why = match (names.roles.contains(&(other, key.clone())), kind) {
            (true, RoleKind::Admin) => format!("the role {:?} is a bot role: say on which bot (bot: NAME)", a.role),
            (true, RoleKind::Bot) => format!("the role {:?} is an admin role: it takes no bot", a.role),
            (false, _) => format!("unknown {kind} role {:?}: {}", a.role, names.nowhere("has it")),
        };
        c.fault(format!("{place}.role"), why);
    }
    if let Some(bot) = &a.bot {
        names.bot(c, format!("{place}.bot"), bot);
    }
    if kind == RoleKind::Admin && built_in::is_reserved(kind, &key) {
        if !a.groups.is_empty() {
            c.fault(format!("{place}.groups"), "the built-in role \"admin\" can be given to users only");
        }
        if a.expires.is_some() {
            c.fault(
                format!("{place}.expires"),
                "the built-in role \"admin\" cannot expire: the account might be left without one",
            );
        }
    }
    for (m, email) in a.users.iter().enumerate() {
        names.user(c, format!("{place}.users[{m}]"), email);
    }
    for (m, name) in a.groups.iter().enumerate() {
        names.group(c, format!("{place}.groups[{m}]"), name);
    }
}

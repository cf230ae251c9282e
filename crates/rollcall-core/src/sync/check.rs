//! A description against the account, field by field: every fault with its place, before anything is changed.

use std::collections::{HashMap, HashSet};

use super::check_apps::client_apps;
use super::current::Current;
use super::{BotState, GroupState, RoleState, State, UserState, references};
use crate::accounts::{MAX_DESCRIPTION, MAX_NAME};
use crate::change::Change;
use crate::error::Fault;
use crate::id::{BotId, DialogId, GroupId, RoleId, UserId};
use crate::roles::{RoleKind, built_in};
use crate::text::{self, Email};
use crate::users::MAX_ORG_USER_ID;

/// The vendor's system group: everybody is in it, nobody keeps it (domain, Things: Group).
const EVERYONE: &str = "everyone";

/// Gathers faults.
pub(super) struct Checker {
    faults: Vec<Fault>,
    /// Ids that the file has given so far: they differ by kind, so one set will do.
    ids: HashSet<String>,
}

impl Checker {
    pub(super) fn fault(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.faults.push(Fault::at(place, message));
    }

    pub(super) fn take<T>(&mut self, place: String, result: Result<T, String>) -> Option<T> {
        result.map_err(|why| self.fault(place, why)).ok()
    }

    /// Cleans a name and sees that it stands only once.
    pub(super) fn name(&mut self, place: &str, what: &str, name: &mut String, seen: &mut HashSet<String>) {
        if let Some(clean) =
            self.take(format!("{place}.name"), text::required(&format!("the {what}'s name"), name, MAX_NAME))
        {
            *name = clean;
            if !seen.insert(text::key(name)) {
                self.fault(format!("{place}.name"), format!("the {what} {name:?} stands in this file twice"));
            }
        }
    }

    fn description(&mut self, place: &str, description: &mut Option<String>) {
        if let Some(given) = description
            && let Some(clean) =
                self.take(format!("{place}.description"), text::clean("the description", given, MAX_DESCRIPTION))
        {
            *given = clean;
        }
    }

    /// An id that the file gives: well formed, not another's, and the one that the thing has already.
    pub(super) fn id<T: ToString>(
        &mut self,
        place: String,
        given: Option<&String>,
        parse: impl Fn(&str) -> Result<T, String>,
        has: Option<&str>,
        taken: &HashMap<String, String>,
        name: &str,
    ) {
        let Some(given) = given else { return };
        let Some(id) = self.take(place.clone(), parse(given)) else { return };
        if !self.ids.insert(id.to_string()) {
            self.fault(place.clone(), "this id stands in this file twice");
        }
        match has {
            Some(has) if has != id.to_string() => {
                self.fault(place, format!("{name:?} has the id {has} here, and ids never change"));
            }
            None => {
                if let Some(other) = taken.get(&id.to_string()) {
                    self.fault(place, format!("the id {given} belongs to {other:?}"));
                }
            }
            Some(_) => {}
        }
    }
}

/// Cleans the description in place; all of its faults, or none.
///
/// With `prunes`, what the account has and the description does not name is about to go, so it cannot be referred to.
pub(super) fn check(state: &mut State, now: &Current, prunes: bool) -> Result<(), Vec<Fault>> {
    let mut checker = Checker { faults: Vec::new(), ids: HashSet::new() };
    users(&mut checker, &mut state.users, now);
    groups(&mut checker, &mut state.groups, now);
    roles(&mut checker, &mut state.roles, now);
    bots(&mut checker, &mut state.bots, now);
    client_apps(&mut checker, &mut state.apps, now);
    references::check(&mut checker, state, now, prunes);
    if checker.faults.is_empty() { Ok(()) } else { Err(checker.faults) }
}

fn users(c: &mut Checker, users: &mut [UserState], now: &Current) {
    let by_email: HashMap<&str, _> = now.users.iter().map(|u| (u.email_key.as_str(), u)).collect();
    let ids: HashMap<String, String> = now.users.iter().map(|u| (u.id.to_string(), u.email.clone())).collect();
    // Whoever gets another org user id, or none, lets go of theirs: ids may change hands within one file.
    let moving: HashSet<String> =
        users.iter().filter(|u| u.org_user_id != Change::Keep).map(|u| Email::lookup_key(&u.email)).collect();
    let staying = now.users.iter().filter(|u| !moving.contains(&u.email_key));
    let mut org_ids: HashMap<String, String> =
        staying.filter_map(|u| Some((u.org_user_id.clone()?, u.email_key.clone()))).collect();
    let mut seen = HashSet::new();
    for (n, user) in users.iter_mut().enumerate() {
        let place = format!("users[{n}]");
        let Some(email) = c.take(format!("{place}.email"), Email::parse(&user.email)) else { continue };
        if !seen.insert(email.key().to_owned()) {
            c.fault(format!("{place}.email"), format!("the user {:?} stands in this file twice", email.as_str()));
        }
        let has = by_email.get(email.key());
        c.id(format!("{place}.id"), user.id.as_ref(), UserId::parse, has.map(|u| u.id.as_str()), &ids, email.as_str());
        if let Change::Set(id) = &mut user.org_user_id {
            if let Some(clean) =
                c.take(format!("{place}.orgUserId"), text::required("the org user id", id, MAX_ORG_USER_ID))
            {
                *id = clean;
            }
            let holder = org_ids.entry(id.clone()).or_insert_with(|| email.key().to_owned());
            if holder != email.key() {
                c.fault(format!("{place}.orgUserId"), format!("the org user id {id:?} belongs to {holder}"));
            }
        }
        for (field, value) in &mut user.profile {
            if let Change::Set(text) = value {
                let label = format!("the {}", field.label());
                match c.take(format!("{place}.{}", field.column()), text::clean(&label, text, field.max())) {
                    Some(clean) if clean.is_empty() => *value = Change::Clear,
                    Some(clean) => *text = clean,
                    None => {}
                }
            }
        }
        // What is not said of a new user is as the API has it: may develop, may create bots.
        let creates =
            user.can_create_bot.unwrap_or(has.is_none_or(|u| u.can_create_bot) && user.is_developer != Some(false));
        let develops = user.is_developer.unwrap_or(has.is_none_or(|u| u.is_developer));
        if creates && !develops {
            c.fault(format!("{place}.canCreateBot"), "who may create bots must be a developer too (isDeveloper)");
        }
    }
}

fn groups(c: &mut Checker, groups: &mut [GroupState], now: &Current) {
    let by_name: HashMap<String, _> = now.groups.iter().map(|g| (text::key(&g.name), g)).collect();
    let ids: HashMap<String, String> = now.groups.iter().map(|g| (g.id.to_string(), g.name.clone())).collect();
    let mut seen = HashSet::new();
    for (n, group) in groups.iter_mut().enumerate() {
        let place = format!("groups[{n}]");
        c.name(&place, "group", &mut group.name, &mut seen);
        c.description(&place, &mut group.description);
        if text::key(&group.name) == EVERYONE {
            c.fault(
                format!("{place}.name"),
                "the group \"everyone\" is implicit and cannot be described; choose another name",
            );
        }
        let has = by_name.get(&text::key(&group.name));
        c.id(format!("{place}.id"), group.id.as_ref(), GroupId::parse, has.map(|g| g.id.as_str()), &ids, &group.name);
        if has.is_some_and(|g| g.from_directory) && !group.members.is_empty() {
            let why = format!("the members of the group {:?} come from the directory alone", group.name);
            c.fault(format!("{place}.members"), why);
        }
    }
}

fn roles(c: &mut Checker, roles: &mut [RoleState], now: &Current) {
    let by_name: HashMap<_, _> = now.roles.iter().map(|r| ((r.role.kind, text::key(&r.role.name)), r)).collect();
    let ids: HashMap<String, String> = now.roles.iter().map(|r| (r.role.id.to_string(), r.role.name.clone())).collect();
    let mut seen = HashMap::<RoleKind, HashSet<String>>::new();
    for (n, role) in roles.iter_mut().enumerate() {
        let place = format!("roles[{n}]");
        c.name(&place, "role", &mut role.name, seen.entry(role.kind).or_default());
        c.description(&place, &mut role.description);
        if built_in::is_reserved(role.kind, &text::key(&role.name)) {
            c.fault(format!("{place}.name"), format!("the role {:?} is built in and cannot be described", role.name));
            continue;
        }
        let has = by_name.get(&(role.kind, text::key(&role.name)));
        c.id(format!("{place}.id"), role.id.as_ref(), RoleId::parse, has.map(|r| r.role.id.as_str()), &ids, &role.name);
        if let Some(given) = &mut role.ref_id {
            if let Some(clean) = c.take(format!("{place}.refId"), text::required("the refId", given, MAX_NAME)) {
                *given = clean;
            }
            if let Some(has) = has.filter(|r| r.ref_id != *given) {
                let why = format!("{:?} has the refId {} here, and ids never change", role.name, has.ref_id);
                c.fault(format!("{place}.refId"), why);
            }
        }
    }
}

fn bots(c: &mut Checker, bots: &mut [BotState], now: &Current) {
    let by_name: HashMap<String, _> = now.bots.iter().map(|b| (text::key(&b.name), b)).collect();
    let ids: HashMap<String, String> = now.bots.iter().map(|b| (b.id.to_string(), b.name.clone())).collect();
    let dialog_ids: HashMap<String, String> =
        now.bots.iter().flat_map(|b| &b.dialogs).map(|d| (d.id.to_string(), d.name.clone())).collect();
    let mut seen = HashSet::new();
    for (n, bot) in bots.iter_mut().enumerate() {
        let place = format!("bots[{n}]");
        c.name(&place, "bot", &mut bot.name, &mut seen);
        c.description(&place, &mut bot.description);
        let has = by_name.get(&text::key(&bot.name));
        c.id(format!("{place}.id"), bot.id.as_ref(), BotId::parse, has.map(|b| b.id.as_str()), &ids, &bot.name);
        let mut dialogs = HashSet::new();
        for (m, dialog) in bot.dialogs.iter_mut().enumerate() {
            let place = format!("{place}.dialogs[{m}]");
            c.name(&place, "dialog", &mut dialog.name, &mut dialogs);
            let key = text::key(&dialog.name);
            let has = has.and_then(|b| b.dialogs.iter().find(|d| text::key(&d.name) == key)).map(|d| d.id.as_str());
            c.id(format!("{place}.id"), dialog.id.as_ref(), DialogId::parse, has, &dialog_ids, &dialog.name);
        }
    }
}

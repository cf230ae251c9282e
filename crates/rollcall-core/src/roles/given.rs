//! Who was given which role, before a change and after it: what is written of it, and what the audit log is told.

use std::collections::{BTreeMap, HashMap};

use serde_json::json;

use super::Role;
use crate::audit::{Event, EventKind};
use crate::bots::Bot;
use crate::clock::Time;
use crate::error::Result;
use crate::op::View;
use crate::store::assignments::{Held, Holder, NewAssignment};
use crate::store::{self, BotKey, GroupKey, RoleKey, UserKey, WriteTx};

/// Who was given what, and until when.
pub(crate) type Given = HashMap<Held, Option<Time>>;

/// What the audit log calls those who gain and lose roles, the roles, and the bots that these are for.
#[derive(Default)]
pub(crate) struct Names<'a> {
    pub(crate) users: HashMap<UserKey, &'a str>,
    pub(crate) groups: HashMap<GroupKey, &'a str>,
    pub(crate) roles: HashMap<RoleKey, &'a Role>,
    pub(crate) bots: HashMap<BotKey, &'a Bot>,
}

/// Notes that a role is given. What has expired is given anew; what still runs is there, and stays as it is.
pub(crate) fn give(given: &mut Given, held: Held, now: Time) {
    let until = given.entry(held).or_insert(None);
    if until.is_some_and(|time| time <= now) {
        *until = None;
    }
}

/// Writes what differs, and tells of it: one event for each role, bot and kind of holder.
pub(crate) fn write(
    tx: &WriteTx<'_>,
    view: &View<'_>,
    names: &Names<'_>,
    before: &Given,
    after: &Given,
) -> Result<Vec<Event>> {
    let (added, replaced) = (differing(after, before), differing(before, after));
    let rows = |list: &[Held]| -> Vec<NewAssignment> { list.iter().copied().map(NewAssignment::of).collect() };
    store::assignments::remove_many(tx, view.account, &rows(&replaced))?;
    let by = view.actor.signature().1;
    store::assignments::insert_many(tx, view.account, &rows(&added), &by, view.actor.via(), view.now)?;
    let removed: Vec<_> = replaced.into_iter().filter(|held| !after.contains_key(held)).collect();
    Ok(events(names, &added, &removed))
}

/// Writes what those get who had nothing, and tells of it: of the gifts of each request by themselves.
pub(crate) fn write_new(tx: &WriteTx<'_>, view: &View<'_>, requests: &[(Names<'_>, Given)]) -> Result<Vec<Vec<Event>>> {
    let added: Vec<Vec<Held>> = requests.iter().map(|(_, given)| differing(given, &Given::new())).collect();
    let rows: Vec<NewAssignment> = added.iter().flatten().copied().map(NewAssignment::of).collect();
    store::assignments::insert_many(tx, view.account, &rows, &view.actor.signature().1, view.actor.via(), view.now)?;
    Ok(requests.iter().zip(&added).map(|((names, _), added)| events(names, added, &[])).collect())
}

/// What the one has and the other has not, or until another time; in order.
fn differing(one: &Given, other: &Given) -> Vec<Held> {
    let mut out: Vec<_> =
        one.iter().filter(|(held, until)| other.get(held) != Some(until)).map(|(held, _)| *held).collect();
    out.sort_unstable();
    out
}

/// One event for each role, bot and kind of holder, with everybody who gained or lost it.
fn events(known: &Names<'_>, added: &[Held], removed: &[Held]) -> Vec<Event> {
    let mut out = Vec::new();
    for (list, gained) in [(added, true), (removed, false)] {
        let mut names = BTreeMap::<(RoleKey, Option<BotKey>, bool), Vec<&str>>::new();
        for (role, bot, holder) in list {
            let (is_user, name) = match holder {
                Holder::User(key) => (true, known.users.get(key)),
                Holder::Group(key) => (false, known.groups.get(key)),
            };
            names.entry((*role, *bot, is_user)).or_default().extend(name);
        }
        for ((role, bot, is_user), names) in names {
            let Some(role) = known.roles.get(&role) else { continue };
            let bot = bot.and_then(|bot| known.bots.get(&bot));
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

//! Who holds what, changed by someone who has looked everything up: for account files, whose roles may be on bots.

use std::collections::BTreeMap;

use serde_json::json;

use super::RoleKind;
use super::rights::AdminRights;
use crate::audit::{Event, EventKind};
use crate::error::{Code, Error, Result};
use crate::op::Op;
use crate::policy::{self, Grant, Permission};
use crate::store;
use crate::store::assignments::{Holder, NewAssignment};

/// An assignment, with the names that the audit log gives its parts.
#[derive(Debug, Clone)]
pub(crate) struct HeldChange {
    pub(crate) row: NewAssignment,
    pub(crate) role_id: String,
    pub(crate) role_name: String,
    pub(crate) kind: RoleKind,
    pub(crate) built_in: bool,
    pub(crate) bot_name: Option<String>,
    pub(crate) holder_name: String,
}

/// Removes assignments, then adds some. What is added is asked of the ceiling.
pub(crate) fn change_held(op: &mut Op<'_>, add: &[HeldChange], remove: &[HeldChange], via: &str) -> Result<()> {
    op.expect(Permission::ManageRoles)?;
    if add.is_empty() && remove.is_empty() {
        return Ok(());
    }
    for change in add {
        // Whoever comes this way is the host; nobody else may hand on what is not looked at.
        let rights = AdminRights::EVERY;
        let grant = Grant { kind: change.kind, name: &change.role_name, built_in: change.built_in, rights };
        policy::ceiling(&op.actor, &grant).map_err(|why| Error::new(Code::Forbidden, why))?;
    }
    op.change(|tx, view| {
        let rows = |changes: &[HeldChange]| changes.iter().map(|c| c.row).collect::<Vec<_>>();
        store::assignments::remove_many(tx, view.account, &rows(remove))?;
        store::assignments::insert_many(tx, view.account, &rows(add), &view.actor.signature().1, via, view.now)?;
        Ok(((), [events(remove, false), events(add, true)].concat()))
    })
}

/// One event for each role, bot, kind of holder and end.
pub(super) fn events(changes: &[HeldChange], gained: bool) -> Vec<Event> {
    let mut gathered = BTreeMap::<_, (&HeldChange, Vec<&str>)>::new();
    for change in changes {
        let is_user = matches!(change.row.holder, Holder::User(_));
        let key = (change.row.role, change.row.bot, is_user, change.row.expires.map(|time| time.0));
        gathered.entry(key).or_insert((change, Vec::new())).1.push(&change.holder_name);
    }
    gathered
        .into_iter()
        .map(|((_, _, is_user, _), (first, names))| {
            let kind = match (is_user, first.kind, gained) {
                (true, RoleKind::Admin, true) => EventKind::AdminRoleAssigned,
                (true, RoleKind::Admin, false) => EventKind::AdminRoleRemoved,
                (true, RoleKind::Bot, true) => EventKind::BotRoleAssigned,
                (true, RoleKind::Bot, false) => EventKind::BotRoleRemoved,
                (false, _, true) => EventKind::RoleAssignedToGroups,
                (false, _, false) => EventKind::RoleRemovedFromGroups,
            };
            let verb = if gained { "given to" } else { "taken from" };
            let on = first.bot_name.as_ref().map_or_else(String::new, |bot| format!(" on bot {bot:?}"));
            let what = format!("Role {:?}{on} was {verb} {}", first.role_name, names.join(", "));
            let until = first.row.expires.map(|time| time.to_string());
            let state =
                json!({ if is_user { "users" } else { "groups" }: names, "bot": first.bot_name, "expires": until });
            let event = Event::new(kind, &first.role_id, what);
            if gained { event.after(state) } else { event.before(state) }
        })
        .collect()
}

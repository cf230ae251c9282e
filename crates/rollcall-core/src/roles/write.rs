//! Making, changing and removing custom roles. Built-ins are never touched: the store's statements leave them out.

use serde_json::{Map, Value, json};

use super::rights::AdminRights;
use super::{NewRole, RoleKind};
use crate::audit::{Event, EventKind};
use crate::error::{Code, Error, Result};
use crate::op::Op;
use crate::policy::{self, Permission};
use crate::store::{self, RoleKey};

/// What of a role can change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RoleContents {
    pub(crate) name: String,
    pub(crate) ref_id: String,
    pub(crate) description: String,
    pub(crate) permissions: Map<String, Value>,
}

impl RoleContents {
    /// The permissions as they are kept.
    pub(crate) fn permissions_text(&self) -> String {
        Value::Object(self.permissions.clone()).to_string()
    }
}

/// New contents of a custom role, of which something differs from those before.
#[derive(Debug, Clone)]
pub(crate) struct RoleChange {
    pub(crate) key: RoleKey,
    pub(crate) id: String,
    pub(crate) kind: RoleKind,
    pub(crate) before: RoleContents,
    pub(crate) after: RoleContents,
}

/// A custom role to be removed.
#[derive(Debug, Clone)]
pub(crate) struct RoleGone {
    pub(crate) key: RoleKey,
    pub(crate) kind: RoleKind,
    pub(crate) id: String,
    /// What it was, for the audit log.
    pub(crate) before: RoleContents,
}

fn state(description: &str, permissions: &str) -> Value {
    let permissions: Value = serde_json::from_str(permissions).unwrap_or(Value::Null);
    json!({ "description": description, "permissions": permissions })
}

/// Makes custom roles; a name or an id that is taken is a fault of the caller, who has looked.
pub(crate) fn create_many(op: &mut Op<'_>, roles: &[NewRole]) -> Result<Vec<RoleKey>> {
    op.expect(Permission::ManageRoles)?;
    if roles.is_empty() {
        return Ok(Vec::new());
    }
    let rights = |r: &NewRole| AdminRights::of_text(r.kind, &r.permissions);
    ask_ceiling(op, roles.iter().map(|r| (r.kind, r.name.as_str(), rights(r))))?;
    op.change(|tx, view| {
        let by = view.actor.signature().1;
        let keys = store::roles::insert_many(tx, view.account, roles, Some(&by), view.now)?;
        let keys = keys.into_iter().zip(roles).map(|(key, role)| {
            key.ok_or_else(|| {
                Error::invalid(format!("the role {:?} or its id {} is there already", role.name, role.id))
            })
        });
        let events = roles.iter().map(|role| {
            Event::new(EventKind::RoleCreated, &role.id, format!("Role {:?} ({}) was created", role.name, role.kind))
                .after(state(&role.description, &role.permissions))
        });
        Ok((keys.collect::<Result<Vec<_>>>()?, events.collect()))
    })
}

/// Who decides what a role permits must be one who may hand that role on.
fn ask_ceiling<'a>(op: &Op<'_>, roles: impl Iterator<Item = (RoleKind, &'a str, AdminRights)>) -> Result<()> {
    for (kind, name, rights) in roles {
        let grant = policy::Grant { kind, name, built_in: false, rights };
        policy::ceiling(&op.actor, &grant).map_err(|why| Error::new(Code::Forbidden, why))?;
    }
    Ok(())
}

/// Changes custom roles, which may swap their names. What a role permits may only be changed by who may hand that role
/// on: the ceiling.
pub(crate) fn update_many(op: &mut Op<'_>, changes: &[RoleChange]) -> Result<()> {
    op.expect(Permission::ManageRoles)?;
    if changes.is_empty() {
        return Ok(());
    }
    // What its holders have already is nothing that they gain.
    let gained = |c: &RoleChange| {
        AdminRights::of(c.kind, &c.after.permissions).without(AdminRights::of(c.kind, &c.before.permissions))
    };
    ask_ceiling(op, changes.iter().map(|c| (c.kind, c.before.name.as_str(), gained(c))))?;
    for change in changes {
        let rights = AdminRights::of(change.kind, &change.before.permissions)
            .without(AdminRights::of(change.kind, &change.after.permissions));
        let grant = policy::Grant { kind: change.kind, name: &change.before.name, built_in: false, rights };
        policy::taking(&op.actor, &grant).map_err(|why| Error::new(Code::Forbidden, why))?;
    }
    op.change(|tx, view| {
        store::roles::update_many(tx, view.account, changes, &view.actor.signature().1, view.now)?;
        Ok(((), changes.iter().flat_map(RoleChange::events).collect()))
    })
}

impl RoleChange {
    /// One event for what the role is called and described as, one for what it permits; each with what differs alone.
    fn events(&self) -> Vec<Event> {
        let (before, after) = (&self.before, &self.after);
        let texts = |c: &RoleContents| {
            [("name", c.name.clone()), ("description", c.description.clone()), ("refId", c.ref_id.clone())]
        };
        let differing = |one: &RoleContents, other: &RoleContents| -> Map<String, Value> {
            let pairs = texts(one).into_iter().zip(texts(other)).filter(|(one, other)| one != other);
            pairs.map(|((key, text), _)| (key.to_owned(), Value::String(text))).collect()
        };
        let mut events = Vec::new();
        let (was, is) = (differing(before, after), differing(after, before));
        if !is.is_empty() {
            let what = format!("Role {:?} was changed", after.name);
            events.push(Event::new(EventKind::RoleUpdated, &self.id, what).before(was.into()).after(is.into()));
        }
        let differing = |one: &RoleContents, other: &RoleContents| -> Map<String, Value> {
            let pairs = one.permissions.iter().filter(|(key, value)| other.permissions.get(*key) != Some(value));
            pairs.map(|(key, value)| (key.clone(), value.clone())).collect()
        };
        let (was, is) = (differing(before, after), differing(after, before));
        if !(was.is_empty() && is.is_empty()) {
            let what = format!("What the role {:?} permits was changed", after.name);
            let event = Event::new(EventKind::RolePermissionsUpdated, &self.id, what);
            events.push(event.before(json!({ "permissions": was })).after(json!({ "permissions": is })));
        }
        events
    }
}

/// Removes custom roles, and with them their assignments: who may not take such a role away removes none.
pub(crate) fn remove_many(op: &mut Op<'_>, roles: &[RoleGone]) -> Result<()> {
    op.expect(Permission::ManageRoles)?;
    if roles.is_empty() {
        return Ok(());
    }
    for role in roles {
        let rights = AdminRights::of(role.kind, &role.before.permissions);
        let grant = policy::Grant { kind: role.kind, name: &role.before.name, built_in: false, rights };
        policy::taking(&op.actor, &grant).map_err(|why| Error::new(Code::Forbidden, why))?;
    }
    op.change(|tx, view| {
        let keys: Vec<_> = roles.iter().map(|role| (role.key, role.kind)).collect();
        store::roles::remove_many(tx, view.account, &keys)?;
        let events = roles.iter().map(|role| {
            let RoleContents { name, ref_id, description, permissions } = &role.before;
            let before =
                json!({ "name": name, "description": description, "refId": ref_id, "permissions": permissions });
            Event::new(EventKind::RoleDeleted, &role.id, format!("Role {name:?} was removed")).before(before)
        });
        Ok(((), events.collect()))
    })
}

//! Making, changing and removing custom roles. Built-ins are never touched: the store's statements leave them out.

use serde_json::{Value, json};

use super::{NewRole, RoleKind};
use crate::audit::{Event, EventKind};
use crate::error::{Code, Error, Result};
use crate::op::Op;
use crate::policy::{self, Permission};
use crate::store::{self, RoleKey};

/// New contents of a custom role.
#[derive(Debug, Clone)]
pub(crate) struct RoleChange {
    pub(crate) key: RoleKey,
    pub(crate) id: String,
    pub(crate) kind: RoleKind,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) permissions: String,
    pub(crate) before: Value,
}

fn state(description: &str, permissions: &str) -> Value {
    let permissions: Value = serde_json::from_str(permissions).unwrap_or(Value::Null);
    json!({ "description": description, "permissions": permissions })
}

/// Makes custom roles; a name or an id that is taken is a fault of the caller, who has looked.
pub(crate) fn create_many(op: &mut Op<'_>, roles: &[NewRole]) -> Result<()> {
    op.expect(Permission::ManageRoles)?;
    if roles.is_empty() {
        return Ok(());
    }
    ask_ceiling(op, roles.iter().map(|r| (r.kind, r.name.as_str())))?;
    op.change(|tx, view| {
        let keys = store::roles::insert_many(tx, view.account, roles, false, view.now)?;
        if let Some((role, _)) = roles.iter().zip(&keys).find(|(_, key)| key.is_none()) {
            return Err(Error::invalid(format!("the role {:?} or its id {} is there already", role.name, role.id)));
        }
        let events = roles.iter().map(|role| {
            Event::new(EventKind::RoleCreated, &role.id, format!("Role {:?} ({}) was created", role.name, role.kind))
                .after(state(&role.description, &role.permissions))
        });
        Ok(((), events.collect()))
    })
}

/// Who decides what a role permits must be one who may hand that role on.
fn ask_ceiling<'a>(op: &Op<'_>, roles: impl Iterator<Item = (RoleKind, &'a str)>) -> Result<()> {
    for (kind, name) in roles {
        let grant = policy::Grant { kind, name, built_in: false };
        policy::ceiling(&op.actor, &grant).map_err(|why| Error::new(Code::Forbidden, why))?;
    }
    Ok(())
}

/// Changes custom roles. What a role permits may only be changed by who may hand that role on: the ceiling.
pub(crate) fn update_many(op: &mut Op<'_>, changes: &[RoleChange]) -> Result<()> {
    op.expect(Permission::ManageRoles)?;
    if changes.is_empty() {
        return Ok(());
    }
    ask_ceiling(op, changes.iter().map(|c| (c.kind, c.name.as_str())))?;
    op.change(|tx, view| {
        store::roles::update_many(tx, view.account, changes, view.now)?;
        let events = changes.iter().map(|change| {
            Event::new(EventKind::RoleUpdated, &change.id, format!("Role {:?} was changed", change.name))
                .before(change.before.clone())
                .after(state(&change.description, &change.permissions))
        });
        Ok(((), events.collect()))
    })
}

/// Removes custom roles, and with them their assignments.
pub(crate) fn remove_many(op: &mut Op<'_>, roles: &[(RoleKey, String, String)]) -> Result<()> {
    op.expect(Permission::ManageRoles)?;
    if roles.is_empty() {
        return Ok(());
    }
    op.change(|tx, view| {
        let keys: Vec<RoleKey> = roles.iter().map(|(key, _, _)| *key).collect();
        store::roles::remove_many(tx, view.account, &keys)?;
        let events = roles
            .iter()
            .map(|(_, id, name)| Event::new(EventKind::RoleDeleted, id, format!("Role {name:?} was removed")));
        Ok(((), events.collect()))
    })
}

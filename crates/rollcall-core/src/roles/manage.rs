//! What people do with one role at a time: make it, say what it permits, remove it. Built-in roles stay as they are.

use serde_json::{Map, Value};

use super::find::unknown;
use super::write::{self, RoleChange, RoleContents, RoleGone};
use super::{NewRole, RoleDetails, RoleKind, built_in, catalogue};
use crate::accounts::{MAX_DESCRIPTION, MAX_NAME};
use crate::error::{Code, Error, Fault, Result};
use crate::id::{self, RoleId};
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::store::{RoleKey, role_lists};
use crate::text;

/// What somebody says of a role.
#[derive(Debug, Clone, Default)]
pub struct RoleText {
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// Keys of the catalogue with their words; what is not said stays as it is, and is `NO` in a new role.
    pub words: Vec<(String, String)>,
}

/// A role with its name, for whoever tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRole {
    /// Public id.
    pub id: RoleId,
    /// Name.
    pub name: String,
}

/// Name, description and words as they are kept; a fault at each that cannot be.
fn checked(
    view: &View<'_>,
    kind: RoleKind,
    own: Option<RoleKey>,
    said: &RoleText,
    before: &Map<String, Value>,
) -> Result<(String, String, Map<String, Value>)> {
    let mut faults = Vec::new();
    let name = text::required("the role's name", &said.name, MAX_NAME);
    let description = text::clean("the description", &said.description, MAX_DESCRIPTION);
    faults.extend(name.as_ref().err().map(|why| Fault::at("name", why.as_str())));
    faults.extend(description.as_ref().err().map(|why| Fault::at("description", why.as_str())));
    if let Ok(name) = &name {
        let key = text::key(name);
        if built_in::is_reserved(kind, &key) {
            faults.push(Fault::at("name", format!("{name:?} is the name of a built-in role")));
        } else if let Some(other) = role_lists::by_name(view.tx, view.account, kind, &key)?
            && Some(other.key) != own
        {
            faults.push(Fault::at("name", format!("there is a role {:?} already ({})", other.name, other.id)));
        }
    }
    let mut permissions = catalogue::normal(kind, before);
    for (key, word) in &said.words {
        match catalogue::words(kind, key) {
            Some(words) if words.contains(&word.as_str()) => {
                permissions.insert(key.clone(), Value::String(word.clone()));
            }
            Some(words) => {
                faults.push(Fault::at(key.as_str(), format!("{word:?} is none of {}", words.join(", "))));
            }
            None => faults.push(Fault::at(key.as_str(), "there is no such permission")),
        }
    }
    match (name, description) {
        (Ok(name), Ok(description)) if faults.is_empty() => Ok((name, description, permissions)),
        _ => Err(Error::faults(faults)),
    }
}

/// Makes a custom role.
///
/// # Errors
/// Faults at `name`, `description` and at keys of the catalogue; [`Code::Forbidden`] where it would give what the actor may
/// not hand on.
pub fn create(op: &mut Op<'_>, kind: RoleKind, said: &RoleText) -> Result<NamedRole> {
    op.expect(Permission::ManageRoles)?;
    let none = catalogue::keys(kind).map(|key| (key.to_owned(), Value::from("NO"))).collect();
    let (name, description, permissions) = checked(op, kind, None, said, &none)?;
    let new = NewRole {
        id: RoleId::random(),
        ref_id: id::random_role_reference(),
        kind,
        name,
        description,
        permissions: Value::Object(permissions).to_string(),
    };
    write::create_many(op, std::slice::from_ref(&new))?;
    Ok(NamedRole { id: new.id, name: new.name })
}

/// A custom role, about to be changed or removed.
fn custom(view: &View<'_>, id: &str) -> Result<RoleDetails> {
    let role = role_lists::one(view.tx, view.account, id)?.ok_or_else(|| unknown(id))?;
    if role.built_in {
        let why = format!("the role {:?} is built in, and stays as it is: make a role of your own", role.name);
        return Err(Error::new(Code::Conflict, why));
    }
    Ok(role)
}

fn contents(role: &RoleDetails) -> RoleContents {
    RoleContents {
        name: role.name.clone(),
        ref_id: role.ref_id.clone(),
        description: role.description.clone(),
        permissions: role.permissions.clone(),
    }
}

/// Changes a custom role, for everybody who holds it. Nothing is told where nothing differs.
///
/// # Errors
/// As [`create`]; [`Code::NotFound`]; [`Code::Conflict`] for a built-in role.
pub fn change(op: &mut Op<'_>, id: &str, said: &RoleText) -> Result<()> {
    op.expect(Permission::ManageRoles)?;
    let role = custom(op, id)?;
    let before = contents(&role);
    let (name, description, permissions) = checked(op, role.kind, Some(role.key), said, &before.permissions)?;
    let permissions = catalogue::rewritten(role.kind, &before.permissions, &permissions);
    let after = RoleContents { name, description, permissions, ref_id: before.ref_id.clone() };
    if after == before {
        return Ok(());
    }
    write::update_many(op, &[RoleChange { key: role.key, id: role.id.to_string(), kind: role.kind, before, after }])
}

/// Removes a custom role, from everybody who holds it.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::Conflict`] for a built-in role; [`Code::Forbidden`] where the actor may not take it away.
pub fn remove(op: &mut Op<'_>, id: &str) -> Result<NamedRole> {
    op.expect(Permission::ManageRoles)?;
    let role = custom(op, id)?;
    let gone = RoleGone { key: role.key, kind: role.kind, id: role.id.to_string(), before: contents(&role) };
    write::remove_many(op, std::slice::from_ref(&gone))?;
    Ok(NamedRole { id: role.id, name: role.name })
}

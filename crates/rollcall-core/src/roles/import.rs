//! Bringing the roles of a kind from elsewhere: read and checked first, then made, changed and, where asked, removed, in
//! one transaction and a fixed number of statements.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::rights::AdminRights;
use super::{NewRole, RoleChange, RoleContents, RoleDetails, RoleGone, RoleKind, catalogue};
use crate::accounts::{MAX_DESCRIPTION, MAX_NAME};
use crate::error::{Code, Error, Fault, Result};
use crate::id::{self, OrgId, RoleId};
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::roles::import_plan::{self, Step};
use crate::{files, roles, store, text};

/// All roles of a kind have room in so many bytes, as an export writes them: an export can be uploaded again, and no list of
/// roles fills the memory.
pub const MAX_KEPT: usize = files::MAX_SIZE;
/// What an export writes around the texts of a role.
const AROUND: usize = 150;

/// A role as somebody else wrote it down.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedRole {
    /// Which one of those that were written down, from 0.
    pub number: usize,
    /// By which it is known again.
    pub ref_id: Option<String>,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// What it permits: known keys with one of their words, others with anything.
    pub permissions: Map<String, Value>,
}

/// What of a role a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// All of it.
    Whole,
    /// [`ImportedRole::ref_id`].
    RefId,
    /// [`ImportedRole::name`].
    Name,
    /// [`ImportedRole::description`].
    Description,
    /// One of [`ImportedRole::permissions`].
    Permission(&'a str),
}

/// How the caller calls the place of a part of the role of a number.
pub type Place = fn(usize, Part<'_>) -> String;

/// Roles that have been checked as far as that goes without a look at the account: [`check`] makes them.
#[derive(Debug, Clone)]
pub struct CheckedRoles {
    pub(super) kind: RoleKind,
    pub(super) roles: Vec<ImportedRole>,
    /// By which the names are compared.
    pub(super) keys: Vec<String>,
    pub(super) place: Place,
}

/// Checks the roles by themselves: texts, words of known permissions, names and references that stand there twice.
///
/// # Errors
/// Everything that is wrong, with its place.
pub fn check(kind: RoleKind, mut roles: Vec<ImportedRole>, place: Place) -> Result<CheckedRoles, Vec<Fault>> {
    let mut faults = Vec::new();
    let (mut names, mut references) = (HashMap::<String, usize>::new(), HashMap::<String, usize>::new());
    let mut keys = Vec::with_capacity(roles.len());
    for role in &mut roles {
        let number = role.number;
        let mut note = |part: Part<'_>, why: String| faults.push(Fault::at(place(number, part), why));
        let mut take =
            |part: Part<'_>, taken: Result<String, String>| taken.map_err(|why| note(part, why)).unwrap_or_default();
        role.name = take(Part::Name, text::required("the name", &role.name, MAX_NAME));
        role.description = take(Part::Description, text::clean("the description", &role.description, MAX_DESCRIPTION));
        let reference = role.ref_id.as_deref().unwrap_or_default();
        let reference = take(Part::RefId, text::clean("the refId", reference, MAX_NAME));
        role.ref_id = Some(reference).filter(|reference| !reference.is_empty());
        role.permissions = catalogue::normal(kind, &role.permissions);
        for (key, value) in &role.permissions {
            if let Some(why) = catalogue::fault(kind, key, value) {
                note(Part::Permission(key), why);
            }
        }
        let key = text::key(&role.name);
        if !role.name.is_empty()
            && let Some(first) = names.insert(key.clone(), number)
        {
            let first = place(first, Part::Whole);
            note(Part::Name, format!("the name {:?} stands at {first} too", role.name));
        }
        if let Some(reference) = &role.ref_id
            && let Some(first) = references.insert(reference.clone(), number)
        {
            note(Part::RefId, format!("the refId {reference:?} stands at {} too", place(first, Part::Whole)));
        }
        keys.push(key);
    }
    if faults.is_empty() { Ok(CheckedRoles { kind, roles, keys, place }) } else { Err(faults) }
}

/// The content of the uploaded file that holds roles; none where there is no such file (any more).
///
/// # Errors
/// When the database fails.
pub fn file(view: &View<'_>, id: &str) -> Result<Option<Vec<u8>>> {
    view.expect(Permission::ManageRoles)?;
    files::content(view, id)
}

/// Whether the uploaded file is there (still).
///
/// # Errors
/// When the database fails.
pub fn has_file(view: &View<'_>, id: &str) -> Result<bool> {
    view.expect(Permission::ManageRoles)?;
    files::is_there(view, id)
}

/// What has become of the roles that were brought.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Whose they are.
    pub org: OrgId,
    /// Each as it is now, in the order they were brought.
    pub roles: Vec<RoleDetails>,
}

/// Makes and changes custom roles until they are as they were written down; with `prune` those of the kind that were not
/// written down are removed. A role is known again by its reference, else by its name. Built-in roles are left as they are.
///
/// # Errors
/// Every contradiction to the roles of the account, with its place; [`Code::Conflict`], naming them all, where roles would
/// be removed that somebody holds, and where more than [`MAX_KEPT`] bytes would be kept. Nothing is changed then.
pub fn import(op: &mut Op<'_>, wanted: &CheckedRoles, prune: bool) -> Result<Imported> {
    op.expect(Permission::ManageRoles)?;
    let kind = wanted.kind;
    let account = store::accounts::get(op.tx, op.account)?;
    let existing = store::roles::of_kind(op.tx, op.account, kind)?;
    let steps = import_plan::steps(&existing, wanted, prune).map_err(Error::faults)?;
    if prune {
        remove_others(op, &existing, &steps)?;
    }
    let mut references: HashSet<String> = existing.iter().map(|role| role.ref_id.clone()).collect();
    references.extend(wanted.roles.iter().filter_map(|role| role.ref_id.clone()));
    let by = op.actor.signature().1;
    let (mut changes, mut new, mut out) = (Vec::new(), Vec::new(), Vec::new());
    for (role, step) in wanted.roles.iter().zip(&steps) {
        match step {
            Step::Keep(has) => out.push((*has).clone()),
            Step::Update(has) => {
                let change = change(has, role);
                let RoleContents { name, ref_id, description, permissions } = change.after.clone();
                let mut updated = RoleDetails { name, ref_id, description, permissions, ..(*has).clone() };
                if change.before != change.after {
                    (updated.updated_at, updated.updated_by) = (op.now, Some(by.clone()));
                    updated.rights = AdminRights::of(kind, &updated.permissions);
                    changes.push(change);
                }
                out.push(updated);
            }
            Step::Create => {
                let ref_id = role.ref_id.clone().unwrap_or_else(|| {
                    let derived = id::role_reference(&account.name, &format!("{kind}/{}", role.name));
                    if references.contains(&derived) { id::random_role_reference() } else { derived }
                });
                references.insert(ref_id.clone());
                let created = RoleDetails {
                    // It has none before it is written.
                    key: store::RoleKey(0),
                    id: RoleId::random(),
                    ref_id,
                    kind,
                    name: role.name.clone(),
                    description: role.description.clone(),
                    permissions: role.permissions.clone(),
                    built_in: false,
                    rights: AdminRights::of(kind, &role.permissions),
                    created_at: op.now,
                    created_by: Some(by.clone()),
                    updated_at: op.now,
                    updated_by: Some(by.clone()),
                };
                new.push(new_role(&created));
                out.push(created);
            }
        }
    }
    ask_for_room(&existing, &steps, &out, prune)?;
    roles::update_many(op, &changes)?;
    let keys = roles::create_many(op, &new)?;
    let created = out.iter_mut().zip(&steps).filter(|(_, step)| step.role().is_none());
    created.zip(keys).for_each(|((role, _), key)| role.key = key);
    Ok(Imported { org: account.org, roles: out })
}

fn new_role(role: &RoleDetails) -> NewRole {
    NewRole {
        id: role.id.clone(),
        ref_id: role.ref_id.clone(),
        kind: role.kind,
        name: role.name.clone(),
        description: role.description.clone(),
        permissions: Value::Object(role.permissions.clone()).to_string(),
    }
}

fn contents(role: &RoleDetails) -> RoleContents {
    RoleContents {
        name: role.name.clone(),
        ref_id: role.ref_id.clone(),
        description: role.description.clone(),
        permissions: role.permissions.clone(),
    }
}

/// What of a role is to be another. Permissions that mean the same stay as they are written.
fn change(has: &RoleDetails, role: &ImportedRole) -> RoleChange {
    let before = contents(has);
    let after = RoleContents {
        name: role.name.clone(),
        ref_id: role.ref_id.clone().unwrap_or_else(|| has.ref_id.clone()),
        description: role.description.clone(),
        permissions: catalogue::rewritten(has.kind, &has.permissions, &role.permissions),
    };
    RoleChange { key: has.key, id: has.id.to_string(), kind: has.kind, before, after }
}

/// Those to which no step comes, and which the account may lose.
fn others<'r>(existing: &'r [RoleDetails], steps: &[Step<'_>]) -> impl Iterator<Item = &'r RoleDetails> {
    let met: HashSet<_> = steps.iter().filter_map(Step::role).map(|role| role.key).collect();
    existing.iter().filter(move |role| !role.built_in && !met.contains(&role.key))
}

fn size(role: &RoleDetails) -> usize {
    let permissions = serde_json::to_string(&role.permissions).map_or(0, |text| text.len());
    role.name.len() + role.description.len() + role.ref_id.len() + permissions + AROUND
}

/// Whether what is brought has room beside what stays. Built-in roles do not count.
fn ask_for_room(existing: &[RoleDetails], steps: &[Step<'_>], brought: &[RoleDetails], prune: bool) -> Result<()> {
    let staying = others(existing, steps).filter(|_| !prune);
    let bytes: usize = brought.iter().filter(|role| !role.built_in).chain(staying).map(size).sum();
    if bytes <= MAX_KEPT {
        return Ok(());
    }
    Err(Error::new(
        Code::Conflict,
        format!(
            "The roles of this kind would have about {bytes} bytes altogether, and may have {MAX_KEPT}: what one file can \
             hold. Nothing was changed"
        ),
    ))
}

/// Removes the custom roles to which no step comes.
fn remove_others(op: &mut Op<'_>, existing: &[RoleDetails], steps: &[Step<'_>]) -> Result<()> {
    let gone: Vec<RoleGone> = others(existing, steps)
        .map(|role| RoleGone { key: role.key, kind: role.kind, id: role.id.to_string(), before: contents(role) })
        .collect();
    let keys: Vec<_> = gone.iter().map(|role| role.key).collect();
    let held = store::assignments::held_roles(op.tx, &keys, op.now)?;
    let named = gone.iter().filter(|role| held.contains(&role.key));
    let named: Vec<String> = named.map(|role| format!("{:?} ({})", role.before.name, role.id)).collect();
    if !named.is_empty() {
        return Err(Error::new(
            Code::Conflict,
            format!(
                "The file does not have these roles, and users or groups hold them, so nothing was changed: {}. Take the roles \
                 from them first, or import without removing",
                named.join(", ")
            ),
        ));
    }
    roles::remove_many(op, &gone)
}

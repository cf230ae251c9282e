//! What people do with one group at a time: make it, call it something else, say who is in it, remove it.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::Group;
use super::find::{people, unknown};
use super::write::{self, GroupChange, NamedEdge, NamedMember, NewGroup};
use crate::accounts::{MAX_DESCRIPTION, MAX_NAME};
use crate::error::{Code, Error, Fault, Result};
use crate::id::GroupId;
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::roles::assign::MAX_NAMES;
use crate::store::{self, GroupKey, UserKey};
use crate::text;
use crate::users::Lookup;

/// How the store says by which way somebody came into a group.
const VIA: &str = "console";

/// A group with its name, for whoever tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedGroup {
    /// Public id.
    pub id: GroupId,
    /// Name.
    pub name: String,
}

impl NamedGroup {
    fn of(group: &Group) -> Self {
        Self { id: group.id.clone(), name: group.name.clone() }
    }
}

fn one(view: &View<'_>, id: &str) -> Result<Group> {
    store::groups::find_by_ids(view.tx, view.account, &[id])?.pop().ok_or_else(|| unknown(id))
}

/// Name and description as they are kept; a fault at each that cannot be. The name must not be another group's.
fn checked(view: &View<'_>, own: Option<GroupKey>, name: &str, description: &str) -> Result<(String, String)> {
    let name = text::required("the group's name", name, MAX_NAME);
    let description = text::clean("the description", description, MAX_DESCRIPTION);
    let faults = [("name", name.as_ref().err()), ("description", description.as_ref().err())];
    let mut faults: Vec<Fault> =
        faults.into_iter().filter_map(|(place, why)| Some(Fault::at(place, why?.as_str()))).collect();
    if let Ok(name) = &name {
        let found = store::groups::find_by_name_keys(view.tx, view.account, &[&text::key(name)])?;
        if let Some(other) = found.first().filter(|other| Some(other.key) != own) {
            faults.push(Fault::at("name", format!("there is a group {:?} already ({})", other.name, other.id)));
        }
    }
    match (name, description) {
        (Ok(name), Ok(description)) if faults.is_empty() => Ok((name, description)),
        _ => Err(Error::faults(faults)),
    }
}

/// Makes a group that nobody is in.
///
/// # Errors
/// Faults at `name` and `description`.
pub fn create(op: &mut Op<'_>, name: &str, description: &str) -> Result<NamedGroup> {
    op.expect(Permission::ManageGroups)?;
    let (name, description) = checked(op, None, name, description)?;
    let new = NewGroup { id: GroupId::random(), name, description };
    write::create_many(op, std::slice::from_ref(&new))?;
    Ok(NamedGroup { id: new.id, name: new.name })
}

/// Calls a group something else, or describes it in another way. Nothing is told where nothing differs.
///
/// # Errors
/// [`Code::NotFound`]; faults at `name` and `description`.
pub fn change(op: &mut Op<'_>, id: &str, name: &str, description: &str) -> Result<()> {
    op.expect(Permission::ManageGroups)?;
    let group = one(op, id)?;
    let (name, description) = checked(op, Some(group.key), name, description)?;
    let (mut before, mut after) = (Map::new(), Map::new());
    for (field, old, new) in [("name", &group.name, &name), ("description", &group.description, &description)] {
        if old != new {
            before.insert(field.to_owned(), json!(old));
            after.insert(field.to_owned(), json!(new));
        }
    }
    if after.is_empty() {
        return Ok(());
    }
    let (before, after) = (Value::Object(before), Value::Object(after));
    let change = GroupChange { key: group.key, id: group.id.to_string(), name, description, before, after };
    write::update_many(op, &[change])
}

fn not_from_the_directory(group: &Group, what: &str) -> Result<()> {
    if !group.from_directory {
        return Ok(());
    }
    let why =
        format!("the group {:?} comes from the directory, which alone says who is in it: {what} there", group.name);
    Err(Error::new(Code::Conflict, why))
}

/// Removes a group, with all that says who is in it and what it hands on. Those who were in it stay.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::Conflict`] for a group from the directory; [`Code::Forbidden`] where it carries a role that
/// the actor may not take away.
pub fn remove(op: &mut Op<'_>, id: &str) -> Result<NamedGroup> {
    op.expect(Permission::ManageGroups)?;
    let group = one(op, id)?;
    not_from_the_directory(&group, "remove it")?;
    write::remove_many(op, &[(group.key, group.id.to_string(), group.name.clone())])?;
    Ok(NamedGroup::of(&group))
}

/// Who came into a group, or left it.
#[derive(Debug)]
pub struct Moved {
    /// The group.
    pub group: NamedGroup,
    /// The addresses of those who were not in it before, or were.
    pub emails: Vec<String>,
}

/// Those whom the addresses name, with their addresses, each once; a fault at `members` for each that is nobody's.
fn named(view: &View<'_>, emails: &[String]) -> Result<Vec<(UserKey, String)>> {
    if emails.is_empty() {
        return Err(Error::faults(vec![Fault::at("members", "no address was given")]));
    }
    if emails.len() > MAX_NAMES {
        let why = format!("{} addresses were given; one request may name {MAX_NAMES}", emails.len());
        return Err(Error::faults(vec![Fault::at("members", why)]));
    }
    let people = people(view, emails)?;
    let (mut out, mut seen, mut faults) = (Vec::new(), HashSet::new(), Vec::new());
    for email in emails {
        match people.find_member(&Lookup::Email(email.clone())) {
            Some(user) if seen.insert(user.key) => out.push((user.key, user.email.clone())),
            Some(_) => {}
            None => faults.push(Fault::at("members", format!("no user has the address {:?}", email.trim()))),
        }
    }
    if faults.is_empty() { Ok(out) } else { Err(Error::faults(faults)) }
}

/// Those of the users who are in the group, or are not.
fn who_are(view: &View<'_>, group: &Group, users: Vec<(UserKey, String)>, is_in: bool) -> Result<Vec<NamedMember>> {
    let keys: Vec<UserKey> = users.iter().map(|(key, _)| *key).collect();
    let memberships = store::members::of_users(view.tx, &keys)?;
    let there: HashSet<UserKey> =
        memberships.into_iter().filter(|(_, of)| *of == group.key).map(|(user, _)| user).collect();
    let chosen = users.into_iter().filter(|(key, _)| there.contains(key) == is_in);
    Ok(chosen.map(|(key, email)| NamedMember::of(group, key, &email)).collect())
}

fn moved(group: &Group, members: Vec<NamedMember>) -> Moved {
    Moved { group: NamedGroup::of(group), emails: members.into_iter().map(|member| member.email).collect() }
}

/// Puts users into a group, by their addresses: all of them, or none. Who is in it already stays as they are.
///
/// # Errors
/// [`Code::NotFound`]; a fault at `members` for each address that is nobody's; [`Code::Conflict`] for a group from the
/// directory; [`Code::Forbidden`] where the group carries, also from above, what the actor may not hand on.
pub fn add_members(op: &mut Op<'_>, id: &str, emails: &[String]) -> Result<Moved> {
    op.expect(Permission::ManageGroups)?;
    let group = one(op, id)?;
    not_from_the_directory(&group, "add them")?;
    let users = named(op, emails)?;
    let new = who_are(op, &group, users, false)?;
    if !new.is_empty() {
        write::add_members(op, &new, VIA)?;
    }
    Ok(moved(&group, new))
}

/// Takes users out of a group, by their addresses. Who is not in it is left out.
///
/// # Errors
/// As [`add_members`], for what the group carries is taken from them.
pub fn remove_members(op: &mut Op<'_>, id: &str, emails: &[String]) -> Result<Moved> {
    op.expect(Permission::ManageGroups)?;
    let group = one(op, id)?;
    not_from_the_directory(&group, "take them out")?;
    let users = named(op, emails)?;
    let gone = who_are(op, &group, users, true)?;
    if !gone.is_empty() {
        write::remove_members(op, &gone)?;
    }
    Ok(moved(&group, gone))
}

/// A group by its public id, or else by its name; a fault at `place` where there is none.
fn by_id_or_name(view: &View<'_>, text: &str, place: &str) -> Result<Group> {
    if let Some(group) = store::groups::find_by_ids(view.tx, view.account, &[text.trim()])?.pop() {
        return Ok(group);
    }
    let found = store::groups::find_by_name_keys(view.tx, view.account, &[&text::key(text)])?.pop();
    found.ok_or_else(|| Error::faults(vec![Fault::at(place, format!("there is no group {:?}", text.trim()))]))
}

/// Two groups, of which one is in the other, or was.
#[derive(Debug, PartialEq, Eq)]
pub struct Edge {
    /// Which the other is in.
    pub parent: NamedGroup,
    /// Which is in the other.
    pub child: NamedGroup,
}

fn edge(view: &View<'_>, parent: &str, child: &str) -> Result<(Group, Group)> {
    Ok((by_id_or_name(view, parent, "parent")?, by_id_or_name(view, child, "child")?))
}

fn named_edge(parent: &Group, child: &Group) -> NamedEdge {
    NamedEdge {
        parent: parent.key,
        parent_id: parent.id.to_string(),
        parent_name: parent.name.clone(),
        child: child.key,
        child_name: child.name.clone(),
    }
}

/// Puts a group into another, each by its id or name. Two that are so already stay as they are.
///
/// # Errors
/// A fault at `parent` or `child` for what is no group; [`Code::Conflict`] where a group would be in itself, with the path, and
/// for a parent from the directory; [`Code::Forbidden`] where the parent carries what the actor may not hand on.
pub fn nest(op: &mut Op<'_>, parent: &str, child: &str) -> Result<Edge> {
    op.expect(Permission::ManageGroups)?;
    let (parent, child) = edge(op, parent, child)?;
    not_from_the_directory(&parent, "nest groups")?;
    if parent.key == child.key {
        let why = format!("groups would contain each other: {} › {}", parent.name, parent.name);
        return Err(Error::new(Code::Conflict, why));
    }
    if !store::groups::children(op.tx, &[parent.key])?.iter().any(|(_, found)| found.key == child.key) {
        write::nest(op, &[named_edge(&parent, &child)], VIA)?;
    }
    Ok(Edge { parent: NamedGroup::of(&parent), child: NamedGroup::of(&child) })
}

/// Takes a group out of another. Two that are apart stay so.
///
/// # Errors
/// As [`nest`], for what the parent carries is taken from all in the child.
pub fn unnest(op: &mut Op<'_>, parent: &str, child: &str) -> Result<Edge> {
    op.expect(Permission::ManageGroups)?;
    let (parent, child) = edge(op, parent, child)?;
    not_from_the_directory(&parent, "take the group out")?;
    if store::groups::children(op.tx, &[parent.key])?.iter().any(|(_, found)| found.key == child.key) {
        write::unnest(op, &[named_edge(&parent, &child)])?;
    }
    Ok(Edge { parent: NamedGroup::of(&parent), child: NamedGroup::of(&child) })
}

//! Making, changing and removing groups, their members and their nesting.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Group, tree};
use crate::actor::Actor;
use crate::audit::{Event, EventKind};
use crate::error::{Code, Error, Result};
use crate::id::GroupId;
use crate::op::{Op, View};
use crate::policy::{self, Grant, Permission};
use crate::store::{self, GroupKey, UserKey, WriteTx};

/// A group to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewGroup {
    pub(crate) id: GroupId,
    pub(crate) name: String,
    pub(crate) description: String,
}

/// New contents of a group.
#[derive(Debug, Clone)]
pub(crate) struct GroupChange {
    pub(crate) key: GroupKey,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) before: Value,
    pub(crate) after: Value,
}

/// A membership, with the names that the audit log gives both.
#[derive(Debug, Clone)]
pub(crate) struct NamedMember {
    pub(crate) group: GroupKey,
    pub(crate) group_id: String,
    pub(crate) group_name: String,
    pub(crate) user: UserKey,
    pub(crate) email: String,
}

impl NamedMember {
    pub(crate) fn of(group: &Group, user: UserKey, email: &str) -> Self {
        let (group_id, group_name) = (group.id.to_string(), group.name.clone());
        Self { group: group.key, group_id, group_name, user, email: email.to_owned() }
    }
}

/// An edge of the group graph, with the names that the audit log gives both ends.
#[derive(Debug, Clone)]
pub(crate) struct NamedEdge {
    pub(crate) parent: GroupKey,
    pub(crate) parent_id: String,
    pub(crate) parent_name: String,
    pub(crate) child: GroupKey,
    pub(crate) child_name: String,
}

/// Makes groups; a name or an id that is taken is a fault of the caller, who has looked.
pub(crate) fn create_many(op: &mut Op<'_>, groups: &[NewGroup]) -> Result<Vec<GroupKey>> {
    op.expect(Permission::ManageGroups)?;
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    op.change(|tx, view| {
        let keys = store::groups::insert_many(tx, view.account, groups, view.now)?;
        let keys = keys.into_iter().zip(groups).map(|(key, group)| {
            key.ok_or_else(|| {
                Error::invalid(format!("the group {:?} or its id {} is there already", group.name, group.id))
            })
        });
        let events = groups.iter().map(|group| {
            Event::new(EventKind::GroupCreated, &group.id, format!("Group {:?} was created", group.name))
                .after(json!({"name": group.name, "description": group.description}))
        });
        Ok((keys.collect::<Result<Vec<_>>>()?, events.collect()))
    })
}

/// Changes groups; their members stay.
pub(crate) fn update_many(op: &mut Op<'_>, changes: &[GroupChange]) -> Result<()> {
    op.expect(Permission::ManageGroups)?;
    if changes.is_empty() {
        return Ok(());
    }
    op.change(|tx, view| {
        store::groups::update_many(tx, view.account, changes, view.now)?;
        let events = changes.iter().map(|c| {
            Event::new(EventKind::GroupUpdated, &c.id, format!("Group {:?} was changed", c.name))
                .before(c.before.clone())
                .after(c.after.clone())
        });
        Ok(((), events.collect()))
    })
}

/// Removes groups, with their memberships, nesting and assignments: what they carry is taken from all in them.
pub(crate) fn remove_many(op: &mut Op<'_>, groups: &[(GroupKey, String, String)]) -> Result<()> {
    op.expect(Permission::ManageGroups)?;
    if groups.is_empty() {
        return Ok(());
    }
    ask_taking(op, groups.iter().map(|(key, ..)| *key))?;
    op.change(|tx, view| {
        let keys: Vec<GroupKey> = groups.iter().map(|(key, _, _)| *key).collect();
        store::groups::remove_many(tx, view.account, &keys)?;
        let events = groups
            .iter()
            .map(|(_, id, name)| Event::new(EventKind::GroupDeleted, id, format!("Group {name:?} was removed")));
        Ok(((), events.collect()))
    })
}

/// One event for each group, with the addresses that came or went.
fn member_events(kind: EventKind, members: &[NamedMember], verb: &str) -> Vec<Event> {
    let mut by_group = HashMap::<GroupKey, (&NamedMember, Vec<&str>)>::new();
    let mut order = Vec::new();
    for member in members {
        let entry = by_group.entry(member.group).or_insert_with(|| {
            order.push(member.group);
            (member, Vec::new())
        });
        entry.1.push(&member.email);
    }
    order
        .iter()
        .filter_map(|key| by_group.get(key))
        .map(|(first, emails)| {
            let what = format!("{} user(s) were {verb} group {:?}", emails.len(), first.group_name);
            let event = Event::new(kind, &first.group_id, what);
            let users = json!({ "users": emails });
            if kind == EventKind::UsersAddedToGroup { event.after(users) } else { event.before(users) }
        })
        .collect()
}

/// Adds members. What the groups carry is handed on with the membership, so the ceiling is asked.
pub(crate) fn add_members(op: &mut Op<'_>, members: &[NamedMember], via: &str) -> Result<()> {
    op.expect(Permission::ManageGroups)?;
    ask_ceiling(op, members.iter().map(|m| m.group))?;
    op.change(|tx, view| Ok(((), write_joining(tx, view, members, via)?)))
}

/// Writes memberships that a caller has asked the ceiling for, and tells of them.
pub(crate) fn write_joining(
    tx: &WriteTx<'_>,
    view: &View<'_>,
    members: &[NamedMember],
    via: &str,
) -> Result<Vec<Event>> {
    insert(tx, view, members.iter(), via)?;
    Ok(member_events(EventKind::UsersAddedToGroup, members, "added to"))
}

/// As [`write_joining`], for several requests: each is told of by itself.
pub(crate) fn write_joining_of_many(
    tx: &WriteTx<'_>,
    view: &View<'_>,
    requests: &[Vec<NamedMember>],
    via: &str,
) -> Result<Vec<Vec<Event>>> {
    insert(tx, view, requests.iter().flatten(), via)?;
    Ok(requests.iter().map(|members| member_events(EventKind::UsersAddedToGroup, members, "added to")).collect())
}

fn insert<'m>(
    tx: &WriteTx<'_>,
    view: &View<'_>,
    members: impl Iterator<Item = &'m NamedMember>,
    via: &str,
) -> Result<()> {
    let rows: Vec<_> = members.map(|m| (m.group, m.user)).collect();
    store::members::insert_many(tx, view.account, &rows, &view.actor.signature().1, via, view.now).map(|_| ())
}

/// Removes members, and takes from them what the groups carry.
pub(crate) fn remove_members(op: &mut Op<'_>, members: &[NamedMember]) -> Result<()> {
    op.expect(Permission::ManageGroups)?;
    ask_taking(op, members.iter().map(|m| m.group))?;
    op.change(|tx, view| Ok(((), write_leaving(tx, view, members)?)))
}

/// Writes that members have left, and tells of it.
pub(crate) fn write_leaving(tx: &WriteTx<'_>, view: &View<'_>, members: &[NamedMember]) -> Result<Vec<Event>> {
    let rows: Vec<_> = members.iter().map(|m| (m.group, m.user)).collect();
    store::members::remove_many(tx, view.account, &rows)?;
    Ok(member_events(EventKind::UsersRemovedFromGroup, members, "removed from"))
}

/// Whoever comes into these groups gains what they carry, also from above.
fn ask_ceiling(op: &Op<'_>, groups: impl Iterator<Item = GroupKey>) -> Result<()> {
    ask(op, groups, policy::ceiling)
}

/// Whoever leaves these groups loses it.
fn ask_taking(op: &Op<'_>, groups: impl Iterator<Item = GroupKey>) -> Result<()> {
    ask(op, groups, policy::taking)
}

fn ask(
    op: &Op<'_>,
    groups: impl Iterator<Item = GroupKey>,
    may: fn(&Actor, &Grant<'_>) -> Result<(), String>,
) -> Result<()> {
    let mut keys: Vec<GroupKey> = groups.collect();
    keys.sort_unstable();
    keys.dedup();
    for (_, carried) in store::assignments::carried_by_groups(op.tx, &keys, op.now)? {
        may(&op.actor, &carried.grant()).map_err(|why| Error::new(Code::Forbidden, why))?;
    }
    Ok(())
}

fn edge_events(kind: EventKind, edges: &[NamedEdge], verb: &str) -> Vec<Event> {
    edges
        .iter()
        .map(|e| {
            let what = format!("Group {:?} was {verb} group {:?}", e.child_name, e.parent_name);
            let event = Event::new(kind, &e.parent_id, what);
            let groups = json!({ "groups": [e.child_name] });
            if kind == EventKind::GroupsAddedToGroup { event.after(groups) } else { event.before(groups) }
        })
        .collect()
}

/// Nests groups in others. A cycle is refused with its path; what the parents carry is asked of the ceiling.
pub(crate) fn nest(op: &mut Op<'_>, edges: &[NamedEdge], via: &str) -> Result<()> {
    op.expect(Permission::ManageGroups)?;
    if edges.is_empty() {
        return Ok(());
    }
    ask_ceiling(op, edges.iter().map(|e| e.parent))?;
    op.change(|tx, view| {
        let rows: Vec<_> = edges.iter().map(|e| (e.parent, e.child)).collect();
        store::groups::nest_many(tx, view.account, &rows, &view.actor.signature().1, via, view.now)?;
        if let Some(cycle) = tree::find_cycle(&store::groups::edges(tx, view.account)?) {
            let names: HashMap<GroupKey, String> =
                store::groups::list(tx, view.account)?.into_iter().map(|g| (g.key, g.name)).collect();
            let path: Vec<&str> = cycle.iter().map(|key| names.get(key).map_or("?", String::as_str)).collect();
            return Err(Error::new(Code::Conflict, format!("groups would contain each other: {}", path.join(" › "))));
        }
        Ok(((), edge_events(EventKind::GroupsAddedToGroup, edges, "added to")))
    })
}

/// Takes groups out of others, and what these carry from all in them.
pub(crate) fn unnest(op: &mut Op<'_>, edges: &[NamedEdge]) -> Result<()> {
    op.expect(Permission::ManageGroups)?;
    if edges.is_empty() {
        return Ok(());
    }
    ask_taking(op, edges.iter().map(|e| e.parent))?;
    op.change(|tx, view| {
        let rows: Vec<_> = edges.iter().map(|e| (e.parent, e.child)).collect();
        store::groups::unnest_many(tx, view.account, &rows)?;
        Ok(((), edge_events(EventKind::GroupsRemovedFromGroup, edges, "removed from")))
    })
}

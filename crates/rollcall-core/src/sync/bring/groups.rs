//! Groups of a description, their members and their nesting.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use crate::error::Result;
use crate::groups::{self, GroupChange, NamedEdge, NamedMember, NewGroup};
use crate::id::GroupId;
use crate::op::Op;
use crate::store::{self, GroupKey, UserKey};
use crate::sync::apply::{CHUNK, Keys, choose};
use crate::sync::current::Current;
use crate::sync::{Report, State};
use crate::text::{self, Email};

pub(in crate::sync) fn bring_groups(
    op: &mut Op<'_>,
    state: &State,
    now: &Current,
    keys: &mut Keys,
    report: &mut Report,
) -> Result<()> {
    let known: HashMap<String, _> = now.groups.iter().map(|g| (text::key(&g.name), g)).collect();
    let mut taken: HashSet<String> = now.groups.iter().map(|g| g.id.to_string()).collect();
    keys.groups = known.iter().map(|(name, g)| (name.clone(), g.key)).collect();
    let (mut new, mut changes) = (Vec::new(), Vec::new());
    for group in &state.groups {
        match known.get(&text::key(&group.name)) {
            None => {
                let given = group.id.as_deref().and_then(|id| GroupId::parse(id).ok());
                let derived = GroupId::derive(&now.account.name, &text::key(&group.name));
                report.note('+', format!("group {:?}", group.name));
                new.push(NewGroup {
                    id: choose(given, derived, &mut taken, GroupId::random),
                    name: group.name.clone(),
                    description: group.description.clone().unwrap_or_default(),
                });
            }
            Some(has) => {
                let description = group.description.clone().unwrap_or_else(|| has.description.clone());
                if description != has.description || group.name != has.name {
                    report.note('~', format!("group {:?}", group.name));
                    changes.push(GroupChange {
                        key: has.key,
                        id: has.id.to_string(),
                        name: group.name.clone(),
                        before: json!({"name": has.name, "description": has.description}),
                        after: json!({"name": group.name, "description": description}),
                        description,
                    });
                }
            }
        }
    }
    groups::update_many(op, &changes)?;
    for (group, key) in new.iter().zip(groups::create_many(op, &new)?) {
        keys.groups.insert(text::key(&group.name), key);
    }
    Ok(())
}

pub(in crate::sync) fn bring_members(
    op: &mut Op<'_>,
    state: &State,
    now: &Current,
    keys: &Keys,
    report: &mut Report,
) -> Result<()> {
    let mut has: HashSet<(GroupKey, UserKey)> = now.members.iter().copied().collect();
    let mut nested: HashSet<(GroupKey, GroupKey)> = now.edges.iter().copied().collect();
    let ids: HashMap<GroupKey, String> =
        store::groups::list(op.tx, op.account)?.into_iter().map(|g| (g.key, g.id.to_string())).collect();
    let (mut members, mut edges) = (Vec::new(), Vec::new());
    for group in &state.groups {
        let Some(&key) = keys.groups.get(&text::key(&group.name)) else { continue };
        let id = ids.get(&key).cloned().unwrap_or_default();
        for email in &group.members {
            let Some(&user) = keys.users.get(&Email::lookup_key(email)) else { continue };
            if has.insert((key, user)) {
                report.note('+', format!("{email} in group {:?}", group.name));
                let (group_id, group_name, email) = (id.clone(), group.name.clone(), email.clone());
                members.push(NamedMember { group: key, group_id, group_name, user, email });
            }
        }
        // Between groups: what the log tells of a group is one event.
        if members.len() >= CHUNK {
            groups::add_members(op, &members, "file")?;
            members.clear();
        }
        for child_name in &group.groups {
            let Some(&child) = keys.groups.get(&text::key(child_name)) else { continue };
            if nested.insert((key, child)) {
                report.note('+', format!("group {child_name:?} in group {:?}", group.name));
                let (parent_id, parent_name) = (id.clone(), group.name.clone());
                edges.push(NamedEdge { parent: key, parent_id, parent_name, child, child_name: child_name.clone() });
            }
        }
    }
    groups::add_members(op, &members, "file")?;
    groups::nest(op, &edges, "file")
}

//! Custom roles of a description.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::error::Result;
use crate::id;
use crate::op::Op;
use crate::roles::{self, NewRole, RoleChange, RoleContents, built_in};
use crate::store;
use crate::sync::apply::{Keys, choose};
use crate::sync::current::Current;
use crate::sync::{Report, State};
use crate::text;

fn permissions_text(permissions: Option<&Map<String, Value>>) -> String {
    permissions.map_or_else(|| "{}".to_owned(), |p| Value::Object(p.clone()).to_string())
}

pub(in crate::sync) fn bring_roles(
    op: &mut Op<'_>,
    state: &State,
    now: &Current,
    keys: &mut Keys,
    report: &mut Report,
) -> Result<()> {
    let known: HashMap<_, _> = now.roles.iter().map(|r| ((r.role.kind, text::key(&r.role.name)), r)).collect();
    let mut taken: HashSet<String> = now.roles.iter().map(|r| r.role.id.to_string()).collect();
    let account = &now.account.name;
    let (mut new, mut changes) = (Vec::new(), Vec::new());
    for role in &state.roles {
        match known.get(&(role.kind, text::key(&role.name))) {
            None => {
                let given = role.id.as_deref().and_then(|id| id::RoleId::parse(id).ok());
                let derived = built_in::role_id(account, role.kind, &role.name);
                report.note('+', format!("{} role {:?}", role.kind, role.name));
                new.push(NewRole {
                    id: choose(given, derived, &mut taken, id::RoleId::random),
                    ref_id: role
                        .ref_id
                        .clone()
                        .unwrap_or_else(|| id::role_reference(account, &format!("{}/{}", role.kind, role.name))),
                    kind: role.kind,
                    name: role.name.clone(),
                    description: role.description.clone().unwrap_or_default(),
                    permissions: permissions_text(role.permissions.as_ref()),
                });
            }
            Some(has) => {
                let description = role.description.clone().unwrap_or_else(|| has.description.clone());
                let permissions = role.permissions.clone().unwrap_or_else(|| has.permissions());
                if description != has.description || permissions != has.permissions() {
                    report.note('~', format!("{} role {:?}", role.kind, role.name));
                    let before = has.contents();
                    changes.push(RoleChange {
                        key: has.role.key,
                        id: has.role.id.to_string(),
                        kind: has.role.kind,
                        after: RoleContents { description, permissions, ..before.clone() },
                        before,
                    });
                }
            }
        }
    }
    roles::create_many(op, &new)?;
    roles::update_many(op, &changes)?;
    keys.roles = store::roles::list(op.tx, op.account)?
        .into_iter()
        .map(|r| ((r.kind, text::key(&r.name)), (r.key, r.id.to_string(), r.built_in)))
        .collect();
    Ok(())
}

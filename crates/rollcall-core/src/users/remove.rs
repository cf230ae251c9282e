//! Removing users, many at a time: each or not, the others unaffected, a fixed number of statements.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::asked::UserFault;
use super::write::{Leaving, remove_many};
use super::{Lookup, People, ProfileField};
use crate::error::Result;
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::store::assignments::GivenRole;
use crate::store::users::UserRow;
use crate::store::{self, UserKey};

/// A user who was not removed, as asked for, for all of these reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stays {
    /// By what the request named them, where it did so first.
    pub asked: Lookup,
    /// Why.
    pub faults: Vec<UserFault>,
}

/// Removes users, in the order asked, with everything that hangs on them; who is named more than once counts where named
/// first. Gives those who stay: who is unknown, may do what the actor may not, owns the account or a bot, or is the last
/// active admin that is left.
///
/// # Errors
/// When the database fails; nobody is removed then.
pub fn remove(op: &mut Op<'_>, asked: &[Lookup]) -> Result<Vec<Stays>> {
    op.expect(Permission::ManageUsers)?;
    let people = People::look_up(op, asked.iter())?;
    let keys = people.keys();
    let owner = store::accounts::owner(op.tx, op.account)?;
    let mut bots = HashMap::<UserKey, Vec<String>>::new();
    for (user, bot) in store::bots::owned_by(op.tx, op.account, &keys)? {
        bots.entry(user).or_default().push(bot);
    }
    let admins = store::assignments::active_admins(op.tx, op.account, op.now)?;
    let mut admins: HashSet<UserKey> = admins.into_iter().collect();
    let (mut seen, mut unreached) = (HashSet::new(), HashSet::new());
    let (mut stays, mut leaving) = (Vec::new(), Vec::new());
    for lookup in asked {
        let user = match people.find(lookup) {
            Ok(user) => user,
            Err(why) => {
                if unreached.insert(key(lookup)) {
                    stays.push(Stays { asked: lookup.clone(), faults: vec![why.fault(lookup)] });
                }
                continue;
            }
        };
        if !seen.insert(user.key) {
            continue;
        }
        let mut faults = Vec::new();
        if owner == Some(user.key) {
            faults.push(UserFault::OwnsAccount(user.email.clone()));
        }
        let owned = bots.remove(&user.key).unwrap_or_default();
        faults.extend(owned.into_iter().map(|bot| UserFault::OwnsBot { user: user.email.clone(), bot }));
        if admins.len() == 1 && admins.contains(&user.key) {
            faults.push(UserFault::LastAdmin(user.email.clone()));
        }
        if faults.is_empty() {
            admins.remove(&user.key);
            leaving.push(user);
        } else {
            stays.push(Stays { asked: lookup.clone(), faults });
        }
    }
    let leaving = with_what_they_were(op, &leaving)?;
    remove_many(op, &leaving)?;
    Ok(stays)
}

/// What two names of one user have in common.
fn key(lookup: &Lookup) -> (bool, String) {
    match lookup {
        Lookup::Email(email) => (true, crate::text::Email::lookup_key(email)),
        Lookup::OrgUserId(id) => (false, id.trim().to_owned()),
    }
}

/// The users with what the audit log keeps of them: names, and by name their groups and the roles given to themselves.
fn with_what_they_were(view: &View<'_>, users: &[&UserRow]) -> Result<Vec<Leaving>> {
    let keys: Vec<UserKey> = users.iter().map(|user| user.key).collect();
    let mut groups = HashMap::<UserKey, Vec<String>>::new();
    for (user, _, name) in store::members::groups_of(view.tx, &keys)? {
        groups.entry(user).or_default().push(name);
    }
    let mut roles = store::assignments::held_directly(view.tx, &keys, view.now)?;
    let told = |given: &GivenRole| json!({"name": given.name, "bot": given.bot.as_ref().map(|(_, name)| name)});
    let before = |user: &UserRow, groups: Option<Vec<String>>, roles: Option<Vec<GivenRole>>| {
        let mut before = Map::new();
        before.insert("email".into(), json!(user.email));
        before.extend(user.org_user_id.as_ref().map(|id| ("orgUserId".to_owned(), json!(id))));
        for field in [ProfileField::FirstName, ProfileField::LastName] {
            before.extend(user.profile.get(field).map(|text| (field.column().to_owned(), json!(text))));
        }
        before.insert("status".into(), json!(user.status.label()));
        before.extend(groups.map(|groups| ("groups".to_owned(), json!(groups))));
        before.extend(roles.map(|roles| ("roles".to_owned(), roles.iter().map(told).collect())));
        Value::Object(before)
    };
    let leaving = users.iter().map(|user| Leaving {
        key: user.key,
        id: user.id.to_string(),
        email: user.email.clone(),
        before: before(user, groups.remove(&user.key), roles.remove(&user.key)),
    });
    Ok(leaving.collect())
}

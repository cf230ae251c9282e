//! Creating users, many at a time: each whole or not at all, the others unaffected, a fixed number of statements.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::CheckedUser;
use super::asked::{NewUser, UserFault};
use super::check::{Ids, Known, RoleOf};
use super::check_new::{Faulty, Named, Ready};
use super::invitation::{self, Invitation};
use crate::audit::{Event, EventKind};
use crate::error::Result;
use crate::groups::{self, NamedMember};
use crate::id::UserId;
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::roles::given::{self, Given, Names};
use crate::store::assignments::Holder;
use crate::store::{self, UserKey};

/// What became of one user of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Created whole.
    Created(UserId),
    /// Not created, for all of these reasons.
    Refused(Vec<UserFault>),
}

/// Creates users, in the order asked. The outcomes stand in the order of `users`.
///
/// Whether an address or an org user id belongs to somebody is found by inserting: who creates a user that is new, and
/// that is nearly always so, does not wait for a look that another could outdate.
///
/// # Errors
/// When the database fails; nothing is created then. A user with faults is an outcome, not an error.
pub fn create_many(op: &mut Op<'_>, users: Vec<NewUser>) -> Result<Vec<Outcome>> {
    op.expect_adding(Permission::ManageUsers)?;
    let mut ids = Ids::default();
    users.iter().for_each(|user| ids.note(&user.groups, &user.roles, &user.tasks));
    let known = Known::look_up(op, ids)?;
    let mut outcomes = vec![Outcome::Refused(Vec::new()); users.len()];
    let (mut ready, mut faulty) = (Vec::with_capacity(users.len()), Vec::new());
    let mut named = Named::default();
    for (index, user) in users.into_iter().enumerate() {
        match known.check_new(op, user, &mut named) {
            Ok(user) => ready.push((index, user)),
            Err(user) => faulty.push((index, user)),
        }
    }
    let mut created = Named::default();
    if !ready.is_empty() {
        let users: Vec<&Ready<'_>> = ready.iter().map(|(_, user)| user).collect();
        let is_created = op.change(|tx, view| write(tx, view, &users))?;
        for ((index, Ready { user, .. }), is_created) in ready.into_iter().zip(is_created) {
            if is_created {
                created.emails.insert(user.email.key().to_owned());
                created.org_user_ids.extend(user.org_user_id);
                outcomes[index] = Outcome::Created(user.id);
            } else {
                faulty.push((index, Faulty::new(user.email, user.org_user_id)));
            }
        }
    }
    refuse(op, faulty, &created, &mut outcomes)?;
    Ok(outcomes)
}

/// Says of each faulty user what is wrong with it: now with what belongs to others.
fn refuse(view: &View<'_>, faulty: Vec<(usize, Box<Faulty>)>, created: &Named, outcomes: &mut [Outcome]) -> Result<()> {
    let emails: HashSet<&str> = faulty.iter().filter_map(|(_, f)| f.email_key()).collect();
    let ids: HashSet<&str> = faulty.iter().filter_map(|(_, f)| f.org_user_id.as_deref()).collect();
    let list = |texts: HashSet<&'_ str>, ours: &HashSet<String>| -> Vec<String> {
        texts.into_iter().filter(|text| !ours.contains(*text)).map(str::to_owned).collect()
    };
    // What this request itself has just created was free.
    let (emails, ids) = (list(emails, &created.emails), list(ids, &created.org_user_ids));
    let taken = Named {
        emails: store::users::taken_emails(view.tx, view.account, &refs(&emails))?.into_iter().collect(),
        org_user_ids: store::users::taken_org_user_ids(view.tx, view.account, &refs(&ids))?.into_iter().collect(),
    };
    for (index, user) in faulty {
        outcomes[index] = Outcome::Refused(user.told(&taken));
    }
    Ok(())
}

fn refs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// Writes the users that are ready, a statement for each kind of row; true for each that was created.
fn write(tx: &store::WriteTx<'_>, view: &View<'_>, ready: &[&Ready<'_>]) -> Result<(Vec<bool>, Vec<Event>)> {
    let users: Vec<&CheckedUser> = ready.iter().map(|r| &r.user).collect();
    let keys = store::users::insert_many(tx, view.account, &users, view.now)?;
    let created: Vec<(UserKey, &Ready<'_>)> =
        keys.iter().zip(ready).filter_map(|(key, ready)| key.map(|key| (key, *ready))).collect();
    let mut events: Vec<Event> = created.iter().map(|(_, ready)| event(ready)).collect();
    let joining: Vec<NamedMember> = created
        .iter()
        .flat_map(|(user, ready)| {
            ready.groups.iter().map(|group| NamedMember::of(group, *user, ready.user.email.as_str()))
        })
        .collect();
    events.extend(groups::write_joining(tx, view, &joining, "api")?);
    events.extend(write_roles(tx, view, &created)?);
    let tasks: Vec<_> = created.iter().flat_map(|(user, r)| r.tasks.iter().map(move |t| (*user, *t))).collect();
    store::tasks::insert_many(tx, view.account, &tasks)?;
    let invitations: Vec<Invitation<'_>> =
        created.iter().filter(|(_, r)| r.invite).map(|(key, r)| Invitation::new(*key, &r.user)).collect();
    invitation::send_many(tx, view, &invitations)?;
    events.extend(created.iter().filter(|(_, ready)| !ready.tasks.is_empty()).map(|(_, ready)| event_of_tasks(ready)));
    Ok((keys.iter().map(Option::is_some).collect(), events))
}

/// Writes the roles of the new users, and tells of them as of any others: whoever looks for them by name finds all.
fn write_roles(tx: &store::WriteTx<'_>, view: &View<'_>, created: &[(UserKey, &Ready<'_>)]) -> Result<Vec<Event>> {
    let each = || created.iter().flat_map(|(user, ready)| ready.roles.iter().map(move |role| (*user, *role)));
    let names = Names {
        users: created.iter().map(|(user, ready)| (*user, ready.user.email.as_str())).collect(),
        groups: HashMap::new(),
        roles: each().map(|(_, (role, _))| (role.key, role)).collect(),
        bots: each().filter_map(|(_, (_, bot))| bot.map(|bot| (bot.key, bot))).collect(),
    };
    let held = |(user, (role, bot)): (UserKey, RoleOf<'_>)| (role.key, bot.map(|bot| bot.key), Holder::User(user));
    let given: Given = each().map(|role| (held(role), None)).collect();
    given::write(tx, view, &names, &Given::new(), &given)
}

fn event_of_tasks(ready: &Ready<'_>) -> Event {
    let told = format!("Bot tasks were given to {}", ready.user.email.as_str());
    Event::new(EventKind::BotTasksAssigned, &ready.user.id, told).after(ready.task_names.clone())
}

fn event(ready: &Ready<'_>) -> Event {
    let user = &ready.user;
    let mut after = Map::new();
    after.insert("email".into(), json!(user.email.as_str()));
    if let Some(id) = &user.org_user_id {
        after.insert("orgUserId".into(), json!(id));
    }
    for (field, value) in user.profile.known() {
        after.insert(field.column().into(), json!(value));
    }
    after.insert("canCreateBot".into(), json!(user.can_create_bot));
    after.insert("isDeveloper".into(), json!(user.is_developer));
    if !ready.groups.is_empty() {
        after.insert(
            "groups".into(),
            ready.groups.iter().map(|g| json!({"id": g.id.as_str(), "name": g.name})).collect(),
        );
    }
    if !ready.roles.is_empty() {
        let roles = ready
            .roles
            .iter()
            .map(|(role, bot)| json!({"id": role.id.as_str(), "name": role.name, "bot": bot.map(|b| b.id.as_str())}));
        after.insert("roles".into(), roles.collect());
    }
    if !ready.tasks.is_empty() {
        after.insert("tasks".into(), ready.task_names.clone());
    }
    after.insert("invited".into(), json!(ready.invite));
    Event::new(EventKind::UserCreated, &user.id, format!("User {} was created", user.email.as_str()))
        .after(Value::Object(after))
}

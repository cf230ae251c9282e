//! Creating users, many at a time: each whole or not at all, the others unaffected, a fixed number of statements.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::asked::{CreateFault, NewUser, RoleOnBot, TaskGrant};
use super::invitation::{self, Invitation};
use super::{CheckedUser, MAX_ORG_USER_ID, Status};
use crate::audit::{Event, EventKind};
use crate::bots::Bot;
use crate::error::Result;
use crate::groups::Group;
use crate::id::UserId;
use crate::op::{Op, View};
use crate::policy::{self, Permission};
use crate::roles::{Role, RoleKind};
use crate::store::assignments::NewAssignment;
use crate::store::tasks::NewTask;
use crate::store::{self, UserKey};
use crate::text::{self, Email};

/// What became of one user of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Created whole.
    Created(UserId),
    /// Not created, for all of these reasons.
    Refused(Vec<CreateFault>),
}

/// What the request names and the account has.
struct Known {
    emails: HashSet<String>,
    org_user_ids: HashSet<String>,
    groups: HashMap<String, Group>,
    roles: HashMap<String, Role>,
    bots: HashMap<String, Bot>,
    /// By group: why the actor may not add anybody to it.
    barred: HashMap<i64, String>,
}

/// A user that can be written.
struct Ready<'a> {
    index: usize,
    user: CheckedUser,
    groups: Vec<&'a Group>,
    roles: Vec<(&'a Role, Option<&'a Bot>)>,
    tasks: Vec<NewTask>,
    /// The same for the audit log: bots, and which of their dialogs (null: all).
    task_names: Value,
    invite: bool,
}

/// Creates users, in the order asked. The outcomes stand in the order of `users`.
///
/// # Errors
/// When the database fails; nothing is created then. A user with faults is an outcome, not an error.
pub fn create_many(op: &mut Op<'_>, users: Vec<NewUser>) -> Result<Vec<Outcome>> {
    op.expect_adding(Permission::ManageUsers)?;
    let known = look_up(op, &users)?;
    let mut outcomes = vec![Outcome::Refused(Vec::new()); users.len()];
    let (mut emails, mut org_user_ids) = (HashSet::new(), HashSet::new());
    let mut ready = Vec::with_capacity(users.len());
    for (index, user) in users.into_iter().enumerate() {
        match check(op, &known, user, &mut emails, &mut org_user_ids) {
            Ok(checked) => ready.push(Ready { index, ..checked }),
            Err(faults) => outcomes[index] = Outcome::Refused(faults),
        }
    }
    if ready.is_empty() {
        return Ok(outcomes);
    }
    let created = op.change(|tx, view| write(tx, view, &ready))?;
    for (ready, created) in ready.iter().zip(created) {
        outcomes[ready.index] = match created {
            true => Outcome::Created(ready.user.id.clone()),
            // Somebody else was faster between our look and our insert.
            false => Outcome::Refused(vec![CreateFault::Exists(ready.user.email.as_str().to_owned())]),
        };
    }
    Ok(outcomes)
}

fn unique<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    texts.map(str::trim).filter(|text| seen.insert(*text)).collect()
}

fn look_up(view: &View<'_>, users: &[NewUser]) -> Result<Known> {
    let keys: Vec<String> = users.iter().map(|u| Email::lookup_key(&u.email)).collect();
    let emails = store::users::taken_emails(view.tx, view.account, &unique(keys.iter().map(String::as_str)))?;
    let org_ids = unique(users.iter().filter_map(|u| u.org_user_id.as_deref()).filter(|id| !id.is_empty()));
    let org_user_ids = store::users::taken_org_user_ids(view.tx, view.account, &org_ids)?;
    let group_ids = unique(users.iter().flat_map(|u| &u.groups).map(String::as_str));
    let groups = store::groups::find_by_ids(view.tx, view.account, &group_ids)?;
    let role_ids = unique(users.iter().flat_map(|u| &u.roles).map(|r| r.role.as_str()));
    let roles = store::roles::find_by_ids(view.tx, view.account, &role_ids)?;
    let of_roles = users.iter().flat_map(|u| &u.roles).filter_map(|r| r.bot.as_deref());
    let of_tasks = users.iter().flat_map(|u| &u.tasks).map(|t| t.bot.as_str());
    let bots = store::bots::find_by_ids(view.tx, view.account, &unique(of_roles.chain(of_tasks)))?;
    let keys: Vec<_> = groups.iter().map(|g| g.key).collect();
    let mut barred = HashMap::new();
    for (group, carried) in store::assignments::carried_by_groups(view.tx, &keys, view.now)? {
        if let Err(why) = policy::ceiling(&view.actor, &carried.grant()) {
            barred.entry(group.0).or_insert(why);
        }
    }
    Ok(Known {
        emails: emails.into_iter().collect(),
        org_user_ids: org_user_ids.into_iter().collect(),
        groups: groups.into_iter().map(|g| (g.id.to_string(), g)).collect(),
        roles: roles.into_iter().map(|r| (r.id.to_string(), r)).collect(),
        bots: bots.into_iter().map(|b| (b.id.to_string(), b)).collect(),
        barred,
    })
}

/// All faults of one user, or the user ready to be written.
fn check<'a>(
    view: &View<'_>,
    known: &'a Known,
    asked: NewUser,
    emails: &mut HashSet<String>,
    org_user_ids: &mut HashSet<String>,
) -> Result<Ready<'a>, Vec<CreateFault>> {
    let mut faults = Vec::new();
    let email = match Email::parse(&asked.email) {
        Err(why) => {
            faults.push(CreateFault::InvalidEmail(why));
            None
        }
        Ok(email) => {
            if !emails.insert(email.key().to_owned()) {
                faults.push(CreateFault::RepeatedEmail(email.as_str().to_owned()));
            }
            if known.emails.contains(email.key()) {
                faults.push(CreateFault::Exists(email.as_str().to_owned()));
            }
            Some(email)
        }
    };
    let org_user_id = asked.org_user_id.and_then(|id| match text::clean("the org user id", &id, MAX_ORG_USER_ID) {
        Ok(id) if id.is_empty() => None,
        Ok(id) => {
            if !org_user_ids.insert(id.clone()) {
                faults.push(CreateFault::RepeatedOrgUserId(id.clone()));
            }
            if known.org_user_ids.contains(&id) {
                faults.push(CreateFault::OrgUserIdTaken(id.clone()));
            }
            Some(id)
        }
        Err(why) => {
            faults.push(CreateFault::Field(why));
            None
        }
    });
    let mut profile = asked.profile;
    faults.extend(profile.check().into_iter().map(CreateFault::Field));
    if asked.can_create_bot && !asked.is_developer {
        faults.push(CreateFault::CreatorMustDevelop);
    }
    let groups = check_groups(known, &asked.groups, &mut faults);
    let roles = check_roles(view, known, &asked.roles, &mut faults);
    let tasks = check_tasks(known, &asked.tasks, &mut faults);
    match email {
        Some(email) if faults.is_empty() => Ok(Ready {
            index: 0,
            user: CheckedUser {
                id: UserId::random(),
                email,
                org_user_id,
                profile,
                can_create_bot: asked.can_create_bot,
                is_developer: asked.is_developer,
                data_tables: false,
                status: Status::Invited,
                source: "api",
            },
            groups,
            roles,
            tasks,
            task_names: asked.tasks.iter().map(|t| json!({"bot": t.bot.trim(), "dialogs": t.dialogs})).collect(),
            invite: asked.invite,
        }),
        _ => Err(faults),
    }
}

fn check_groups<'a>(known: &'a Known, asked: &[String], faults: &mut Vec<CreateFault>) -> Vec<&'a Group> {
    let mut groups = Vec::new();
    for id in unique(asked.iter().map(String::as_str)) {
        let Some(group) = known.groups.get(id) else {
            faults.push(CreateFault::UnknownGroup(id.to_owned()));
            continue;
        };
        if group.from_directory {
            faults.push(CreateFault::DirectoryGroup(group.name.clone()));
        }
        if let Some(why) = known.barred.get(&group.key.0) {
            faults.push(CreateFault::OverCeiling(format!("{why} (the group {:?} carries it)", group.name)));
        }
        groups.push(group);
    }
    groups
}

fn check_roles<'a>(
    view: &View<'_>,
    known: &'a Known,
    asked: &[RoleOnBot],
    faults: &mut Vec<CreateFault>,
) -> Vec<(&'a Role, Option<&'a Bot>)> {
    let mut roles = Vec::new();
    let mut seen = HashSet::new();
    for RoleOnBot { role: role_id, bot: bot_id } in asked {
        let (role_id, bot_id) = (role_id.trim(), bot_id.as_deref().map(str::trim).filter(|id| !id.is_empty()));
        if !seen.insert((role_id, bot_id)) {
            continue;
        }
        let before = faults.len();
        let bot = bot_id.and_then(|id| {
            let found = known.bots.get(id);
            if found.is_none() {
                faults.push(CreateFault::UnknownBot(id.to_owned()));
            }
            found
        });
        let Some(role) = known.roles.get(role_id) else {
            faults.push(CreateFault::UnknownRole(role_id.to_owned()));
            continue;
        };
        match (role.kind, bot_id) {
            (RoleKind::Bot, None) => faults.push(CreateFault::BotRoleWithoutBot(role.name.clone())),
            (RoleKind::Admin, Some(_)) => faults.push(CreateFault::AdminRoleWithBot(role.name.clone())),
            _ => {}
        }
        if let Err(why) = policy::ceiling(&view.actor, &role.grant()) {
            faults.push(CreateFault::OverCeiling(why));
        }
        if faults.len() == before {
            roles.push((role, bot));
        }
    }
    roles
}

fn check_tasks(known: &Known, asked: &[TaskGrant], faults: &mut Vec<CreateFault>) -> Vec<NewTask> {
    let mut tasks = Vec::new();
    for TaskGrant { bot: bot_id, dialogs } in asked {
        let Some(bot) = known.bots.get(bot_id.trim()) else {
            faults.push(CreateFault::UnknownBot(bot_id.trim().to_owned()));
            continue;
        };
        if !bot.is_for_enterprise() {
            faults.push(CreateFault::NotPublished(bot.id.to_string()));
        }
        match dialogs {
            None => tasks.push(NewTask { bot: bot.key, dialog: None }),
            Some(ids) => {
                for id in unique(ids.iter().map(String::as_str)).into_iter().filter(|id| !id.is_empty()) {
                    match bot.dialogs.iter().find(|d| d.id.as_str() == id) {
                        Some(dialog) => tasks.push(NewTask { bot: bot.key, dialog: Some(dialog.key) }),
                        None => {
                            faults.push(CreateFault::UnknownDialog { bot: bot.id.to_string(), dialog: id.to_owned() });
                        }
                    }
                }
            }
        }
    }
    tasks
}

/// Writes the users that are ready, a statement for each kind of row; true for each that was created.
fn write(tx: &store::WriteTx<'_>, view: &View<'_>, ready: &[Ready<'_>]) -> Result<(Vec<bool>, Vec<Event>)> {
    let users: Vec<&CheckedUser> = ready.iter().map(|r| &r.user).collect();
    let keys = store::users::insert_many(tx, view.account, &users, view.now)?;
    let created: Vec<(UserKey, &Ready<'_>)> =
        keys.iter().zip(ready).filter_map(|(key, ready)| key.map(|key| (key, ready))).collect();
    let by = view.actor.signature().1;
    let members = created.iter().flat_map(|(user, r)| r.groups.iter().map(move |g| (g.key, *user))).collect::<Vec<_>>();
    store::members::insert_many(tx, view.account, &members, &by, "api", view.now)?;
    let assignments: Vec<NewAssignment> = created
        .iter()
        .flat_map(|(user, r)| {
            r.roles.iter().map(|(role, bot)| NewAssignment::of_user(role.key, bot.map(|b| b.key), *user))
        })
        .collect();
    store::assignments::insert_many(tx, view.account, &assignments, &by, "api", view.now)?;
    let tasks: Vec<_> = created.iter().flat_map(|(user, r)| r.tasks.iter().map(move |t| (*user, *t))).collect();
    store::tasks::insert_many(tx, view.account, &tasks)?;
    let account = store::accounts::get(tx, view.account)?;
    let invitations: Vec<Invitation<'_>> = created
        .iter()
        .filter(|(_, r)| r.invite)
        .map(|(key, r)| Invitation::new(*key, &r.user, &account.name))
        .collect();
    invitation::send_many(tx, view, &invitations)?;
    let events = created.iter().map(|(_, ready)| event(ready)).collect();
    Ok((keys.iter().map(Option::is_some).collect(), events))
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

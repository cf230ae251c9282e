//! Creating users, many at a time: each whole or not at all, the others unaffected, a fixed number of statements.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::CheckedUser;
use super::asked::{NewUser, UserFault};
use super::check::{Ids, Known, RoleOf};
use super::check_new::{Candidate, Faulty, Named, Ready, Unique};
use super::invitation::{self, Invitation};
use crate::audit::{Event, EventKind};
use crate::error::Result;
use crate::groups::{self, NamedMember};
use crate::id::UserId;
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::roles::given::{self, Given, Names};
use crate::store::assignments::Holder;
use crate::store::{self, UserKey, WriteTx};
use crate::together::Together;

/// What became of one user of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Created whole.
    Created(UserId),
    /// Not created, for all of these reasons.
    Refused(Vec<UserFault>),
}

/// A request to create users, looked at as far as that can be done before its turn has come.
#[derive(Debug)]
pub struct Creation(Vec<Candidate>);

impl Creation {
    /// A request for these users.
    pub fn of(users: Vec<NewUser>) -> Self {
        Self(users.into_iter().map(Candidate::of).collect())
    }
}

impl Together for Creation {
    type Answer = Vec<Outcome>;

    const PERMISSION: Permission = Permission::ManageUsers;

    fn size(&self) -> usize {
        self.0.len()
    }

    fn run(op: &mut Op<'_>, requests: &[&Self]) -> Result<Vec<Vec<Outcome>>> {
        create_all(op, requests)
    }
}

/// Creates users, in the order asked. The outcomes stand in the order of `users`.
///
/// Whether an address or an org user id belongs to somebody is found by inserting: who creates a user that is new, and
/// that is nearly always so, does not wait for a look that another could outdate.
///
/// # Errors
/// When the database fails; nothing is created then. A user with faults is an outcome, not an error.
pub fn create_many(op: &mut Op<'_>, users: Vec<NewUser>) -> Result<Vec<Outcome>> {
    create(op, &Creation::of(users))
}

/// As [`create_many`], for what has been looked at before.
///
/// # Errors
/// As those of [`create_many`].
pub fn create(op: &mut Op<'_>, asked: &Creation) -> Result<Vec<Outcome>> {
    Ok(create_all(op, &[asked])?.pop().unwrap_or_default())
}

/// A user of a request: which one, and where it stands there.
type Place = (usize, usize);

/// Does several requests at once, and what one after the other would do: the same outcomes, rows and events.
fn create_all(op: &mut Op<'_>, requests: &[&Creation]) -> Result<Vec<Vec<Outcome>>> {
    op.expect_adding(Permission::ManageUsers)?;
    let mut ids = Ids::default();
    requests.iter().flat_map(|request| &request.0).for_each(|candidate| candidate.note(&mut ids));
    let known = Known::look_up(op, ids)?;
    let mut outcomes: Vec<_> = requests.iter().map(|r| vec![Outcome::Refused(Vec::new()); r.0.len()]).collect();
    let (mut ready, mut faulty) = (Vec::<(Place, Ready<'_>)>::new(), Vec::new());
    for (request, Creation(candidates)) in requests.iter().enumerate() {
        let mut named = Named::default();
        for (index, candidate) in candidates.iter().enumerate() {
            match known.check_new(op, candidate, &mut named) {
                Ok(user) => ready.push(((request, index), user)),
                Err(user) => faulty.push(((request, index), user)),
            }
        }
    }
    let mut is_created = Vec::new();
    if !ready.is_empty() {
        is_created = op.change(|tx, view| write(tx, view, &ready))?;
    }
    // By whom that was created which nobody had before.
    let mut created = HashMap::new();
    for ((place, Ready { user, .. }), is_created) in ready.iter().zip(is_created) {
        if is_created {
            created.insert(Unique::Email(user.email.key()), place.0);
            created.extend(user.org_user_id.as_deref().map(|id| (Unique::OrgUserId(id), place.0)));
            outcomes[place.0][place.1] = Outcome::Created(user.id.clone());
        } else {
            faulty.push((*place, Faulty::new(user.email.clone(), user.org_user_id.clone())));
        }
    }
    refuse(op, faulty, &created, &mut outcomes)?;
    Ok(outcomes)
}

/// Says of each faulty user what is wrong with it: now with what belongs to others. What its own request has created, or
/// one after it, was free.
fn refuse(
    view: &View<'_>,
    faulty: Vec<(Place, Box<Faulty>)>,
    created: &HashMap<Unique<'_>, usize>,
    outcomes: &mut [Vec<Outcome>],
) -> Result<()> {
    let (mut emails, mut ids) = (HashSet::new(), HashSet::new());
    for wanted in faulty.iter().flat_map(|(_, user)| user.wants()).filter(|wanted| !created.contains_key(wanted)) {
        match wanted {
            Unique::Email(key) => emails.insert(key),
            Unique::OrgUserId(id) => ids.insert(id),
        };
    }
    let list = |texts: HashSet<&'_ str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let (emails, ids) = (list(emails), list(ids));
    let emails: HashSet<_> = store::users::taken_emails(view.tx, view.account, &refs(&emails))?.into_iter().collect();
    let ids: HashSet<_> = store::users::taken_org_user_ids(view.tx, view.account, &refs(&ids))?.into_iter().collect();
    for ((request, index), user) in faulty {
        let is_taken = |wanted: &Unique<'_>| match created.get(wanted) {
            Some(by) => *by < request,
            None => match wanted {
                Unique::Email(key) => emails.contains(*key),
                Unique::OrgUserId(id) => ids.contains(*id),
            },
        };
        outcomes[request][index] = Outcome::Refused(user.told(is_taken));
    }
    Ok(())
}

fn refs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// A user that was written.
type New<'a> = (UserKey, &'a Ready<'a>);

/// Writes the users that are ready, a statement for each kind of row; true for each that was created.
fn write(tx: &WriteTx<'_>, view: &View<'_>, ready: &[(Place, Ready<'_>)]) -> Result<(Vec<bool>, Vec<Event>)> {
    let users: Vec<&CheckedUser> = ready.iter().map(|(_, r)| &r.user).collect();
    let keys = store::users::insert_many(tx, view.account, &users, view.now)?;
    // Of each request its own: what the log tells of it are its events, and they stand together.
    let mut requests = Vec::<(usize, Vec<New<'_>>)>::new();
    for (key, (place, user)) in keys.iter().zip(ready).filter_map(|(key, user)| key.map(|key| (key, user))) {
        if requests.last().is_none_or(|(request, _)| *request != place.0) {
            requests.push((place.0, Vec::new()));
        }
        requests.last_mut().expect("one was pushed").1.push((key, user));
    }
    let requests: Vec<Vec<New<'_>>> = requests.into_iter().map(|(_, users)| users).collect();
    let joining: Vec<Vec<NamedMember>> = requests.iter().map(|users| joining(users)).collect();
    let joined = groups::write_joining_of_many(tx, view, &joining, view.actor.via())?;
    let given = write_roles(tx, view, &requests)?;
    let created = || requests.iter().flatten();
    let tasks: Vec<_> = created().flat_map(|(user, r)| r.tasks.iter().map(move |t| (*user, *t))).collect();
    store::tasks::insert_many(tx, view.account, &tasks)?;
    let invitations: Vec<Invitation<'_>> =
        created().filter(|(_, r)| r.invite).map(|(key, r)| Invitation::new(*key, &r.user)).collect();
    invitation::send_many(tx, view, &invitations)?;
    let mut events = Vec::new();
    for ((users, joined), given) in requests.iter().zip(joined).zip(given) {
        events.extend(users.iter().map(|(_, ready)| event(ready)));
        events.extend(joined);
        events.extend(given);
        events.extend(users.iter().filter(|(_, r)| !r.tasks.is_empty()).map(|(_, ready)| event_of_tasks(ready)));
    }
    Ok((keys.iter().map(Option::is_some).collect(), events))
}

fn joining(users: &[New<'_>]) -> Vec<NamedMember> {
    let members = |(user, ready): &New<'_>| -> Vec<NamedMember> {
        ready.groups.iter().map(|group| NamedMember::of(group, *user, ready.user.email.as_str())).collect()
    };
    users.iter().flat_map(members).collect()
}

/// Writes the roles of the new users, and tells of them as of any others: whoever looks for them by name finds all. The
/// events are those of each request.
fn write_roles(tx: &WriteTx<'_>, view: &View<'_>, requests: &[Vec<New<'_>>]) -> Result<Vec<Vec<Event>>> {
    let held = |(user, (role, bot)): (UserKey, RoleOf<'_>)| (role.key, bot.map(|bot| bot.key), Holder::User(user));
    let given = requests.iter().map(|users| {
        let each = || users.iter().flat_map(|(user, ready)| ready.roles.iter().map(move |role| (*user, *role)));
        let names = Names {
            users: users.iter().map(|(user, ready)| (*user, ready.user.email.as_str())).collect(),
            groups: HashMap::new(),
            roles: each().map(|(_, (role, _))| (role.key, role)).collect(),
            bots: each().filter_map(|(_, (_, bot))| bot.map(|bot| (bot.key, bot))).collect(),
        };
        (names, each().map(|role| (held(role), None)).collect())
    });
    given::write_new(tx, view, &given.collect::<Vec<(Names<'_>, Given)>>())
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

//! Administrators as actors: users with some rights and no others, signed in.

use rollcall_core::Result;
use rollcall_core::actor::Actor;
use rollcall_core::admins::{Device, gains, link};
use rollcall_core::audit::{self, By, Entry, Wanted};
use rollcall_core::op::{Mode, Op, View};
use rollcall_core::page::Page;
use rollcall_core::policy::Permission;
use rollcall_core::roles::RoleKind;
use rollcall_core::roles::give::{self, Giving};
use rollcall_core::sync::State;
use rollcall_testkit::TestRollcall;
use serde_json::{Map, Value};

use crate::setting::{active, export, given, role, state};

/// The public id of the built-in admin role of "Acme".
pub(crate) fn master(acme: &TestRollcall) -> String {
    role_id(acme, "admin")
}

/// The public id of a role of "Acme".
pub(crate) fn role_id(acme: &TestRollcall, name: &str) -> String {
    let name = name.to_owned();
    let roles = acme.read(rollcall_core::roles::list).unwrap();
    roles.into_iter().find(|role| role.name == name).unwrap().id.to_string()
}

/// The public id of a group of "Acme".
pub(crate) fn group_id(acme: &TestRollcall, name: &str) -> String {
    export(acme).groups.into_iter().find(|group| group.name == name).unwrap().id.unwrap()
}

/// The public id of a bot of "Acme".
pub(crate) fn bot_id(acme: &TestRollcall, name: &str) -> String {
    export(acme).bots.into_iter().find(|bot| bot.name == name).unwrap().id.unwrap()
}

/// Somebody who has signed in and whose one role says `YES` to these keys alone: `NAME@acme.test`.
pub(crate) fn hand(acme: &TestRollcall, name: &str, keys: &[&str]) -> Actor {
    acme.admin("root");
    let (email, own) = (format!("{name}@acme.test"), format!("Role of {name}"));
    let words: Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), Value::from("YES"))).collect();
    acme.apply(State {
        users: vec![active(&email)],
        roles: vec![role(RoleKind::Admin, &own, &Value::Object(words))],
        assignments: vec![given(&own, None, &[&email], &[])],
        ..state()
    })
    .unwrap();
    let address = email.clone();
    let token = acme.write(move |op| link::make(op, &address)).unwrap();
    let actor = acme.rollcall().recognise_link(token.expose().to_owned(), None).wait().unwrap().unwrap().actor;
    let begun = acme
        .rollcall()
        .write(actor, Permission::SignIn, Mode::Real, move |op| link::sign_in(op, token.expose(), &Device::default()))
        .wait()
        .unwrap();
    // The link makes them an admin of everything, which they are not to be here.
    let too_much = Giving { role: master(acme), users: vec![email], ..Giving::default() };
    acme.write(move |op| give::take(op, &too_much)).unwrap();
    let session = acme.rollcall().recognise_session(begun.token.expose().to_owned(), None).wait().unwrap();
    let Some(rollcall_core::admins::session::Recognised::Whole { actor, .. }) = session else {
        panic!("a session that is good for everything")
    };
    actor
}

/// Reads as somebody.
pub(crate) fn see<T: Send + 'static>(
    acme: &TestRollcall,
    actor: &Actor,
    permission: Permission,
    work: impl FnOnce(&View<'_>) -> Result<T> + Send + 'static,
) -> Result<T> {
    acme.rollcall().read(actor.clone(), permission, work).wait()
}

/// Writes as somebody, where nobody looks who gains what by it.
pub(crate) fn act_unseen<T: Send + 'static>(
    acme: &TestRollcall,
    actor: &Actor,
    permission: Permission,
    work: impl Fn(&mut Op<'_>) -> Result<T> + Send + 'static,
) -> Result<T> {
    acme.rollcall().write(actor.clone(), permission, Mode::Real, work).wait()
}

/// Writes as somebody.
pub(crate) fn act<T: Send + 'static>(
    acme: &TestRollcall,
    actor: &Actor,
    permission: Permission,
    work: impl Fn(&mut Op<'_>) -> Result<T> + Send + 'static,
) -> Result<T> {
    act_unseen(acme, actor, permission, move |op| Ok(gains::of(op, &work)?.0))
}

/// What the log tells of everything after this many events: event, who, and what was done.
pub(crate) fn told(acme: &TestRollcall, after: u64) -> Vec<String> {
    acme.sealed_events();
    let wanted = Wanted {
        after: i64::try_from(after).unwrap(),
        from: None,
        to: None,
        page: Page::of(0, 100, audit::MAX_SIZE).unwrap(),
    };
    let found = acme.read(move |view| audit::find(view, &wanted)).unwrap();
    found.items.iter().map(line).collect()
}

fn line(entry: &Entry) -> String {
    let by = match &entry.by {
        By::User(_, Some(email)) => email,
        By::User(name, None) | By::App(name) | By::Host(name) => name,
    };
    format!("{} | {by} | {}", entry.name, entry.description)
}

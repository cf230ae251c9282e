//! Looking users up, with the roles and groups that they have.

use rollcall_core::change::Change;
use rollcall_core::sync::State;
use rollcall_core::users::{self, Found, Lookup, Status, StatusFilter};
use rollcall_testkit::user;

use crate::setting::{active, given, group, state, statements};
use crate::users::furnished;

#[test]
fn users_are_found_in_the_order_asked_each_once() {
    let acme = furnished();
    let people = [("bo@acme.test", Status::Suspended), ("cy@acme.test", Status::Active)];
    let mut users: Vec<_> = people.iter().map(|(email, status)| user(email, *status)).collect();
    users[1].org_user_id = Change::Set("C7".into());
    acme.apply(State { users, ..state() }).unwrap();
    let ask = |filter| {
        let asked = ["cy@acme.test", "nobody@acme.test", "ADA@acme.test", "NOBODY@acme.test ", "bo@acme.test", "a3q4"];
        let mut asked: Vec<Lookup> = asked.iter().map(|e| Lookup::Email((*e).into())).collect();
        asked.splice(1..1, [Lookup::OrgUserId(" C7".into()), Lookup::OrgUserId("c7".into())]);
        let found = acme.read(move |view| users::info(view, &asked, filter)).unwrap();
        let name = |found: Found| match found {
            Found::User(user) => user.email,
            Found::Unknown(lookup) => format!("{lookup:?}"),
        };
        found.into_iter().map(name).collect::<Vec<_>>()
    };
    let unknown = ["OrgUserId(\"c7\")", "Email(\"nobody@acme.test\")", "Email(\"a3q4\")"];
    assert_eq!(
        ask(StatusFilter::All),
        ["cy@acme.test", unknown[0], unknown[1], "ada@acme.test", "bo@acme.test", unknown[2]]
    );
    assert_eq!(ask(StatusFilter::Only(Status::Suspended)), [unknown[0], unknown[1], "bo@acme.test", unknown[2]]);
}

#[test]
fn looking_up_fifty_users_needs_the_statements_of_one() {
    let acme = furnished();
    let emails: Vec<String> = (0..50).map(|n| format!("u{n}@acme.test")).collect();
    let list: Vec<&str> = emails.iter().map(String::as_str).collect();
    acme.apply(State {
        users: list.iter().map(|email| active(email)).collect(),
        groups: vec![group("Interns", &list, &[]), group("Ops", &list, &[])],
        assignments: vec![given("Curator", Some("Helper"), &list, &["Ops"])],
        ..state()
    })
    .unwrap();
    let needed = [1, 50].map(|count| {
        let asked: Vec<Lookup> = emails[..count].iter().map(|e| Lookup::Email(e.clone())).collect();
        let work = || acme.read(move |view| users::info(view, &asked, StatusFilter::All)).unwrap();
        let (needed, found) = statements(&acme, work);
        assert!(found.iter().all(|f| matches!(f, Found::User(u) if u.roles.len() == 2 && u.groups.len() == 2)));
        needed
    });
    assert_eq!(needed[0], needed[1]);
}

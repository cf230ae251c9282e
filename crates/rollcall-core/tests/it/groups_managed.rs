//! Groups in the hands of administrators: what they may do with one, whom they may put into it, and what is told of it.

use insta::assert_snapshot;
use rollcall_core::actor::Actor;
use rollcall_core::groups::manage;
use rollcall_core::policy::Permission;
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::State;
use rollcall_core::{Code, Result};
use rollcall_testkit::TestRollcall;
use serde_json::json;

use crate::hands::{act, group_id, hand, told};
use crate::setting::{active, app_of, export, given, group, kept_by_the_directory, role, state, texts};

const GROUPS: Permission = Permission::ManageGroups;

/// "Plain" carries nothing; "Auditors" carries an admin role, and so does "Below", which is in it.
fn with_groups() -> TestRollcall {
    let acme = TestRollcall::new();
    acme.apply(State {
        users: vec![active("ada@acme.test"), active("bo@acme.test"), active("cy@acme.test")],
        roles: vec![role(RoleKind::Admin, "Auditor", &json!({"View and Run Audit Reports": "YES"}))],
        groups: vec![
            group("Plain", &["cy@acme.test"], &[]),
            group("Auditors", &["cy@acme.test"], &["Below"]),
            group("Below", &["cy@acme.test"], &[]),
        ],
        assignments: vec![given("Auditor", None, &[], &["Auditors"])],
        ..state()
    })
    .unwrap();
    acme
}

fn members(acme: &TestRollcall, name: &str) -> Vec<String> {
    let mut members = export(acme).groups.into_iter().find(|group| group.name == name).unwrap().members;
    members.sort_unstable();
    members
}

fn add(acme: &TestRollcall, actor: &Actor, group: &str, emails: &[&str]) -> Result<Vec<String>> {
    let (id, emails) = (group_id(acme, group), texts(emails));
    act(acme, actor, GROUPS, move |op| Ok(manage::add_members(op, &id, &emails)?.emails))
}

fn take(acme: &TestRollcall, actor: &Actor, group: &str, emails: &[&str]) -> Result<Vec<String>> {
    let (id, emails) = (group_id(acme, group), texts(emails));
    act(acme, actor, GROUPS, move |op| Ok(manage::remove_members(op, &id, &emails)?.emails))
}

fn nest(acme: &TestRollcall, actor: &Actor, parent: &str, child: &str) -> Result<()> {
    let (parent, child) = (parent.to_owned(), child.to_owned());
    act(acme, actor, GROUPS, move |op| manage::nest(op, &parent, &child).map(|_| ()))
}

fn unnest(acme: &TestRollcall, actor: &Actor, parent: &str, child: &str) -> Result<()> {
    let (parent, child) = (parent.to_owned(), child.to_owned());
    act(acme, actor, GROUPS, move |op| manage::unnest(op, &parent, &child).map(|_| ()))
}

fn code<T>(result: Result<T>) -> Option<Code> {
    result.err().map(|error| error.code())
}

#[test]
fn all_that_is_done_with_a_group_is_told_as_the_admins_own() {
    let acme = with_groups();
    let greta = hand(&acme, "greta", &["Manage Groups"]);
    let before = acme.sealed_events();
    let made = act(&acme, &greta, GROUPS, |op| manage::create(op, " Support ", "First line")).unwrap();
    let id = made.id.to_string();
    let same = id.clone();
    act(&acme, &greta, GROUPS, move |op| manage::change(op, &same, "Support", "First line")).unwrap();
    let other = id.clone();
    act(&acme, &greta, GROUPS, move |op| manage::change(op, &other, "Helpers", "First line")).unwrap();
    assert_eq!(add(&acme, &greta, "Helpers", &["ADA@acme.test", "bo@acme.test", "ada@acme.test"]).unwrap().len(), 2);
    assert_eq!(add(&acme, &greta, "Helpers", &["ada@acme.test"]).unwrap().len(), 0);
    assert_eq!(take(&acme, &greta, "Helpers", &["bo@acme.test", "cy@acme.test"]).unwrap(), ["bo@acme.test"]);
    nest(&acme, &greta, "helpers", "Plain").unwrap();
    nest(&acme, &greta, &id, "plain").unwrap();
    unnest(&acme, &greta, "helpers", "Plain").unwrap();
    unnest(&acme, &greta, "helpers", "Plain").unwrap();
    assert_eq!(members(&acme, "Helpers"), ["ada@acme.test"]);
    act(&acme, &greta, GROUPS, move |op| manage::remove(op, &id)).unwrap();
    assert!(export(&acme).groups.iter().all(|group| group.name != "Helpers"));
    assert_snapshot!(told(&acme, before).join("\n"), @r#"
Group Created | greta@acme.test | Group "Support" was created
Group Updated | greta@acme.test | Group "Helpers" was changed
Users Added to Group | greta@acme.test | 2 user(s) were added to group "Helpers"
Users Removed from Group | greta@acme.test | 1 user(s) were removed from group "Helpers"
Groups Added to Group | greta@acme.test | Group "Plain" was added to group "Helpers"
Groups Removed from Group | greta@acme.test | Group "Plain" was removed from group "Helpers"
Group Deleted | greta@acme.test | Group "Helpers" was removed
"#);
}

#[test]
fn who_manages_groups_alone_brings_nobody_to_a_role_and_takes_none_away() {
    let acme = with_groups();
    let greta = hand(&acme, "greta", &["Manage Groups"]);
    let before = acme.snapshot();
    for carrying in ["Auditors", "Below"] {
        let refused = add(&acme, &greta, carrying, &["ada@acme.test"]).unwrap_err();
        assert_eq!(refused.code(), Code::Forbidden, "{carrying}: {refused}");
        assert!(refused.to_string().contains("Auditor"), "{refused}");
        assert_eq!(code(add(&acme, &greta, carrying, &["greta@acme.test"])), Some(Code::Forbidden));
        assert_eq!(code(take(&acme, &greta, carrying, &["cy@acme.test"])), Some(Code::Forbidden), "{carrying}");
        assert_eq!(code(nest(&acme, &greta, carrying, "Plain")), Some(Code::Forbidden), "{carrying}");
        let id = group_id(&acme, carrying);
        assert_eq!(code(act(&acme, &greta, GROUPS, move |op| manage::remove(op, &id))), Some(Code::Forbidden));
    }
    assert_eq!(code(unnest(&acme, &greta, "Auditors", "Below")), Some(Code::Forbidden));
    assert_eq!(acme.snapshot(), before);
    // A group that is in none that carries anything is theirs, whatever it is put into by who may.
    nest(&acme, &greta, "Plain", "Below").unwrap();
}

#[test]
fn who_manages_admin_roles_too_hands_on_no_right_that_they_lack() {
    let acme = with_groups();
    let manages = ["Manage Groups", "Manage Custom Admin Roles"];
    let greta = hand(&acme, "greta", &manages);
    let refused = add(&acme, &greta, "Below", &["ada@acme.test"]).unwrap_err();
    assert!(refused.to_string().contains("View and Run Audit Reports"), "{refused}");
    let gus = hand(&acme, "gus", &[&manages[..], &["View and Run Audit Reports"]].concat());
    assert_eq!(add(&acme, &gus, "Below", &["ada@acme.test"]).unwrap(), ["ada@acme.test"]);
    // Who may do more than oneself is not made to do less.
    assert_eq!(take(&acme, &greta, "Below", &["ada@acme.test"]).unwrap_err().code(), Code::Forbidden);
    assert_eq!(take(&acme, &gus, "Below", &["ada@acme.test"]).unwrap(), ["ada@acme.test"]);
}

#[test]
fn a_cycle_is_refused_with_its_path() {
    let acme = with_groups();
    let root = hand(&acme, "gus", &["Manage Groups", "Manage Custom Admin Roles", "View and Run Audit Reports"]);
    nest(&acme, &root, "Below", "Plain").unwrap();
    let before = acme.snapshot();
    let refused = nest(&acme, &root, "Plain", "Auditors").unwrap_err();
    assert_eq!(refused.code(), Code::Conflict);
    assert_snapshot!(refused, @"groups would contain each other: Plain › Auditors › Below › Plain");
    assert_snapshot!(nest(&acme, &root, "Plain", "Plain").unwrap_err(), @"groups would contain each other: Plain › Plain");
    assert_eq!(acme.snapshot(), before);
}

#[test]
fn who_is_in_a_group_of_the_directory_is_said_by_the_directory() {
    let acme = with_groups();
    let greta = hand(&acme, "greta", &["Manage Groups"]);
    let groups = vec![group("Inner", &[], &[]), group("Other", &[], &[]), group("Plain", &[], &["Inner"])];
    acme.apply(State { groups, ..state() }).unwrap();
    kept_by_the_directory(&acme, "Plain");
    let before = acme.snapshot();
    assert_eq!(code(add(&acme, &greta, "Plain", &["ada@acme.test"])), Some(Code::Conflict));
    assert_eq!(code(take(&acme, &greta, "Plain", &["cy@acme.test"])), Some(Code::Conflict));
    let id = group_id(&acme, "Plain");
    assert_eq!(code(act(&acme, &greta, GROUPS, move |op| manage::remove(op, &id))), Some(Code::Conflict));
    assert_eq!(code(nest(&acme, &greta, "Plain", "Other")), Some(Code::Conflict), "nor by a group in it");
    assert_eq!(code(unnest(&acme, &greta, "Plain", "Inner")), Some(Code::Conflict));
    assert_eq!(acme.snapshot(), before);
}

#[test]
fn every_fault_is_told_at_its_place_and_nothing_is_done() {
    let acme = with_groups();
    let greta = hand(&acme, "greta", &["Manage Groups"]);
    let before = acme.snapshot();
    let mut said = Vec::new();
    let long = "x".repeat(2_001);
    said.push(act(&acme, &greta, GROUPS, move |op| manage::create(op, "PLAIN", &long)).unwrap_err());
    said.push(act(&acme, &greta, GROUPS, |op| manage::create(op, " ", "")).unwrap_err());
    let id = group_id(&acme, "Plain");
    said.push(act(&acme, &greta, GROUPS, move |op| manage::change(op, &id, "below", "")).unwrap_err());
    said.push(add(&acme, &greta, "Plain", &["ada@acme.test", "no@acme.test", "nonsense"]).unwrap_err());
    said.push(add(&acme, &greta, "Plain", &[]).unwrap_err());
    said.push(nest(&acme, &greta, "Plain", "Nowhere").unwrap_err());
    assert!(said.iter().all(|error| error.code() == Code::Invalid && !error.each_fault().is_empty()));
    let id = |text: &str| {
        let ids = export(&acme).groups.into_iter().filter_map(|group| Some((group.id?, group.name)));
        ids.fold(text.to_owned(), |text, (id, name)| text.replace(&id, &format!("[{name}]")))
    };
    assert_snapshot!(said.iter().map(|error| id(&error.to_string())).collect::<Vec<_>>().join("\n"), @r#"
description: the description is 2001 characters long; at most 2000 are allowed; name: there is a group "Plain" already ([Plain])
name: the group's name is empty
name: there is a group "Below" already ([Below])
members: no user has the address "no@acme.test"; members: no user has the address "nonsense"
members: no address was given
child: there is no group "Nowhere"
"#);
    assert_eq!(acme.snapshot(), before);
}

#[test]
fn a_group_of_another_account_is_not_there() {
    let acme = with_groups();
    acme.found("Other");
    let greta = hand(&acme, "greta", &["Manage Groups"]);
    let state = State { name: "Other".into(), groups: vec![group("Theirs", &[], &[])], ..State::default() };
    acme.apply(state).unwrap();
    let theirs = acme.database().query("select public_id from groups where name = 'Theirs'")[0][0].clone().unwrap();
    for id in [theirs.as_str(), "e-nonsense", ""] {
        let ask = |work: fn(&mut rollcall_core::op::Op<'_>, &str) -> Result<()>| {
            let id = id.to_owned();
            code(act(&acme, &greta, GROUPS, move |op| work(op, &id)))
        };
        assert_eq!(ask(|op, id| manage::change(op, id, "x", "")), Some(Code::NotFound), "{id}");
        assert_eq!(ask(|op, id| manage::remove(op, id).map(|_| ())), Some(Code::NotFound), "{id}");
        assert_eq!(
            ask(|op, id| manage::add_members(op, id, &["ada@acme.test".into()]).map(|_| ())),
            Some(Code::NotFound)
        );
        assert_eq!(code(nest(&acme, &greta, "Plain", id)), Some(Code::Invalid), "{id}");
        assert_eq!(code(nest(&acme, &greta, id, "Plain")), Some(Code::Invalid), "{id}");
    }
}

#[test]
fn who_does_not_manage_groups_does_nothing_with_them() {
    let acme = with_groups();
    let account = acme.account.clone();
    let every = app_of(&acme, &account, &rollcall_core::policy::Scope::ALL);
    let uma = hand(&acme, "uma", &["Manage Users", "Manage Custom Admin Roles", "Manage Bot Roles"]);
    for actor in [uma, every] {
        assert_eq!(code(add(&acme, &actor, "Plain", &["ada@acme.test"])), Some(Code::Forbidden));
        assert_eq!(code(act(&acme, &actor, GROUPS, |op| manage::create(op, "x", ""))), Some(Code::Forbidden));
    }
}

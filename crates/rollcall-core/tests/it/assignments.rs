//! Giving admin roles to users and groups and taking them away.

use rollcall_core::Code;
use rollcall_core::change::Change;
use rollcall_core::op::Mode;
use rollcall_core::policy::Scope;
use rollcall_core::roles::RoleKind;
use rollcall_core::roles::assign::Operation;
use rollcall_core::sync::{AssignmentState, State, UserState};
use rollcall_core::users::{Lookup, Status};
use rollcall_testkit::{START, TestRollcall, user};
use serde_json::json;

use crate::model::role_id;
use crate::setting::{DAY, active, app, assign, details, export, given, group, number, role, state, statements, texts};

/// Ada, who is the admin; Bo and Cy, who are active; Sue, who is suspended; two groups; a custom admin role.
fn furnished() -> TestRollcall {
    let acme = TestRollcall::new();
    acme.admin("ada");
    let cy = UserState { org_user_id: Change::Set("C7".into()), ..active("cy@acme.test") };
    acme.apply(State {
        users: vec![active("bo@acme.test"), cy, user("sue@acme.test", Status::Suspended)],
        groups: vec![group("Ops", &["bo@acme.test"], &[]), group("Dev", &[], &[])],
        roles: vec![role(RoleKind::Admin, "Auditor", &json!({})), role(RoleKind::Bot, "Curator", &json!({}))],
        ..state()
    })
    .unwrap();
    acme
}

fn people(emails: &[&str]) -> Vec<Lookup> {
    emails.iter().map(|email| Lookup::Email((*email).to_owned())).collect()
}

fn on(role: &str) -> Operation {
    let kind = if role == "Curator" { RoleKind::Bot } else { RoleKind::Admin };
    Operation { role: role_id(kind, role), ..Operation::default() }
}

fn add(role: &str, emails: &[&str]) -> Operation {
    Operation { add_users: people(emails), ..on(role) }
}

fn remove(role: &str, emails: &[&str]) -> Operation {
    Operation { remove_users: people(emails), ..on(role) }
}

/// Asks as an app that may do everything; the reasons of what was refused, in order.
fn ask(acme: &TestRollcall, operations: &[Operation]) -> Vec<Result<(), Vec<String>>> {
    assign(acme.rollcall(), &app(acme, &Scope::ALL), Mode::Real, operations).unwrap()
}

/// Who holds an admin role, as role and holder.
fn held(acme: &TestRollcall) -> Vec<String> {
    let assignments = export(acme).assignments;
    let each =
        |a: &AssignmentState| a.users.iter().chain(&a.groups).map(|h| format!("{}: {h}", a.role)).collect::<Vec<_>>();
    assignments.iter().flat_map(each).collect()
}

#[test]
fn an_operation_is_refused_with_every_fault_at_once() {
    let acme = furnished();
    let twice = Operation {
        add_users: vec![Lookup::Email("cy@acme.test".into()), Lookup::OrgUserId("C8".into())],
        remove_users: vec![Lookup::OrgUserId(" C7 ".into()), Lookup::Email(" nobody@acme.test ".into())],
        add_groups: texts(&["OPS", "Night"]),
        remove_groups: texts(&[" ops "]),
        ..on("Auditor")
    };
    let unknown_role = Operation { role: " 0123456789abcdef01234567 ".into(), ..add("admin", &["nobody@acme.test"]) };
    let to_group = Operation { add_groups: texts(&["Ops"]), ..remove("admin", &["ada@acme.test"]) };
    let outcomes = ask(&acme, &[twice, unknown_role, add("Curator", &["bo@acme.test"]), to_group]);
    let reasons: Vec<Vec<String>> = outcomes.into_iter().map(Result::unwrap_err).collect();
    let curator =
        format!("The role \"Curator\" ({}) is a bot role, not an admin role", role_id(RoleKind::Bot, "Curator"));
    let expected: [&[&str]; 4] = [
        &[
            "Unknown org user id C8",
            "Unknown user nobody@acme.test",
            "Unknown group Night",
            "User cy@acme.test is both to be added and to be removed",
            "Group Ops is both to be added and to be removed",
        ],
        &["Unknown role id 0123456789abcdef01234567", "Unknown user nobody@acme.test"],
        &[&curator],
        &[
            "The built-in role \"admin\" can be given to users only, not to the group \"Ops\"",
            "ada@acme.test is the last active holder of the built-in role \"admin\", which may not be left without one",
        ],
    ];
    assert_eq!(reasons, expected);
    assert_eq!(held(&acme), ["admin: ada@acme.test"]);
}

#[test]
fn an_operation_is_done_whole_or_not_at_all_and_leaves_its_neighbours_alone() {
    let acme = furnished();
    let half = Operation { add_groups: texts(&["Night"]), ..add("Auditor", &["cy@acme.test"]) };
    let groups = Operation { add_groups: texts(&["dev "]), ..on("Auditor") };
    let outcomes = ask(&acme, &[add("Auditor", &["BO@acme.test"]), half, groups]);
    assert_eq!(outcomes.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(held(&acme), ["admin: ada@acme.test", "Auditor: bo@acme.test", "Auditor: Dev"]);
}

#[test]
fn each_operation_sees_those_before_it() {
    let acme = furnished();
    let outcomes = ask(
        &acme,
        &[
            remove("admin", &["ada@acme.test"]),
            add("admin", &["bo@acme.test"]),
            remove("admin", &["ada@acme.test"]),
            remove("admin", &["bo@acme.test"]),
            add("Auditor", &["cy@acme.test"]),
            remove("Auditor", &["cy@acme.test"]),
        ],
    );
    let done: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(done, [false, true, true, false, true, true]);
    assert_eq!(held(&acme), ["admin: bo@acme.test"]);
}

#[test]
fn only_an_active_holder_keeps_an_account_from_being_without_admin() {
    let acme = furnished();
    let swap = |to: &str| Operation { remove_users: people(&["ada@acme.test"]), ..add("admin", &[to]) };
    let outcomes =
        ask(&acme, &[swap("sue@acme.test"), add("admin", &["sue@acme.test"]), remove("admin", &["ada@acme.test"])]);
    assert_eq!(outcomes.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(ask(&acme, &[swap("bo@acme.test")]), [Ok(())]);
    assert_eq!(held(&acme), ["admin: sue@acme.test", "admin: bo@acme.test"]);
}

#[test]
fn adding_what_is_there_and_removing_what_is_not_is_done_without_an_event() {
    let acme = furnished();
    ask(&acme, &[add("Auditor", &["bo@acme.test"])]);
    let (before, events) = (acme.snapshot(), acme.sealed_events());
    let outcomes =
        ask(&acme, &[add("Auditor", &["bo@acme.test"]), remove("Auditor", &["cy@acme.test"]), on("Auditor")]);
    assert_eq!(outcomes, [Ok(()), Ok(()), Ok(())]);
    let there_and_back = [remove("Auditor", &["bo@acme.test"]), add("Auditor", &["bo@acme.test"])];
    assert_eq!(ask(&acme, &there_and_back), [Ok(()), Ok(())]);
    assert_eq!(acme.snapshot(), before);
    assert_eq!(acme.sealed_events(), events);
}

#[test]
fn a_role_that_has_expired_is_given_anew() {
    let acme = furnished();
    let until = |days: i64| Some(START.plus_millis(days * DAY));
    let expiring =
        |email: &str, days| AssignmentState { expires: until(days), ..given("Auditor", None, &[email], &[]) };
    acme.apply(State { assignments: vec![expiring("bo@acme.test", 1), expiring("cy@acme.test", 9)], ..state() })
        .unwrap();
    acme.clock.advance(2 * DAY);
    let roles = |email: &str| details(&acme, email).roles.len();
    assert_eq!((roles("bo@acme.test"), roles("cy@acme.test")), (0, 1));
    let events = acme.sealed_events();
    assert_eq!(ask(&acme, &[add("Auditor", &["bo@acme.test", "cy@acme.test"])]), [Ok(())]);
    assert_eq!((roles("bo@acme.test"), roles("cy@acme.test")), (1, 1));
    assert_eq!(acme.sealed_events(), events + 2, "the app, and the role given anew");
    acme.clock.advance(8 * DAY);
    assert_eq!((roles("bo@acme.test"), roles("cy@acme.test")), (1, 0), "what still ran stayed as it was");
    assert_eq!(ask(&acme, &[remove("Auditor", &["cy@acme.test"])]), [Ok(())]);
    assert_eq!(held(&acme), ["admin: ada@acme.test", "Auditor: bo@acme.test"]);
}

#[test]
fn nobody_hands_on_what_they_may_not_hand_on() {
    let acme = furnished();
    let operations = [add("admin", &["bo@acme.test"]), add("Auditor", &["bo@acme.test"]), on("admin")];
    let as_app = |scopes: &[Scope]| assign(acme.rollcall(), &app(&acme, scopes), Mode::Real, &operations);
    let outcomes = as_app(&[Scope::RoleManagement]).unwrap();
    let why = outcomes[0].as_ref().unwrap_err();
    assert_eq!(why.len(), 1);
    assert!(
        why[0].ends_with("may not grant the role \"admin\": that needs the scope master-admin (\"Master Admin\")"),
        "{why:?}"
    );
    assert_eq!(outcomes[1..], [Ok(()), Ok(())], "taking nothing and giving nothing needs no more");
    assert_eq!(as_app(&[Scope::UserManagement, Scope::MasterAdmin]).unwrap_err().code(), Code::Forbidden);
    assert_eq!(as_app(&[Scope::RoleManagement, Scope::MasterAdmin]).unwrap(), [Ok(()), Ok(()), Ok(())]);
    let ada = [remove("admin", &["ada@acme.test"])];
    let taken = assign(acme.rollcall(), &app(&acme, &[Scope::RoleManagement]), Mode::Real, &ada).unwrap();
    assert_eq!(taken, [Ok(())], "the ceiling is about giving");
}

#[test]
fn assigning_needs_the_same_statements_for_one_operation_as_for_two_hundred() {
    let acme = furnished();
    let emails: Vec<String> = (0..400).map(|n| format!("u{n}@acme.test")).collect();
    let users = emails.iter().map(|email| active(email)).collect();
    let first_half: Vec<&str> = emails[..200].iter().map(String::as_str).collect();
    acme.apply(State { users, assignments: vec![given("Auditor", None, &first_half, &["Ops"])], ..state() }).unwrap();
    let actor = app(&acme, &Scope::ALL);
    let swap = |n: usize| Operation {
        remove_users: people(&[&emails[n]]),
        add_groups: texts(&["Dev"]),
        remove_groups: texts(&["Ops"]),
        ..add("Auditor", &[&emails[200 + n]])
    };
    let needed = [0..1, 1..200].map(|range| {
        let operations: Vec<Operation> = range.map(swap).collect();
        let back = Operation { add_groups: texts(&["Ops"]), remove_groups: texts(&["Dev"]), ..on("Auditor") };
        let work = || assign(acme.rollcall(), &actor, Mode::Real, &operations).unwrap();
        let (needed, outcomes) = statements(&acme, work);
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        assign(acme.rollcall(), &actor, Mode::Real, &[back]).unwrap();
        needed
    });
    assert_eq!(needed[0], needed[1]);
    assert_eq!(held(&acme).len(), 202, "the admin, two hundred users, one group");
}

#[test]
fn a_rehearsal_answers_the_same_and_changes_nothing() {
    let acme = furnished();
    let actor = app(&acme, &Scope::ALL);
    let asked = [add("Auditor", &["bo@acme.test"]), remove("admin", &["ada@acme.test"])];
    let (before, events) = (acme.snapshot(), number(&acme, "select count(*) from audit_events"));
    let rehearsed = assign(acme.rollcall(), &actor, Mode::DryRun, &asked).unwrap();
    assert_eq!((acme.snapshot(), number(&acme, "select count(*) from audit_events")), (before, events));
    assert_eq!(assign(acme.rollcall(), &actor, Mode::Real, &asked).unwrap(), rehearsed);
    assert_eq!(held(&acme), ["admin: ada@acme.test", "Auditor: bo@acme.test"]);
}

#[test]
fn one_request_names_ten_thousand_users_and_groups_at_most() {
    let acme = furnished();
    let of = |count: usize| Operation { add_groups: vec!["Ops".into(); count], ..on("Auditor") };
    let asked = |operations: &[Operation]| assign(acme.rollcall(), &app(&acme, &Scope::ALL), Mode::Real, operations);
    let error = asked(&[of(4_000), of(6_001)]).unwrap_err();
    assert_eq!((error.code(), held(&acme).len()), (Code::Invalid, 1));
    assert!(error.to_string().contains("10001"), "{error}");
    assert_eq!(asked(&[of(4_000), of(6_000)]).unwrap(), [Ok(()), Ok(())]);
    assert_eq!(held(&acme), ["admin: ada@acme.test", "Auditor: Ops"]);
}

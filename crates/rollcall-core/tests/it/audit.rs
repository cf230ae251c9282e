//! The audit log: every change tells its event, the chain is sealed in order, and what was tampered with is found.

use std::collections::BTreeSet;

use rollcall_core::audit::{self, Broken, Verification};
use rollcall_core::chance::Secret;
use rollcall_core::files::{self, NewFile};
use rollcall_core::op::Mode;
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::roles::RoleKind;
use rollcall_core::roles::assign::Operation;
use rollcall_core::sync::{AppState, GroupState, RoleState, State, TaskState, UserState};
use rollcall_core::users::{NewUser, Status, invitation};
use rollcall_testkit::{TestRollcall, user};
use serde_json::json;

use crate::model::role_id;
use crate::setting::{
    OUT_OF_ORDER, active, app, app_state, assign, audit_texts, bot, column, create, given, group, letters, number,
    prune, role, state,
};

/// "Acme" with these many users, each with an event that is not sealed yet.
fn pending(users: usize) -> TestRollcall {
    let acme = TestRollcall::new();
    let users = (0..users).map(|n| active(&format!("u{n}@acme.test"))).collect();
    acme.apply(State { users, ..state() }).unwrap();
    acme
}

fn verify(acme: &TestRollcall) -> Verification {
    acme.read(audit::verify).unwrap()
}

/// How many are sealed and how many wait, and what is broken.
fn found(walked: &Verification) -> (u64, u64, Option<Broken>) {
    (walked.sealed, walked.pending, walked.broken.clone())
}

/// Does something to the database that Rollcall would never do; how many rows it hit.
fn tamper(acme: &TestRollcall, sql: &str) -> u64 {
    acme.database().execute(sql)
}

#[test]
fn events_are_sealed_by_the_thousand_without_gaps_in_the_order_they_were_committed() {
    let acme = pending(2_300);
    assert_eq!(found(&verify(&acme)), (0, 2_301, None));
    let sealed: Vec<(bool, u64)> =
        (0..3).map(|_| (acme.write(audit::seal).unwrap() > 0, verify(&acme).sealed)).collect();
    assert_eq!(sealed, [(true, 1_000), (true, 2_000), (false, 2_301)]);
    assert_eq!(number(&acme, OUT_OF_ORDER), 0);
    acme.apply(State { users: vec![active("late@acme.test")], ..state() }).unwrap();
    assert_eq!(found(&verify(&acme)), (2_301, 1, None));
    assert_eq!((acme.write(audit::seal).unwrap(), acme.write(audit::seal).unwrap()), (0, 0));
    assert_eq!(found(&verify(&acme)), (2_302, 0, None));
}

#[test]
fn every_account_has_a_chain_of_its_own() {
    let acme = pending(3);
    let beta = acme.found("Beta");
    acme.apply(State { name: "Beta".into(), users: vec![active("bea@beta.test")], ..State::default() }).unwrap();
    acme.apply(State { users: vec![active("u3@acme.test")], ..state() }).unwrap();
    assert_eq!(acme.sealed_events(), 5);
    let of_beta = |seal: bool| {
        let host = acme.host().actor(&beta, "test");
        if seal {
            acme.rollcall().write(host.clone(), Permission::RunJobs, Mode::Real, audit::seal).wait().unwrap();
        }
        acme.rollcall().read(host, Permission::RunJobs, audit::verify).wait().unwrap()
    };
    assert_eq!(found(&of_beta(false)), (0, 2, None));
    assert_eq!(found(&of_beta(true)), (2, 0, None));
}

#[test]
fn the_chain_of_one_account_does_not_pass_for_anothers() {
    let acme = pending(3);
    let beta = acme.found("Beta");
    acme.sealed_events();
    let host = acme.host().actor(&beta, "test");
    acme.rollcall().write(host, Permission::RunJobs, Mode::Real, audit::seal).wait().unwrap();
    assert_eq!(tamper(&acme, "delete from audit_events where account_id = 1"), 4);
    assert_eq!(tamper(&acme, "update audit_events set account_id = 1 where account_id = 2"), 1);
    assert_eq!(verify(&acme).broken.map(|broken| broken.seq), Some(1), "it begins elsewhere");
}

#[test]
fn what_was_tampered_with_is_found_at_its_number() {
    let table: [(&str, i64, &str); 11] = [
        ("update audit_events set description = 'nothing happened' where seq = 5", 5, "it is not what was sealed"),
        ("update audit_events set state_after = null where seq = 6", 6, "it is not what was sealed"),
        ("update audit_events set at = at + 1 where seq = 1", 1, "it is not what was sealed"),
        ("update audit_events set actor_name = 'somebody' where seq = 9", 9, "it is not what was sealed"),
        ("update audit_events set ip = '192.0.2.1' where seq = 3", 3, "it is not what was sealed"),
        ("delete from audit_events where seq = 4", 4, "event 4 is missing; the next is 5"),
        ("delete from audit_events where seq <= 2", 1, "events 1 to 2 are missing; the next is 3"),
        ("update audit_events set seq = null where seq = 7", 7, "event 7 is missing; the next is 8"),
        ("update audit_events set hash = ZEROS where seq = 8", 8, "it is not what was sealed"),
        ("update audit_events set previous_hash = ZEROS where seq = 8", 8, "it does not follow from the event before"),
        ("update audit_events set previous_hash = ZERO where seq = 8", 8, "it does not follow from the event before"),
    ];
    for (sql, number, why) in table {
        let acme = pending(9);
        assert_eq!(acme.sealed_events(), 10);
        let [zeros, zero] = [&[0; 32][..], &[0]].map(|bytes| acme.database().bytes(bytes));
        assert!(tamper(&acme, &sql.replace("ZEROS", &zeros).replace("ZERO", &zero)) > 0, "{sql}");
        let found = verify(&acme);
        let broken = found.broken.map(|broken| (broken.seq, broken.why));
        assert_eq!((broken, found.sealed), (Some((number, why.to_owned())), number.unsigned_abs() - 1), "{sql}");
    }
}

#[test]
fn two_events_that_changed_places_are_found() {
    let columns = ["target", "description", "state_after"];
    for what in [&columns[..], &["target", "description", "state_after", "hash", "previous_hash"]] {
        let acme = pending(9);
        acme.sealed_events();
        let set: Vec<String> = what.iter().map(|c| format!("{c} = old.{c}")).collect();
        let swapped = "old.seq = 9 - audit_events.seq and audit_events.seq in (4, 5)";
        let sql = format!("update audit_events set {} from audit_events as old where {swapped}", set.join(", "));
        assert_eq!(tamper(&acme, &sql), 2);
        assert_eq!(verify(&acme).broken.map(|broken| broken.seq), Some(4), "{what:?}");
    }
}

#[test]
fn an_event_that_was_slipped_in_is_found() {
    let acme = pending(3);
    acme.sealed_events();
    let copied = "insert into audit_events (account_id, at, actor_kind, actor_id, actor_name, category, name, target, \
                  description, seq, previous_hash, hash) select account_id, at, actor_kind, actor_id, actor_name, category, \
                  name, target, 'forged', 5, hash, hash from audit_events where seq = 4";
    assert_eq!(tamper(&acme, copied), 1);
    assert_eq!(verify(&acme).broken.map(|broken| broken.seq), Some(5));
}

/// The names of everything that Rollcall tells of.
const EVENTS: [&str; 32] = [
    "Account Created",
    "Account Modified",
    "Admin Role Assigned to Users",
    "Admin Role Deleted for Users",
    "App Created",
    "App Deleted",
    "App Modified",
    "App Scopes Modified",
    "Bot Created",
    "Bot Deleted",
    "Bot Modified",
    "Bot Role Assigned to Users",
    "Bot Role Deleted for Users",
    "Bot Task Assignment",
    "File Uploaded",
    "Group Created",
    "Group Deleted",
    "Group Updated",
    "Groups Added to Group",
    "Groups Removed from Group",
    "Invitation Accepted",
    "Role Assigned to Groups",
    "Role Created",
    "Role Deleted",
    "Role Deleted for Groups",
    "Role Permissions Updated",
    "Role Updated",
    "User Created",
    "User Deleted",
    "User Modified",
    "Users Added to Group",
    "Users Removed from Group",
];

#[test]
fn every_change_tells_its_event_and_no_event_tells_a_secret() {
    let acme = TestRollcall::new();
    let [one, other] = ["canary1-", "canary2-"].map(|text| text.repeat(8));
    let ci = |secret: &str, scopes: &[Scope]| {
        let client_secret = Some(Secret::new(secret));
        State { apps: vec![AppState { client_secret, ..app_state("ci", scopes) }], ..state() }
    };
    let tasks = Some(vec![TaskState { bot: "Helper".into(), dialogs: None }]);
    acme.apply(State {
        owner: Some("ada@acme.test".into()),
        users: vec![active("ada@acme.test"), UserState { tasks, ..active("bo@acme.test") }],
        groups: vec![group("Ops", &["bo@acme.test"], &["Dev"]), group("Dev", &[], &[])],
        roles: vec![role(RoleKind::Admin, "Auditor", &json!({}))],
        bots: vec![bot("Helper", true, &["Leave"])],
        assignments: vec![
            given("admin", None, &["ada@acme.test", "bo@acme.test"], &[]),
            given("Auditor", None, &[], &["Ops"]),
            given("Bot Owner", Some("Helper"), &["bo@acme.test"], &[]),
        ],
        ..ci(&one, &[])
    })
    .unwrap();
    acme.apply(State {
        users: vec![user("bo@acme.test", Status::Suspended)],
        groups: vec![GroupState { description: Some("All hands".into()), ..group("Ops", &[], &[]) }],
        roles: vec![RoleState {
            description: Some("Looks at all".into()),
            ..role(RoleKind::Admin, "Auditor", &json!({"Manage Users": "VIEW"}))
        }],
        bots: vec![bot("Helper", false, &[])],
        ..ci(&other, &[])
    })
    .unwrap();
    acme.apply(ci(&other, &[Scope::AuditLogs])).unwrap();

    let actor = app(&acme, &Scope::ALL);
    create(acme.rollcall(), &actor, Mode::Real, &[NewUser::with_email("cy@acme.test")]).unwrap();
    let file = NewFile::check("roles.json", "bulkImport", "json", b"[]".to_vec()).unwrap();
    let upload = move |op: &mut rollcall_core::op::Op<'_>| files::upload(op, &file);
    acme.rollcall().write(actor.clone(), Permission::UploadFiles, Mode::Real, upload).wait().unwrap();
    let (_, token) = letters(&acme).remove(0);
    let invitee = acme.rollcall().recognise_invitation(token.clone(), None).wait().unwrap().unwrap();
    acme.rollcall().write(invitee, Permission::AcceptInvitation, Mode::Real, invitation::accept).wait().unwrap();
    let taken = Operation {
        role: role_id(RoleKind::Admin, "Auditor"),
        remove_groups: vec!["Ops".into()],
        ..Operation::default()
    };
    assign(acme.rollcall(), &actor, Mode::Real, &[taken]).unwrap();
    let ada = || vec![active("ada@acme.test")];
    let assignments = vec![given("admin", None, &["ada@acme.test"], &[])];
    let groups = vec![group("Ops", &[], &[])];
    prune(&acme, State { users: ada(), assignments: assignments.clone(), groups, ..state() }).unwrap();
    prune(&acme, State { users: ada(), assignments, ..state() }).unwrap();

    let names: BTreeSet<String> = column(&acme, "select name from audit_events").into_iter().collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), EVENTS);
    acme.sealed_events();
    let told = audit_texts(&acme);
    assert!(told.contains("bo@acme.test"));
    for secret in [one, other, token] {
        assert!(!told.contains(&secret), "{secret}");
    }
}

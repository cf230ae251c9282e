//! Every fault of a description is told with its place, and nothing is done.

use rollcall_core::Code;
use rollcall_core::change::Change;
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::{AssignmentState, BotState, GroupState, State, UserState};
use rollcall_core::users::ProfileField;
use rollcall_testkit::{START, TestRollcall};
use serde_json::json;

use crate::setting::{active, bot, details, export, given, group, role, state};
use crate::sync::{everything, task};

/// What is wrong with a description, each with its place; and that nothing was changed.
fn faults(acme: &TestRollcall, file: State) -> Vec<String> {
    let before = acme.snapshot();
    let error = acme.apply(file).unwrap_err();
    assert_eq!((error.code(), acme.snapshot()), (Code::Invalid, before));
    error.each_fault().iter().map(ToString::to_string).collect()
}

#[test]
fn every_fault_of_a_file_is_told_with_its_place_and_nothing_is_done() {
    let acme = TestRollcall::new();
    acme.apply(everything()).unwrap();
    let bad = UserState {
        org_user_id: Change::Set("A 1".into()),
        profile: vec![(ProfileField::Zip, Change::Set("\u{1}".into()))],
        is_developer: Some(false),
        can_create_bot: Some(true),
        tasks: Some(vec![task("Nobody", None), task("Helper", Some(&["Pay"]))]),
        ..active("new@acme.test")
    };
    let oracle = given("Auditor", Some("Nobody"), &[], &["Nowhere"]);
    let master = AssignmentState { expires: Some(START), ..given("admin", None, &["no@acme.test"], &["Ops"]) };
    let got = faults(
        &acme,
        State {
            owner: Some("no@acme.test".into()),
            users: vec![active("a3q4"), bad, active("NEW@acme.test")],
            groups: vec![
                group(" ", &["no@acme.test"], &["Nowhere"]),
                GroupState { id: Some("e-1".into()), ..group("Day", &[], &[]) },
                group("Everyone", &[], &[]),
            ],
            roles: vec![role(RoleKind::Admin, "Admin", &json!({}))],
            bots: vec![BotState {
                owner: Change::Set("no@acme.test".into()),
                ..bot("Helper", true, &["Leave", "leave"])
            }],
            assignments: vec![
                oracle,
                master,
                given("Bot Owner", None, &[], &[]),
                given("admin", Some("Helper"), &[], &[]),
            ],
            ..state()
        },
    );
    let id = "is not an id of the form e-00000000-0000-5000-8000-000000000000";
    let who = "neither this file nor the account has this address";
    let expected = [
        "users[0].email: \"a3q4\": Missing separator character '@'.".to_owned(),
        "users[1].orgUserId: the org user id \"A 1\" belongs to ada@acme.test".into(),
        "users[1].zip: the zip holds the control character U+0001".into(),
        "users[1].canCreateBot: who may create bots must be a developer too (isDeveloper)".into(),
        "users[2].email: the user \"NEW@acme.test\" stands in this file twice".into(),
        "groups[0].name: the group's name is empty".into(),
        format!("groups[1].id: \"e-1\" {id}"),
        "groups[2].name: the group \"everyone\" is implicit and cannot be described; choose another name".into(),
        "roles[0].name: the role \"Admin\" is built in and cannot be described".into(),
        "bots[0].dialogs[1].name: the dialog \"leave\" stands in this file twice".into(),
        format!("account.owner: unknown user \"no@acme.test\": {who}"),
        format!("groups[0].members[0]: unknown user \"no@acme.test\": {who}"),
        "groups[0].groups[0]: unknown group \"Nowhere\": neither this file nor the account has a group of this name".into(),
        format!("bots[0].owner: unknown user \"no@acme.test\": {who}"),
        "users[1].tasks[0].bot: unknown bot \"Nobody\": neither this file nor the account has a bot of this name".into(),
        "users[1].tasks[1].dialogs[0]: the bot \"Helper\" has no dialog \"Pay\"".into(),
        "assignments[0].bot: unknown bot \"Nobody\": neither this file nor the account has a bot of this name".into(),
        "assignments[0].groups[0]: unknown group \"Nowhere\": neither this file nor the account has a group of this name".into(),
        "assignments[1].groups: the built-in role \"admin\" can be given to users only".into(),
        "assignments[1].expires: the built-in role \"admin\" cannot expire: the account might be left without one".into(),
        format!("assignments[1].users[0]: unknown user \"no@acme.test\": {who}"),
        "assignments[2].role: the role \"Bot Owner\" is a bot role: say on which bot (bot: NAME)".into(),
        "assignments[3].role: the role \"admin\" is an admin role: it takes no bot".into(),
    ];
    assert_eq!(got, expected);
}

#[test]
fn an_id_never_changes_and_never_belongs_to_two() {
    let acme = TestRollcall::new();
    acme.apply(everything()).unwrap();
    let has = export(&acme);
    let (ops, night) = (has.groups[0].id.clone(), has.groups[1].id.clone());
    let got = faults(
        &acme,
        State {
            groups: vec![
                GroupState { id: night.clone(), ..group("Ops", &[], &[]) },
                GroupState { id: ops.clone(), ..group("New", &[], &[]) },
            ],
            ..state()
        },
    );
    let (ops, night) = (ops.unwrap(), night.unwrap());
    assert_eq!(
        got,
        [
            format!("groups[0].id: \"Ops\" has the id {ops} here, and ids never change"),
            format!("groups[1].id: the id {ops} belongs to \"Ops\""),
        ]
    );
    assert_ne!(ops, night);
    assert_eq!(details(&acme, "ada@acme.test").groups[0].1, "Deep night");
}

#[test]
fn what_a_file_says_twice_it_says_alike() {
    let acme = TestRollcall::new();
    acme.apply(everything()).unwrap();
    let until = |time| AssignmentState { expires: time, ..given("Auditor", None, &["dee@acme.test"], &["Day"]) };
    let id = Some("e-06b41cdd-7678-5394-b958-40ca5662f502".to_owned());
    let got = faults(
        &acme,
        State {
            groups: ["One", "Two"].map(|name| GroupState { id: id.clone(), ..group(name, &[], &[]) }).to_vec(),
            assignments: vec![until(None), until(Some(START)), until(None)],
            ..state()
        },
    );
    assert_eq!(
        got,
        [
            "groups[1].id: this id stands in this file twice",
            "assignments[1].users[0]: the role \"Auditor\" of dee@acme.test ends at another time elsewhere in this file",
            "assignments[1].groups[0]: the role \"Auditor\" of Day ends at another time elsewhere in this file",
        ]
    );
}

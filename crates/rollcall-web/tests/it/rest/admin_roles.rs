//! `POST /adminroles/assignments/`: operations in order, each whole or not at all, each with its own answer.

use insta::assert_json_snapshot;
use rollcall_core::policy::Scope;
use rollcall_core::sync::{self, AssignmentState, State};
use rollcall_testkit::{Caller, START, TestRollcall};
use serde_json::{Value, json};

use crate::acme::{acme, admin_role, bot_role, everything, held};

const SCOPE: [Scope; 1] = [Scope::RoleManagement];
const MASTER: [Scope; 2] = [Scope::RoleManagement, Scope::MasterAdmin];
const PATH: &str = "adminroles/assignments/";

/// Who holds an admin role of Acme directly: addresses, then names of groups.
fn holders(acme: &TestRollcall, role: &str) -> (Vec<String>, Vec<String>) {
    let state = acme.read(|view| sync::export(view, false)).expect("an export");
    let held = state.assignments.into_iter().find(|a| a.role == role && a.bot.is_none());
    let (mut users, mut groups) = held.map(|a| (a.users, a.groups)).unwrap_or_default();
    users.sort_unstable();
    groups.sort_unstable();
    (users, groups)
}

/// What was answered to each operation: `success`, or its faults.
async fn answers(app: &Caller, operations: Value) -> Vec<String> {
    let reply = app.post(PATH, &operations).await;
    assert_eq!(reply.status, 200, "{operations}: {}", reply.text);
    let told = |answer: &Value| match answer["errors"].as_array() {
        None => answer["status"].as_str().expect("a word").to_owned(),
        Some(errors) => errors.iter().map(|e| e["msg"].as_str().expect("a message")).collect::<Vec<_>>().join("; "),
    };
    reply.json().as_array().expect("a bare array").iter().map(told).collect()
}

#[tokio::test]
async fn each_operation_is_answered_in_order() {
    let acme = acme();
    let operations = json!([
        {"roleId": format!(" {} ", admin_role("Auditor")), "addUsers": ["GRACE@acme.test"], "removeGroups": ["RISK"]},
        {"roleId": "64b8d1862f377730a77548c4", "addUsers": ["nobody@acme.test"]},
        {"roleId": admin_role("Reviewer"), "removeUsers": ["grace@acme.test"]},
    ]);
    let reply = acme.app(&SCOPE).post(PATH, &operations).await;
    assert_json_snapshot!(reply.told(), @r#"
    {
      "status": 200,
      "body": [
        {
          "status": "success",
          "roleId": "c5065e059e1d556cb9228fb9"
        },
        {
          "status": "failure",
          "roleId": "64b8d1862f377730a77548c4",
          "errors": [
            {
              "msg": "Unknown role id 64b8d1862f377730a77548c4",
              "code": 400
            },
            {
              "msg": "Unknown user nobody@acme.test",
              "code": 400
            }
          ]
        },
        {
          "status": "success",
          "roleId": "872492a7a20f53ecbb962a6e"
        }
      ]
    }
    "#);
    let expected = (vec!["ada@acme.test".to_owned(), "grace@acme.test".to_owned()], vec!["Audit".to_owned()]);
    assert_eq!(holders(&acme, "Auditor"), expected);
}

#[tokio::test]
async fn all_faults_of_an_operation_are_told_at_once() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let before = everything(&acme);
    let operation = json!({
        "roleId": bot_role("Bot Tester"),
        "addUsers": ["a3q4", "ada@acme.test"],
        "removeUsers": ["Ada@acme.test"],
        "addOrgUserIds": ["s-1"],
        "removeOrgUserIds": ["A-1"],
        "addGroups": ["Nobody", "Audit"],
        "removeGroups": ["audit", " Desks "],
    });
    assert_eq!(
        answers(&app, json!([operation])).await[0].split("; ").collect::<Vec<_>>(),
        [
            "Unknown user a3q4",
            "Unknown org user id s-1",
            "Unknown group Nobody",
            "Unknown group Desks",
            "User ada@acme.test is both to be added and to be removed",
            "Group Audit is both to be added and to be removed",
            "The role \"Bot Tester\" (30ad176be2c95f5caf74a91d) is a bot role, not an admin role",
        ]
    );
    assert_eq!(everything(&acme), before);
}

#[tokio::test]
async fn no_operations_have_no_answers() {
    assert_eq!(acme().app(&SCOPE).post(PATH, &json!([])).await.told(), json!({"status": 200, "body": []}));
}

#[tokio::test]
async fn a_trailing_slash_may_be_there_or_not() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let operations = json!([{"roleId": admin_role("Auditor"), "addUsers": ["sam@acme.test"]}]);
    let (with, without) = (app.post(PATH, &operations).await, app.post("adminroles/assignments", &operations).await);
    assert_eq!((with.status.as_u16(), &with.text), (200, &without.text));
}

#[tokio::test]
async fn empty_strings_are_skipped_as_in_the_vendors_samples() {
    let acme = acme();
    let operations = json!([{
        "roleId": admin_role("Auditor"),
        "addUsers": ["", "grace@acme.test"],
        "removeUsers": [""],
        "addOrgUserIds": [" "],
        "removeOrgUserIds": [""],
        "addGroups": [""],
        "removeGroups": ["", ""],
    }]);
    assert_eq!(answers(&acme.app(&SCOPE), operations).await, ["success"]);
    assert_eq!(holders(&acme, "Auditor").0, ["ada@acme.test", "grace@acme.test"]);
}

#[tokio::test]
async fn people_are_named_by_address_or_org_user_id_and_groups_by_name() {
    let acme = acme();
    let auditor = admin_role("Auditor");
    let operations = json!([
        {"roleId": auditor, "addOrgUserIds": ["S-1", " S-1 "], "removeOrgUserIds": ["A-1"], "addGroups": [" desk ", "Desk"]},
        {"roleId": auditor, "addUsers": ["lou@acme.test", "LOU@acme.test"], "removeGroups": ["AUDIT", "risk"]},
    ]);
    assert_eq!(answers(&acme.app(&SCOPE), operations).await, ["success", "success"]);
    let (users, groups) = holders(&acme, "Auditor");
    assert_eq!((users, groups), (vec!["Sam@Acme.test".into(), "lou@acme.test".into()], vec!["Desk".into()]));
}

#[tokio::test]
async fn adding_what_is_there_and_removing_what_is_not_are_successes_that_change_nothing() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let before = everything(&acme);
    let operations = json!([
        {"roleId": admin_role("Auditor"), "addUsers": ["ada@acme.test"], "addGroups": ["Audit"]},
        {"roleId": admin_role("Auditor"), "removeUsers": ["grace@acme.test"], "removeGroups": ["Desk"]},
        {"roleId": admin_role("Auditor")},
    ]);
    assert_eq!(answers(&app, operations).await, ["success"; 3]);
    assert_eq!(everything(&acme), before);
}

#[tokio::test]
async fn an_operation_applies_whole_or_not_at_all_and_sinks_no_other() {
    let acme = acme();
    let auditor = admin_role("Auditor");
    let operations = json!([
        {"roleId": auditor, "addUsers": ["grace@acme.test", "nobody@acme.test"], "removeGroups": ["Risk"]},
        {"roleId": auditor, "addUsers": ["lou@acme.test"]},
    ]);
    assert_eq!(answers(&acme.app(&SCOPE), operations).await, ["Unknown user nobody@acme.test", "success"]);
    let (users, groups) = holders(&acme, "Auditor");
    assert_eq!(
        (users, groups),
        (vec!["ada@acme.test".to_owned(), "lou@acme.test".into()], vec!["Audit".to_owned(), "Risk".into()])
    );
}

#[tokio::test]
async fn operations_see_those_before_them() {
    let acme = acme();
    let admin = admin_role("admin");
    let (give, take) = (
        json!({"roleId": admin, "addUsers": ["grace@acme.test"]}),
        json!({"roleId": admin, "removeUsers": ["ada@acme.test"]}),
    );
    let app = acme.app(&MASTER);
    let last =
        "ada@acme.test is the last active holder of the built-in role \"admin\", which may not be left without one";
    assert_eq!(answers(&app, json!([take, give])).await, [last, "success"]);
    assert_eq!(holders(&acme, "admin").0, ["ada@acme.test", "grace@acme.test"]);
    let back = json!({"roleId": admin, "addUsers": ["ada@acme.test"], "removeUsers": ["grace@acme.test"]});
    assert_eq!(answers(&app, json!([take, back, give, take])).await, ["success"; 4]);
    assert_eq!(holders(&acme, "admin").0, ["grace@acme.test"]);
}

#[tokio::test]
async fn the_built_in_admin_role_goes_to_no_group_and_keeps_an_active_holder() {
    let acme = acme();
    let admin = admin_role("admin");
    let last =
        "ada@acme.test is the last active holder of the built-in role \"admin\", which may not be left without one";
    let table = [
        (
            json!({"roleId": admin, "addGroups": ["Audit"]}),
            "The built-in role \"admin\" can be given to users only, not to the group \"Audit\"",
        ),
        (json!({"roleId": admin, "removeUsers": ["ada@acme.test"]}), last),
        (json!({"roleId": admin, "removeOrgUserIds": ["A-1"]}), last),
        // None of these three can act as an admin.
        (json!({"roleId": admin, "removeUsers": ["ada@acme.test"], "addUsers": ["sam@acme.test"]}), last),
        (json!({"roleId": admin, "removeUsers": ["ada@acme.test"], "addUsers": ["sue@acme.test"]}), last),
        (json!({"roleId": admin, "removeUsers": ["ada@acme.test"], "addUsers": ["lou@acme.test"]}), last),
    ];
    let app = acme.app(&MASTER);
    let before = everything(&acme);
    for (operation, fault) in table {
        assert_eq!(answers(&app, json!([operation])).await, [fault], "{operation}");
    }
    assert_eq!(everything(&acme), before);
    let handed_on = json!([{"roleId": admin, "addUsers": ["grace@acme.test"], "removeUsers": ["ada@acme.test"]}]);
    assert_eq!(answers(&app, handed_on).await, ["success"]);
    assert_eq!(holders(&acme, "admin").0, ["grace@acme.test"]);
}

#[tokio::test]
async fn the_built_in_admin_role_needs_the_scope_master_admin_to_be_given_but_not_to_be_taken() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let (admin, grace) = (admin_role("admin"), json!(["grace@acme.test"]));
    let says = format!(
        "The app \"app role-management\" ({}) may not grant the role \"admin\": that needs the scope master-admin (\"Master Admin\")",
        app.client_id()
    );
    assert_eq!(answers(&app, json!([{"roleId": admin, "addUsers": grace}])).await, [says]);
    assert_eq!(answers(&acme.app(&MASTER), json!([{"roleId": admin, "addUsers": grace}])).await, ["success"]);
    assert_eq!(answers(&app, json!([{"roleId": admin, "removeUsers": grace}])).await, ["success"]);
    assert_eq!(holders(&acme, "admin").0, ["ada@acme.test"]);
}

#[tokio::test]
async fn who_held_a_role_until_its_time_was_over_can_be_given_it_again() {
    let acme = acme();
    let until = AssignmentState {
        expires: Some(START.plus_millis(1_000)),
        ..held("Auditor", None, &["lou@acme.test"], &["Desk"])
    };
    acme.apply(State { name: "Acme".into(), assignments: vec![until], ..State::default() }).expect("a role that ends");
    acme.clock.advance(1_000);
    let operation = json!([{"roleId": admin_role("Auditor"), "addUsers": ["lou@acme.test"], "addGroups": ["Desk"]}]);
    assert_eq!(answers(&acme.app(&SCOPE), operation).await, ["success"]);
    let told =
        acme.app(&[Scope::UserManagement]).post("usersInfo", &json!({"emailIds": ["lou@acme.test"]})).await.json();
    let auditor = json!({"roleId": admin_role("Auditor"), "roleName": "Auditor", "groups": ["Desk"], "direct": true});
    let roles = told[0]["roles"]["adminRoles"].as_array().expect("a list");
    assert!(roles.contains(&auditor), "{}", told[0]["roles"]);
}

#[tokio::test]
async fn what_is_wrong_with_the_form_refuses_the_whole_request_with_every_path() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let before = everything(&acme);
    let table = [
        (json!({}), vec!["the body: expected a list, found an object"]),
        (json!(null), vec!["the body: expected a list, found null"]),
        (json!([{}]), vec!["[0].roleId: is missing"]),
        (
            json!([{"roleId": admin_role("Auditor"), "addUsers": ["grace@acme.test"]}, 5, {"roleId": 1, "addUsers": "x", "addGroups": [[]]}]),
            vec![
                "[1]: expected an object, found a number",
                "[2].roleId: expected text, found a number",
                "[2].addUsers: expected a list, found text",
                "[2].addGroups[0]: expected text, found a list",
            ],
        ),
    ];
    for (body, messages) in table {
        let reply = app.post(PATH, &body).await;
        assert_eq!(
            (reply.status.as_u16(), reply.messages()),
            (400, messages.into_iter().map(str::to_owned).collect()),
            "{body}"
        );
    }
    assert_eq!(everything(&acme), before);
}

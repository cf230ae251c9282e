//! `PUT /users`: every fault of a user, each with what it is about; whose roles an app may change; what refuses the whole
//! request.

use axum::http::Method;
use insta::assert_json_snapshot;
use rollcall_core::policy::Scope;
use rollcall_core::sync::{self, State};
use rollcall_testkit::Caller;
use serde_json::{Value, json};

use super::users_update::{DONE, put};
use crate::acme::{BOTH, acme, admin_role, bot_id, bot_role, dialog_id, everything, group, group_id};

/// What is wrong with one user: the message, and behind a dash the detail where there is one.
async fn refused(app: &Caller, asked: &Value) -> Vec<String> {
    let text = |error: &Value| {
        let detail = error["detail"].as_str().map_or_else(String::new, |detail| format!(" — {detail}"));
        error["msg"].as_str().expect("a message").to_owned() + &detail
    };
    let reply = put(app, &json!([asked])).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let errors = reply.json()["failedUserDetails"][0]["userInfo"]["reason"]["errors"].clone();
    errors.as_array().unwrap_or_else(|| panic!("{asked} was done: {}", reply.text)).iter().map(text).collect()
}

#[tokio::test]
async fn all_faults_of_a_user_are_told_at_once() {
    let acme = acme();
    acme.database().execute("update groups set source = 'directory' where name = 'Desk'");
    let app = acme.app(&BOTH);
    let before = everything(&acme);
    let (tester, auditor) = (bot_role("Bot Tester"), json!({"roleId": admin_role("Auditor")}));
    let asked = json!({
        "userInfo": {"emailId": "ada@acme.test", "orgUserId": "S-1", "lastName": "L\u{7}i", "zip": "9".repeat(51)},
        "canCreateBot": true,
        "isDeveloper": false,
        "groups": {
            "addTo": ["e-123", group_id("Audit"), group_id("Desk")],
            "removeFrom": ["e-456", group_id("Audit"), group_id("Desk")],
        },
        "roles": {
            "addTo": [{"roleId": "5d9d"}, {"roleId": tester}, auditor, {"roleId": admin_role("admin")}],
            "removeFrom": [
                {"roleId": "6e0e"},
                {"roleId": tester, "botId": "st-123"},
                {"roleId": admin_role("Reviewer"), "botId": bot_id("Shop")},
                {"roleId": tester},
                auditor,
                {"roleId": admin_role("admin")},
            ],
        },
        "assignBotTasks": [
            {"botId": "st-456"},
            {"botId": bot_id("Travel desk"), "dialogs": ["dg-123", dialog_id("Travel desk", "Book a flight")]},
            {"botId": bot_id("Draft desk")},
        ],
    });
    assert_json_snapshot!(refused(&app, &asked).await, @r#"
    [
      "\"S-1\" is not the org user id of ada@acme.test, which cannot be changed",
      "the last name holds the control character U+0007",
      "the zip is 51 characters long; at most 50 are allowed",
      "Invalid values in the body — canCreateBot is true and isDeveloper is false",
      "Unknown group id e-123",
      "The members of the group \"Desk\" come from the directory alone",
      "Unknown group id e-456",
      "The members of the group \"Desk\" come from the directory alone",
      "The group \"Audit\" is both to be joined and to be left",
      "The group \"Desk\" is both to be joined and to be left",
      "Unknown role id 5d9d",
      "The role \"Bot Tester\" is a bot role: say on which bot",
      "The app \"app user-management role-management\" (cs-d780de8d-2088-5241-8ffa-2b7d1c280c0a) may not grant the role \"admin\": that needs the scope master-admin (\"Master Admin\")",
      "Unknown role id 6e0e",
      "Unknown bot id st-123",
      "The role \"Reviewer\" is an admin role: it takes no bot",
      "The role \"Bot Tester\" is a bot role: say on which bot",
      "The role \"Auditor\" is both to be given and to be taken away",
      "Unknown bot id st-456",
      "Unknown dialog id dg-123 of the bot st-d673221c-ffd6-5672-9eb7-b6b81a853ccd",
      "The bot st-9ee12206-a918-57f3-a751-fd82691e8b34 is not published for enterprise users: its tasks cannot be assigned",
      "ada@acme.test is the last active holder of the built-in role \"admin\", which may not be left without one"
    ]
    "#);
    assert_eq!(everything(&acme), before);
}

#[tokio::test]
async fn flags_that_contradict_each_other_or_the_users_are_refused_in_the_vendors_words() {
    let acme = acme();
    let app = acme.app(&BOTH);
    let table = [
        (
            "ada@acme.test",
            json!({"canCreateBot": true, "isDeveloper": false}),
            "canCreateBot is true and isDeveloper is false",
        ),
        (
            "ada@acme.test",
            json!({"isDeveloper": false}),
            "isDeveloper is false, and canCreateBot of ada@acme.test is true",
        ),
        (
            "grace@acme.test",
            json!({"canCreateBot": true}),
            "canCreateBot is true, and isDeveloper of grace@acme.test is false",
        ),
    ];
    for (email, mut asked, detail) in table {
        asked["userInfo"]["emailId"] = json!(email);
        assert_eq!(refused(&app, &asked).await, [format!("Invalid values in the body — {detail}")], "{asked}");
    }
}

#[tokio::test]
async fn who_is_unknown_or_named_twice_or_by_another_id_is_refused() {
    let acme = acme();
    let app = acme.app(&BOTH);
    let info = |info: Value| json!({ "userInfo": info });
    let table = [
        (json!({"emailId": "a3q4"}), "User not found. Please check the provided email address."),
        (json!({"emailId": ""}), "User not found. Please check the provided email address."),
        (json!({"orgUserId": "a-1"}), "User not found. Please check the provided org user id."),
        (
            json!({"emailId": "ada@acme.test", "orgUserId": "S-1"}),
            "\"S-1\" is not the org user id of ada@acme.test, which cannot be changed",
        ),
        (
            json!({"emailId": "grace@acme.test", "orgUserId": "G-1"}),
            "\"G-1\" is not the org user id of grace@acme.test, which cannot be changed",
        ),
    ];
    for (asked, expected) in table {
        assert_eq!(refused(&app, &info(asked.clone())).await, [expected], "{asked}");
    }
    let users = json!([
        info(json!({"emailId": "sam@acme.test", "city": "Leeds"})),
        info(json!({"orgUserId": "S-1", "city": "York"})),
        info(json!({"emailId": "SAM@acme.test", "city": "Hull"})),
    ]);
    let failed = put(&app, &users).await.json()["failedUserDetails"].clone();
    let told: Vec<&Value> =
        failed.as_array().expect("two fail").iter().map(|user| &user["userInfo"]["reason"]["message"]).collect();
    assert_eq!(told, ["The user Sam@Acme.test stands in this request more than once"; 2]);
    assert_eq!(acme.database().number("select count(*) from users where city = 'Leeds'"), 1, "the first is done");
}

#[tokio::test]
async fn the_last_active_admin_stays_one_seen_over_the_users_in_order() {
    let acme = acme();
    let app = acme.app(&[BOTH[0], BOTH[1], Scope::MasterAdmin]);
    let admin = json!([{"roleId": admin_role("admin")}]);
    let gives = |email: &str| json!({"userInfo": {"emailId": email}, "roles": {"addTo": admin}});
    let takes = |email: &str| json!({"userInfo": {"emailId": email, "city": "X"}, "roles": {"removeFrom": admin}});
    let before = everything(&acme);
    // Somebody invited is no active admin; and whoever comes after does not count yet.
    let refused = put(&app, &json!([takes("ada@acme.test")])).await.json();
    assert_eq!(
        refused["failedUserDetails"][0]["userInfo"]["reason"]["message"],
        "ada@acme.test is the last active holder of the built-in role \"admin\", which may not be left without one"
    );
    assert_eq!(everything(&acme), before);
    let users = json!([gives("Sam@acme.test"), takes("ada@acme.test"), gives("grace@acme.test")]);
    let failed = put(&app, &users).await.json()["failedUserDetails"].clone();
    assert_eq!(
        (failed.as_array().map(Vec::len), &failed[0]["userInfo"]["emailId"]),
        (Some(1), &json!("ada@acme.test"))
    );
    let users = json!([takes("ada@acme.test"), takes("grace@acme.test"), takes("sam@acme.test")]);
    let failed = put(&app, &users).await.json()["failedUserDetails"].clone();
    assert_eq!(
        (failed.as_array().map(Vec::len), &failed[0]["userInfo"]["emailId"]),
        (Some(1), &json!("grace@acme.test"))
    );
    let state = acme.read(|view| sync::export(view, false)).expect("an export");
    let admins = state.assignments.into_iter().find(|held| held.role == "admin").expect("an admin").users;
    assert_eq!(admins, ["grace@acme.test"]);
}

#[tokio::test]
async fn an_app_without_role_management_changes_no_roles_either_way_be_it_by_groups() {
    let acme = acme();
    acme.apply(State {
        name: "Acme".into(),
        groups: vec![group("Plain", "", &["sue@acme.test"], &[])],
        ..State::default()
    })
    .expect("a group that carries nothing");
    let (people, roles) = (acme.app(&[Scope::UserManagement, Scope::MasterAdmin]), acme.app(&BOTH));
    let auditor = json!([{"roleId": admin_role("Auditor")}]);
    let admin = json!([{"roleId": admin_role("admin")}]);
    let tester = json!([{"roleId": bot_role("Bot Tester"), "botId": bot_id("Travel desk")}]);
    let grant = |role: &str| format!("may not grant the role \"{role}\": that needs the scope role-management");
    let take = |role: &str| format!("may not take away the role \"{role}\": that needs the scope role-management");
    let table = [
        (&people, json!({"roles": {"addTo": auditor}}), grant("Auditor")),
        (&people, json!({"roles": {"addTo": admin}}), grant("admin")),
        (&people, json!({"roles": {"addTo": tester}}), grant("Bot Tester")),
        (&people, json!({"groups": {"addTo": [group_id("Desk")]}}), grant("Reviewer")),
        (&people, json!({"roles": {"removeFrom": auditor}}), take("Auditor")),
        (&people, json!({"roles": {"removeFrom": admin}}), take("admin")),
        (&people, json!({"roles": {"removeFrom": tester}}), take("Bot Tester")),
        (&people, json!({"groups": {"removeFrom": [group_id("Desk")]}}), take("Reviewer")),
        (
            &roles,
            json!({"roles": {"addTo": admin}}),
            "may not grant the role \"admin\": that needs the scope master-admin".into(),
        ),
    ];
    let before = everything(&acme);
    for (app, mut asked, expected) in table {
        asked["userInfo"]["emailId"] = json!("lou@acme.test");
        let reply = put(app, &json!([asked])).await.json();
        let errors = reply["failedUserDetails"][0]["userInfo"]["reason"]["errors"].clone();
        assert_eq!(errors.as_array().map(Vec::len), Some(1), "{asked}: {reply}");
        assert!(errors[0]["msg"].as_str().is_some_and(|msg| msg.contains(&expected)), "{asked}: {errors}");
    }
    assert_eq!(everything(&acme), before);
    let plain = json!([
        {"userInfo": {"emailId": "lou@acme.test"}, "groups": {"addTo": [group_id("Plain")]}},
        {"userInfo": {"emailId": "sue@acme.test"}, "groups": {"removeFrom": [group_id("Plain")]}},
    ]);
    assert_eq!(put(&people, &plain).await.text, DONE, "what carries nothing is free to join and to leave");
    let by_roles = json!([{
        "userInfo": {"emailId": "lou@acme.test"},
        "groups": {"removeFrom": [group_id("Desk")]},
        "roles": {"addTo": auditor},
    }, {"userInfo": {"emailId": "ada@acme.test"}, "roles": {"removeFrom": tester}}]);
    assert_eq!(put(&roles, &by_roles).await.text, DONE);
}

#[tokio::test]
async fn what_is_wrong_with_the_form_refuses_the_whole_request() {
    let acme = acme();
    let app = acme.app(&[Scope::UserManagement]);
    let before = everything(&acme);
    let good = json!({"userInfo": {"emailId": "ada@acme.test", "city": "Leeds"}});
    let table = [
        (json!({}), "users: is missing"),
        (json!({"users": null}), "users: is missing"),
        (json!({"users": []}), "users: cannot be empty"),
        (json!({"users": [good, {}]}), "users[1].userInfo: is missing"),
        (json!({"users": [good, {"userInfo": {}}]}), "users[1].userInfo.emailId: is missing, and so is orgUserId"),
        (
            json!({"users": [good, {"userInfo": {"emailId": null, "orgUserId": null}}]}),
            "users[1].userInfo.emailId: is missing, and so is orgUserId",
        ),
        (
            json!({"users": [good, {"userInfo": {"emailId": "ada@acme.test"}, "groups": [group_id("Audit")]}]}),
            "users[1].groups: expected an object, found a list",
        ),
    ];
    for (body, message) in table {
        let reply = app.ask(Method::PUT, "users", body.to_string()).await;
        assert_eq!((reply.status.as_u16(), reply.messages()), (400, vec![message.to_owned()]), "{body}");
    }
    assert_eq!(everything(&acme), before, "nobody was changed, not even who was in order");
}

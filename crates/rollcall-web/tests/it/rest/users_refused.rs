//! `POST /users`: every fault of a user, each with what it is about, and the ceiling over what an app may grant.

use insta::assert_json_snapshot;
use rollcall_core::policy::Scope;
use rollcall_testkit::Caller;
use serde_json::{Value, json};

use crate::acme::{BOTH, acme, admin_role, bot_id, bot_role, dialog_id, everything, group_id};

const SCOPE: [Scope; 1] = [Scope::UserManagement];

/// The faults of each user that failed, in order: the message, and behind a dash the detail where there is one.
fn faults(body: &Value) -> Vec<Vec<String>> {
    let text = |error: &Value| {
        let detail = error["detail"].as_str().map_or_else(String::new, |detail| format!(" — {detail}"));
        error["msg"].as_str().expect("a message").to_owned() + &detail
    };
    let failed = body["failedUserDetails"].as_array().expect("some failed");
    failed
        .iter()
        .map(|f| f["userInfo"]["reason"]["errors"].as_array().expect("faults").iter().map(text).collect())
        .collect()
}

/// What is wrong with one user of whom this is asked beside a good address.
async fn refused(app: &Caller, mut asked: Value) -> Vec<String> {
    asked["userInfo"]["emailId"] = json!("jo@acme.test");
    let reply = app.post("users", &json!({ "users": [asked] })).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    faults(&reply.json()).remove(0)
}

#[tokio::test]
async fn all_faults_of_a_user_are_told_at_once() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let before = everything(&acme);
    let user = json!({
        "userInfo": {"emailId": "ada@acme.test", "firstName": "Jo", "orgUserId": "S-1", "lastName": "L\u{7}i", "zip": "9".repeat(51)},
        "canCreateBot": true,
        "isDeveloper": false,
        "groups": ["e-123", group_id("Audit")],
        "roles": [
            {"roleId": "5d9d"},
            {"roleId": bot_role("Bot Tester")},
            {"roleId": admin_role("Auditor"), "botId": "st-123"},
        ],
        "assignBotTasks": [
            {"streamId": "st-456"},
            {"streamId": bot_id("Travel desk"), "dialogs": ["dg-123"]},
            {"streamId": bot_id("Draft desk")},
        ],
    });
    let reply = app.post("users", &json!({ "users": [user] })).await;
    assert_json_snapshot!(faults(&reply.json()), @r#"
    [
      [
        "USER_ALREADY_EXISTS — A user with the e-mail address \"ada@acme.test\" exists in this account",
        "The org user id \"S-1\" belongs to another user",
        "the last name holds the control character U+0007",
        "the zip is 51 characters long; at most 50 are allowed",
        "Invalid values in the body — canCreateBot is true and isDeveloper is false",
        "Unknown group id e-123",
        "The app \"app user-management\" (cs-b7d38286-cf4e-5366-aadb-acc22c31700f) may not grant the role \"Auditor\": that needs the scope role-management (\"Profile Management > Role Management\") (the group \"Audit\" carries it)",
        "The app \"app user-management\" (cs-b7d38286-cf4e-5366-aadb-acc22c31700f) may not grant the role \"Bot Developer\": that needs the scope role-management (\"Profile Management > Role Management\") (the group \"Audit\" carries it)",
        "The app \"app user-management\" (cs-b7d38286-cf4e-5366-aadb-acc22c31700f) may not grant the role \"Reviewer\": that needs the scope role-management (\"Profile Management > Role Management\") (the group \"Audit\" carries it)",
        "Unknown role id 5d9d",
        "The role \"Bot Tester\" is a bot role: say on which bot",
        "The app \"app user-management\" (cs-b7d38286-cf4e-5366-aadb-acc22c31700f) may not grant the role \"Bot Tester\": that needs the scope role-management (\"Profile Management > Role Management\")",
        "Unknown bot id st-123",
        "The role \"Auditor\" is an admin role: it takes no bot",
        "The app \"app user-management\" (cs-b7d38286-cf4e-5366-aadb-acc22c31700f) may not grant the role \"Auditor\": that needs the scope role-management (\"Profile Management > Role Management\")",
        "Unknown bot id st-456",
        "Unknown dialog id dg-123 of the bot st-d673221c-ffd6-5672-9eb7-b6b81a853ccd",
        "The bot st-9ee12206-a918-57f3-a751-fd82691e8b34 is not published for enterprise users: its tasks cannot be assigned"
      ]
    ]
    "#);
    assert_eq!(everything(&acme), before);
}

#[tokio::test]
async fn what_is_no_address_is_invalid_email_in_the_vendors_word() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    for bad in [
        "",
        " ",
        "deskkore1",
        "@acme.test",
        "jo@",
        "jo li@acme.test",
        "Jo <jo@acme.test>",
        "jo@acme..test",
        "j\u{0}o@acme.test",
    ] {
        let reply = app.post("users", &json!({"users": [{"userInfo": {"emailId": bad}}]})).await.json();
        let info = &reply["failedUserDetails"][0]["userInfo"];
        assert_eq!(info["reason"]["message"], "INVALID_EMAIL", "{bad:?}");
        assert_eq!(info["emailId"], bad, "what was sent is repeated as it was");
        let detail = info["reason"]["errors"][0]["detail"].as_str().expect("a detail");
        assert!(detail.starts_with("Invalid e-mail address "), "{bad:?}: {detail}");
    }
    let long = format!("{}@acme.test", "j".repeat(250));
    let reply = app.post("users", &json!({"users": [{"userInfo": {"emailId": long}}]})).await;
    assert!(faults(&reply.json())[0][0].contains("260 characters long; at most 254 are allowed"), "{}", reply.text);
}

#[tokio::test]
async fn who_stands_twice_in_one_request_fails_the_second_time() {
    let acme = acme();
    let users = json!([
        {"userInfo": {"emailId": "jo@acme.test", "orgUserId": "J-1"}},
        {"userInfo": {"emailId": "JO@acme.TEST"}},
        {"userInfo": {"emailId": "li@acme.test", "orgUserId": " J-1 "}},
        {"userInfo": {"emailId": "li@acme.test", "orgUserId": "j-1"}},
        {"userInfo": {"emailId": "mo@acme.test", "orgUserId": ""}},
        {"userInfo": {"emailId": "no@acme.test", "orgUserId": ""}},
    ]);
    let reply = acme.app(&SCOPE).post("users", &json!({ "users": users })).await;
    assert_eq!(
        faults(&reply.json()),
        [
            vec!["The e-mail address \"JO@acme.TEST\" stands in this request more than once"],
            vec!["The org user id \"J-1\" stands in this request more than once"],
            // The address stood in a user that failed; which of the two was meant is not for us to guess.
            vec!["The e-mail address \"li@acme.test\" stands in this request more than once"],
        ]
    );
}

#[tokio::test]
async fn roles_bots_and_tasks_that_do_not_go_together_are_refused() {
    let acme = acme();
    let app = acme.app(&BOTH);
    let (tester, auditor) = (bot_role("Bot Tester"), admin_role("Auditor"));
    let (travel, draft, shop) = (bot_id("Travel desk"), bot_id("Draft desk"), bot_id("Shop"));
    let other = dialog_id("Draft desk", "Plan");
    let table = [
        (json!({"roles": [{"roleId": tester}]}), "The role \"Bot Tester\" is a bot role: say on which bot".to_owned()),
        (
            json!({"roles": [{"roleId": auditor, "streamId": travel}]}),
            "The role \"Auditor\" is an admin role: it takes no bot".into(),
        ),
        (json!({"roles": [{"roleId": tester, "botId": "st-1"}]}), "Unknown bot id st-1".into()),
        (json!({"roles": [{"roleId": "Auditor"}]}), "Unknown role id Auditor".into()),
        (json!({"groups": ["Audit"]}), "Unknown group id Audit".into()),
        (
            json!({"assignBotTasks": [{"botId": draft}]}),
            format!("The bot {draft} is not published for enterprise users: its tasks cannot be assigned"),
        ),
        (
            json!({"assignBotTasks": [{"botId": shop}]}),
            format!("The bot {shop} is not published for enterprise users: its tasks cannot be assigned"),
        ),
        (
            json!({"assignBotTasks": [{"botId": travel, "dialogs": [other]}]}),
            format!("Unknown dialog id {other} of the bot {travel}"),
        ),
        (
            json!({"isDeveloper": false}),
            "Invalid values in the body — canCreateBot is true and isDeveloper is false".into(),
        ),
        (json!({"userInfo": {"orgUserId": "A-1"}}), "The org user id \"A-1\" belongs to another user".into()),
        (
            json!({"userInfo": {"orgUserId": "x".repeat(201)}}),
            "the org user id is 201 characters long; at most 200 are allowed".into(),
        ),
    ];
    for (asked, expected) in table {
        assert_eq!(refused(&app, asked.clone()).await, [expected], "{asked}");
    }
}

#[tokio::test]
async fn an_app_grants_no_role_over_its_ceiling_be_it_through_a_group_above() {
    let acme = acme();
    let (people, roles) = (acme.app(&SCOPE), acme.app(&BOTH));
    let everything = acme.app(&[BOTH[0], BOTH[1], Scope::MasterAdmin]);
    let says = |app: &Caller, role: &str, scope: Scope| {
        let name =
            if app.client_id() == people.client_id() { "user-management" } else { "user-management role-management" };
        format!(
            "The app \"app {name}\" ({}) may not grant the role {role:?}: that needs the scope {} (\"{}\")",
            app.client_id(),
            scope.id(),
            scope.label()
        )
    };
    let needs_roles = |role: &str| says(&people, role, Scope::RoleManagement);
    let table = [
        (&people, json!({"roles": [{"roleId": admin_role("Auditor")}]}), needs_roles("Auditor")),
        (
            &people,
            json!({"roles": [{"roleId": bot_role("Bot Tester"), "botId": bot_id("Travel desk")}]}),
            needs_roles("Bot Tester"),
        ),
        (&people, json!({"roles": [{"roleId": admin_role("admin")}]}), needs_roles("admin")),
        // Desk carries nothing itself; the Board above it does.
        (&people, json!({"groups": [group_id("Desk")]}), needs_roles("Reviewer") + " (the group \"Desk\" carries it)"),
        (&roles, json!({"roles": [{"roleId": admin_role("admin")}]}), says(&roles, "admin", Scope::MasterAdmin)),
    ];
    for (app, asked, expected) in table {
        assert_eq!(refused(app, asked.clone()).await, [expected], "{asked}");
    }
    let allowed = json!({
        "userInfo": {"emailId": "jo@acme.test"},
        "groups": [group_id("Audit"), group_id("Desk")],
        "roles": [{"roleId": admin_role("admin")}, {"roleId": admin_role("Auditor")}],
    });
    let reply = everything.post("users", &json!({ "users": [allowed] })).await;
    assert_eq!(reply.text, r#"{"msg":"Users are created Successfully"}"#);
}

#[tokio::test]
async fn what_is_wrong_with_the_form_refuses_the_whole_request_with_every_path() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let before = everything(&acme);
    let table = [
        (json!({}), vec!["users: is missing"]),
        (json!({"users": null}), vec!["users: is missing"]),
        (json!({"users": []}), vec!["users: cannot be empty"]),
        (json!({"users": {}}), vec!["users: expected a list, found an object"]),
        (json!([]), vec!["the body: expected an object, found a list"]),
        (json!({"users": [{"userInfo": {}}]}), vec!["users[0].userInfo.emailId: is missing"]),
        (
            json!({"sendEmail": "no", "users": [{"userInfo": {"emailId": "jo@acme.test"}}, 7, {
                "userInfo": {"emailId": 5, "firstName": [], "orgUserId": 17},
                "groups": ["a", 1],
                "roles": [{"botId": true}, {}],
                "assignBotTasks": [{"dialogs": [null]}, "x"],
                "canCreateBot": "yes",
                "isDeveloper": 1,
                "sendEmail": {},
            }, {}]}),
            vec![
                "sendEmail: expected true or false, found text",
                "users[1]: expected an object, found a number",
                "users[2].roles[0].roleId: is missing",
                "users[2].roles[0].botId: expected text, found a boolean",
                "users[2].roles[1].roleId: is missing",
                "users[2].assignBotTasks[1]: expected an object, found text",
                "users[2].assignBotTasks[0].botId: is missing",
                "users[2].groups[1]: expected text, found a number",
                "users[2].canCreateBot: expected true or false, found text",
                "users[2].isDeveloper: expected true or false, found a number",
                "users[2].sendEmail: expected true or false, found an object",
                "users[2].userInfo.firstName: expected text, found a list",
                "users[2].userInfo.emailId: expected text, found a number",
                "users[2].userInfo.orgUserId: expected text, found a number",
                "users[3].userInfo: is missing",
            ],
        ),
    ];
    for (body, messages) in table {
        let reply = app.post("users", &body).await;
        assert_eq!(
            (reply.status.as_u16(), reply.messages()),
            (400, messages.into_iter().map(str::to_owned).collect()),
            "{body}"
        );
    }
    assert_eq!(everything(&acme), before, "nobody was created, not even who was in order");
}

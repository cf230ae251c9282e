//! `POST /users`: what is created and invited, and how all, some and none created are told. Faults: `users_refused`.

use insta::{assert_compact_json_snapshot, assert_json_snapshot};
use rollcall_core::change::Change;
use rollcall_core::policy::Scope;
use rollcall_core::sync;
use rollcall_core::users::ProfileField;
use rollcall_testkit::Caller;
use serde_json::{Value, json};

use crate::acme::{BOTH, acme, admin_role, bot_id, bot_role, dialog_id, everything, group_id, invited};

const SCOPE: [Scope; 1] = [Scope::UserManagement];

/// Creates one user of whom this is asked beside the address, and tells what usersInfo then says of them.
async fn created(app: &Caller, email: &str, mut asked: Value) -> Value {
    asked["userInfo"]["emailId"] = json!(email);
    let reply = app.post("users", &json!({ "users": [asked] })).await;
    assert_eq!(reply.text, r#"{"msg":"Users are created Successfully"}"#);
    app.post("usersInfo", &json!({ "emailIds": [email] })).await.json()[0].clone()
}

/// The names of a list of roles, each with its bot.
fn held(roles: &Value) -> Vec<String> {
    let on = |role: &Value| role["botName"].as_str().map_or_else(String::new, |bot| format!(" on {bot}"));
    roles
        .as_array()
        .expect("a list")
        .iter()
        .map(|r| r["roleName"].as_str().expect("a name").to_owned() + &on(r))
        .collect()
}

#[tokio::test]
async fn when_all_are_created_one_sentence_says_so() {
    let acme = acme();
    let body = json!({"users": [{"userInfo": {"emailId": "jo@acme.test"}}, {"userInfo": {"emailId": "li@acme.test"}}]});
    let reply = acme.app(&SCOPE).post("users", &body).await;
    assert_compact_json_snapshot!(reply.told(), @r#"{"status": 200, "body": {"msg": "Users are created Successfully"}}"#);
    assert_eq!(invited(&acme), ["jo@acme.test", "li@acme.test"]);
}

#[tokio::test]
async fn when_some_fail_these_alone_are_told_in_their_order_and_the_others_are_created() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let body = json!({"users": [
        {"userInfo": {"emailId": "deskkore1", "firstName": "user1"}},
        {"userInfo": {"emailId": "jo@acme.test", "firstName": "Jo"}},
        {"userInfo": {"emailId": "Ada@ACME.test"}, "canCreateBot": true, "isDeveloper": false},
        {"userInfo": {"emailId": "li@acme.test"}},
    ]});
    let reply = app.post("users", &body).await;
    assert_json_snapshot!(reply.told(), @r#"
    {
      "status": 200,
      "body": {
        "failedUserDetails": [
          {
            "userInfo": {
              "emailId": "deskkore1",
              "firstName": "user1",
              "status": "failure",
              "reason": {
                "statusCode": 400,
                "status": 400,
                "customCode": 400,
                "errors": [
                  {
                    "msg": "INVALID_EMAIL",
                    "code": 400,
                    "detail": "Invalid e-mail address \"deskkore1\": Missing separator character '@'."
                  }
                ],
                "message": "INVALID_EMAIL",
                "name": "BadRequest"
              }
            }
          },
          {
            "userInfo": {
              "emailId": "Ada@ACME.test",
              "status": "failure",
              "reason": {
                "statusCode": 400,
                "status": 400,
                "customCode": 400,
                "errors": [
                  {
                    "msg": "USER_ALREADY_EXISTS",
                    "code": 400,
                    "detail": "A user with the e-mail address \"Ada@ACME.test\" exists in this account"
                  },
                  {
                    "msg": "Invalid values in the body",
                    "code": 400,
                    "detail": "canCreateBot is true and isDeveloper is false"
                  }
                ],
                "message": "USER_ALREADY_EXISTS",
                "name": "BadRequest"
              }
            }
          }
        ]
      }
    }
    "#);
    assert_eq!(invited(&acme), ["jo@acme.test", "li@acme.test"]);
    let found = app.post("usersInfo", &json!({"emailIds": ["jo@acme.test", "li@acme.test"]})).await.json();
    assert_eq!(
        (&found[0]["userInfo"]["firstName"], &found[1]["userInfo"]["status"]),
        (&json!("Jo"), &json!("not active"))
    );
}

#[tokio::test]
async fn when_all_fail_nothing_is_changed() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let before = everything(&acme);
    let body = json!({"users": [{"userInfo": {"emailId": "ada@acme.test"}}, {"userInfo": {"emailId": "a b"}}]});
    let reply = app.post("users", &body).await;
    let body = reply.json();
    let failed = body["failedUserDetails"].as_array().expect("some failed");
    let told: Vec<_> =
        failed.iter().map(|f| (&f["userInfo"]["emailId"], &f["userInfo"]["reason"]["message"])).collect();
    let expected = [(json!("ada@acme.test"), json!("USER_ALREADY_EXISTS")), (json!("a b"), json!("INVALID_EMAIL"))];
    assert_eq!((reply.status.as_u16(), told), (200, expected.iter().map(|(email, why)| (email, why)).collect()));
    assert_eq!(everything(&acme), before);
}

#[tokio::test]
async fn a_new_user_is_not_active_and_may_develop_unless_otherwise_asked() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    assert_json_snapshot!(created(&app, "jo@acme.test", json!({})).await, {".userInfo.userId" => "[random]"}, @r#"
    {
      "canCreateBot": true,
      "isDeveloper": true,
      "userInfo": {
        "emailId": "jo@acme.test",
        "userId": "[random]",
        "orgUserId": null,
        "firstName": "",
        "lastName": "",
        "status": "not active",
        "lastLogin": null
      },
      "roles": {
        "btRoles": [],
        "adminRoles": []
      },
      "assignBotTasks": [],
      "groups": []
    }
    "#);
    let table = [
        (json!({"canCreateBot": null, "isDeveloper": null}), (true, true)),
        (json!({"canCreateBot": false}), (false, true)),
        (json!({"canCreateBot": false, "isDeveloper": false}), (false, false)),
        (json!({"canCreateBot": true, "isDeveloper": true}), (true, true)),
    ];
    for (n, (asked, expected)) in table.into_iter().enumerate() {
        let told = created(&app, &format!("jo{n}@acme.test"), asked.clone()).await;
        assert_eq!(
            (told["canCreateBot"].clone(), told["isDeveloper"].clone()),
            (json!(expected.0), json!(expected.1)),
            "{asked}"
        );
    }
}

#[tokio::test]
async fn every_field_of_user_info_is_kept_trimmed() {
    let acme = acme();
    let info = json!({
        "emailId": " Jo@acme.test ", "orgUserId": " J-1 ", "firstName": " Jo ", "lastName": "Li", "companyName": "Acme Ltd",
        "dept": "Sales", "companyContactPhone": "+1 2", "worknumber": "+3 4", "street": "High Street 5", "suiteNo": "6",
        "city": "Leeds", "zip": "LS1", "state": "West Yorkshire", "country": "  ", "jobTitle": "not a field of this call",
    });
    let reply = acme.app(&SCOPE).post("users", &json!({"users": [{"userInfo": info}]})).await;
    assert_eq!(reply.text, r#"{"msg":"Users are created Successfully"}"#);
    let state = acme.read(|view| sync::export(view, false)).expect("an export");
    let user = state.users.last().expect("the new one");
    assert_eq!((user.email.as_str(), &user.org_user_id), ("Jo@acme.test", &Change::Set("J-1".into())));
    let known = |field, text: &str| (field, Change::Set(text.to_owned()));
    assert_eq!(
        user.profile,
        [
            known(ProfileField::FirstName, "Jo"),
            known(ProfileField::LastName, "Li"),
            known(ProfileField::Company, "Acme Ltd"),
            known(ProfileField::Department, "Sales"),
            known(ProfileField::CompanyPhone, "+1 2"),
            known(ProfileField::WorkNumber, "+3 4"),
            known(ProfileField::Street, "High Street 5"),
            known(ProfileField::Suite, "6"),
            known(ProfileField::City, "Leeds"),
            known(ProfileField::Zip, "LS1"),
            known(ProfileField::State, "West Yorkshire"),
        ]
    );
}

#[tokio::test]
async fn groups_roles_and_tasks_are_given_and_bot_id_and_stream_id_are_one() {
    let acme = acme();
    let app = acme.app(&BOTH);
    let (travel, book) = (bot_id("Travel desk"), dialog_id("Travel desk", "Book a flight"));
    for (n, (bot, other)) in [("botId", "streamId"), ("streamId", "botId")].into_iter().enumerate() {
        let asked = json!({
            "groups": [group_id("Desk"), "", group_id("Desk")],
            "roles": [
                {"roleId": admin_role("Auditor")},
                {"roleId": admin_role("Auditor"), bot: ""},
                {"roleId": bot_role("Bot Tester"), bot: travel},
                {"roleId": bot_role("Desk lead"), bot: bot_id("Draft desk")},
            ],
            "assignBotTasks": [{bot: travel, other: "", "dialogs": [book, "", book]}],
        });
        let told = created(&app, &format!("jo{n}@acme.test"), asked).await;
        assert_eq!(held(&told["roles"]["adminRoles"]), ["Auditor", "Reviewer"], "{bot}");
        assert_eq!(held(&told["roles"]["btRoles"]), ["Bot Tester on Travel desk", "Desk lead on Draft desk"], "{bot}");
        assert_eq!(told["groups"], json!([{"groupId": group_id("Desk"), "groupName": "Desk"}]), "{bot}");
        assert_eq!(
            (&told["assignBotTasks"][0]["botId"], &told["assignBotTasks"][0]["dialogs"]),
            (&json!(travel), &json!([book]))
        );
    }
}

#[tokio::test]
async fn tasks_without_dialogs_are_all_of_the_bots_tasks_and_an_empty_list_is_none() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let all = json!([dialog_id("Travel desk", "Book a flight"), dialog_id("Travel desk", "Cancel a flight")]);
    let told = created(&app, "jo@acme.test", json!({"assignBotTasks": [{"streamId": bot_id("Travel desk")}]})).await;
    assert_eq!(told["assignBotTasks"][0]["dialogs"], all);
    let none = json!({"assignBotTasks": [{"streamId": bot_id("Travel desk"), "dialogs": []}]});
    assert_eq!(created(&app, "li@acme.test", none).await["assignBotTasks"], json!([]));
}

#[tokio::test]
async fn an_invitation_is_queued_unless_the_closer_send_email_is_false() {
    // (beside users, in the user, whether a letter waits)
    let table = [
        (json!(null), json!(null), true),
        (json!(true), json!(null), true),
        (json!(false), json!(null), false),
        (json!(null), json!(true), true),
        (json!(null), json!(false), false),
        (json!(true), json!(false), false),
        (json!(false), json!(true), true),
        (json!(false), json!(false), false),
    ];
    let acme = acme();
    let app = acme.app(&SCOPE);
    let mut expected = Vec::new();
    for (n, (beside, inside, waits)) in table.into_iter().enumerate() {
        let email = format!("jo{n}@acme.test");
        let user = json!({"userInfo": {"emailId": email}, "sendEmail": inside});
        let reply = app.post("users", &json!({"users": [user], "sendEmail": beside})).await;
        assert_eq!(reply.text, r#"{"msg":"Users are created Successfully"}"#, "{beside} {inside}");
        expected.extend(waits.then_some(email));
        assert_eq!(invited(&acme), expected, "beside {beside}, inside {inside}");
    }
}

#[tokio::test]
async fn who_fails_is_not_invited() {
    let acme = acme();
    let users = json!([
        {"userInfo": {"emailId": "jo@acme.test"}, "groups": ["e-123"]},
        {"userInfo": {"emailId": "li@acme.test"}},
        {"userInfo": {"emailId": "li@acme.test"}},
    ]);
    acme.app(&SCOPE).post("users", &json!({ "users": users })).await;
    assert_eq!(invited(&acme), ["li@acme.test"]);
}

#[tokio::test]
async fn a_thousand_users_are_created_in_one_call() {
    let acme = acme();
    let users: Vec<Value> = (0..1_000).map(|n| json!({"userInfo": {"emailId": format!("u{n}@acme.test")}})).collect();
    let reply = acme.app(&SCOPE).post("users", &json!({ "users": users })).await;
    assert_eq!(reply.text, r#"{"msg":"Users are created Successfully"}"#);
    let state = acme.read(|view| sync::export(view, false)).expect("an export");
    assert_eq!(state.users.len(), 1_005);
}

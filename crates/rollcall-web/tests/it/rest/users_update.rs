//! `PUT /users`: what is changed and what stays, and how all, some and none changed are told. Faults: `users_update_refused`.

use axum::http::Method;
use insta::{assert_compact_json_snapshot, assert_json_snapshot};
use rollcall_core::change::Change;
use rollcall_core::policy::Scope;
use rollcall_core::sync::{self, UserState};
use rollcall_core::users::ProfileField;
use rollcall_testkit::{Caller, Reply, TestRollcall};
use serde_json::{Value, json};

use crate::acme::{BOTH, acme, admin_role, bot_id, bot_role, dialog_id, everything, group_id};

const SCOPE: [Scope; 1] = [Scope::UserManagement];
pub(super) const DONE: &str = r#"{"msg":"Users are updated Successfully"}"#;

/// Asks for changes of users.
pub(super) async fn put(app: &Caller, users: &Value) -> Reply {
    app.ask(Method::PUT, "users", json!({ "users": users }).to_string()).await
}

/// Changes one user, who is there and whose change is in order.
async fn changed(app: &Caller, email: &str, mut asked: Value) -> Value {
    asked["userInfo"]["emailId"] = json!(email);
    assert_eq!(put(app, &json!([asked])).await.text, DONE, "{asked}");
    app.post("usersInfo", &json!({ "emailIds": [email] })).await.json()[0].clone()
}

fn exported(acme: &TestRollcall, email: &str) -> UserState {
    let state = acme.read(|view| sync::export(view, false)).expect("an export");
    state.users.into_iter().find(|user| user.email == email).expect("the user")
}

/// The last events of the audit log, the latest last: name, description, before, after.
fn told(acme: &TestRollcall, count: usize) -> Vec<String> {
    let sql = format!(
        "select concat_ws(' | ', name, description, state_before, state_after) from audit_events order by id desc limit {count}"
    );
    let mut rows: Vec<String> = acme.database().query(&sql).into_iter().flatten().flatten().collect();
    rows.reverse();
    rows
}

#[tokio::test]
async fn what_is_given_changes_what_is_null_or_empty_is_cleared_and_the_rest_stays() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let profile = json!({"firstName": " Grace ", "companyName": "Acme Ltd", "dept": "Sales", "companyContactPhone": "+1 2",
        "worknumber": "+3 4", "street": "High Street 5", "suiteNo": "6", "city": "Leeds", "zip": "LS1",
        "state": "West Yorkshire", "country": "UK"});
    changed(&app, "grace@acme.test", json!({ "userInfo": profile })).await;
    let info =
        json!({"firstName": null, "lastName": "Hop", "city": " ", "country": "FR", "jobTitle": "not a field here"});
    let before = exported(&acme, "grace@acme.test");
    let reply = changed(&app, "GRACE@acme.test", json!({"userInfo": info, "sendEmail": true})).await;
    assert_eq!((&reply["canCreateBot"], &reply["isDeveloper"]), (&json!(false), &json!(false)), "absent is no change");
    let known = |field, text: &str| (field, Change::Set(text.to_owned()));
    let after = exported(&acme, "grace@acme.test");
    assert_eq!(
        after.profile,
        [
            known(ProfileField::LastName, "Hop"),
            known(ProfileField::Company, "Acme Ltd"),
            known(ProfileField::Department, "Sales"),
            known(ProfileField::CompanyPhone, "+1 2"),
            known(ProfileField::WorkNumber, "+3 4"),
            known(ProfileField::Street, "High Street 5"),
            known(ProfileField::Suite, "6"),
            known(ProfileField::Zip, "LS1"),
            known(ProfileField::State, "West Yorkshire"),
            known(ProfileField::Country, "FR"),
        ]
    );
    let others = UserState { profile: before.profile.clone(), ..after };
    assert_eq!(format!("{others:?}"), format!("{before:?}"), "nothing else");
    assert_eq!(
        told(&acme, 1),
        [
            r#"User Modified | User grace@acme.test was changed | {"first_name":"Grace","last_name":null,"city":"Leeds","country":"UK"} | {"first_name":null,"last_name":"Hop","city":null,"country":"FR"}"#
        ]
    );
    acme.sealed_events();
}

#[tokio::test]
async fn the_flags_change_where_they_are_given() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let table = [
        (json!({"isDeveloper": true}), (false, true)),
        (json!({"canCreateBot": true}), (true, true)),
        (json!({"canCreateBot": null, "isDeveloper": null}), (true, true)),
        (json!({"canCreateBot": false, "isDeveloper": false}), (false, false)),
        (json!({"canCreateBot": true, "isDeveloper": true}), (true, true)),
        (json!({}), (true, true)),
    ];
    for (asked, expected) in table {
        let info = changed(&app, "grace@acme.test", asked.clone()).await;
        let flags = (info["canCreateBot"].clone(), info["isDeveloper"].clone());
        assert_eq!(flags, (json!(expected.0), json!(expected.1)), "{asked}");
    }
}

#[tokio::test]
async fn an_org_user_id_says_who_is_meant_and_stays() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let users = json!([
        {"userInfo": {"orgUserId": " S-1 ", "city": "Leeds"}},
        {"userInfo": {"emailId": "ada@acme.test", "orgUserId": "A-1", "city": "York"}},
        {"userInfo": {"emailId": "grace@acme.test", "orgUserId": "", "city": "Hull"}},
    ]);
    assert_eq!(put(&app, &users).await.text, DONE);
    let city = |email: &str| {
        let user = exported(&acme, email);
        let city = user.profile.into_iter().find(|(field, _)| *field == ProfileField::City).expect("a city").1;
        (city, user.org_user_id)
    };
    let set = |text: &str| Change::Set(text.to_owned());
    assert_eq!(city("Sam@Acme.test"), (set("Leeds"), set("S-1")));
    assert_eq!(city("ada@acme.test"), (set("York"), set("A-1")));
    assert_eq!(city("grace@acme.test").0, set("Hull"));
}

#[tokio::test]
async fn when_some_fail_these_alone_are_told_in_their_order_and_the_others_are_changed() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let users = json!([
        {"userInfo": {"emailId": "a3q4", "firstName": "user1"}},
        {"userInfo": {"emailId": "grace@acme.test", "firstName": "Grace"}},
        {"userInfo": {"orgUserId": "Z-9", "firstName": null}},
        {"userInfo": {"emailId": "Ada@acme.test", "city": "Leeds"}, "isDeveloper": false},
        {"userInfo": {"emailId": "lou@acme.test", "firstName": "Lou"}},
    ]);
    assert_json_snapshot!(put(&app, &users).await.told(), @r#"
    {
      "status": 200,
      "body": {
        "failedUserDetails": [
          {
            "userInfo": {
              "emailId": "a3q4",
              "firstName": "user1",
              "status": "failure",
              "reason": {
                "statusCode": 400,
                "status": 400,
                "customCode": 400,
                "errors": [
                  {
                    "msg": "User not found. Please check the provided email address.",
                    "code": 400
                  }
                ],
                "message": "User not found. Please check the provided email address.",
                "name": "BadRequest"
              }
            }
          },
          {
            "userInfo": {
              "orgUserId": "Z-9",
              "status": "failure",
              "reason": {
                "statusCode": 400,
                "status": 400,
                "customCode": 400,
                "errors": [
                  {
                    "msg": "User not found. Please check the provided org user id.",
                    "code": 400
                  }
                ],
                "message": "User not found. Please check the provided org user id.",
                "name": "BadRequest"
              }
            }
          },
          {
            "userInfo": {
              "emailId": "Ada@acme.test",
              "status": "failure",
              "reason": {
                "statusCode": 400,
                "status": 400,
                "customCode": 400,
                "errors": [
                  {
                    "msg": "Invalid values in the body",
                    "code": 400,
                    "detail": "isDeveloper is false, and canCreateBot of ada@acme.test is true"
                  }
                ],
                "message": "Invalid values in the body",
                "name": "BadRequest"
              }
            }
          }
        ]
      }
    }
    "#);
    let first_name = |email: &str| exported(&acme, email).profile.first().cloned();
    let set = |text: &str| Some((ProfileField::FirstName, Change::Set(text.to_owned())));
    assert_eq!((first_name("grace@acme.test"), first_name("lou@acme.test")), (set("Grace"), set("Lou")));
    assert!(!format!("{:?}", exported(&acme, "ada@acme.test")).contains("Leeds"), "whole or not at all");
}

#[tokio::test]
async fn groups_and_roles_are_joined_and_left_given_and_taken_and_each_is_said_in_the_audit_log() {
    let acme = acme();
    let app = acme.app(&BOTH);
    let tester = json!({"roleId": bot_role("Bot Tester"), "botId": bot_id("Travel desk")});
    let (auditor, reviewer) = (json!({"roleId": admin_role("Auditor")}), json!({"roleId": admin_role("Reviewer")}));
    let users = json!([
        {
            "userInfo": {"emailId": "ada@acme.test"},
            "groups": {"addTo": [group_id("Desk"), "", group_id("Audit")], "removeFrom": [group_id("Risk"), ""]},
            "roles": {"addTo": [reviewer, auditor], "removeFrom": [tester]},
        },
        {
            "userInfo": {"emailId": "grace@acme.test"},
            "groups": {"addTo": [group_id("Desk")], "removeFrom": [group_id("Audit")]},
            "roles": {"addTo": [tester], "removeFrom": [auditor]},
        },
    ]);
    let events = acme.sealed_events();
    assert_eq!(put(&app, &users).await.text, DONE);
    assert_json_snapshot!(told(&acme, 5), @r#"
    [
      "Users Added to Group | 2 user(s) were added to group \"Desk\" | {\"users\":[\"ada@acme.test\",\"grace@acme.test\"]}",
      "Users Removed from Group | 1 user(s) were removed from group \"Audit\" | {\"users\":[\"grace@acme.test\"]}",
      "Bot Role Assigned to Users | Role \"Bot Tester\" on the bot \"Travel desk\" was given to user(s) grace@acme.test | {\"users\":[\"grace@acme.test\"],\"bot\":{\"id\":\"st-d673221c-ffd6-5672-9eb7-b6b81a853ccd\",\"name\":\"Travel desk\"}}",
      "Admin Role Assigned to Users | Role \"Reviewer\" was given to user(s) ada@acme.test | {\"users\":[\"ada@acme.test\"]}",
      "Bot Role Deleted for Users | Role \"Bot Tester\" on the bot \"Travel desk\" was taken from user(s) ada@acme.test | {\"users\":[\"ada@acme.test\"],\"bot\":{\"id\":\"st-d673221c-ffd6-5672-9eb7-b6b81a853ccd\",\"name\":\"Travel desk\"}}"
    ]
    "#);
    assert_eq!(acme.sealed_events(), events + 5, "nothing is said of what was so before");
    let infos = app.post("usersInfo", &json!({"emailIds": ["ada@acme.test", "grace@acme.test"]})).await.json();
    let has = |user: usize| {
        let roles = infos[user]["roles"].as_object().expect("roles").values();
        let direct = |role: &&Value| role["groups"] == json!([]) || role["direct"] == json!(true);
        let roles = roles.flat_map(|list| list.as_array().expect("a list")).filter(direct);
        let groups = infos[user]["groups"].as_array().expect("groups").iter().map(|group| &group["groupName"]);
        groups.chain(roles.map(|role| &role["roleName"])).map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    assert_eq!([has(0), has(1)], [r#""Audit" "Desk" "admin" "Auditor" "Reviewer""#, r#""Desk" "Bot Tester""#,]);
}

#[tokio::test]
async fn tasks_take_the_place_of_all_that_there_were() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let (travel, book, cancel) =
        (bot_id("Travel desk"), dialog_id("Travel desk", "Book a flight"), dialog_id("Travel desk", "Cancel a flight"));
    let table = [
        (json!({}), vec![&book]),
        (json!({"assignBotTasks": null}), vec![&book]),
        (json!({"assignBotTasks": [{"botId": travel, "dialogs": [cancel]}]}), vec![&cancel]),
        (json!({"assignBotTasks": [{"streamId": travel}]}), vec![&book, &cancel]),
        (json!({"assignBotTasks": []}), vec![]),
        (json!({"assignBotTasks": [{}, {"botId": travel, "dialogs": [book]}, {"botId": " "}]}), vec![&book]),
        (json!({"assignBotTasks": [{"dialogs": [cancel]}]}), vec![]),
    ];
    for (asked, expected) in table {
        let tasks = changed(&app, "ada@acme.test", asked.clone()).await["assignBotTasks"].clone();
        let expected = if expected.is_empty() { Value::Null } else { json!(expected) };
        assert_eq!(tasks[0]["dialogs"], expected, "{asked}");
    }
    let last = told(&acme, 2).join("\n").replace(&travel, "TRAVEL").replace(&book, "BOOK");
    assert_eq!(
        last,
        "Bot Task Assignment | The bot tasks of ada@acme.test were changed | [] | [{\"bot\":\"TRAVEL\",\"dialogs\":[\"BOOK\"]}]\n\
         Bot Task Assignment | The bot tasks of ada@acme.test were changed | [{\"bot\":\"TRAVEL\",\"dialogs\":[\"BOOK\"]}] | []"
    );
}

#[tokio::test]
async fn what_is_so_already_is_done_and_nothing_is_written() {
    let acme = acme();
    let app = acme.app(&BOTH);
    let travel = bot_id("Travel desk");
    acme.clock.advance(1_000);
    let before = (everything(&acme), acme.read(|view| view.mark()).expect("a mark"));
    let stamps = || acme.database().query("select email, updated_at from users order by id");
    let stamped = stamps();
    let users = json!([
        {
            "userInfo": {"emailId": "ada@acme.test", "firstName": "Ada", "lastName": " Obi ", "city": null, "zip": ""},
            "groups": {"addTo": [group_id("Audit")], "removeFrom": [group_id("Desk")]},
            "roles": {
                "addTo": [{"roleId": admin_role("Auditor")}],
                "removeFrom": [{"roleId": admin_role("Reviewer")}, {"roleId": bot_role("Desk lead"), "botId": travel}],
            },
            "assignBotTasks": [{"botId": travel, "dialogs": [dialog_id("Travel desk", "Book a flight")]}],
            "canCreateBot": true,
            "isDeveloper": true,
        },
        {"userInfo": {"emailId": "grace@acme.test"}},
    ]);
    assert_compact_json_snapshot!(put(&app, &users).await.told(), @r#"{"status": 200, "body": {"msg": "Users are updated Successfully"}}"#);
    assert_eq!((everything(&acme), acme.read(|view| view.mark()).expect("a mark")), before);
    assert_eq!(stamps(), stamped);
}

#[tokio::test]
async fn a_thousand_users_are_changed_in_one_call() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let users = |more: fn(usize) -> Value| -> Value {
        (0..1_000).map(|n| json!({"userInfo": {"emailId": format!("u{n}@acme.test"), "city": more(n)}})).collect()
    };
    app.post("users", &json!({"users": users(|_| json!(null))})).await;
    assert_eq!(put(&app, &users(|n| json!(format!("City {n}")))).await.text, DONE);
    assert_eq!(acme.database().number("select count(*) from users where city like 'City %'"), 1_000);
}

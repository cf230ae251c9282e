//! `DELETE /users`: who goes, with what, and who stays and why.

use axum::http::Method;
use insta::assert_json_snapshot;
use rollcall_core::change::Change;
use rollcall_core::policy::Scope;
use rollcall_core::sync::{self, BotState, State};
use rollcall_core::users::Status;
use rollcall_testkit::{Caller, Reply, TestRollcall, user};
use serde_json::{Value, json};

use crate::acme::{acme, everything, held, invited, letters};

const SCOPE: [Scope; 1] = [Scope::UserManagement];
const DONE: &str = r#"{"msg":"Users are removed Successfully"}"#;

async fn delete(app: &Caller, body: &Value) -> Reply {
    app.ask(Method::DELETE, "users", body.to_string()).await
}

fn emails(acme: &TestRollcall) -> Vec<String> {
    let state = acme.read(|view| sync::export(view, false)).expect("an export");
    state.users.into_iter().map(|user| user.email).collect()
}

/// Those who stay, as the answer names them, each with its details (or messages, where there are none).
fn stay(reply: &Reply) -> Vec<(String, Vec<String>)> {
    let text = |error: &Value| error["detail"].as_str().or(error["msg"].as_str()).expect("a text").to_owned();
    let one = |failed: &Value| {
        let name = failed["emailId"].as_str().or(failed["orgUserId"].as_str()).expect("a name").to_owned();
        (name, failed["reason"]["errors"].as_array().expect("errors").iter().map(text).collect())
    };
    reply.json()["failedUserDetails"].as_array().expect("some stay").iter().map(one).collect()
}

#[tokio::test]
async fn users_go_with_all_that_hangs_on_them_and_the_audit_log_keeps_what_they_were() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let hanging = || {
        let tables = ["memberships", "assignments", "task_grants", "invitations", "outbox"];
        let gone = "user_id is not null and user_id not in (select id from users)";
        tables.map(|table| acme.database().number(&format!("select count(*) from {table} where {gone}")))
    };
    let events = acme.sealed_events();
    let body = json!({"deleteEmailIds": ["SUE@acme.test", "", "sue@acme.test"], "orgUserIds": [" S-1 ", "S-1"]});
    assert_eq!(delete(&app, &body).await.text, DONE);
    assert_eq!(emails(&acme), ["ada@acme.test", "grace@acme.test", "lou@acme.test"]);
    assert_eq!(hanging(), [0; 5]);
    let sql = "select concat_ws(' | ', name, description, state_before, state_after) from audit_events order by id desc limit 2";
    let told: Vec<String> = acme.database().query(sql).into_iter().flatten().flatten().collect();
    assert_json_snapshot!(told, @r#"
    [
      "User Deleted | User Sam@Acme.test was removed | {\"email\":\"Sam@Acme.test\",\"orgUserId\":\"S-1\",\"first_name\":\"Sam\",\"status\":\"not active\",\"groups\":[\"Audit\"],\"roles\":[{\"name\":\"Bot Developer\",\"bot\":\"Travel desk\"}]}",
      "User Deleted | User sue@acme.test was removed | {\"email\":\"sue@acme.test\",\"status\":\"suspended\",\"groups\":[\"Risk\"]}"
    ]
    "#);
    assert_eq!(acme.sealed_events(), events + 2);
    let found = app.post("usersInfo", &json!({"emailIds": ["sue@acme.test"], "orgUserIds": ["S-1"]})).await.json();
    assert_eq!(
        (&found[0]["userInfo"]["status"], &found[1]["userInfo"]["status"]),
        (&json!("failure"), &json!("failure"))
    );
}

#[tokio::test]
async fn who_is_unknown_or_may_not_go_stays_and_the_others_go() {
    let acme = acme();
    let bot = |name: &str, owner: &str| BotState {
        id: None,
        name: name.into(),
        description: None,
        owner: Change::Set(owner.into()),
        published: None,
        audience: None,
        dialogs: Vec::new(),
    };
    let bots = vec![bot("Travel desk", "grace@acme.test"), bot("Shop", "grace@acme.test")];
    acme.apply(State { name: "Acme".into(), bots, ..State::default() }).expect("owners");
    let body = json!({
        "deleteEmailIds": ["ada@acme.test", "a3q4", "lou@acme.test", "Grace@acme.test", "A3Q4", "a3q4"],
        "orgUserIds": ["A-1", "Z-9", "S-1"],
    });
    let app = acme.app(&SCOPE);
    let reply = delete(&app, &body).await;
    assert_json_snapshot!(reply.told(), @r#"
    {
      "status": 200,
      "body": {
        "failedUserDetails": [
          {
            "emailId": "ada@acme.test",
            "reason": {
              "statusCode": 400,
              "status": 400,
              "customCode": 400,
              "errors": [
                {
                  "msg": "Unauthorized to perform this activity",
                  "code": 400,
                  "detail": "ada@acme.test owns the account"
                },
                {
                  "msg": "Unauthorized to perform this activity",
                  "code": 400,
                  "detail": "ada@acme.test is the last active holder of the built-in role \"admin\", which may not be left without one"
                }
              ],
              "message": "Unauthorized to perform this activity",
              "name": "BadRequest"
            }
          },
          {
            "emailId": "a3q4",
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
          },
          {
            "emailId": "Grace@acme.test",
            "reason": {
              "statusCode": 400,
              "status": 400,
              "customCode": 400,
              "errors": [
                {
                  "msg": "Unauthorized to perform this activity",
                  "code": 400,
                  "detail": "grace@acme.test owns the bot \"Travel desk\""
                },
                {
                  "msg": "Unauthorized to perform this activity",
                  "code": 400,
                  "detail": "grace@acme.test owns the bot \"Shop\""
                }
              ],
              "message": "Unauthorized to perform this activity",
              "name": "BadRequest"
            }
          },
          {
            "emailId": "A3Q4",
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
          },
          {
            "orgUserId": "Z-9",
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
        ]
      }
    }
    "#);
    assert_eq!(emails(&acme), ["ada@acme.test", "grace@acme.test", "sue@acme.test"]);
    let before = everything(&acme);
    assert_eq!(delete(&app, &body).await.json()["failedUserDetails"].as_array().map(Vec::len), Some(7));
    assert_eq!(everything(&acme), before, "nobody of them is left who could go");
}

#[tokio::test]
async fn the_last_active_admin_stays_seen_over_the_users_in_order() {
    let acme = acme();
    let users = ["bo@acme.test", "cy@acme.test", "eve@acme.test"].map(|email| user(email, Status::Active)).into();
    let bo = "bo@acme.test".to_owned();
    let (users, owner) = (users, Some(bo));
    let assignments = vec![held("admin", None, &["cy@acme.test", "eve@acme.test", "sue@acme.test"], &[])];
    acme.apply(State { name: "Acme".into(), owner, users, assignments, ..State::default() }).expect("admins");
    let app = acme.app(&SCOPE);
    let reply =
        delete(&app, &json!({"deleteEmailIds": ["eve@acme.test", "ada@acme.test", "cy@acme.test", "lou@acme.test"]}))
            .await;
    let why =
        "cy@acme.test is the last active holder of the built-in role \"admin\", which may not be left without one";
    assert_eq!(stay(&reply), [("cy@acme.test".to_owned(), vec![why.to_owned()])]);
    assert_eq!(reply.json()["failedUserDetails"][0]["reason"]["message"], "Unauthorized to perform this activity");
    assert!(emails(&acme).contains(&"cy@acme.test".to_owned()) && !emails(&acme).contains(&"lou@acme.test".to_owned()));
    let reply = delete(&app, &json!({"deleteEmailIds": ["bo@acme.test"]})).await;
    assert_eq!(stay(&reply), [("bo@acme.test".to_owned(), vec!["bo@acme.test owns the account".to_owned()])]);
}

#[tokio::test]
async fn an_address_that_was_removed_is_a_new_user_when_it_comes_again_and_the_old_invitation_is_dead() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let create = json!({"users": [{"userInfo": {"emailId": "jo@acme.test", "orgUserId": "J-1", "firstName": "Jo"}}]});
    let lookup = json!({"emailIds": ["jo@acme.test"]});
    app.post("users", &create).await;
    let old = letters(&acme).remove(0).token.expose().to_owned();
    let first = app.post("usersInfo", &lookup).await.json()[0]["userInfo"]["userId"].clone();
    assert_eq!(delete(&app, &json!({"deleteEmailIds": ["jo@acme.test"]})).await.text, DONE);
    assert_eq!(invited(&acme), Vec::<String>::new(), "a letter that waits goes with its user");
    let page = acme.visitor().get(&format!("/activate/{old}")).await;
    assert_eq!(page.status, 404, "{}", page.text);
    let bare = json!({"users": [{"userInfo": {"emailId": "jo@acme.test", "orgUserId": "J-1"}}]});
    assert_eq!(app.post("users", &bare).await.text, r#"{"msg":"Users are created Successfully"}"#);
    let again = app.post("usersInfo", &lookup).await.json()[0]["userInfo"].clone();
    assert_eq!(
        (&again["firstName"], again["userId"] == first),
        (&json!(""), false),
        "a new user, and nothing of the old one"
    );
    let new = letters(&acme).remove(0).token.expose().to_owned();
    let page = |token: String| {
        let visitor = acme.visitor();
        async move { visitor.get(&format!("/activate/{token}")).await.status }
    };
    assert_eq!((page(old).await.as_u16(), page(new).await.as_u16()), (404, 200));
}

#[tokio::test]
async fn somebody_must_be_named() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let before = everything(&acme);
    let message = "deleteEmailIds cannot be empty (nor orgUserIds, where there are no deleteEmailIds)";
    let table = [
        json!({}),
        json!({"deleteEmailIds": []}),
        json!({"deleteEmailIds": ["", " "], "orgUserIds": [""]}),
        json!({"deleteEmailIds": null, "emailIds": ["sue@acme.test"]}),
    ];
    for body in table {
        let reply = delete(&app, &body).await;
        assert_eq!((reply.status.as_u16(), reply.messages()), (400, vec![message.to_owned()]), "{body}");
    }
    let nothing = app.ask(Method::DELETE, "users", String::new()).await;
    assert_eq!((nothing.status.as_u16(), nothing.messages()[0].contains("empty")), (400, true), "{}", nothing.text);
    assert_eq!(everything(&acme), before);
}

#[tokio::test]
async fn a_thousand_users_are_removed_in_one_call() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let emails: Vec<String> = (0..1_000).map(|n| format!("u{n}@acme.test")).collect();
    let users: Vec<Value> = emails.iter().map(|email| json!({"userInfo": {"emailId": email}})).collect();
    app.post("users", &json!({ "users": users })).await;
    assert_eq!(acme.database().number("select count(*) from users"), 1_005);
    assert_eq!(delete(&app, &json!({ "deleteEmailIds": emails })).await.text, DONE);
    assert_eq!(acme.database().number("select count(*) from users"), 5);
}

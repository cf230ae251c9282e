//! `DELETE /bot/eraseUsersData`: what is refused, what is answered, and how far a request is told to be.

use axum::http::Method;
use insta::assert_json_snapshot;
use rollcall_core::policy::Scope;
use rollcall_core::sync::{self, BotState};
use rollcall_core::{change::Change, erasures};
use rollcall_testkit::{Caller, Reply, TestRollcall};
use serde_json::{Value, json};

use crate::acme::{acme, bot_id, everything, held, state};

const SCOPE: [Scope; 1] = [Scope::EraseUsersData];
const PATH: &str = "bot/eraseUsersData";

async fn ask(app: &Caller, body: &Value) -> Reply {
    app.ask(Method::DELETE, PATH, body.to_string()).await
}

/// A request that must be taken: its id.
async fn taken(app: &Caller, users: &[&str]) -> String {
    let reply = ask(app, &json!({"userIds": users, "RemoveDataFromAllBots": true})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["requestId"].as_str().expect("an id").to_owned()
}

/// Lets the job run until nothing waits.
fn work(acme: &TestRollcall) {
    while acme.write(|op| erasures::run(op, 100)).expect("the job runs") {}
}

/// An answer with its random id put in the place of a word.
fn told(reply: &Reply, id: &str) -> Value {
    serde_json::from_str(&reply.told().to_string().replace(id, "eud-ID")).expect("JSON")
}

#[tokio::test]
async fn a_request_is_taken_and_told_of_until_it_is_done() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let sam = acme.database().query("select public_id from users where email_key = 'sam@acme.test'");
    let sam = sam[0][0].clone().expect("an id");
    // Everybody once, however they are named; placeholders are nobody.
    let body = json!({
        "userIds": ["GRACE@acme.test", "", format!(" {sam} "), "grace@acme.test", "sam@acme.test"],
        "botIds": [bot_id("Travel desk"), "", bot_id("Travel desk")],
    });
    let reply = ask(&app, &body).await;
    let id = reply.json()["requestId"].as_str().expect("an id").to_owned();
    assert_eq!((&id[..4], id.as_bytes()[18]), ("eud-", b'5'), "{id}");
    assert_json_snapshot!(told(&reply, &id), @r#"
    {
      "status": 200,
      "body": {
        "requestId": "eud-ID",
        "status": "in-progress"
      }
    }
    "#);
    let path = format!("{PATH}/status/{id}");
    let before = app.get(&path).await;
    assert_json_snapshot!(told(&before, &id), @r#"
    {
      "status": 200,
      "body": {
        "_id": "eud-ID",
        "createdOn": "2026-01-05T09:00:00.000Z",
        "lastUpdatedOn": "2026-01-05T09:00:00.000Z",
        "RemoveDataFromAllBots": false,
        "botIds": [
          "st-d673221c-ffd6-5672-9eb7-b6b81a853ccd"
        ],
        "response": [
          {
            "userId": "u-2590fd51-79bd-5866-bb34-170d7b31478b",
            "status": "IN_PROGRESS"
          },
          {
            "userId": "u-2868f8b5-0037-5301-acbb-8612add41665",
            "status": "IN_PROGRESS"
          }
        ]
      }
    }
    "#);
    let again = app.with_header("if-none-match", before.header("etag"));
    assert_eq!(again.get(&path).await.status, 304);
    acme.clock.advance(1_000);
    work(&acme);
    let done = again.get(&path).await;
    assert_json_snapshot!(told(&done, &id), @r#"
    {
      "status": 200,
      "body": {
        "_id": "eud-ID",
        "createdOn": "2026-01-05T09:00:00.000Z",
        "lastUpdatedOn": "2026-01-05T09:00:01.000Z",
        "RemoveDataFromAllBots": false,
        "botIds": [
          "st-d673221c-ffd6-5672-9eb7-b6b81a853ccd"
        ],
        "response": [
          {
            "userId": "u-2590fd51-79bd-5866-bb34-170d7b31478b",
            "status": "SUCCESS"
          },
          {
            "userId": "u-2868f8b5-0037-5301-acbb-8612add41665",
            "status": "SUCCESS"
          }
        ]
      }
    }
    "#);
    let all = taken(&app, &["lou@acme.test"]).await;
    let all = app.get(&format!("{PATH}/status/{all}")).await.json();
    assert_eq!((&all["RemoveDataFromAllBots"], &all["botIds"]), (&json!(true), &Value::Null));
}

#[tokio::test]
async fn a_request_with_any_fault_is_refused_whole_with_all_of_them() {
    let acme = acme();
    let owned = BotState { owner: Change::Set("Sam@Acme.test".into()), ..state().bots.remove(0) };
    acme.apply(sync::State { name: "Acme".into(), bots: vec![owned], ..sync::State::default() })
        .expect("it is applied");
    let app = acme.app(&SCOPE);
    let before = everything(&acme);
    let body = json!({
        "userIds": ["", "nobody@acme.test", "grace@acme.test", "Ada@acme.test", "u-1", "sam@acme.test"],
        "botIds": ["st-1", bot_id("Travel desk")],
    });
    let reply = ask(&app, &body).await;
    assert_json_snapshot!(reply.told(), @r#"
    {
      "status": 400,
      "body": {
        "errors": [
          {
            "msg": "userIds[1]: Unknown user nobody@acme.test",
            "code": 400
          },
          {
            "msg": "userIds[3]: Ada@acme.test owns the account; make somebody else its owner first",
            "code": 400
          },
          {
            "msg": "userIds[3]: Ada@acme.test is the last active holder of the built-in role \"admin\", which may not be left without one",
            "code": 400
          },
          {
            "msg": "userIds[4]: Unknown user u-1",
            "code": 400
          },
          {
            "msg": "userIds[5]: sam@acme.test owns the bot \"Travel desk\"; give it to somebody else first",
            "code": 400
          },
          {
            "msg": "botIds[0]: Unknown bot id st-1",
            "code": 400
          }
        ]
      }
    }
    "#);
    for (body, fault) in [
        (
            json!({"userIds": ["grace@acme.test"]}),
            "botIds: send the ids of bots, or \"RemoveDataFromAllBots\": true for all of them",
        ),
        (json!({"userIds": [" "], "RemoveDataFromAllBots": true}), "userIds: cannot be empty"),
        (json!({"RemoveDataFromAllBots": true}), "userIds: is missing"),
        (
            json!({"userIds": vec!["grace@acme.test"; 1_001], "RemoveDataFromAllBots": true}),
            "userIds: 1001 items are more than the 1000 that one request may bring",
        ),
    ] {
        let reply = ask(&app, &body).await;
        assert_eq!((reply.status.as_u16(), reply.messages()), (400, vec![fault.to_owned()]));
    }
    assert_eq!(everything(&acme), before);
}

#[tokio::test]
async fn the_last_admins_are_not_erased_together() {
    let acme = acme();
    let more = vec![held("admin", None, &["grace@acme.test", "sue@acme.test"], &[])];
    acme.apply(sync::State {
        name: "Acme".into(),
        owner: Some("lou@acme.test".into()),
        assignments: more,
        ..sync::State::default()
    })
    .expect("it is applied");
    let app = acme.app(&SCOPE);
    let both = json!({"userIds": ["ada@acme.test", "sue@acme.test", "grace@acme.test"], "RemoveDataFromAllBots": true});
    let reply = ask(&app, &both).await;
    let why = "is the last active holder of the built-in role \"admin\", which may not be left without one";
    assert_eq!(
        reply.messages(),
        [format!("userIds[0]: ada@acme.test {why}"), format!("userIds[2]: grace@acme.test {why}")]
    );
    // Each alone may be asked for; whoever comes second stays.
    let (first, second) = (taken(&app, &["ada@acme.test"]).await, taken(&app, &["grace@acme.test"]).await);
    work(&acme);
    let first = app.get(&format!("{PATH}/status/{first}")).await.json();
    let second = app.get(&format!("{PATH}/status/{second}")).await.json();
    assert_eq!(first["response"][0]["status"], "SUCCESS");
    assert_eq!(
        (&second["response"][0]["status"], &second["response"][0]["reason"]),
        (&json!("FAILED"), &json!(format!("the user {why}")))
    );
    acme.sealed_events();
}

#[tokio::test]
async fn a_rehearsal_starts_nothing_and_a_retry_nothing_more() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let body = json!({"userIds": ["grace@acme.test"], "RemoveDataFromAllBots": true});
    let before = everything(&acme);
    let rehearsed = app.ask(Method::DELETE, &format!("{PATH}?dryRun=true"), body.to_string()).await;
    assert_eq!((rehearsed.status.as_u16(), rehearsed.json()["status"].clone()), (200, json!("in-progress")));
    assert_eq!(everything(&acme), before);
    let retrying = app.with_header("idempotency-key", "k");
    let first = ask(&retrying, &body).await;
    let after = everything(&acme);
    assert_eq!((ask(&retrying, &body).await.text, everything(&acme)), (first.text, after));
}

#[tokio::test]
async fn a_request_that_is_none_is_not_found() {
    let acme = acme();
    let id = taken(&acme.app(&SCOPE), &["grace@acme.test"]).await;
    let globex = acme.app_of(&acme.found("Globex"), &SCOPE).with_header("if-none-match", "*");
    for unknown in [id.as_str(), "eud-1", "grace@acme.test"] {
        let reply = globex.get(&format!("{PATH}/status/{unknown}")).await;
        assert_eq!((reply.status.as_u16(), reply.messages()), (404, vec![format!("Unknown request id {unknown}")]));
    }
}

//! Safe retries: the same `Idempotency-Key` with the same request answers what the first call answered.

use axum::http::Method;
use insta::assert_json_snapshot;
use rollcall_core::op::{Once, REMEMBERED_MILLIS};
use rollcall_testkit::{Caller, Reply};
use serde_json::{Value, json};

use crate::acme::{BOTH, acme, admin_role, everything, invited};

fn new_user(email: &str) -> Value {
    json!({"users": [{"userInfo": {"emailId": email}}]})
}

async fn create(app: &Caller, key: &str, email: &str) -> Reply {
    app.with_header("idempotency-key", key).post("users", &new_user(email)).await
}

fn is_replayed(reply: &Reply) -> bool {
    reply.header("idempotency-replayed") == "true"
}

const CREATED: &str = r#"{"msg":"Users are created Successfully"}"#;

#[tokio::test]
async fn the_same_key_and_request_is_done_once_and_answered_twice() {
    let mut acme = acme();
    let app = acme.app(&BOTH);
    let first = create(&app, "k-1", "jo@acme.test").await;
    assert_eq!((first.status.as_u16(), first.text.as_str(), is_replayed(&first)), (200, CREATED, false));
    let before = everything(&acme);
    let second = create(&app, "k-1", "jo@acme.test").await;
    assert_eq!((second.status.as_u16(), second.text.as_str(), is_replayed(&second)), (200, CREATED, true));
    assert_eq!(everything(&acme), before);
    acme.reopen();
    let third = create(&acme.app(&BOTH), "k-1", "jo@acme.test").await;
    assert!(is_replayed(&third), "a restart forgets nothing: {}", third.text);
    let without = app.post("users", &new_user("jo@acme.test")).await;
    assert_eq!(without.json()["failedUserDetails"][0]["userInfo"]["reason"]["message"], "USER_ALREADY_EXISTS");
}

#[tokio::test]
async fn the_same_key_with_another_request_is_422() {
    let acme = acme();
    let app = acme.app(&BOTH);
    create(&app, "k-1", "jo@acme.test").await;
    let before = everything(&acme);
    assert_json_snapshot!(create(&app, "k-1", "li@acme.test").await.told(), @r#"
    {
      "status": 422,
      "body": {
        "errors": [
          {
            "msg": "the Idempotency-Key \"k-1\" was used before with another request; use a new key",
            "code": 422
          }
        ]
      }
    }
    "#);
    let keyed = app.with_header("idempotency-key", "k-1");
    assert_eq!(keyed.post("users?x=1", &new_user("jo@acme.test")).await.status, 422, "another query");
    assert_eq!(keyed.post("adminroles/assignments", &json!([])).await.status, 422, "another call");
    let spaced = format!(" {}", new_user("jo@acme.test"));
    assert_eq!(keyed.ask(Method::POST, "users", spaced).await.status, 422, "other bytes");
    assert_eq!(everything(&acme), before);
    assert!(is_replayed(&create(&app, "k-1", "jo@acme.test").await), "the first answer is still the first call's");
}

#[tokio::test]
async fn an_alias_of_the_path_is_the_same_call() {
    let acme = acme();
    let keyed = acme.app(&BOTH).with_header("idempotency-key", "k-1");
    keyed.post("users", &new_user("jo@acme.test")).await;
    for path in ["users/", "/API/public/users", "/api/1.1/public/users/"] {
        assert!(is_replayed(&keyed.post(path, &new_user("jo@acme.test")).await), "{path}");
    }
}

#[tokio::test]
async fn failures_of_single_items_are_remembered_with_the_answer() {
    let acme = acme();
    let app = acme.app(&BOTH);
    let first = create(&app, "k-1", "a3q4").await;
    let again = create(&app, "k-1", "a3q4").await;
    assert_eq!((&first.text, is_replayed(&first), is_replayed(&again)), (&again.text, false, true));
    let operations = json!([{"roleId": admin_role("Auditor"), "addUsers": ["jo@acme.test"]}]);
    let assign = async || app.with_header("idempotency-key", "k-2").post("adminroles/assignments", &operations).await;
    let first = assign().await;
    app.post("users", &new_user("jo@acme.test")).await;
    let again = assign().await;
    assert_eq!((&first.text, is_replayed(&again)), (&again.text, true));
    assert_eq!(first.json()[0]["status"], "failure");
}

#[tokio::test]
async fn a_request_that_was_refused_whole_is_not_remembered() {
    let acme = acme();
    let app = acme.app(&BOTH);
    let keyed = app.with_header("idempotency-key", "k-1");
    assert_eq!(keyed.post("users", &json!({})).await.status, 400);
    assert_eq!(keyed.with_token("nonsense").post("users", &new_user("jo@acme.test")).await.status, 401);
    assert_eq!(
        acme.app(&[]).with_header("idempotency-key", "k-1").post("users", &new_user("jo@acme.test")).await.status,
        403
    );
    let first = create(&app, "k-1", "jo@acme.test").await;
    assert_eq!((first.text.as_str(), is_replayed(&first)), (CREATED, false));
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let acme = acme();
    let app = acme.app(&BOTH);
    let message = "Idempotency-Key: expected 1 to 255 printable ASCII characters";
    for key in ["", "k\t1", &"k".repeat(256)] {
        for (path, body) in [("users", new_user("jo@acme.test")), ("adminroles/assignments", json!([]))] {
            let reply = app.with_header("idempotency-key", key).post(path, &body).await;
            assert_eq!((reply.status.as_u16(), reply.messages()), (400, vec![message.to_owned()]), "{path} {key:?}");
        }
    }
    assert_eq!(create(&app, &"k".repeat(255), "jo@acme.test").await.text, CREATED);
    assert_eq!(create(&app, " a key with blanks: 1/2 ", "li@acme.test").await.text, CREATED);
}

#[tokio::test]
async fn the_key_of_one_app_is_nothing_to_another() {
    let acme = acme();
    let (one, two) = (acme.app(&BOTH), acme.app(&BOTH[..1]));
    let other = acme.app_of(&acme.found("Other"), &BOTH);
    create(&one, "k-1", "jo@acme.test").await;
    assert_eq!(create(&two, "k-1", "li@acme.test").await.text, CREATED);
    let elsewhere = create(&other, "k-1", "jo@acme.test").await;
    assert_eq!((elsewhere.text.as_str(), is_replayed(&elsewhere)), (CREATED, false));
}

#[tokio::test]
async fn after_a_day_the_key_is_free_again() {
    let acme = acme();
    let app = acme.app(&BOTH);
    create(&app, "k-1", "jo@acme.test").await;
    acme.clock.advance(REMEMBERED_MILLIS - 1);
    assert!(is_replayed(&create(&app, "k-1", "jo@acme.test").await));
    acme.clock.advance(1);
    let late = create(&app, "k-1", "li@acme.test").await;
    assert_eq!((late.text.as_str(), is_replayed(&late)), (CREATED, false));
    assert!(is_replayed(&create(&app, "k-1", "li@acme.test").await), "and remembers the new request");
    assert_eq!(acme.write(Once::forget_expired).expect("cleaning"), 0, "the old one was written over");
}

#[tokio::test]
async fn of_many_at_once_with_one_key_one_is_done() {
    let acme = acme();
    let app = acme.app(&BOTH);
    let calls: Vec<_> = (0..16)
        .map(|_| {
            let app = app.clone();
            tokio::spawn(async move { create(&app, "k-1", "jo@acme.test").await })
        })
        .collect();
    let mut done = 0;
    for call in calls {
        let reply = call.await.expect("a reply");
        assert_eq!(reply.text, CREATED);
        done += usize::from(!is_replayed(&reply));
    }
    assert_eq!((done, invited(&acme)), (1, vec!["jo@acme.test".to_owned()]));
}

#[tokio::test]
async fn reads_have_no_use_for_a_key() {
    let acme = acme();
    let keyed = acme.app(&BOTH).with_header("idempotency-key", "k-1");
    for ids in [json!({"emailIds": ["ada@acme.test"]}), json!({"emailIds": ["a3q4"]})] {
        let reply = keyed.post("usersInfo", &ids).await;
        assert_eq!((reply.status.as_u16(), is_replayed(&reply)), (200, false));
    }
    assert_eq!(keyed.post("users", &new_user("jo@acme.test")).await.text, CREATED);
}

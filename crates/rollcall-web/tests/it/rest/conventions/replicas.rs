//! Two replicas: what becomes of an app on one is felt by its next request to either.

use std::sync::Arc;

use axum::http::Method;
use rollcall_core::apps::{self, Rotation, SettingsChange};
use rollcall_core::change::Change;
use rollcall_core::policy::Scope;
use rollcall_testkit::{START, TestRollcall};
use serde_json::json;

type Made = fn(&TestRollcall, String);

fn set(acme: &TestRollcall, app: String, change: SettingsChange) {
    acme.write(move |op| apps::change(op, &app, &change)).expect("it is changed");
}

fn rotate(acme: &TestRollcall, app: String) {
    acme.write(move |op| apps::rotate(op, &app, &Rotation::default())).expect("it is rotated");
}

/// Each change, and what a token of before is answered then.
const CHANGES: [(&str, Made, u16); 6] = [
    (
        "the scope is taken away",
        |acme, app| set(acme, app, SettingsChange { remove: vec![Scope::RoleManagement], ..SettingsChange::default() }),
        403,
    ),
    (
        "a jti is enforced",
        |acme, app| set(acme, app, SettingsChange { enforce_jti: Some(true), ..SettingsChange::default() }),
        401,
    ),
    (
        "encryption is enforced",
        |acme, app| set(acme, app, SettingsChange { enforce_jwe: Some(true), ..SettingsChange::default() }),
        401,
    ),
    (
        "the app ends",
        |acme, app| set(acme, app, SettingsChange { expires: Change::Set(START), ..SettingsChange::default() }),
        401,
    ),
    ("it is rotated without an overlap", rotate, 401),
    ("it is revoked", |acme, app| drop(acme.write(move |op| apps::revoke(op, &app)).expect("it is revoked")), 401),
];

#[tokio::test]
async fn a_change_of_an_app_is_felt_by_its_next_request_to_either_replica() {
    for (what, change, expected) in CHANGES {
        let acme = TestRollcall::new();
        acme.admin("ada");
        let app = acme.app(&[Scope::RoleManagement]);
        let callers = [app.clone(), app.on(Arc::new(acme.replica().0))];
        let (body, assign) = (json!([{ "roleId": "no-role" }]), "adminroles/assignments?dryRun=true");
        for caller in &callers {
            let told = (caller.get("groups").await.status.as_u16(), caller.post(assign, &body).await.status.as_u16());
            assert_eq!(told, (200, 200), "{what}: before");
        }
        change(&acme, app.client_id().to_string());
        // One asks first to read, the other first to write; what has no proper form is no way round.
        let formless = callers[0].ask(Method::POST, assign, "{").await;
        assert_eq!(formless.status.as_u16(), expected, "{what}: without a proper form");
        let read = callers[0].get("groups").await;
        let write = callers[1].post(assign, &body).await;
        assert_eq!([&read, &write].map(|reply| reply.status.as_u16()), [expected; 2], "{what}");
        if expected == 401 {
            for reply in [read, write] {
                assert_eq!(
                    reply.json(),
                    json!({ "errors": [{ "msg": "Invalid SDK credentials", "code": 4002 }] }),
                    "{what}"
                );
            }
        }
        let later =
            (callers[0].post(assign, &body).await.status.as_u16(), callers[1].get("groups").await.status.as_u16());
        assert_eq!(later, (expected, expected), "{what}: later");
    }
}

#[tokio::test]
async fn an_app_that_is_revoked_takes_nobodys_place_in_the_count_and_its_ids_are_no_replays() {
    let acme = TestRollcall::limited("3/min");
    acme.admin("ada");
    let (app, other) = (acme.app(&[Scope::RoleManagement]), acme.app(&Scope::ALL));
    assert_eq!(app.get("groups").await.status, 200);
    let once = |id: &str| {
        let claims = json!({"appId": app.client_id().as_str(), "jti": id, "exp": START.0 / 1_000 + 60});
        app.with_claims(&claims)
    };
    let (id, refused) =
        (app.client_id().to_string(), json!({"errors": [{"msg": "Invalid SDK credentials", "code": 4002}]}));
    acme.write(move |op| apps::revoke(op, &id)).expect("it is revoked");
    for n in 0..9 {
        let reply =
            if n % 2 == 0 { app.get("groups?limit=0").await } else { once(&format!("id {n}")).get("groups").await };
        assert_eq!((reply.status.as_u16(), reply.json()), (401, refused.clone()), "{n}");
    }
    // Two are left of three.
    for expected in [200, 200, 429] {
        assert_eq!(other.get("groups").await.status, expected);
    }
}

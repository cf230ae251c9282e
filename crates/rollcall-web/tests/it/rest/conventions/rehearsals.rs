//! `?dryRun=true`: the answer of the real call, and nothing changed.

use rollcall_core::policy::Scope;
use serde_json::{Value, json};

use crate::acme::{acme, admin_role, bot_id, bot_role, everything, group_id};

const ENOUGH: [Scope; 3] = [Scope::UserManagement, Scope::RoleManagement, Scope::MasterAdmin];

/// Calls that change something, that fail in part, that fail, and that are refused.
fn calls() -> Vec<(&'static str, Value)> {
    let admin = admin_role("admin");
    let whole = json!({
        "userInfo": {"emailId": "jo@acme.test", "orgUserId": "J-1", "firstName": "Jo"},
        "groups": [group_id("Audit")],
        "roles": [{"roleId": admin}, {"roleId": bot_role("Desk lead"), "botId": bot_id("Shop")}],
        "assignBotTasks": [{"botId": bot_id("Travel desk")}],
    });
    vec![
        ("users", json!({"users": [whole]})),
        ("users", json!({"users": [{"userInfo": {"emailId": "a3q4"}}, {"userInfo": {"emailId": "li@acme.test"}}]})),
        (
            "users",
            json!({"users": [{"userInfo": {"emailId": "mo@acme.test"}}, {"userInfo": {"emailId": "mo@acme.test"}}]}),
        ),
        ("users", json!({"users": [{"userInfo": {"emailId": "ada@acme.test"}, "groups": ["e-1"]}]})),
        ("users", json!({"users": [{"userInfo": {}}]})),
        (
            "adminroles/assignments/",
            json!([
                {"roleId": admin, "removeUsers": ["ada@acme.test"]},
                {"roleId": admin, "addUsers": ["grace@acme.test"]},
                {"roleId": admin, "removeUsers": ["ada@acme.test"]},
                {"roleId": admin_role("Auditor"), "addGroups": ["Desk"], "removeOrgUserIds": ["A-1"]},
                {"roleId": "5d9d", "addGroups": ["Desk"]},
            ]),
        ),
        ("adminroles/assignments/", json!({})),
    ]
}

#[tokio::test]
async fn a_rehearsal_answers_as_the_real_call_would_and_changes_nothing() {
    for (path, body) in calls() {
        let acme = acme();
        let app = acme.app(&ENOUGH);
        let before = everything(&acme);
        let tag = app.get("groups").await.header("etag").to_owned();
        let rehearsed = app.post(&format!("{path}?dryRun=true"), &body).await;
        let again = app.post(&format!("{path}?dryRun=true"), &body).await;
        assert_eq!(everything(&acme), before, "{path} {body}");
        assert_eq!(app.get("groups").await.header("etag"), tag, "{path} {body}");
        let real = app.post(path, &body).await;
        assert_eq!((rehearsed.status, &rehearsed.text), (real.status, &real.text), "{path} {body}");
        assert_eq!((again.status, &again.text), (real.status, &real.text), "{path} {body}");
    }
}

#[tokio::test]
async fn dry_run_false_is_the_real_call_and_any_other_word_is_refused() {
    let acme = acme();
    let app = acme.app(&ENOUGH);
    let before = everything(&acme);
    for (path, body) in
        [("users", json!({"users": [{"userInfo": {"emailId": "jo@acme.test"}}]})), ("usersInfo", json!({}))]
    {
        for word in ["maybe", "", "True", "1", "TRUE"] {
            let reply = app.post(&format!("{path}?dryRun={word}"), &body).await;
            let message = format!("dryRun: expected true or false, found {word:?}");
            assert_eq!((reply.status.as_u16(), reply.messages()), (400, vec![message]), "{path} {word}");
        }
        let reply = app.post(&format!("{path}?dryRun=true&dryRun=true"), &body).await;
        assert_eq!(
            (reply.status.as_u16(), reply.messages()),
            (400, vec!["dryRun: is given more than once".to_owned()])
        );
    }
    assert_eq!(everything(&acme), before);
    app.post("users?dryRun=false", &json!({"users": [{"userInfo": {"emailId": "jo@acme.test"}}]})).await;
    assert_ne!(everything(&acme), before);
}

#[tokio::test]
async fn a_rehearsal_neither_uses_nor_answers_an_idempotency_key() {
    let acme = acme();
    let keyed = acme.app(&ENOUGH).with_header("idempotency-key", "k-1");
    let one = json!({"users": [{"userInfo": {"emailId": "jo@acme.test"}}]});
    let two = json!({"users": [{"userInfo": {"emailId": "a3q4"}}]});
    for _ in 0..2 {
        assert_eq!(keyed.post("users?dryRun=true", &one).await.header("idempotency-replayed"), "");
    }
    let real = keyed.post("users", &two).await;
    assert_eq!((real.status.as_u16(), real.header("idempotency-replayed")), (200, ""));
    let rehearsed = keyed.post("users?dryRun=true", &one).await;
    assert_eq!(rehearsed.text, r#"{"msg":"Users are created Successfully"}"#);
    assert_eq!(keyed.post("users", &two).await.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn a_read_is_its_own_rehearsal() {
    let acme = acme();
    let app = acme.app(&ENOUGH);
    let (page, rehearsed) = (app.get("groups").await, app.get("groups?dryRun=true").await);
    assert_eq!((page.text, page.headers["etag"].clone()), (rehearsed.text, rehearsed.headers["etag"].clone()));
    let ids = json!({"emailIds": ["ada@acme.test"]});
    assert_eq!(app.post("usersInfo", &ids).await.text, app.post("usersInfo?dryRun=true", &ids).await.text);
}

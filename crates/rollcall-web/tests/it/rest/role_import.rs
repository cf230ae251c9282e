//! `POST /roles/import`: what is answered, and what is refused. What an import does to roles is tested in the core.

use rollcall_core::files::KEPT_MILLIS;
use rollcall_core::policy::Scope;
use rollcall_testkit::{Caller, Reply, TestRollcall};
use serde_json::{Value, json};

use crate::acme::{acme, admin_role, bot_role, everything};
use crate::form::uploaded;

const SCOPE: [Scope; 1] = [Scope::RoleManagement];

async fn import(app: &Caller, query: &str, file: &str) -> Reply {
    app.post(&format!("roles/import?{query}"), &json!({ "fileId": file })).await
}

/// Uploads roles, by an app that has no scope, and imports them.
async fn bring(acme: &TestRollcall, query: &str, roles: &Value) -> Reply {
    let file = uploaded(&acme.app(&[]), roles.to_string().as_bytes()).await;
    import(&acme.app(&SCOPE), query, &file).await
}

async fn exported(acme: &TestRollcall, kind: &str) -> Value {
    acme.app(&SCOPE).get(&format!("roles/export?roleType={kind}")).await.json()
}

fn told(reply: &Reply) -> (u16, Vec<String>) {
    (reply.status.as_u16(), reply.messages())
}

#[tokio::test]
async fn roles_are_told_in_the_order_of_the_file_as_the_vendor_keeps_them() {
    let acme = acme();
    acme.clock.advance(1_500);
    let roles = json!([
        {"role": "New", "rDesc": "Brand new", "permissions": {"Tasks": "VIEW", "own": "x"}, "refId": "r-new", "_id": "ffff", "roleType": "bot"},
        {"role": "Bot Tester", "permissions": {"Tasks": ["FULL"]}},
        {"role": "desk LEAD", "rDesc": "Leads", "refId": null},
    ]);
    let reply = bring(&acme, "roleType=bot", &roles).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let mut body = reply.json();
    let id = body[0]["_id"].as_str().expect("an id").to_owned();
    assert!(id.len() == 24 && id != "ffff", "{id}");
    let by = acme.app(&SCOPE).client_id().to_string();
    let first = json!({
        "mapping": {"users": [], "groups": [], "bots": []}, "roleType": "bot", "rStatus": "unpublished",
        "isASystemRole": false, "category": "bot", "audit": [], "_userAndGroups": [], "isDefault": false, "_id": id,
        "orgId": "o-ff6ac5e5-18bf-529e-88fa-ee5d10dab56b", "role": "New",
        "createdDate": "2026-01-05T09:00:01.500Z", "createdBy": by,
        "modifiedDate": "2026-01-05T09:00:01.500Z", "modifiedBy": by,
        "permissions": {"Tasks": ["VIEW"], "own": "x"}, "rDesc": "Brand new", "refId": "r-new", "_product": "Bots", "__v": 0,
    });
    assert_eq!(body[0].to_string(), first.to_string(), "to the letter, keys in the order of the vendor's sample");
    let permissions = body[1]["permissions"].take();
    assert_eq!(
        (&permissions["Tasks"], permissions.as_object().map(serde_json::Map::len)),
        (&json!(["VIEW"]), Some(16))
    );
    let pick = |role: &Value, keys: [&str; 8]| keys.map(|key| role[key].clone());
    let keys = ["_id", "role", "rDesc", "isASystemRole", "createdDate", "createdBy", "modifiedDate", "modifiedBy"];
    assert_eq!(
        pick(&body[1], keys),
        [
            json!(bot_role("Bot Tester")),
            json!("Bot Tester"),
            json!("Role for bot testers with read-only access to bot definition"),
            json!(true),
            json!("2026-01-05T09:00:00.000Z"),
            Value::Null,
            json!("2026-01-05T09:00:00.000Z"),
            Value::Null,
        ]
    );
    assert_eq!(
        pick(&body[2], keys),
        [
            json!(bot_role("Desk lead")),
            json!("desk LEAD"),
            json!("Leads"),
            json!(false),
            json!("2026-01-05T09:00:00.000Z"),
            json!("apply"),
            json!("2026-01-05T09:00:01.500Z"),
            json!(by),
        ]
    );
    let names: Vec<Value> =
        exported(&acme, "bot").await.as_array().expect("a list").iter().map(|r| r["role"].clone()).collect();
    assert_eq!(names, ["Bot Owner", "Bot Developer", "Bot Tester", "desk LEAD", "New"]);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_invalid_to_the_letter() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let foreign = uploaded(&acme.app_of(&acme.found("Other"), &[]), b"[]").await;
    let expired = uploaded(&app, b"[]").await;
    acme.clock.advance(KEPT_MILLIS);
    let before = everything(&acme);
    for kind in ["admin", "bot"] {
        for file in [foreign.as_str(), &expired, "66e0430359593a57768e456b", "", "x\u{0}"] {
            let detail = format!("There is no uploaded file {file:?}, or not any more");
            assert_eq!(
                import(&app, &format!("roleType={kind}"), file).await.told(),
                json!({"status": 400, "body": {"errors": [{"msg": "Invalid file id", "code": 400, "detail": detail}]}})
            );
        }
    }
    assert_eq!(everything(&acme), before);
}

#[tokio::test]
async fn every_fault_of_a_file_is_told_and_nothing_is_changed() {
    let acme = acme();
    let (app, builtin) = (acme.app(&SCOPE), admin_role("admin"));
    let table = [
        (&b"[{"[..], vec!["The file is not JSON: EOF while parsing an object at line 1 column 2".to_owned()]),
        (b"\xff\xfe", vec!["The file is not JSON: expected value at line 1 column 1".into()]),
        (b"{}", vec!["the file: expected a list, found an object".into()]),
        (
            br#"[{"role": "A", "permissions": {"Invite": "MAYBE"}}, {"role": "a", "roleType": "bot"}, 3]"#,
            vec![
                "[0].permissions.Invite: \"MAYBE\" is none of YES, NO, alone or as a list of one".into(),
                "[1].roleType: \"bot\" is not admin, which is what is imported".into(),
                "[1].role: the name \"a\" stands at [0] too".into(),
                "[2]: expected an object, found a number".into(),
            ],
        ),
    ];
    for (content, faults) in table {
        let file = uploaded(&app, content).await;
        let before = everything(&acme);
        for query in ["roleType=admin", "roleType=admin&fullImport=true", "roleType=admin&dryRun=true"] {
            assert_eq!(told(&import(&app, query, &file).await), (400, faults.clone()), "{query}");
        }
        assert_eq!(everything(&acme), before);
    }
    let reference = exported(&acme, "admin").await[1]["refId"].clone();
    let taken = bring(&acme, "roleType=admin", &json!([{"role": "Admin", "refId": reference}])).await;
    let expected = format!("[0].role: the name \"admin\" is that of the built-in role {builtin}, which keeps it");
    assert_eq!(told(&taken), (400, vec![expected]));
}

#[tokio::test]
async fn only_a_full_import_removes_roles_and_none_that_is_held() {
    let acme = acme();
    let roles = json!([{"role": "Only"}]);
    assert_eq!(bring(&acme, "roleType=bot&fullImport=false", &roles).await.status, 200);
    assert_eq!(exported(&acme, "bot").await.as_array().map(Vec::len), Some(5));
    assert_eq!(bring(&acme, "roleType=bot&fullImport=true", &roles).await.status, 200);
    assert_eq!(exported(&acme, "bot").await.as_array().map(Vec::len), Some(4), "Desk lead, whom nobody holds, is gone");
    let file = uploaded(&acme.app(&SCOPE), roles.to_string().as_bytes()).await;
    let before = everything(&acme);
    let reply = import(&acme.app(&SCOPE), "roleType=admin&fullImport=true", &file).await;
    let expected = format!(
        "The file does not have these roles, and users or groups hold them, so nothing was changed: \"Auditor\" ({}), \
         \"Reviewer\" ({}). Take the roles from them first, or import without removing",
        admin_role("Auditor"),
        admin_role("Reviewer")
    );
    assert_eq!(told(&reply), (409, vec![expected]));
    assert_eq!(everything(&acme), before);
}

#[tokio::test]
async fn a_rehearsal_says_what_would_become_and_changes_nothing() {
    let acme = acme();
    let file = uploaded(&acme.app(&SCOPE), br#"[{"role": "Auditor", "rDesc": "Other"}]"#).await;
    let before = everything(&acme);
    let rehearsed = import(&acme.app(&SCOPE), "roleType=admin&dryRun=true", &file).await;
    assert_eq!(everything(&acme), before);
    let real = import(&acme.app(&SCOPE), "roleType=admin", &file).await;
    assert_eq!((rehearsed.status.as_u16(), rehearsed.text), (200, real.text));
    assert_ne!(everything(&acme), before);
}

#[tokio::test]
async fn a_retry_is_told_its_answer_also_when_the_file_has_gone_meanwhile() {
    let acme = acme();
    let file = uploaded(&acme.app(&SCOPE), br#"[{"role": "New"}]"#).await;
    acme.clock.advance(KEPT_MILLIS - 1);
    let app = acme.app(&SCOPE).with_header("idempotency-key", "k-1");
    let first = import(&app, "roleType=admin", &file).await;
    acme.clock.advance(KEPT_MILLIS - 1);
    let before = everything(&acme);
    let again = import(&app, "roleType=admin", &file).await;
    assert_eq!((again.status.as_u16(), &again.text, again.header("idempotency-replayed")), (200, &first.text, "true"));
    assert_eq!(everything(&acme), before);
    assert_eq!(import(&app, "roleType=admin&fullImport=false", &file).await.status, 422);
    assert_eq!(import(&acme.app(&SCOPE), "roleType=admin", &file).await.status, 400);
}

#[tokio::test]
async fn everything_that_is_wrong_with_the_request_is_told_at_once() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let kind = "roleType: is missing: expected admin or bot".to_owned();
    let full = "fullImport: expected true or false, found \"TRUE\"".to_owned();
    let table = [
        ("", json!({"fileId": null}), vec![kind.clone(), "fileId: is missing".into()]),
        ("?fullImport=TRUE", json!([]), vec![kind, full, "the body: expected an object, found a list".into()]),
    ];
    for (query, body, faults) in table {
        assert_eq!(told(&app.post(&format!("roles/import{query}"), &body).await), (400, faults));
    }
}

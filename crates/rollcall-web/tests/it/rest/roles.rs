//! `GET /roles` and `GET /roles/export`: roles in the vendor's words, built-ins first, permissions in the form of their kind.

use axum::http::StatusCode;
use rollcall_core::policy::Scope;
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::{RoleState, State};
use rollcall_testkit::{Caller, TestRollcall};
use serde_json::{Value, json};

use crate::acme::{acme, admin_role, bot_role};

const SCOPE: [Scope; 1] = [Scope::RoleManagement];

/// A role of an account file, with these permissions.
fn role(kind: RoleKind, name: &str, permissions: &Value) -> RoleState {
    RoleState {
        id: None,
        ref_id: Some(format!("r-{name}")),
        kind,
        name: name.into(),
        description: Some("Some role".into()),
        permissions: permissions.as_object().cloned(),
    }
}

fn with(roles: Vec<RoleState>) -> TestRollcall {
    let acme = TestRollcall::new();
    acme.apply(State { name: "Acme".into(), roles, ..State::default() }).expect("roles are made");
    acme
}

async fn body(app: &Caller, path: &str) -> Value {
    let reply = app.get(path).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.json()
}

/// The matrix of the built-in bot roles, as the vendor's console has it: Owner, Developer, Tester.
const MATRIX: [(&str, [&str; 3]); 16] = [
    ("Tasks", ["FULL", "FULL", "VIEW"]),
    ("Natural Language", ["FULL", "FULL", "VIEW"]),
    ("Knowledge Graph", ["FULL", "FULL", "VIEW"]),
    ("Testing", ["FULL", "FULL", "VIEW"]),
    ("Bot Developers", ["FULL", "VIEW", "VIEW"]),
    ("Bot Settings", ["FULL", "FULL", "NO"]),
    ("Bot Import", ["YES", "YES", "NO"]),
    ("Integrations & Extensions", ["YES", "YES", "NO"]),
    ("App Builder API Scopes", ["YES", "YES", "NO"]),
    ("Publish bot", ["YES", "YES", "NO"]),
    ("Channels", ["YES", "YES", "NO"]),
    ("Dashboard", ["YES", "YES", "YES"]),
    ("Bot Analytics", ["YES", "YES", "YES"]),
    ("Custom Dashboards", ["FULL", "FULL", "VIEW"]),
    ("Storyboard", ["FULL", "FULL", "VIEW"]),
    ("IntentDiscovery", ["FULL", "FULL", "VIEW"]),
];

#[tokio::test]
async fn the_built_in_roles_have_the_catalogues_of_the_vendor() {
    let acme = TestRollcall::new();
    let app = acme.app(&SCOPE);
    let admin = [
        "Invite",
        "Import Users / Sync",
        "Directory Sync",
        "Manage Users",
        "Manage User Settings",
        "Manage Groups",
        "Manage Custom Admin Roles",
        "Manage Built-In Admin Roles",
        "Manage Bot Roles",
        "Manage Deployment",
        "Enterprise Bots",
        "Consumer Bots",
        "Smart Bots",
        "Preferences",
        "Single Sign On",
        "Kore.ai Connector",
        "Enterprise Key",
        "API Scopes",
        "View and Run Audit Reports",
        "View and Run Bot Chat History",
    ];
    let permissions: serde_json::Map<_, _> = admin.into_iter().map(|key| (key.to_owned(), json!("YES"))).collect();
    let expected = json!({"total": 1, "availableMore": false, "roles": [{
        "roleType": "admin", "_id": admin_role("admin"), "role": "admin",
        "rDesc": "Master administration role with full control on account activity", "permissions": permissions,
    }]});
    assert_eq!(app.get("roles?roleType=admin").await.text, expected.to_string());
    let names = ["Bot Owner", "Bot Developer", "Bot Tester"];
    let described = [
        "Role of bot owners with full access to bot definition",
        "Role for bot co-developers",
        "Role for bot testers with read-only access to bot definition",
    ];
    let roles: Vec<Value> = (0..3)
        .map(|n| {
            let permissions: serde_json::Map<_, _> =
                MATRIX.iter().map(|(key, words)| ((*key).to_owned(), json!([words[n]]))).collect();
            json!({
                "roleType": "bot", "_id": bot_role(names[n]), "role": names[n], "rDesc": described[n],
                "permissions": permissions,
            })
        })
        .collect();
    let expected = json!({"total": 3, "availableMore": false, "roles": roles});
    assert_eq!(app.get("roles?roleType=bot").await.text, expected.to_string());
}

#[tokio::test]
async fn permissions_have_the_form_of_their_kind_however_they_were_written() {
    let odd = json!({"Manage All": ["YES"], "x": {"y": [null, 1.5]}, "Z": "FULL", "": []});
    let mut admin = json!({"Password Policies": "NO", "Invite": ["YES"], "API Scopes": ["NO"], "Tasks": ["FULL"]});
    let mut bot = json!({"Tasks": "VIEW", "Publish bot": ["YES"], "Invite": "YES", "Channels": ["A", "B"]});
    for permissions in [&mut admin, &mut bot] {
        permissions.as_object_mut().expect("an object").extend(odd.as_object().expect("an object").clone());
    }
    let acme = with(vec![role(RoleKind::Admin, "A", &admin), role(RoleKind::Bot, "B", &bot)]);
    let app = acme.app(&SCOPE);
    assert_eq!(
        body(&app, "roles?roleType=admin&offset=1&limit=1").await["roles"][0]["permissions"].to_string(),
        r#"{"Password Policies":"NO","Invite":"YES","API Scopes":"NO","Tasks":["FULL"],"Manage All":["YES"],"x":{"y":[null,1.5]},"Z":"FULL","":[]}"#
    );
    assert_eq!(
        body(&app, "roles?roleType=bot&offset=3&limit=1").await["roles"][0]["permissions"].to_string(),
        r#"{"Tasks":["VIEW"],"Publish bot":["YES"],"Invite":"YES","Channels":["A","B"],"Manage All":["YES"],"x":{"y":[null,1.5]},"Z":"FULL","":[]}"#
    );
}

#[tokio::test]
async fn pages_are_those_of_the_kind_in_order_of_creation() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let names = async |query: &str| {
        let body = body(&app, &format!("roles?{query}")).await;
        let names: Vec<String> = body["roles"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|r| r["role"].as_str().expect("a name").into())
            .collect();
        (names.join(", "), body["total"].as_u64().expect("a number"), body["availableMore"] == true)
    };
    let table = [
        ("roleType=admin", "admin, Auditor, Reviewer", 3, false),
        ("roleType=admin&limit=2", "admin, Auditor", 3, true),
        ("limit=2&offset=1&roleType=admin", "Reviewer", 3, false),
        ("roleType=bot&limit=3", "Bot Owner, Bot Developer, Bot Tester", 4, true),
        ("roleType=bot&limit=3&offset=1", "Desk lead", 4, false),
        ("roleType=bot&offset=1", "", 4, false),
    ];
    for (query, expected, total, more) in table {
        assert_eq!(names(query).await, (expected.into(), total, more), "{query}");
    }
}

#[tokio::test]
async fn an_export_is_the_whole_kind_with_what_roles_are_known_again_by() {
    let acme = with(vec![
        role(RoleKind::Bot, "B", &json!({"Tasks": "FULL"})),
        role(RoleKind::Admin, "A", &json!({"Invite": "NO", "n": 1})),
    ]);
    let app = acme.app(&SCOPE);
    let exported = body(&app, "roles/export?roleType=admin").await;
    assert_eq!(exported.as_array().map(Vec::len), Some(2));
    assert_eq!(
        exported[1].to_string(),
        json!({
            "roleType": "admin", "_id": admin_role("A"), "role": "A", "rDesc": "Some role",
            "permissions": {"Invite": "NO", "n": 1}, "refId": "r-A",
        })
        .to_string()
    );
    assert_eq!((&exported[0]["role"], exported[0]["refId"].as_str().map(str::len)), (&json!("admin"), Some(36)));
    let listed = body(&app, "roles?roleType=bot").await["roles"].clone();
    let mut exported = body(&app, "roles/export?roleType=bot").await;
    for role in exported.as_array_mut().expect("a list") {
        assert!(role.as_object_mut().expect("an object").shift_remove("refId").is_some());
    }
    assert_eq!(exported, listed);
}

#[tokio::test]
async fn an_export_has_all_roles_however_many() {
    let acme = with((0..120).map(|n| role(RoleKind::Bot, &format!("r{n}"), &json!({}))).collect());
    let exported = body(&acme.app(&SCOPE), "roles/export?roleType=bot").await;
    assert_eq!(exported.as_array().map(Vec::len), Some(123));
}

#[tokio::test]
async fn the_kind_must_be_said() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    for path in ["roles", "roles/export"] {
        for (query, fault) in [
            ("", "roleType: is missing: expected admin or bot"),
            ("?roleType=", "roleType: expected admin or bot, found \"\""),
            ("?roleType=Bot", "roleType: expected admin or bot, found \"Bot\""),
            ("?roletype=bot", "roleType: is missing: expected admin or bot"),
        ] {
            let reply = app.get(&format!("{path}{query}")).await;
            assert_eq!((reply.status.as_u16(), reply.messages()), (400, vec![fault.to_owned()]), "{path}{query}");
        }
    }
}

#[tokio::test]
async fn what_is_known_is_not_told_again_and_each_list_has_its_own_tag() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let paths = [
        "roles?roleType=admin",
        "roles?roleType=bot",
        "roles?roleType=bot&offset=1",
        "roles?roleType=bot&limit=1",
        "roles/export?roleType=admin",
        "roles/export?roleType=bot",
    ];
    let mut tags = Vec::new();
    for path in paths {
        let tag = app.get(path).await.header("etag").to_owned();
        let again = app.with_header("if-none-match", tag.as_str()).get(path).await;
        assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path}");
        assert!(tag.len() > 2 && !tags.contains(&tag), "{path}: {tag}");
        tags.push(tag);
    }
    acme.apply(State { name: "Acme".into(), roles: vec![role(RoleKind::Bot, "New", &json!({}))], ..State::default() })
        .expect("a role");
    for (path, tag) in paths.into_iter().zip(tags) {
        assert_eq!(app.with_header("if-none-match", tag).get(path).await.status, 200, "{path}");
    }
}

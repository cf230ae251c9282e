//! `GET /alluserroles` and `GET /bots`: what is told of each user and bot, in the vendor's words.

use insta::assert_json_snapshot;
use rollcall_core::apps;
use rollcall_core::change::Change;
use rollcall_core::policy::Scope;
use rollcall_core::sync::{AssignmentState, State};
use rollcall_testkit::Caller;
use serde_json::Value;

use crate::acme::{acme, state};

const SCOPE: [Scope; 1] = [Scope::RoleManagement];

#[tokio::test]
async fn users_are_told_with_their_roles_in_the_vendors_words() {
    let acme = acme();
    let reply = acme.app(&SCOPE).get("alluserroles?limit=1").await;
    assert_json_snapshot!(reply.told(), @r#"
    {
      "status": 200,
      "body": {
        "total": 5,
        "availableMore": true,
        "users": [
          {
            "username": "ada@acme.test",
            "orgUserId": "A-1",
            "accountId": "06187bbacfa057ef97d9e7d3",
            "isDeveloper": true,
            "canCreateBot": true,
            "userId": "u-631e66f7-f940-568a-9216-be4381913aca",
            "btRoles": [
              {
                "roleId": "30ad176be2c95f5caf74a91d",
                "roleName": "Bot Tester",
                "groups": [],
                "botId": "st-d673221c-ffd6-5672-9eb7-b6b81a853ccd",
                "botName": "Travel desk"
              },
              {
                "roleId": "97db9196429d5cdbbb73a134",
                "roleName": "Bot Developer",
                "groups": [
                  "Risk"
                ],
                "botId": "st-d673221c-ffd6-5672-9eb7-b6b81a853ccd",
                "botName": "Travel desk"
              }
            ],
            "adminRoles": [
              {
                "roleId": "bb600474ed985265b4478f28",
                "roleName": "admin",
                "groups": []
              },
              {
                "roleId": "c5065e059e1d556cb9228fb9",
                "roleName": "Auditor",
                "groups": [
                  "Audit",
                  "Risk"
                ],
                "direct": true
              },
              {
                "roleId": "872492a7a20f53ecbb962a6e",
                "roleName": "Reviewer",
                "groups": [
                  "Board"
                ]
              }
            ]
          }
        ]
      }
    }
    "#);
}

/// The addresses of a part, its total, and whether there is more.
async fn part(app: &Caller, query: &str) -> (Vec<String>, u64, bool) {
    let reply = app.get(&format!("alluserroles{query}")).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.text);
    let body = reply.json();
    let users = body["users"].as_array().expect("a list").iter();
    let names = users.map(|user| user["username"].as_str().expect("an address").to_owned());
    (names.collect(), body["total"].as_u64().expect("a number"), body["availableMore"].as_bool().expect("a boolean"))
}

#[tokio::test]
async fn an_offset_counts_users_here_and_not_pages() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let (all, total, more) = part(&app, "").await;
    assert_eq!((all.len() as u64, more), (total, false));
    for (query, from, to) in [("?offset=1&limit=2", 1, 3), ("?offset=3", 3, 5), ("?limit=99&offset=4", 4, 5)] {
        assert_eq!(part(&app, query).await, (all[from..to].to_vec(), total, (to as u64) < total), "{query}");
    }
    assert_eq!(part(&app, "?offset=5").await, (vec![], total, false));
    // As the vendor's pages print it.
    assert_eq!(part(&app, "?").await.0, all);
}

#[tokio::test]
async fn the_lists_answer_304_until_something_of_the_account_changes() {
    let acme = acme();
    let app = acme.app(&[Scope::RoleManagement, Scope::AuditLogs]);
    for path in ["alluserroles?limit=2", "bots", "auditlogs?size=3"] {
        let tag = app.get(path).await.header("etag").to_owned();
        let again = app.with_header("if-none-match", tag.clone());
        let reply = again.get(path).await;
        assert_eq!(
            (reply.status.as_u16(), reply.text.as_str(), reply.header("etag")),
            (304, "", tag.as_str()),
            "{path}"
        );
        let other = again.get(&path.replace(['2', '3'], "4").replace("bots", "bots?limit=1")).await;
        assert_eq!(other.status, 200, "another page of {path} is another thing");
        acme.admin(&format!("new-{}", path.len()));
        // What is told of bots is the same as before, and known by its bytes.
        let expected = if path == "bots" { 304 } else { 200 };
        assert_eq!(again.get(path).await.status, expected, "{path}");
    }
}

#[tokio::test]
async fn a_role_whose_time_is_over_is_not_told_any_more_to_whoever_has_an_older_answer() {
    let acme = acme();
    let given = AssignmentState {
        role: "Auditor".into(),
        bot: None,
        users: vec!["sam@acme.test".into()],
        groups: Vec::new(),
        expires: Some(acme.rollcall().now().plus_millis(1_000)),
    };
    acme.apply(State { name: "Acme".into(), assignments: vec![given], ..State::default() }).expect("it is applied");
    let app = acme.app(&SCOPE);
    let before = app.get("alluserroles").await;
    let again = app.with_header("if-none-match", before.header("etag"));
    assert_eq!(again.get("alluserroles").await.status, 304);
    acme.clock.advance(1_000);
    let after = again.get("alluserroles").await;
    assert_eq!((after.status.as_u16(), after.text == before.text), (200, false));
}

#[tokio::test]
async fn bots_are_told_in_the_vendors_words_and_secrets_only_hinted_at() {
    let acme = acme();
    let mut owned = state();
    owned.bots.truncate(1);
    owned.bots[0].owner = Change::Set("ada@acme.test".into());
    acme.apply(State { name: "Acme".into(), bots: owned.bots, ..State::default() }).expect("it is applied");
    let app = acme.app(&SCOPE);
    let mut told = app.get("bots?limit=1").await.told();
    let hint = told["body"]["bots"][0]["jwtApps"][0]["clientSecret"].take();
    assert_json_snapshot!(told, @r#"
    {
      "status": 200,
      "body": {
        "total": 3,
        "availableMore": true,
        "bots": [
          {
            "_id": "st-d673221c-ffd6-5672-9eb7-b6b81a853ccd",
            "accountId": "06187bbacfa057ef97d9e7d3",
            "purpose": "employee",
            "createdOn": "2026-01-05T09:00:00.000Z",
            "createdBy": "u-631e66f7-f940-568a-9216-be4381913aca",
            "type": "default",
            "defaultLanguage": "en",
            "isDeflect": false,
            "resourceid": "btstreams",
            "status": "published",
            "icon": "",
            "name": "Travel desk",
            "description": "",
            "isLinkedTo": [],
            "containsPanelOrWidget": false,
            "jwtApps": [
              {
                "clientId": "cs-b7bb0d2b-579b-5ba1-a3af-27b24dc413cf",
                "clientSecret": null,
                "jtiClaimEnforced": false,
                "jweEncryptionEnforced": false,
                "createdOn": "2026-01-05T09:00:00.000Z"
              }
            ]
          }
        ]
      }
    }
    "#);
    let secret = app.secret().expose();
    assert_eq!(hint, format!("cs…{}", &secret[secret.len() - 4..]));
    let all = app.get("bots").await.json();
    let of_each = |key: &str| -> Vec<Value> {
        all["bots"].as_array().expect("a list").iter().map(|bot| bot[key].clone()).collect()
    };
    assert_eq!(of_each("name"), ["Travel desk", "Draft desk", "Shop"]);
    assert_eq!(of_each("status"), ["published", "configured", "published"]);
    assert_eq!(of_each("purpose"), ["employee", "employee", "customer"]);
    assert_eq!(of_each("createdBy")[1..], [Value::Null, Value::Null]);
}

#[tokio::test]
async fn bots_tell_what_each_app_enforces() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    for (name, enforce_jti, enforce_jwe) in [("once", true, false), ("sealed", false, true)] {
        let new = apps::NewApp { name: name.into(), enforce_jti, enforce_jwe, ..apps::NewApp::default() };
        acme.write(move |op| apps::create(op, new.clone())).expect("an app");
    }
    let all = app.get("bots").await.json();
    let flags = |key: &str| -> Vec<Value> {
        let apps = all["bots"][0]["jwtApps"].as_array().expect("a list");
        apps.iter().map(|app| app[key].clone()).collect()
    };
    assert_eq!(flags("jtiClaimEnforced"), [false, true, false]);
    assert_eq!(flags("jweEncryptionEnforced"), [false, false, true]);
}

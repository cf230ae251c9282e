//! `POST /useraccess`: one set of flags for many users, for all or for none.

use insta::assert_json_snapshot;
use rollcall_core::policy::Scope;
use rollcall_core::sync;
use rollcall_testkit::TestRollcall;
use serde_json::json;

use crate::acme::{acme, everything};

const SCOPE: [Scope; 1] = [Scope::RoleManagement];
const EVERYBODY: [&str; 5] = ["ada@acme.test", "grace@acme.test", "Sam@Acme.test", "sue@acme.test", "lou@acme.test"];

/// Of each user: may create bots, is a developer, may use data tables.
fn flags(acme: &TestRollcall) -> Vec<(bool, bool, bool)> {
    let state = acme.read(|view| sync::export(view, false)).expect("an export");
    let flag = |flag: Option<bool>| flag.expect("an export says it");
    let of = |user: sync::UserState| (flag(user.can_create_bot), flag(user.is_developer), flag(user.data_tables));
    state.users.into_iter().map(of).collect()
}

#[tokio::test]
async fn all_get_the_flags_that_are_given_and_keep_the_others() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let builder = (true, true, false);
    let grace = (false, false, false);
    assert_eq!(flags(&acme), [builder, grace, builder, builder, builder]);
    let table = [
        (
            json!({"emailIds": ["GRACE@acme.test", "", "grace@acme.test"], "isDeveloper": true}),
            [builder, (false, true, false), builder, builder, builder],
        ),
        (json!({"emailIds": EVERYBODY, "canCreateBot": false}), [(false, true, false); 5]),
        (
            json!({"emailIds": EVERYBODY, "canCreateBot": true, "isDeveloper": true, "hasDataTableAndViewAccess": true}),
            [(true, true, true); 5],
        ),
        (json!({"emailIds": EVERYBODY, "canCreateBot": null}), [(true, true, true); 5]),
        (json!({"emailIds": EVERYBODY, "canCreateBot": false, "isDeveloper": true}), [(false, true, true); 5]),
        (
            json!({"emailIds": EVERYBODY, "isDeveloper": false, "hasDataTableAndViewAccess": false}),
            [(false, false, false); 5],
        ),
        (json!({"emailIds": EVERYBODY}), [(false, false, false); 5]),
    ];
    for (body, expected) in table {
        let reply = app.post("useraccess", &body).await;
        assert_eq!((reply.status.as_u16(), reply.text.as_str()), (200, r#"["SUCCESS"]"#), "{body}");
        assert_eq!(flags(&acme), expected, "{body}");
    }
}

#[tokio::test]
async fn the_audit_log_tells_of_those_alone_whose_flags_differ() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let events = acme.sealed_events();
    let body = json!({"emailIds": EVERYBODY, "canCreateBot": false, "isDeveloper": false});
    app.post("useraccess", &body).await;
    assert_eq!(acme.sealed_events(), events + 4, "Grace had no flags");
    let sql = "select concat_ws(' | ', name, description, state_before, state_after) from audit_events order by id desc limit 1";
    let told: Vec<String> = acme.database().query(sql).into_iter().flatten().flatten().collect();
    assert_eq!(
        told,
        [
            r#"User Modified | User lou@acme.test was changed | {"isDeveloper":true,"canCreateBot":true} | {"isDeveloper":false,"canCreateBot":false}"#
        ]
    );
    let before = (everything(&acme), acme.read(|view| view.mark()).expect("a mark"));
    assert_eq!(app.post("useraccess", &body).await.text, r#"["SUCCESS"]"#);
    assert_eq!((everything(&acme), acme.read(|view| view.mark()).expect("a mark")), before);
}

#[tokio::test]
async fn what_is_refused_is_refused_whole_in_the_vendors_words() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let before = everything(&acme);
    // Who may create bots must develop: said first, whoever is named.
    let contradiction = json!({"emailIds": [], "canCreateBot": true, "isDeveloper": false});
    assert_json_snapshot!(app.post("useraccess", &contradiction).await.told(), @r#"
    {
      "status": 403,
      "body": {
        "errors": [
          {
            "msg": "Invalid values in the body",
            "code": 403,
            "detail": "canCreateBot is true and isDeveloper is false"
          }
        ]
      }
    }
    "#);
    for emails in [json!([]), json!(["", " "])] {
        let reply = app.post("useraccess", &json!({"emailIds": emails, "isDeveloper": true})).await;
        let expected = r#"{"errors":[{"msg":"emailIds cannot be empty","code":400}]}"#;
        assert_eq!((reply.status.as_u16(), reply.text.as_str()), (400, expected));
    }
    let unknown =
        json!({"emailIds": ["ada@acme.test", " a3q4 ", "kim@globex.test", "grace@acme.test"], "canCreateBot": true});
    assert_json_snapshot!(app.post("useraccess", &unknown).await.told(), @r#"
    {
      "status": 400,
      "body": {
        "errors": [
          {
            "msg": "One or more entered emails not found",
            "code": 400,
            "detail": "Unknown in this account: a3q4, kim@globex.test"
          }
        ]
      }
    }
    "#);
    let merged = json!({"emailIds": EVERYBODY, "canCreateBot": true});
    assert_json_snapshot!(app.post("useraccess", &merged).await.told(), @r#"
    {
      "status": 403,
      "body": {
        "errors": [
          {
            "msg": "Invalid values in the body",
            "code": 403,
            "detail": "canCreateBot would be true and isDeveloper false of: grace@acme.test"
          }
        ]
      }
    }
    "#);
    let merged = json!({"emailIds": ["grace@acme.test", "lou@acme.test", "LOU@acme.test", "ada@acme.test"], "isDeveloper": false});
    assert_json_snapshot!(app.post("useraccess", &merged).await.told(), @r#"
    {
      "status": 403,
      "body": {
        "errors": [
          {
            "msg": "Invalid values in the body",
            "code": 403,
            "detail": "canCreateBot would be true and isDeveloper false of: lou@acme.test, ada@acme.test"
          }
        ]
      }
    }
    "#);
    let missing = app.post("useraccess", &json!({"canCreateBot": false})).await;
    assert_eq!((missing.status.as_u16(), missing.messages()), (400, vec!["emailIds: is missing".to_owned()]));
    assert_eq!(everything(&acme), before);
}

#[tokio::test]
async fn a_request_that_was_refused_is_not_remembered_under_its_key() {
    let acme = acme();
    let app = acme.app(&SCOPE).with_header("idempotency-key", "k-1");
    let refused = json!({"emailIds": ["grace@acme.test"], "canCreateBot": true});
    assert_eq!(app.post("useraccess", &refused).await.status, 403);
    assert_eq!(app.post("useraccess?dryRun=true", &refused).await.status, 403);
    let good = json!({"emailIds": ["grace@acme.test"], "canCreateBot": true, "isDeveloper": true});
    assert_eq!(app.post("useraccess", &good).await.status, 200, "the key is free");
    let again = app.post("useraccess", &good).await;
    assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (200, "true"));
    assert_eq!(app.post("useraccess", &refused).await.status, 422);
}

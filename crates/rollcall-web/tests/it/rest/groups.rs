//! `GET /groups`: what is told of a group, its children and its members, in the vendor's words.

use axum::body::Body;
use axum::http::Method;
use insta::{assert_compact_json_snapshot, assert_json_snapshot};
use rollcall_core::policy::Scope;
use rollcall_core::sync::State;
use rollcall_core::users::Status;
use rollcall_testkit::{TestRollcall, user};
use serde_json::Value;

use crate::acme::{acme, group};

const SCOPE: [Scope; 1] = [Scope::RoleManagement];

fn add(acme: &TestRollcall, state: State) {
    acme.apply(State { name: "Acme".into(), ..state }).expect("it is applied");
}

#[tokio::test]
async fn groups_are_told_in_the_vendors_words() {
    let reply = acme().app(&SCOPE).get("groups").await;
    assert_json_snapshot!(reply.told(), @r##"
    {
      "status": 200,
      "body": {
        "total": 4,
        "availableMore": false,
        "groups": [
          {
            "_id": "e-f5fe9cc5-d0fa-5589-90d0-cfb16f3d1672",
            "gN": "Audit",
            "gDesc": "Audit Team",
            "groups": [],
            "users": [
              {
                "_id": "u-631e66f7-f940-568a-9216-be4381913aca",
                "emailId": "ada@acme.test",
                "lastName": "Obi",
                "firstName": "Ada",
                "profImage": "ada.png",
                "profColour": "#ffd700",
                "activationStatus": "active",
                "jTitle": "Head of audit",
                "orgId": "o-ff6ac5e5-18bf-529e-88fa-ee5d10dab56b"
              },
              {
                "_id": "u-2590fd51-79bd-5866-bb34-170d7b31478b",
                "emailId": "grace@acme.test",
                "lastName": "",
                "firstName": "",
                "profImage": "no-avatar",
                "profColour": "",
                "activationStatus": "active",
                "jTitle": null,
                "orgId": "o-ff6ac5e5-18bf-529e-88fa-ee5d10dab56b"
              },
              {
                "_id": "u-2868f8b5-0037-5301-acbb-8612add41665",
                "emailId": "Sam@Acme.test",
                "lastName": "",
                "firstName": "Sam",
                "profImage": "no-avatar",
                "profColour": "",
                "activationStatus": "not active",
                "jTitle": null,
                "orgId": "o-ff6ac5e5-18bf-529e-88fa-ee5d10dab56b"
              }
            ],
            "userCount": 3
          },
          {
            "_id": "e-0cff2f3b-a617-5f11-8add-cb57aa7ae482",
            "gN": "Risk",
            "gDesc": "Risk Management Team",
            "groups": [
              {
                "_id": "e-f5fe9cc5-d0fa-5589-90d0-cfb16f3d1672",
                "gN": "Audit",
                "gDesc": "Audit Team"
              }
            ],
            "users": [
              {
                "_id": "u-baa427ef-0248-5d73-a6be-b4925d2e3f8e",
                "emailId": "sue@acme.test",
                "lastName": "",
                "firstName": "",
                "profImage": "no-avatar",
                "profColour": "",
                "activationStatus": "suspended",
                "jTitle": null,
                "orgId": "o-ff6ac5e5-18bf-529e-88fa-ee5d10dab56b"
              }
            ],
            "userCount": 1
          },
          {
            "_id": "e-9faec840-939b-5d24-9ff3-11b87e4f600f",
            "gN": "Board",
            "gDesc": "",
            "groups": [
              {
                "_id": "e-f9f46968-cae8-56c6-bb08-75d433fbacc7",
                "gN": "Desk",
                "gDesc": ""
              },
              {
                "_id": "e-0cff2f3b-a617-5f11-8add-cb57aa7ae482",
                "gN": "Risk",
                "gDesc": "Risk Management Team"
              }
            ],
            "users": [],
            "userCount": 0
          },
          {
            "_id": "e-f9f46968-cae8-56c6-bb08-75d433fbacc7",
            "gN": "Desk",
            "gDesc": "",
            "groups": [],
            "users": [
              {
                "_id": "u-625fede7-a179-5813-b06f-96df4b1554ce",
                "emailId": "lou@acme.test",
                "lastName": "",
                "firstName": "",
                "profImage": "no-avatar",
                "profColour": "",
                "activationStatus": "locked",
                "jTitle": null,
                "orgId": "o-ff6ac5e5-18bf-529e-88fa-ee5d10dab56b"
              }
            ],
            "userCount": 1
          }
        ]
      }
    }
    "##);
}

#[tokio::test]
async fn an_account_without_groups_has_an_empty_page_and_everyone_is_not_listed() {
    let acme = TestRollcall::new();
    acme.admin("ada");
    let reply = acme.app(&SCOPE).get("groups").await;
    assert_compact_json_snapshot!(reply.told(), @r#"{"status": 200, "body": {"total": 0, "availableMore": false, "groups": []}}"#);
}

#[tokio::test]
async fn members_are_ordered_by_address_without_regard_to_case() {
    let acme = TestRollcall::new();
    let emails = ["lou@acme.test", "Kay@acme.test", "ana@acme.test", "Zoe@ACME.test", "bea@acme.test"];
    add(
        &acme,
        State {
            users: emails.iter().map(|email| user(email, Status::Active)).collect(),
            groups: vec![group("Desk", "", &emails, &[])],
            ..State::default()
        },
    );
    let body = acme.app(&SCOPE).get("groups").await.json();
    let told: Vec<&Value> = body["groups"][0]["users"].as_array().unwrap().iter().map(|u| &u["emailId"]).collect();
    assert_eq!(told, ["ana@acme.test", "bea@acme.test", "Kay@acme.test", "lou@acme.test", "Zoe@ACME.test"]);
}

#[tokio::test]
async fn all_members_are_told_however_many() {
    let acme = TestRollcall::new();
    let emails: Vec<String> = (0..130).map(|n| format!("u{n:03}@acme.test")).collect();
    let names: Vec<&str> = emails.iter().map(String::as_str).collect();
    add(
        &acme,
        State {
            users: emails.iter().map(|email| user(email, Status::Active)).collect(),
            groups: vec![group("All", "", &names, &[])],
            ..State::default()
        },
    );
    let body = acme.app(&SCOPE).get("groups?limit=1").await.json();
    assert_eq!(body["groups"][0]["userCount"], 130);
    let told: Vec<&Value> = body["groups"][0]["users"].as_array().unwrap().iter().map(|u| &u["emailId"]).collect();
    assert_eq!(told, names);
}

#[tokio::test]
async fn a_body_is_not_read() {
    let reply = acme().app(&SCOPE).ask(Method::GET, "groups", Body::from("not JSON")).await;
    assert_eq!(reply.status, 200);
}

//! `GET /groups`: the page in the vendor's words, its order, and paging by page number.

use axum::body::Body;
use axum::http::Method;
use insta::{assert_compact_json_snapshot, assert_json_snapshot};
use rollcall_core::policy::Scope;
use rollcall_core::sync::State;
use rollcall_core::users::Status;
use rollcall_testkit::{Caller, TestRollcall, user};
use serde_json::{Value, json};

use crate::acme::{acme, group};

const SCOPE: [Scope; 1] = [Scope::RoleManagement];

fn add(acme: &TestRollcall, state: State) {
    acme.apply(State { name: "Acme".into(), ..state }).expect("it is applied");
}

/// Groups named `g-000`, `g-001` …
fn many_groups(count: usize) -> TestRollcall {
    let acme = TestRollcall::new();
    let groups = (0..count).map(|n| group(&format!("g-{n:03}"), "", &[], &[])).collect();
    add(&acme, State { groups, ..State::default() });
    acme
}

/// The names on a page, its total, and whether there is more.
async fn page(app: &Caller, query: &str) -> (Vec<String>, u64, bool) {
    let reply = app.get(&format!("groups{query}")).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.text);
    let body = reply.json();
    let names = body["groups"].as_array().expect("a list").iter().map(|g| g["gN"].as_str().expect("a name").to_owned());
    (names.collect(), body["total"].as_u64().expect("a number"), body["availableMore"].as_bool().expect("a boolean"))
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
async fn offset_counts_pages_and_limit_is_at_most_fifty() {
    let app = many_groups(120).app(&SCOPE);
    // (query, first on the page, how many, whether there is more)
    let table = [
        ("", "g-000", 50, true),
        ("?offset=0&limit=2", "g-000", 2, true),
        ("?offset=1&limit=2", "g-002", 2, true),
        ("?limit=2&offset=59", "g-118", 2, false),
        ("?offset=39&limit=3", "g-117", 3, false),
        ("?offset=17&limit=7", "g-119", 1, false),
        ("?limit=50", "g-000", 50, true),
        ("?limit=51", "g-000", 50, true),
        ("?limit=18446744073709551616", "g-000", 50, true),
        ("?offset=1&limit=1000", "g-050", 50, true),
        ("?offset=2", "g-100", 20, false),
        ("?offset=%32&colour=red", "g-100", 20, false),
        ("?", "g-000", 50, true),
    ];
    for (query, first, count, more) in table {
        let (names, total, available_more) = page(&app, query).await;
        assert_eq!((names[0].as_str(), names.len(), total, available_more), (first, count, 120, more), "{query}");
    }
}

#[tokio::test]
async fn a_page_beyond_the_last_is_empty_and_not_an_error() {
    let app = many_groups(3).app(&SCOPE);
    for query in [
        "?offset=1",
        "?offset=2&limit=2",
        "?offset=9223372036854775807",
        "?offset=18446744073709551615&limit=50",
        "?offset=99999999999999999999999999",
    ] {
        assert_eq!(page(&app, query).await, (vec![], 3, false), "{query}");
    }
}

#[tokio::test]
async fn a_walk_over_the_pages_tells_each_group_once_also_when_groups_are_added_meanwhile() {
    let acme = many_groups(10);
    let app = acme.app(&SCOPE);
    let (mut told, mut offset) = (Vec::new(), 0);
    loop {
        let (names, _, more) = page(&app, &format!("?offset={offset}&limit=4")).await;
        told.extend(names);
        if !more {
            break;
        }
        if offset == 0 {
            add(&acme, State { groups: vec![group("a comes first by name", "", &[], &[])], ..State::default() });
        }
        offset += 1;
    }
    let mut expected: Vec<String> = (0..10).map(|n| format!("g-{n:03}")).collect();
    expected.push("a comes first by name".into());
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_wrong_page_is_refused_and_the_parameter_named() {
    let app = many_groups(1).app(&SCOPE);
    let table = [
        ("limit=0", vec!["limit: expected a whole number from 1 on, found \"0\""]),
        ("limit=-1", vec!["limit: expected a whole number from 1 on, found \"-1\""]),
        ("limit=", vec!["limit: expected a whole number from 1 on, found \"\""]),
        ("limit=ten", vec!["limit: expected a whole number from 1 on, found \"ten\""]),
        ("limit=1.5", vec!["limit: expected a whole number from 1 on, found \"1.5\""]),
        ("limit=1e3", vec!["limit: expected a whole number from 1 on, found \"1e3\""]),
        ("limit=%201", vec!["limit: expected a whole number from 1 on, found \" 1\""]),
        ("limit=%D9%A1", vec!["limit: expected a whole number from 1 on, found \"١\""]),
        ("offset=-1", vec!["offset: expected a whole number from 0 on, found \"-1\""]),
        ("offset=", vec!["offset: expected a whole number from 0 on, found \"\""]),
        ("offset=x", vec!["offset: expected a whole number from 0 on, found \"x\""]),
        (
            "offset=a&limit=b",
            vec![
                "offset: expected a whole number from 0 on, found \"a\"",
                "limit: expected a whole number from 1 on, found \"b\"",
            ],
        ),
        ("limit=1&limit=2", vec!["limit: is given more than once"]),
        ("offset=0&offset=0", vec!["offset: is given more than once"]),
    ];
    for (query, messages) in table {
        let reply = app.get(&format!("groups?{query}")).await;
        let errors: Vec<Value> = messages.into_iter().map(|msg| json!({ "msg": msg, "code": 400 })).collect();
        assert_eq!(reply.told(), json!({"status": 400, "body": {"errors": errors}}), "{query}");
    }
}

#[tokio::test]
async fn a_body_is_not_read() {
    let reply = many_groups(0).app(&SCOPE).ask(Method::GET, "groups", Body::from("not JSON")).await;
    assert_eq!(reply.status, 200);
}

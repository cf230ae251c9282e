//! `POST /usersInfo`: what is told of a user, in which order, through which filter, and what is told of nobody.

use insta::{assert_compact_json_snapshot, assert_json_snapshot};
use rollcall_core::policy::Scope;
use rollcall_core::sync::{AssignmentState, State};
use rollcall_testkit::{Caller, START, TestRollcall};
use serde_json::{Value, json};

use crate::acme::{acme, held};

const SCOPE: [Scope; 1] = [Scope::UserManagement];

/// What each element is about: its address or org user id, and `status` where it is a failure.
fn about(elements: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    elements
        .as_array()
        .expect("a bare array")
        .iter()
        .map(|e| {
            let info = &e["userInfo"];
            let id = if info["emailId"].is_null() { &info["orgUserId"] } else { &info["emailId"] };
            let failed = if info["status"] == "failure" { " failure" } else { "" };
            text(id) + failed
        })
        .collect()
}

async fn ask(app: &Caller, body: Value) -> Vec<String> {
    let reply = app.post("usersInfo", &body).await;
    assert_eq!(reply.status, 200, "{body}: {}", reply.text);
    about(&reply.json())
}

#[tokio::test]
async fn a_user_is_told_with_roles_by_every_way_tasks_and_groups() {
    let reply = acme().app(&SCOPE).post("usersInfo", &json!({"emailIds": ["ada@acme.test"]})).await;
    assert_json_snapshot!(reply.told(), @r#"
    {
      "status": 200,
      "body": [
        {
          "canCreateBot": true,
          "isDeveloper": true,
          "userInfo": {
            "emailId": "ada@acme.test",
            "userId": "u-631e66f7-f940-568a-9216-be4381913aca",
            "orgUserId": "A-1",
            "firstName": "Ada",
            "lastName": "Obi",
            "status": "active",
            "lastLogin": null
          },
          "roles": {
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
          },
          "assignBotTasks": [
            {
              "botId": "st-d673221c-ffd6-5672-9eb7-b6b81a853ccd",
              "dialogs": [
                "dg-1d9e5170-1306-5988-88eb-fe01e6d19cd1"
              ],
              "actions": [],
              "alerts": [],
              "knowledgeTask": []
            }
          ],
          "groups": [
            {
              "groupId": "e-f5fe9cc5-d0fa-5589-90d0-cfb16f3d1672",
              "groupName": "Audit"
            }
          ]
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn what_is_not_known_of_a_user_is_empty_or_null_as_in_the_seeds() {
    let body = acme().app(&SCOPE).post("usersInfo", &json!({"emailIds": ["sue@acme.test"]})).await.json();
    assert_json_snapshot!(body[0]["userInfo"], @r#"
    {
      "emailId": "sue@acme.test",
      "userId": "u-baa427ef-0248-5d73-a6be-b4925d2e3f8e",
      "orgUserId": null,
      "firstName": "",
      "lastName": "",
      "status": "suspended",
      "lastLogin": null
    }
    "#);
    assert_eq!(body[0]["assignBotTasks"], json!([]));
}

#[tokio::test]
async fn all_tasks_of_a_bot_are_told_as_those_it_has_now() {
    let body = acme().app(&SCOPE).post("usersInfo", &json!({"orgUserIds": ["S-1"]})).await.json();
    assert_compact_json_snapshot!(body[0]["assignBotTasks"], @r#"
    [
      {
        "botId": "st-d673221c-ffd6-5672-9eb7-b6b81a853ccd",
        "dialogs": [
          "dg-1d9e5170-1306-5988-88eb-fe01e6d19cd1",
          "dg-7f6575fa-374d-59ca-9f2a-bec434bef441"
        ],
        "actions": [],
        "alerts": [],
        "knowledgeTask": []
      }
    ]
    "#);
}

#[tokio::test]
async fn unknown_ids_fail_for_themselves_with_status_200() {
    let body = json!({"emailIds": ["a3q4", "grace@acme.test"], "orgUserIds": ["A-1", "nobody"]});
    let reply = acme().app(&SCOPE).post("usersInfo", &body).await;
    let told = reply.json();
    assert_eq!(about(&told), ["a3q4 failure", "grace@acme.test", "ada@acme.test", "nobody failure"]);
    assert_eq!(reply.status, 200);
    assert_json_snapshot!(told[0], @r#"
    {
      "userInfo": {
        "emailId": "a3q4",
        "status": "failure",
        "reason": {
          "statusCode": 400,
          "status": 400,
          "customCode": 400,
          "errors": [
            {
              "msg": "User not found. Please check the provided email address.",
              "code": 400
            }
          ],
          "message": "User not found. Please check the provided email address.",
          "name": "BadRequest"
        }
      }
    }
    "#);
    let (info, of_org) = (&told[3]["userInfo"], "User not found. Please check the provided org user id.");
    assert_eq!(
        (&info["orgUserId"], &info["emailId"], &info["reason"]["message"]),
        (&json!("nobody"), &json!(null), &json!(of_org))
    );
}

#[tokio::test]
async fn unknown_ids_alone_are_status_200_too() {
    let app = acme().app(&SCOPE);
    assert_eq!(ask(&app, json!({"emailIds": ["a3q4"]})).await, ["a3q4 failure"]);
    assert_eq!(ask(&app, json!({"orgUserIds": ["a3q4"], "status": "active"})).await, ["a3q4 failure"]);
}

#[tokio::test]
async fn users_stand_in_the_order_asked_and_once() {
    let app = acme().app(&SCOPE);
    let table = [
        (json!({"emailIds": ["sue@acme.test", "ada@acme.test"]}), vec!["sue@acme.test", "ada@acme.test"]),
        (json!({"emailIds": ["ada@acme.test", "sue@acme.test"]}), vec!["ada@acme.test", "sue@acme.test"]),
        (json!({"emailIds": ["ADA@acme.TEST", " ada@acme.test ", "ada@acme.test"]}), vec!["ada@acme.test"]),
        (json!({"emailIds": ["x", "ada@acme.test", "x", " x"]}), vec!["x failure", "ada@acme.test"]),
        (json!({"orgUserIds": ["S-1", "S-1", "A-1"]}), vec!["Sam@Acme.test", "ada@acme.test"]),
        // Addresses before org user ids, whichever key comes first; who is asked for by both stands where met first.
        (json!({"orgUserIds": ["A-1", "S-1"], "emailIds": ["sam@acme.test"]}), vec!["Sam@Acme.test", "ada@acme.test"]),
        (json!({"emailIds": ["", " ", "ada@acme.test"], "orgUserIds": [""]}), vec!["ada@acme.test"]),
        // An org user id is compared exactly, and is no address.
        (json!({"orgUserIds": ["a-1", "ada@acme.test"]}), vec!["a-1 failure", "ada@acme.test failure"]),
        (json!({"emailIds": ["A-1"], "orgUserIds": ["A-1"]}), vec!["A-1 failure", "ada@acme.test"]),
    ];
    for (body, expected) in table {
        assert_eq!(ask(&app, body.clone()).await, expected, "{body}");
    }
}

#[tokio::test]
async fn the_status_filter_knows_these_words() {
    let app = acme().app(&SCOPE);
    let everybody = ["ada@acme.test", "grace@acme.test", "Sam@Acme.test", "sue@acme.test", "lou@acme.test"];
    let all: Vec<&str> = [&everybody[..], &["a3q4 failure"]].concat();
    let table = [
        (json!({}), all.clone()),
        (json!({"status": "all"}), all.clone()),
        (json!({"status": null}), all.clone()),
        (json!({"status": ""}), all.clone()),
        (json!({"status": "active"}), vec!["ada@acme.test", "grace@acme.test", "a3q4 failure"]),
        (json!({"status": " active "}), vec!["ada@acme.test", "grace@acme.test", "a3q4 failure"]),
        // Exactly the invited: suspended and locked users are neither.
        (json!({"status": "not active"}), vec!["Sam@Acme.test", "a3q4 failure"]),
        (json!({"status": "inactive"}), vec!["Sam@Acme.test", "a3q4 failure"]),
        (json!({"Status": "inactive"}), vec!["Sam@Acme.test", "a3q4 failure"]),
        (json!({"Status": "all"}), all.clone()),
        (json!({"Status": "not active", "status": "active"}), vec!["ada@acme.test", "grace@acme.test", "a3q4 failure"]),
        (json!({"Status": "not active", "status": null}), vec!["Sam@Acme.test", "a3q4 failure"]),
    ];
    for (mut body, expected) in table {
        body["emailIds"] = json!([&everybody[..], &["a3q4"]].concat());
        assert_eq!(ask(&app, body.clone()).await, expected, "{body}");
    }
}

#[tokio::test]
async fn every_status_is_told_in_its_own_word() {
    let emails = json!({"emailIds": ["ada@acme.test", "sam@acme.test", "sue@acme.test", "lou@acme.test"]});
    let body = acme().app(&SCOPE).post("usersInfo", &emails).await.json();
    let told: Vec<&Value> = body.as_array().unwrap().iter().map(|e| &e["userInfo"]["status"]).collect();
    assert_eq!(told, ["active", "not active", "suspended", "locked"]);
}

#[tokio::test]
async fn what_is_wrong_with_the_request_is_told_with_its_path() {
    let app = acme().app(&SCOPE);
    let none = "emailIds cannot be empty (nor orgUserIds, where there are no emailIds)";
    let table = [
        (json!({}), vec![none]),
        (json!({"emailIds": []}), vec![none]),
        (json!({"emailIds": [""], "orgUserIds": [" "]}), vec![none]),
        (json!({"emailIds": null}), vec![none]),
        (json!({"emailIds": "ada@acme.test"}), vec!["emailIds: expected a list, found text"]),
        (
            json!({"emailIds": ["ada@acme.test", 5, {}], "orgUserIds": [true], "status": 1}),
            vec![
                "emailIds[1]: expected text, found a number",
                "emailIds[2]: expected text, found an object",
                "orgUserIds[0]: expected text, found a boolean",
                "status: expected text, found a number",
            ],
        ),
        (
            json!({"emailIds": ["ada@acme.test"], "status": "Active"}),
            vec!["status: \"Active\" is not one of: active, not active, all"],
        ),
        (
            json!({"emailIds": ["ada@acme.test"], "Status": "gone"}),
            vec!["Status: \"gone\" is not one of: active, not active, all"],
        ),
        (json!(["ada@acme.test"]), vec!["the body: expected an object, found a list"]),
    ];
    for (body, messages) in table {
        let reply = app.post("usersInfo", &body).await;
        assert_eq!((reply.status.as_u16(), reply.messages()), (400, texts(&messages)), "{body}");
    }
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

#[tokio::test]
async fn an_assignment_that_has_expired_is_not_told() {
    let acme = TestRollcall::new();
    acme.admin("ada");
    let auditor =
        AssignmentState { expires: Some(START.plus_millis(60_000)), ..held("Auditor", None, &["ada@acme.test"], &[]) };
    let with_roles = State { assignments: vec![auditor], users: Vec::new(), ..crate::acme::state() };
    acme.apply(State { groups: Vec::new(), ..with_roles }).expect("a role that ends");
    let app = acme.app(&SCOPE);
    let roles = async || {
        let body = app.post("usersInfo", &json!({"emailIds": ["ada@acme.test"]})).await.json();
        let roles = body[0]["roles"]["adminRoles"].as_array().expect("a list").clone();
        roles.iter().map(|r| r["roleName"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(roles().await, ["admin", "Auditor"]);
    acme.clock.advance(60_000);
    assert_eq!(roles().await, ["admin"]);
}

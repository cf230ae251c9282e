//! `GET /auditlogs`: rows in the vendor's words, pages, times, and on from an event.

use axum::body::Body;
use axum::http::Method;
use insta::assert_json_snapshot;
use rollcall_core::policy::Scope;
use rollcall_testkit::{Caller, TestRollcall};
use serde_json::{Value, json};

use crate::acme::{acme, letters};

const DAY: i64 = 24 * 3600 * 1000;

fn reader(acme: &TestRollcall) -> Caller {
    acme.app(&[Scope::AuditLogs])
}

async fn add_user(acme: &TestRollcall, name: &str) {
    let body = json!({"users": [{"userInfo": {"emailId": format!("{name}@acme.test")}, "sendEmail": name == "jo"}]});
    let reply = acme.app(&[Scope::UserManagement]).post("users", &body).await;
    assert!(reply.text.contains("Successfully"), "{}", reply.text);
}

/// What of a page is wanted of each row.
async fn rows(app: &Caller, query: &str, key: &str) -> Vec<Value> {
    let reply = app.get(&format!("auditlogs{query}")).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.text);
    reply.json()["auditlogs"].as_array().expect("a list").iter().map(|row| row[key].clone()).collect()
}

async fn total(app: &Caller, query: &str) -> u64 {
    app.get(&format!("auditlogs{query}")).await.json()["total"].as_u64().expect("a number")
}

#[tokio::test]
async fn an_event_is_told_in_the_vendors_words_with_who_did_it() {
    let acme = acme();
    let app = reader(&acme);
    add_user(&acme, "first").await;
    let before = rows(&app, "?size=100", "AuditLogId").await;
    acme.clock.advance(1_234);
    add_user(&acme, "jo").await;
    let last = before.last().expect("an event").as_str().expect("an id");
    let reply = app.get(&format!("auditlogs?fetchAfter={last}&offset=0&size=1")).await;
    assert_json_snapshot!(reply.told(), @r#"
    {
      "status": 200,
      "body": {
        "total": 1,
        "auditlogs": [
          {
            "timestampValue": 1767603601234,
            "Date/Time": "2026-01-05T09:00:01.234Z",
            "Description": "User jo@acme.test was created",
            "Name": "User Created",
            "Category": "User Management",
            "AuditLogId": "000000000000000000000027",
            "User": null,
            "Email": null,
            "IP": "192.0.2.7",
            "App": "app user-management"
          }
        ],
        "moreAvailable": false
      }
    }
    "#);
}

#[tokio::test]
async fn who_takes_up_an_invitation_is_told_by_the_address_that_they_have() {
    let acme = acme();
    let app = reader(&acme);
    add_user(&acme, "jo").await;
    let token = letters(&acme).remove(0).token;
    let link = format!("/activate/{}", token.expose());
    assert_eq!(acme.visitor().ask(Method::POST, &link, Body::empty()).await.status, 200);
    let pages = total(&app, "?size=1").await;
    let last = app.get(&format!("auditlogs?size=1&offset={}", pages - 1)).await.json()["auditlogs"][0].clone();
    assert_eq!(
        (&last["Name"], &last["Email"], &last["App"]),
        (&json!("Invitation Accepted"), &json!("jo@acme.test"), &json!(null))
    );
    assert!(last["User"].as_str().expect("an id").starts_with("u-"));
}

#[tokio::test]
async fn each_change_is_there_for_whoever_asks_after_it_was_answered() {
    let acme = acme();
    let app = reader(&acme);
    add_user(&acme, "first").await;
    let before = total(&app, "").await;
    for n in 1..=5 {
        add_user(&acme, &format!("u{n}")).await;
        assert_eq!(total(&app, "").await, before + n);
    }
}

#[tokio::test]
async fn pages_times_and_the_event_before_narrow_what_is_told() {
    let acme = acme();
    let app = reader(&acme);
    let begin = total(&app, "").await;
    // 2026-01-06 and 07 at nine.
    for day in ["tue", "wed"] {
        acme.clock.advance(DAY);
        for n in 0..3 {
            add_user(&acme, &format!("{day}{n}")).await;
        }
    }
    let first = begin;
    // The first use of the app that adds users makes it: one event more on Tuesday.
    let (tuesday, wednesday) = (4, 3);
    let table = [
        ("?size=2", first + tuesday + wednesday),
        ("?fromDate=2026-01-06&toDate=2026-01-06", tuesday),
        ("?fromDate=2026-01-07&toDate=2026-01-06", tuesday + wednesday),
        ("?fromDate=2026-01-06T09:00:00.000Z", tuesday + wednesday),
        ("?fromDate=2026-01-06T09:00:00.001Z", wednesday),
        ("?fromDate=2026-01-06T10:00:00.001%2B01:00", wednesday),
        ("?toDate=2026-01-06T08:59:59.999Z", first),
        ("?toDate=2026-01-06T09:00:00Z&fromDate=", first + tuesday),
        ("?fromDate=2027-01-01", 0),
    ];
    for (query, expected) in table {
        assert_eq!(total(&app, query).await, expected, "{query}");
    }
    let told = rows(&app, "?fromDate=2026-01-06&size=3&offset=1", "Description").await;
    assert_eq!(
        told,
        ["User tue2@acme.test was created", "User wed0@acme.test was created", "User wed1@acme.test was created"]
    );
    let from = rows(&app, "?fromDate=2026-01-07&size=1", "AuditLogId").await;
    let after = format!("?fetchAfter={}&fromDate=2026-01-06", from[0].as_str().expect("an id"));
    assert_eq!(
        rows(&app, &after, "Description").await,
        ["User wed1@acme.test was created", "User wed2@acme.test was created"]
    );
    assert_eq!(total(&app, &format!("?fetchAfter={}", "f".repeat(24))).await, 0);
    let beyond = app.get("auditlogs?offset=99").await.json();
    assert_eq!((&beyond["auditlogs"], &beyond["moreAvailable"]), (&json!([]), &json!(false)));
}

#[tokio::test]
async fn a_size_is_at_most_a_hundred() {
    let acme = acme();
    for n in 0..80 {
        add_user(&acme, &format!("u{n}")).await;
    }
    let app = reader(&acme);
    let all = total(&app, "").await;
    assert!(all > 100, "{all}");
    for (query, count) in [("", 50), ("?size=100", 100), ("?size=101", 100), ("?size=7", 7)] {
        assert_eq!(rows(&app, query, "Name").await.len(), count, "{query}");
    }
}

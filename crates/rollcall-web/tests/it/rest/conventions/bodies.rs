//! Bodies: how large, how long, of what form; and the texts in them.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::Method;
use hyper::body::Frame;
use insta::assert_compact_json_snapshot;
use rollcall_testkit::{Caller, TestRollcall};
use rollcall_web::http::json::MAX_VALUES;
use serde_json::{Value, json};

use crate::acme::{BOTH, acme, admin_role, bot_id, everything};

const LIMIT: usize = 10 * 1024 * 1024;

/// A body of blanks that comes in pieces and does not say how long it will be.
struct Streamed {
    left: usize,
    /// Whether it ends when nothing is left, or keeps who reads it waiting.
    ends: bool,
}

impl HttpBody for Streamed {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        static BLANKS: [u8; 65_536] = [b' '; 65_536];
        let piece = self.left.min(BLANKS.len());
        self.left -= piece;
        if piece == 0 && !self.ends {
            return Poll::Pending;
        }
        Poll::Ready((piece > 0).then(|| Ok(Frame::data(Bytes::from_static(&BLANKS[..piece])))))
    }
}

/// The four calls, for what they have in common.
const CALLS: [(Method, &str); 4] = [
    (Method::GET, "groups"),
    (Method::POST, "usersInfo"),
    (Method::POST, "users"),
    (Method::POST, "adminroles/assignments"),
];

#[tokio::test]
async fn a_body_over_ten_mebibytes_is_refused_whether_it_says_so_or_not() {
    let acme = TestRollcall::new();
    let app = acme.app(&BOTH);
    let too_large = json!({
        "status": 413,
        "body": {"errors": [{"msg": "The body is larger than the 10 MiB that a request may have", "code": 413}]}
    });
    for (method, path) in CALLS {
        let announced = app.with_header("content-length", (LIMIT + 1).to_string());
        assert_eq!(announced.ask(method.clone(), path, Body::from("{}")).await.told(), too_large, "{path}");
        let streamed = Body::new(Streamed { left: LIMIT + 1, ends: true });
        assert_eq!(app.ask(method.clone(), path, streamed).await.told(), too_large, "{path}");
        // With not a byte too many it is read; that it is blank is another matter.
        let reply = app.ask(method.clone(), path, Body::new(Streamed { left: LIMIT, ends: true })).await;
        assert_eq!(reply.status, if path == "groups" { 200 } else { 400 }, "{path}");
    }
}

/// Time is not waited for: where nothing else is to be done, the paused clock goes on to the next alarm.
#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_given_up() {
    let acme = TestRollcall::new();
    let app = acme.app(&BOTH);
    let message = "The body did not arrive within 60 seconds";
    for (method, path) in CALLS {
        let reply = app.ask(method, path, Body::new(Streamed { left: 100, ends: false })).await;
        let expected = json!({"status": 408, "body": {"errors": [{"msg": message, "code": 408}]}});
        assert_eq!(reply.told(), expected, "{path}");
    }
}

#[tokio::test]
async fn a_body_of_very_many_values_is_refused_before_it_is_read() {
    let acme = TestRollcall::new();
    let body = format!("[{}0]", "0,".repeat(MAX_VALUES));
    let reply = acme.app(&BOTH).ask(Method::POST, "usersInfo", body).await;
    let message = "The body holds about 200002 values; at most 200000 are allowed in one request".to_owned();
    assert_eq!((reply.status.as_u16(), reply.messages()), (400, vec![message]));
}

#[tokio::test]
async fn a_large_body_is_read_like_a_small_one() {
    let acme = acme();
    let blanks = " ".repeat(LIMIT - 100);
    let body = format!(r#"{{"emailIds": {blanks} ["ada@acme.test", 5]}}"#);
    let reply = acme.app(&BOTH).ask(Method::POST, "usersInfo", body).await;
    assert_eq!(
        (reply.status.as_u16(), reply.messages()),
        (400, vec!["emailIds[1]: expected text, found a number".into()])
    );
}

#[tokio::test]
async fn what_is_not_json_is_refused_with_the_place() {
    let acme = TestRollcall::new();
    let app = acme.app(&BOTH);
    let deep = "[".repeat(100_000);
    let table: [(&[u8], &str); 10] = [
        (b"", "The body is empty; this call takes JSON"),
        (b" \r\n\t ", "The body is empty; this call takes JSON"),
        (b"users", "line 1 column 1"),
        (b"{\"users\": [}", "line 1 column 12"),
        (b"{\"a\": 1,\n \"b\": tru}", "line 2 column 10"),
        (b"{} {}", "line 1 column 4"),
        (b"{\"a\": \"\xff\"}", "line 1 column 8"),
        (b"\"\\ud800\"", "line 1 column 8"),
        (b"[NaN]", "line 1 column 2"),
        (deep.as_bytes(), "line 1 column 128"),
    ];
    for (method, path) in CALLS.into_iter().skip(1) {
        for (body, place) in table {
            let reply = app.ask(method.clone(), path, body.to_vec()).await;
            let messages = reply.messages();
            assert_eq!((reply.status.as_u16(), messages.len()), (400, 1), "{path}: {}", reply.text);
            assert!(messages[0].starts_with("The body is ") && messages[0].ends_with(place), "{path}: {}", reply.text);
        }
    }
}

#[tokio::test]
async fn a_form_instead_of_json_is_refused_and_the_content_type_is_not_asked() {
    let acme = acme();
    let reply = acme.app(&BOTH).ask(Method::POST, "usersInfo", "emailIds=ada%40acme.test").await;
    assert_compact_json_snapshot!(reply.told(), @r#"{"status": 400, "body": {"errors": [{"msg": "The body is not JSON: expected value at line 1 column 1", "code": 400}]}}"#);
    let json = r#"{"emailIds":["ada@acme.test"]}"#;
    let reply = acme.app(&BOTH).with_header("content-type", "text/plain").ask(Method::POST, "usersInfo", json).await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn a_list_of_more_than_a_thousand_is_refused_and_the_limit_named() {
    let acme = acme();
    let app = acme.app(&BOTH);
    let before = everything(&acme);
    let names: Vec<String> = (0..=1_000).map(|n| format!("u{n}@acme.test")).collect();
    let people: Vec<Value> = names.iter().map(|name| json!({"userInfo": {"emailId": name}})).collect();
    let user = |key: &str, list: Value| json!({"users": [{"userInfo": {"emailId": "jo@acme.test"}, key: list}]});
    let roles: Vec<Value> = names.iter().map(|name| json!({ "roleId": name })).collect();
    let tasks: Vec<Value> = names.iter().map(|name| json!({ "botId": name })).collect();
    let dialogs = json!([{"botId": bot_id("Travel desk"), "dialogs": names}]);
    let auditor = admin_role("Auditor");
    let table = [
        ("usersInfo", json!({ "emailIds": names }), "emailIds: 1001 items"),
        ("usersInfo", json!({ "orgUserIds": names }), "orgUserIds: 1001 items"),
        ("users", json!({ "users": people }), "users: 1001 items"),
        ("users", user("groups", json!(names)), "users[0].groups: 1001 items"),
        ("users", user("roles", json!(roles)), "users[0].roles: 1001 items"),
        ("users", user("assignBotTasks", json!(tasks)), "users[0].assignBotTasks: 1001 items"),
        ("users", user("assignBotTasks", dialogs), "users[0].assignBotTasks[0].dialogs: 1001 items"),
        ("adminroles/assignments", json!(roles), "the body: 1001 items"),
        ("adminroles/assignments", json!([{"roleId": auditor, "addUsers": names}]), "[0].addUsers: 1001 items"),
        ("adminroles/assignments", json!([{"roleId": auditor, "removeGroups": names}]), "[0].removeGroups: 1001 items"),
    ];
    for (path, body, message) in table {
        let reply = app.post(path, &body).await;
        let expected = format!("{message} are more than the 1000 that one request may bring");
        assert_eq!((reply.status.as_u16(), reply.messages()), (400, vec![expected]), "{path}");
    }
    assert_eq!(everything(&acme), before);
    let full = json!({"emailIds": names[..1_000], "orgUserIds": names[..1_000]});
    assert_eq!(
        app.post("usersInfo", &full).await.json().as_array().map(Vec::len),
        Some(2_000),
        "the limit is each list's own"
    );
}

/// The faults of the one user that failed.
async fn faults(app: &Caller, info: Value) -> Vec<String> {
    let reply = app.post("users", &json!({"users": [{ "userInfo": info }]})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let reason = &reply.json()["failedUserDetails"][0]["userInfo"]["reason"];
    reason["errors"].as_array().expect("faults").iter().map(|e| e["msg"].as_str().expect("text").to_owned()).collect()
}

#[tokio::test]
async fn control_characters_and_overlong_texts_are_refused_by_name() {
    let acme = acme();
    let app = acme.app(&BOTH);
    let fields = [
        ("orgUserId", "org user id", 200),
        ("firstName", "first name", 200),
        ("lastName", "last name", 200),
        ("companyName", "company name", 200),
        ("dept", "department", 200),
        ("companyContactPhone", "company contact phone", 100),
        ("worknumber", "work number", 100),
        ("street", "street", 300),
        ("suiteNo", "suite number", 100),
        ("city", "city", 200),
        ("zip", "zip", 50),
        ("state", "state", 200),
        ("country", "country", 200),
    ];
    let (mut controls, mut longs) = (json!({"emailId": "jo@acme.test"}), json!({"emailId": "jo@acme.test"}));
    for (key, _, longest) in fields {
        controls[key] = json!("a\u{1b}b");
        // Characters are counted, not bytes.
        longs[key] = json!("é".repeat(longest + 1));
    }
    let expected: Vec<_> = fields.map(|(_, name, _)| format!("the {name} holds the control character U+001B")).into();
    assert_eq!(faults(&app, controls).await, expected);
    let expected: Vec<_> = fields
        .map(|(_, name, longest)| {
            format!("the {name} is {} characters long; at most {longest} are allowed", longest + 1)
        })
        .into();
    assert_eq!(faults(&app, longs).await, expected);
    let mut longest = json!({"emailId": "jo@acme.test"});
    for (key, _, length) in fields {
        longest[key] = json!(format!(" {} ", "é".repeat(length)));
    }
    let reply = app.post("users", &json!({"users": [{ "userInfo": longest }]})).await;
    assert_eq!(reply.text, r#"{"msg":"Users are created Successfully"}"#);
}

#[tokio::test]
async fn unknown_fields_are_ignored_at_every_depth() {
    let acme = acme();
    let app = acme.app(&BOTH);
    let user = json!({"userInfo": {"emailId": "jo@acme.test", "x": 1}, "includeMeta": true, "roles": [], "y": [[]]});
    let reply = app.post("users", &json!({"users": [user], "z": {"users": 5}})).await;
    assert_eq!(reply.text, r#"{"msg":"Users are created Successfully"}"#);
    let reply = app.post("usersInfo", &json!({"emailIds": ["jo@acme.test"], "includeMeta": true})).await;
    assert_eq!(reply.status, 200);
    let operation = json!({"roleId": admin_role("Auditor"), "addUsers": ["jo@acme.test"], "botId": 5, "x": null});
    assert_eq!(app.post("adminroles/assignments", &json!([operation])).await.json()[0]["status"], "success");
}

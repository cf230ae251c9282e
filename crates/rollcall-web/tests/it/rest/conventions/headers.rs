//! The headers of every answer: a request id, no-store, and the entity tags of reads.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use rollcall_core::policy::Scope;
use rollcall_core::sync::State;
use rollcall_testkit::{Caller, Reply, TestRollcall};
use serde_json::json;

use crate::acme::{BOTH, acme, admin_role, group, group_id, letters};

/// One answer of each kind, with what it is.
async fn answers(acme: &TestRollcall, dress: impl Fn(Caller) -> Caller) -> Vec<(&'static str, Reply)> {
    let (app, poor, visitor) = (dress(acme.app(&BOTH)), dress(acme.app(&[])), dress(acme.visitor()));
    let known = app.get("groups").await.header("etag").to_owned();
    let ids = json!({"emailIds": ["ada@acme.test"]});
    vec![
        ("a page", app.get("groups").await),
        ("a page without its body", app.ask(Method::HEAD, "groups", Body::empty()).await),
        ("a page that is known", app.with_header("if-none-match", known).get("groups").await),
        ("users", app.post("usersInfo", &ids).await),
        ("a write", app.post("users", &json!({"users": [{"userInfo": {"emailId": "a3q4"}}]})).await),
        ("a rehearsal", app.post("adminroles/assignments/?dryRun=true", &json!([])).await),
        ("400", app.get("groups?limit=0").await),
        ("401", visitor.get("groups").await),
        ("403", poor.get("groups").await),
        ("404", visitor.get("nothing").await),
        ("405", visitor.ask(Method::DELETE, "groups", Body::empty()).await),
        ("413", app.with_header("content-length", "10485761").post("users", &ids).await),
        ("health", visitor.get("/healthz").await),
        ("405 outside the API", visitor.post("/healthz", &ids).await),
        ("a console page", visitor.get("/activate/nonsense").await),
        ("a path that is no text", visitor.get("/activate/%FF").await),
        ("a style sheet", visitor.get("/static/page.css").await),
    ]
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own_and_is_not_stored() {
    let acme = acme();
    let mut seen = std::collections::HashSet::new();
    for (what, reply) in answers(&acme, |caller| caller).await {
        let id = reply.header("x-request-id");
        assert!(id.len() == 24 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{what}: {id:?}");
        assert!(seen.insert(id.to_owned()), "{what}: {id} is told twice");
        assert_eq!(reply.header("cache-control"), "no-store", "{what}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{what}");
        assert!(!reply.status.is_server_error(), "{what}");
    }
}

#[tokio::test]
async fn a_clients_request_id_comes_back_with_every_answer() {
    let acme = acme();
    for (what, reply) in answers(&acme, |caller| caller.with_header("x-request-id", "job-7/A:1")).await {
        assert_eq!(reply.header("x-request-id"), "job-7/A:1", "{what}");
    }
}

#[tokio::test]
async fn a_request_id_that_could_upset_a_log_is_replaced() {
    let acme = acme();
    for bad in ["", "two words", "tab\there", &"x".repeat(129)] {
        let reply = acme.visitor().with_header("x-request-id", bad).get("groups").await;
        let id = reply.header("x-request-id");
        assert!(id.len() == 24 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{bad:?} became {id:?}");
    }
    let longest = "x".repeat(128);
    let reply = acme.visitor().with_header("x-request-id", longest.as_str()).get("groups").await;
    assert_eq!(reply.header("x-request-id"), longest);
}

#[tokio::test]
async fn reads_carry_an_entity_tag_and_nothing_else_does() {
    let acme = acme();
    for (what, reply) in answers(&acme, |caller| caller).await {
        let expected = ["a page", "a page without its body", "a page that is known", "users"].contains(&what);
        assert_eq!(reply.headers.contains_key("etag"), expected, "{what}");
    }
}

#[tokio::test]
async fn a_page_that_the_client_has_is_not_told_again() {
    let acme = acme();
    let app = acme.app(&BOTH);
    let tag = app.get("groups").await.header("etag").to_owned();
    let table = [
        (tag.clone(), 304),
        (format!("W/{tag}"), 304),
        (format!("\"other\", W/{tag} , \"third\""), 304),
        ("*".into(), 304),
        ("\"other\"".into(), 200),
        (tag.trim_matches('"').to_owned(), 200),
        (String::new(), 200),
    ];
    for (known, status) in table {
        for method in [Method::GET, Method::HEAD] {
            let reply =
                app.with_header("if-none-match", known.as_str()).ask(method.clone(), "groups", Body::empty()).await;
            assert_eq!((reply.status.as_u16(), reply.header("etag")), (status, tag.as_str()), "{method} {known}");
            let is_empty = status == 304 || method == Method::HEAD;
            assert_eq!(reply.text.is_empty(), is_empty, "{method} {known}");
        }
    }
    // Another page, and another limit, is another thing; a limit over fifty is fifty.
    for (query, same) in [("?offset=1", false), ("?limit=2", false), ("?limit=50", true), ("?limit=999&offset=0", true)]
    {
        assert_eq!(app.get(&format!("groups{query}")).await.header("etag") == tag, same, "{query}");
    }
}

#[tokio::test]
async fn the_tag_of_users_info_tells_whether_something_changed_but_the_answer_is_always_told() {
    let acme = acme();
    let app = acme.app(&BOTH);
    let ids = json!({"emailIds": ["grace@acme.test"]});
    let first = app.post("usersInfo", &ids).await;
    let again = app.with_header("if-none-match", first.header("etag")).post("usersInfo", &ids).await;
    assert_eq!((again.status, &again.text, again.header("etag")), (StatusCode::OK, &first.text, first.header("etag")));
    app.post("adminroles/assignments", &json!([{"roleId": admin_role("Reviewer"), "addUsers": ["grace@acme.test"]}]))
        .await;
    assert_ne!(app.post("usersInfo", &ids).await.header("etag"), first.header("etag"));
}

#[tokio::test]
async fn every_write_changes_the_tag_and_what_changes_nothing_leaves_it() {
    let acme = acme();
    let app = acme.app(&BOTH);
    let (auditor, admins) = (admin_role("Auditor"), "adminroles/assignments");
    let tag = async || app.get("groups").await.header("etag").to_owned();
    let mut before = tag().await;
    let changes = async |step: usize| match step {
        0 => drop(app.post("users", &json!({"users": [{"userInfo": {"emailId": "jo@acme.test"}}]})).await),
        1 => drop(app.post(admins, &json!([{"roleId": auditor, "addUsers": ["jo@acme.test"]}])).await),
        2 => drop(app.post(admins, &json!([{"roleId": auditor, "removeUsers": ["jo@acme.test"]}])).await),
        3 => {
            let token = letters(&acme).remove(0).token;
            drop(acme.visitor().post(&format!("/activate/{}", token.expose()), &json!({})).await);
        }
        4 => drop(acme.apply(State {
            name: "Acme".into(),
            groups: vec![group("New", "", &[], &[])],
            ..State::default()
        })),
        5 => drop(acme.app(&[Scope::AuditLogs])),
        _ => unreachable!("there are six"),
    };
    for step in 0..6 {
        changes(step).await;
        let after = tag().await;
        assert_ne!(after, before, "change {step}");
        before = after;
    }
    app.post("users", &json!({"users": [{"userInfo": {"emailId": "jo@acme.test"}}]})).await;
    app.post("users?dryRun=true", &json!({"users": [{"userInfo": {"emailId": "li@acme.test"}}]})).await;
    app.post(admins, &json!([{"roleId": auditor, "addUsers": ["ada@acme.test"]}, {"roleId": "x"}])).await;
    app.post("users", &json!({"users": [{"userInfo": {"emailId": "li@acme.test"}, "groups": [group_id("None")]}]}))
        .await;
    acme.sealed_events();
    assert_eq!(tag().await, before, "failures, rehearsals and Rollcall's own upkeep leave it");
}

#[tokio::test]
async fn accounts_that_look_alike_have_different_tags() {
    let acme = TestRollcall::new();
    acme.admin("ada");
    let (one, two) = (acme.found("One"), acme.found("Two"));
    let scope = [Scope::RoleManagement];
    let tags = [acme.app_of(&one, &scope).get("groups").await, acme.app_of(&two, &scope).get("groups").await];
    assert_eq!(tags[0].text, tags[1].text);
    assert_ne!(tags[0].header("etag"), tags[1].header("etag"));
    let mut elsewhere = TestRollcall::new();
    elsewhere.admin("ada");
    elsewhere.found("One");
    let two = elsewhere.found("Two");
    let tag = elsewhere.app_of(&two, &scope).get("groups").await.header("etag").to_owned();
    assert_ne!(tag, tags[1].header("etag"), "nor do installations that look alike share one");
    elsewhere.reopen();
    assert_eq!(elsewhere.app_of(&two, &scope).get("groups").await.header("etag"), tag, "a restart changes nothing");
}

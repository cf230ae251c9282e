//! The page behind an invitation's link: looking changes nothing, the button activates once.

use axum::body::Body;
use axum::http::Method;
use insta::assert_snapshot;
use rollcall_core::policy::Scope;
use rollcall_core::sync;
use rollcall_core::users::Status;
use rollcall_core::users::invitation::LIFE_MILLIS;
use rollcall_testkit::{Caller, Reply, TestRollcall};
use serde_json::json;

use crate::acme::{everything, letters, letters_of};

/// The path of the newest letter's link.
fn link(acme: &TestRollcall) -> String {
    format!("/activate/{}", letters(acme).last().expect("a letter").token.expose())
}

/// A user of this account who is invited, and the path of their link.
async fn invite(acme: &TestRollcall, email: &str) -> String {
    let app = acme.app(&[Scope::UserManagement]);
    let reply = app.post("users", &json!({"users": [{"userInfo": {"emailId": email}}]})).await;
    assert_eq!(reply.text, r#"{"msg":"Users are created Successfully"}"#);
    link(acme)
}

fn status(acme: &TestRollcall, email: &str) -> Option<Status> {
    let state = acme.read(|view| sync::export(view, false)).expect("an export");
    state.users.into_iter().find(|user| user.email == email)?.status
}

async fn press(visitor: &Caller, link: &str) -> Reply {
    visitor.ask(Method::POST, link, Body::empty()).await
}

/// What a person reads: the heading and the sentence below it.
fn read(page: &Reply) -> String {
    let between = |from: &str, to: &str| {
        let rest = page.text.split_once(from).expect(from).1;
        rest.split_once(to).expect(to).0.to_owned()
    };
    let button = if page.text.contains("<button") { " [button]" } else { "" };
    format!("{} {}: {}{button}", page.status.as_u16(), between("<h1>", "</h1>"), between("<p>", "</p>"))
}

const GONE: &str = "404 This link cannot be used: This invitation has been used or has expired. \
                    Ask your administrator for a new one.";

#[tokio::test]
async fn looking_at_the_page_changes_nothing_however_often() {
    let acme = TestRollcall::new();
    let link = invite(&acme, "jo@acme.test").await;
    let before = everything(&acme);
    for method in [Method::GET, Method::GET, Method::HEAD] {
        assert_eq!(acme.visitor().ask(method, &link, Body::empty()).await.status, 200);
    }
    assert_eq!(everything(&acme), before);
    assert_eq!(status(&acme, "jo@acme.test"), Some(Status::Invited));
    assert_snapshot!(read(&acme.visitor().get(&link).await), @"200 You are invited: jo@acme.test is invited to Acme. Activate the account to take part. [button]");
}

#[tokio::test]
async fn the_button_activates_once() {
    let acme = TestRollcall::new();
    let (jo, li) = (invite(&acme, "jo@acme.test").await, invite(&acme, "li@acme.test").await);
    assert_snapshot!(read(&press(&acme.visitor(), &jo).await), @"200 Your account is active: jo@acme.test is active in Acme. You can close this page.");
    assert_eq!(status(&acme, "jo@acme.test"), Some(Status::Active));
    assert_eq!(status(&acme, "li@acme.test"), Some(Status::Invited));
    let after = everything(&acme);
    assert_eq!(read(&press(&acme.visitor(), &jo).await), GONE);
    assert_eq!(read(&acme.visitor().get(&jo).await), GONE);
    assert_eq!(everything(&acme), after);
    assert!(read(&acme.visitor().get(&li).await).starts_with("200 "), "the other link is as good as before");
}

#[tokio::test]
async fn of_two_people_with_one_link_one_is_first() {
    let acme = TestRollcall::new();
    let link = invite(&acme, "jo@acme.test").await;
    let presses: Vec<_> = (0..8)
        .map(|_| {
            let (visitor, link) = (acme.visitor(), link.clone());
            tokio::spawn(async move { press(&visitor, &link).await.status.as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for press in presses {
        statuses.push(press.await.expect("an answer"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404, 404, 404, 404, 404, 404, 404]);
}

#[tokio::test]
async fn a_link_is_good_for_fifteen_days() {
    let acme = TestRollcall::new();
    let link = invite(&acme, "jo@acme.test").await;
    acme.clock.advance(LIFE_MILLIS - 1);
    assert_eq!(acme.visitor().get(&link).await.status, 200);
    acme.clock.advance(1);
    assert_eq!(read(&acme.visitor().get(&link).await), GONE);
    assert_eq!(read(&press(&acme.visitor(), &link).await), GONE);
    assert_eq!(status(&acme, "jo@acme.test"), Some(Status::Invited));
}

#[tokio::test]
async fn an_unknown_token_is_answered_as_a_used_one() {
    let acme = TestRollcall::new();
    let link = invite(&acme, "jo@acme.test").await;
    let before = everything(&acme);
    for token in
        ["nonsense", "x", "%20", "a%2Fb", "%00", &link["/activate/".len()..link.len() - 1], &"x".repeat(10_000)]
    {
        let path = format!("/activate/{token}");
        assert_eq!(read(&acme.visitor().get(&path).await), GONE, "{path:.60}");
        assert_eq!(read(&press(&acme.visitor(), &path).await), GONE, "{path:.60}");
    }
    assert_eq!(everything(&acme), before);
}

#[tokio::test]
async fn the_pages_load_nothing_from_elsewhere_and_tell_nobody_where_they_are() {
    let acme = TestRollcall::new();
    let link = invite(&acme, "jo@acme.test").await;
    let visitor = acme.visitor();
    for page in [visitor.get(&link).await, press(&visitor, &link).await, visitor.get(&link).await] {
        assert_eq!(
            page.header("content-security-policy"),
            "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        let token = &link["/activate/".len()..];
        assert!(!page.text.contains("<script") && !page.text.contains(token), "{}", page.text);
    }
    let style = visitor.get("/static/page.css").await;
    assert_eq!((style.status.as_u16(), style.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(!style.text.contains("url(") && !style.text.contains("@import"));
}

#[tokio::test]
async fn names_are_text_on_the_page_and_never_markup() {
    let acme = TestRollcall::new();
    let name = "<script>alert(1)</script> & \"Söhne\"";
    let account = acme.found(name);
    let app = acme.app_of(&account, &[Scope::UserManagement]);
    let reply = app.post("users", &json!({"users": [{"userInfo": {"emailId": "o'neil&co@acme.test"}}]})).await;
    assert_eq!(reply.text, r#"{"msg":"Users are created Successfully"}"#);
    let letters = letters_of(&acme, &account);
    let page = acme.visitor().get(&format!("/activate/{}", letters[0].token.expose())).await;
    assert_snapshot!(read(&page), @"200 You are invited: o&#39;neil&#38;co@acme.test is invited to &#60;script&#62;alert(1)&#60;/script&#62; &#38; &#34;Söhne&#34;. Activate the account to take part. [button]");
    assert!(!page.text.contains("<script"), "{}", page.text);
}

#[tokio::test]
async fn the_page_has_no_other_verbs_and_nothing_below_it() {
    let acme = TestRollcall::new();
    let link = invite(&acme, "jo@acme.test").await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let reply = acme.visitor().ask(method.clone(), &link, Body::empty()).await;
        assert_eq!((reply.status.as_u16(), reply.header("allow")), (405, "GET,HEAD,POST"), "{method}");
    }
    for path in ["/activate", "/activate/", &format!("{link}/x")] {
        assert_eq!(acme.visitor().get(path).await.status, 404, "{path}");
    }
    assert_eq!(status(&acme, "jo@acme.test"), Some(Status::Invited));
}

//! What must not work: finding out who is there, forms of other sites, sessions and places that somebody else chose.

use axum::http::Method;
use rollcall_core::users::Status;
use rollcall_testkit::user;

use super::{ADA, Browser, OTHER, PASSWORD, by_link, with_factor, with_password};

/// What a page says, without what was typed into it.
fn without(text: &str, email: &str) -> String {
    text.replace(email, "")
}

#[tokio::test]
async fn the_door_does_not_tell_who_is_there() {
    let acme = with_password().await;
    by_link(&acme, "cy@acme.test").await;
    let state = rollcall_core::sync::State {
        name: "Acme".into(),
        users: vec![user("dan@acme.test", Status::Active), user("eve@acme.test", Status::Suspended)],
        ..rollcall_core::sync::State::default()
    };
    acme.apply(state).expect("users");
    let nobody = "nobody@acme.test";
    let mut browser = Browser::new(&acme);
    let expected = browser.sign_in(nobody, PASSWORD).await;
    assert_eq!(expected.status, 422);
    for email in [ADA, "cy@acme.test", "dan@acme.test", "eve@acme.test", "no address"] {
        // Past the bar as well: the seventh says no more than the first.
        for _ in 0..7 {
            let refused = browser.sign_in(email, OTHER).await;
            assert_eq!(refused.status, expected.status);
            assert_eq!(without(&refused.text, email), without(&expected.text, nobody), "{email}");
            let names = |reply: &rollcall_testkit::Reply| {
                let mut names: Vec<String> = reply.headers.keys().map(ToString::to_string).collect();
                names.sort();
                names
            };
            assert_eq!(names(&refused), names(&expected), "{email}");
        }
    }
    let expected = browser.fill("/console/forgotten", &[("email", nobody)]).await;
    for email in ["bo@acme.test", "dan@acme.test", "eve@acme.test", "no address", ADA] {
        let asked = browser.fill("/console/forgotten", &[("email", email)]).await;
        assert_eq!((asked.status, &asked.text), (expected.status, &expected.text), "{email}");
    }
}

#[tokio::test]
async fn a_form_of_another_site_or_session_or_of_nowhere_does_nothing() {
    let acme = with_password().await;
    let (mut ada, mut bo) = (by_link(&acme, ADA).await, by_link(&acme, "bo@acme.test").await);
    ada.get("/console/me").await;
    bo.get("/console/me").await;
    let site = |browser: &Browser, site: &'static str| {
        browser.with_caller(|_| {
            let caller = acme.visitor().with_header("content-type", "application/x-www-form-urlencoded");
            if site.is_empty() { caller } else { caller.with_header("sec-fetch-site", site) }
        })
    };
    let paths =
        ["/console/me/password", "/console/me/second-factor", "/console/me/sessions/end-others", "/console/sign-out"];
    for path in paths {
        let fields = [("new", OTHER), ("repeat", OTHER)];
        for token in [String::new(), "x".to_owned(), bo.form_token.clone(), ada.session().to_owned()] {
            let mut forger = ada.clone();
            forger.form_token = token;
            let refused = forger.send(path, &fields).await;
            assert!(refused.status == 403 && refused.text.contains("too old"), "{path}");
        }
        for from in ["cross-site", "same-site", "none"] {
            assert_eq!(site(&ada, from).send(path, &fields).await.status, 403, "{path} {from}");
        }
    }
    // Whoever has no session: forms that sign somebody in as another come from here, or are refused.
    for path in ["/console/sign-in", "/console/forgotten", &super::host_link(&acme, "bo@acme.test")] {
        for from in ["cross-site", "same-site", ""] {
            let mut forger = site(&Browser::new(&acme), from);
            let refused = forger.send(path, &[("email", ADA), ("password", PASSWORD)]).await;
            assert_eq!((refused.status.as_u16(), forger.session()), (403, ""), "{path} {from}");
        }
    }
    assert_eq!(ada.get("/console/me").await.status, 200, "nothing was done");
    assert_eq!(Browser::new(&acme).sign_in(ADA, PASSWORD).await.status, 303);
}

#[tokio::test]
async fn a_session_that_somebody_else_chose_is_not_taken_up() {
    let (acme, _, codes) = with_factor().await;
    let planted = "A".repeat(43);
    let mut ada = Browser::new(&acme);
    ada.cookies.insert("__Host-rollcall".into(), planted.clone());
    ada.sign_in(ADA, PASSWORD).await;
    let first = ada.session().to_owned();
    ada.get("/console/sign-in/code").await;
    ada.send("/console/sign-in/code", &[("code", &codes[0])]).await;
    let second = ada.session().to_owned();
    assert!(first != planted && second != first && second.len() == 43);
    for (token, expected) in [(planted, 303), (first, 303), (second, 200)] {
        let mut other = Browser::new(&acme);
        other.cookies.insert("__Host-rollcall".into(), token);
        assert_eq!(other.get("/console/me").await.status.as_u16(), expected);
    }
}

#[tokio::test]
async fn nobody_is_led_away_from_the_console() {
    let acme = with_password().await;
    for next in [
        "https://evil.test",
        "//evil.test/console",
        "/\\evil.test",
        "/console\\..\\..",
        "/console/%2e%2e/docs",
        "javascript:alert(1)",
        "/api",
    ] {
        let mut ada = Browser::new(&acme);
        let query: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let door = ada.get(&format!("/console/sign-in?next={query}")).await;
        assert!(door.text.contains("name=\"next\" value=\"/console\""), "{next}");
        let entered = ada.send("/console/sign-in", &[("email", ADA), ("password", PASSWORD), ("next", next)]).await;
        assert_eq!(entered.header("location"), "/console", "{next}");
        let again = ada.get(&format!("/console/sign-in?next={query}")).await;
        assert_eq!(again.header("location"), "/console", "{next}");
    }
}

#[tokio::test]
async fn tokens_of_links_are_told_by_no_page_and_unknown_ones_are_all_the_same() {
    let acme = with_password().await;
    let mut browser = Browser::new(&acme);
    for door in ["link", "reset", "set-up"] {
        let mut said = Vec::new();
        for token in ["nonsense", "x", "%00", &"x".repeat(5_000)] {
            let path = format!("/console/{door}/{token}");
            let page = browser.get(&path).await;
            assert_eq!(page.status, 404, "{path:.60}");
            assert_eq!(browser.send(&path, &[("new", OTHER), ("repeat", OTHER), ("email", ADA)]).await.status, 404);
            said.push(page.text);
        }
        said.dedup();
        assert_eq!(said.len(), 1);
    }
}

#[tokio::test]
async fn there_are_no_other_verbs() {
    let acme = with_password().await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let reply = acme.visitor().ask(method.clone(), "/console/sign-in", "").await;
        assert_eq!(reply.status, 405, "{method}");
    }
}

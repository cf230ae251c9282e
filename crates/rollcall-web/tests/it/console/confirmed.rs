//! Nobody becomes an administrator unseen: who gains what is shown before it is done, and only what was seen is done.

use rollcall_core::roles::RoleKind;
use rollcall_core::sync::State;
use rollcall_core::users::Status;
use rollcall_testkit::{TestRollcall, user};

use super::{ADA, Browser, by_link};

/// What the page says was seen.
fn seen(page: &str) -> String {
    let rest = page.split("name=\"form-confirmed\" value=\"").nth(1).expect("a page that asks");
    rest.split('"').next().expect("an end").to_owned()
}

async fn holds(browser: &mut Browser, id: &str, email: &str) -> bool {
    browser.get(&format!("/console/roles/{id}")).await.text.contains(email)
}

#[tokio::test]
async fn who_gains_what_is_seen_before_and_nothing_else_is_done() {
    let acme = TestRollcall::new();
    let new = ["bo@acme.test", "cy@acme.test"].map(|email| user(email, Status::Active));
    acme.apply(State { name: "Acme".into(), users: new.into(), ..State::default() }).expect("two users");
    let mut ada = by_link(&acme, ADA).await;
    let id = rollcall_core::id::RoleId::derive("Acme", &format!("{}/admin", RoleKind::Admin)).to_string();
    let give = format!("/console/roles/{id}/give");
    ada.get(&format!("/console/roles/{id}")).await;

    let asked = ada.send(&give, &[("users", "bo@acme.test")]).await;
    assert_eq!(asked.status, 409, "{}", asked.text);
    for part in ["bo@acme.test", "Manage Users", "API Scopes", "Nothing has been changed yet"] {
        assert!(asked.text.contains(part), "{part}: {}", asked.text);
    }
    assert!(!holds(&mut ada, &id, "bo@acme.test").await, "a question changes nothing");

    let digest = seen(&asked.text);
    let another = ada.send(&give, &[("users", "cy@acme.test"), ("form-confirmed", &digest)]).await;
    assert!(another.status == 409 && another.text.contains("cy@acme.test"), "{}", another.text);
    let more = ada.send(&give, &[("users", "bo@acme.test cy@acme.test"), ("form-confirmed", &digest)]).await;
    assert_eq!(more.status, 409, "{}", more.text);
    assert!(!holds(&mut ada, &id, "cy@acme.test").await);

    let done = ada.send(&give, &[("users", "bo@acme.test"), ("form-confirmed", &digest)]).await;
    assert_eq!(done.status, 303, "{}", done.text);
    assert!(holds(&mut ada, &id, "bo@acme.test").await);
}

//! One's own page: password, second factor, sessions.

use rollcall_core::admins::session::{IDLE_MILLIS, LIFE_MILLIS};

use super::{ADA, Browser, OTHER, PASSWORD, by_link, code, with_factor, with_password};

/// The ids of the sessions that the page offers to end.
fn others(page: &str) -> Vec<String> {
    let ends = page.split("/console/me/sessions/").skip(1).filter_map(|rest| rest.split_once("/end\""));
    ends.map(|(id, _)| id.to_owned()).collect()
}

async fn signed_in(acme: &rollcall_testkit::TestRollcall) -> Browser {
    let mut browser = Browser::new(acme);
    assert_eq!(browser.sign_in(ADA, PASSWORD).await.status, 303);
    browser
}

#[tokio::test]
async fn the_password_is_changed_with_the_old_one_and_other_sessions_end() {
    let acme = with_password().await;
    let (mut ada, mut other) = (signed_in(&acme).await, signed_in(&acme).await);
    ada.get("/console/me").await;
    let before = ada.session().to_owned();
    let new = [("new", OTHER), ("repeat", OTHER)];
    for (shown, said) in [("", "not your password"), ("wrong", "not your password")] {
        let refused = ada.send("/console/me/password", &[&[("password", shown)], &new[..]].concat()).await;
        assert!(refused.status == 422 && refused.text.contains(said), "{}", refused.text);
    }
    assert_eq!(ada.send("/console/me/password", &new).await.status, 422, "without the old one");
    let weak = ada.send("/console/me/password", &[("password", PASSWORD), ("new", "abc"), ("repeat", "abc")]).await;
    for said in ["too short", "no capital letter", "no digit", "no special character"] {
        assert!(weak.status == 422 && weak.text.contains(said), "{}", weak.text);
    }
    let done = ada.send("/console/me/password", &[&[("password", PASSWORD)], &new[..]].concat()).await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, "/console/me"));
    assert_ne!(ada.session(), before);
    assert!(ada.get("/console/me").await.text.contains("Your password is changed"));
    assert_eq!(other.get("/console/me").await.status, 303);
    assert_eq!(Browser::new(&acme).sign_in(ADA, PASSWORD).await.status, 422);
    assert_eq!(Browser::new(&acme).sign_in(ADA, OTHER).await.status, 303);
}

#[tokio::test]
async fn sessions_are_listed_and_killed_one_or_all_others() {
    let acme = with_password().await;
    acme.clock.advance(LIFE_MILLIS);
    let mut ada = signed_in(&acme).await;
    let (mut one, mut two, mut three) = (signed_in(&acme).await, signed_in(&acme).await, signed_in(&acme).await);
    let page = ada.get("/console/me").await;
    let ids = others(&page.text);
    assert_eq!(ids.len(), 3, "{}", page.text);
    let ended = ada.send(&format!("/console/me/sessions/{}/end", ids[0]), &[]).await;
    assert_eq!(ended.header("location"), "/console/me");
    let mut left = 0;
    for browser in [&mut one, &mut two, &mut three] {
        left += usize::from(browser.get("/console/me").await.status == 200);
    }
    assert_eq!(left, 2);
    let again = ada.send(&format!("/console/me/sessions/{}/end", ids[0]), &[]).await;
    assert_eq!(again.status, 404);
    ada.get("/console/me").await;
    assert_eq!(ada.send("/console/me/sessions/end-others", &[]).await.status, 303);
    for browser in [&mut one, &mut two, &mut three] {
        assert_eq!(browser.get("/console/me").await.status, 303);
    }
    assert_eq!(ada.get("/console/me").await.status, 200);
}

#[tokio::test]
async fn nobody_ends_the_session_of_somebody_else() {
    let acme = with_password().await;
    let mut ada = signed_in(&acme).await;
    let mut more = signed_in(&acme).await;
    let id = others(&ada.get("/console/me").await.text).remove(0);
    let mut bo = by_link(&acme, "bo@acme.test").await;
    bo.get("/console/me").await;
    assert_eq!(bo.send(&format!("/console/me/sessions/{id}/end"), &[]).await.status, 404);
    assert_eq!(
        (ada.get("/console/me").await.status, more.get("/console/me").await.status),
        (axum::http::StatusCode::OK, axum::http::StatusCode::OK)
    );
}

#[tokio::test]
async fn a_second_factor_is_removed_with_the_password_and_codes_are_renewed() {
    let (acme, key, codes) = with_factor().await;
    acme.clock.advance(15 * 60_000);
    let mut ada = Browser::new(&acme);
    ada.sign_in(ADA, PASSWORD).await;
    ada.get("/console/sign-in/code").await;
    assert_eq!(ada.send("/console/sign-in/code", &[("code", &code(&acme, &key))]).await.status, 303);
    let page = ada.get("/console/me").await;
    assert!(page.text.contains("Remove the second factor"), "{}", page.text);
    for path in ["/console/me/second-factor/remove", "/console/me/recovery-codes"] {
        let refused = ada.send(path, &[("password", OTHER)]).await;
        assert!(refused.status == 422 && refused.text.contains("not your password"), "{path}");
    }
    let renewed = ada.send("/console/me/recovery-codes", &[("password", PASSWORD)]).await;
    assert!(renewed.status == 200 && !renewed.text.contains(&codes[0]));
    ada.get("/console/me").await;
    assert_eq!(ada.send("/console/me/second-factor/remove", &[("password", PASSWORD)]).await.status, 303);
    assert_eq!(Browser::new(&acme).sign_in(ADA, PASSWORD).await.header("location"), "/console");
}

#[tokio::test]
async fn a_second_factor_is_added_with_the_password_and_other_sessions_end() {
    let acme = with_password().await;
    let (mut ada, mut other) = (signed_in(&acme).await, signed_in(&acme).await);
    let page = ada.get("/console/me").await;
    let form = page.text.split("action=\"/console/me/second-factor\"").nth(1).expect("the form");
    let form = form.split("</form>").next().expect("its end");
    assert!(form.contains("type=\"password\"") && form.contains("autocomplete=\"current-password\""), "{form}");
    for shown in [&[][..], &[("password", "")], &[("password", OTHER)]] {
        let refused = ada.send("/console/me/second-factor", shown).await;
        assert!(refused.status == 422 && refused.text.contains("not your password"), "{shown:?}: {}", refused.text);
        assert_eq!(ada.get("/console/me/second-factor").await.header("location"), "/console/me", "{shown:?}");
        ada.get("/console/me").await;
    }
    let begun = ada.send("/console/me/second-factor", &[("password", PASSWORD)]).await;
    assert_eq!(begun.header("location"), "/console/me/second-factor");
    let page = ada.get("/console/me/second-factor").await;
    let key = page.text.split("secret=").nth(1).expect("the key").split('&').next().expect("its end").to_owned();
    let before = ada.session().to_owned();
    let codes = ada.send("/console/me/second-factor/confirm", &[("code", &code(&acme, &key))]).await;
    assert_eq!(codes.status, 200, "{}", codes.text);
    assert_ne!(ada.session(), before);
    assert_eq!(other.get("/console/me").await.status, 303);
    let out = ada.send("/console/sign-out", &[]).await;
    assert_eq!(out.status, 303, "the forms of the page with the codes are of the session as it is now: {}", out.text);
}

#[tokio::test]
async fn a_session_is_over_when_nothing_is_done_for_half_an_hour() {
    let acme = with_password().await;
    let mut ada = signed_in(&acme).await;
    acme.clock.advance(IDLE_MILLIS - 1);
    assert_eq!(ada.get("/console/me").await.status, 200);
    acme.clock.advance(IDLE_MILLIS);
    let over = ada.get("/console/me").await;
    assert_eq!((over.status.as_u16(), ada.session()), (303, ""), "the browser forgets it");
}

#[tokio::test]
async fn names_of_browsers_are_text() {
    let acme = with_password().await;
    let agent = "<script>alert(1)</script> \"'&";
    let mut ada = Browser::new(&acme).with_caller(|caller| caller.with_header("user-agent", agent));
    ada.sign_in(ADA, PASSWORD).await;
    let page = ada.get("/console/me").await;
    assert!(page.text.contains("&#60;script&#62;alert(1)"), "{}", page.text);
}

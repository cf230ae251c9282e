//! Signing in, step by step, as a browser does it.

use rollcall_core::admins::password;
use rollcall_core::mail::LetterKind;
use rollcall_core::users::Status;
use rollcall_core::{admins::set_up, sync};
use rollcall_testkit::{TestRollcall, user};
use rollcall_web::Site;

use super::{ADA, Browser, OTHER, PASSWORD, by_link, code, host_link, with_factor, with_password};
use crate::acme::letters;

#[tokio::test]
async fn a_password_signs_in_and_leads_back_to_what_was_asked_for() {
    let acme = with_password().await;
    let mut ada = Browser::new(&acme);
    let away = ada.get("/console/me?x=1").await;
    assert_eq!((away.status.as_u16(), away.header("location")), (303, "/console/sign-in?next=%2Fconsole%2Fme%3Fx%3D1"));
    let door = ada.get(away.header("location")).await;
    assert!(door.text.contains("name=\"next\" value=\"/console/me?x=1\""), "{}", door.text);
    assert!(!door.text.contains("id=\"account\""), "there is one account");
    let fields = [("email", ADA), ("password", PASSWORD), ("next", "/console/me?x=1")];
    let entered = ada.send("/console/sign-in", &fields).await;
    assert_eq!((entered.status.as_u16(), entered.header("location")), (303, "/console/me?x=1"));
    let page = ada.get("/console/me?x=1").await;
    assert!(page.status == 200 && page.text.contains(ADA));
    assert_eq!(ada.get("/console/sign-in").await.header("location"), "/console", "who is in needs no door");
    let out = ada.send("/console/sign-out", &[]).await;
    assert_eq!(out.header("location"), "/console/sign-in");
    assert_eq!(ada.get("/console/me").await.status, 303);
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_nothing_else_is_to_be_had_before() {
    let (acme, key, codes) = with_factor().await;
    acme.clock.advance(60_000);
    let mut ada = Browser::new(&acme);
    let fields = [("email", ADA), ("password", PASSWORD), ("next", "/console/me")];
    let entered = ada.fill("/console/sign-in", &fields).await;
    assert_eq!(entered.header("location"), "/console/sign-in/code?next=%2Fconsole%2Fme");
    for path in ["/console", "/console/me", "/console/sign-in/password"] {
        let away = ada.get(path).await;
        assert!(away.status == 303 && away.header("location").starts_with("/console/sign-in/code"), "{path}");
    }
    let first = ada.session().to_owned();
    ada.get("/console/sign-in/code?next=%2Fconsole%2Fme").await;
    let refused = ada.send("/console/sign-in/code", &[("code", "000000"), ("next", "/console/me")]).await;
    assert_eq!(refused.status, 422);
    let mut other = ada.clone();
    let good = [("code", code(&acme, &key)), ("next", "/console/me".to_owned())];
    let good: Vec<(&str, &str)> = good.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let entered = ada.send("/console/sign-in/code", &good).await;
    assert_eq!(entered.header("location"), "/console/me");
    assert_ne!(ada.session(), first, "another token after each step");
    assert_eq!(ada.get("/console/me").await.status, 200);
    let late = other.send("/console/sign-in/code", &good).await;
    assert!(late.header("location").starts_with("/console/sign-in?"), "the step was taken: its session is no more");
    let mut third = Browser::new(&acme);
    third.sign_in(ADA, PASSWORD).await;
    third.get("/console/sign-in/code").await;
    assert_eq!(third.send("/console/sign-in/code", &good).await.status, 422, "a code passes once");
    assert_eq!(third.send("/console/sign-in/code", &[("code", &codes[0])]).await.status, 303);
}

#[tokio::test]
async fn a_password_whose_time_is_over_is_replaced_first() {
    let acme = with_password().await;
    acme.clock.advance(password::LIFE_MILLIS);
    let mut ada = Browser::new(&acme);
    let entered = ada.sign_in(ADA, PASSWORD).await;
    assert_eq!(entered.header("location"), "/console/sign-in/password?next=%2Fconsole");
    assert_eq!(ada.get("/console/me").await.header("location"), "/console/sign-in/password?next=%2Fconsole%2Fme");
    ada.get("/console/sign-in/password").await;
    for (new, repeat, said) in [
        (PASSWORD, PASSWORD, "You have had it before"),
        (OTHER, PASSWORD, "not the same"),
        ("short", "short", "too short"),
    ] {
        let refused = ada.send("/console/sign-in/password", &[("new", new), ("repeat", repeat)]).await;
        assert!(refused.status == 422 && refused.text.contains(said), "{}", refused.text);
    }
    let set = ada.send("/console/sign-in/password", &[("new", OTHER), ("repeat", OTHER)]).await;
    assert_eq!(set.header("location"), "/console");
    assert_eq!(ada.get("/console/me").await.status, 200);
}

#[tokio::test]
async fn a_letter_leads_to_a_new_password() {
    let acme = with_password().await;
    let mut ada = Browser::new(&acme);
    let asked = ada.fill("/console/forgotten", &[("email", ADA)]).await;
    assert!(asked.status == 200 && asked.text.contains("a letter is on its way"));
    let letter = letters(&acme).remove(0);
    assert_eq!((letter.kind, letter.to.as_str()), (LetterKind::Reset, ADA));
    let path = format!("/console/reset/{}", letter.token.expose());
    for _ in 0..2 {
        let page = ada.get(&path).await;
        assert!(page.text.contains(ADA) && !page.text.contains(letter.token.expose()), "looking changes nothing");
    }
    let refused = ada.send(&path, &[("new", PASSWORD), ("repeat", PASSWORD)]).await;
    assert!(refused.status == 422 && refused.text.contains("had it before"));
    let set = ada.send(&path, &[("new", OTHER), ("repeat", OTHER)]).await;
    assert_eq!((set.status.as_u16(), set.header("location")), (303, "/console/sign-in"));
    assert!(ada.get("/console/sign-in").await.text.contains("Your password is set"));
    assert_eq!(ada.get(&path).await.status, 404);
    assert_eq!(ada.sign_in(ADA, OTHER).await.status, 303);
}

#[tokio::test]
async fn the_set_up_link_makes_the_first_administrator() {
    let acme = TestRollcall::new();
    let token = acme.write(set_up::make).expect("a link").expect("there is no administrator");
    let path = format!("/console/set-up/{}", token.expose());
    let mut ada = Browser::new(&acme);
    let wrong = [("email", "no address"), ("first-name", "a\u{7}"), ("new", "x"), ("repeat", "x")];
    let refused = ada.fill(&path, &wrong).await;
    assert_eq!(refused.status, 422);
    for said in ["This is no e-mail address", "no control characters", "too short", "value=\"no address\""] {
        assert!(refused.text.contains(said), "{said}: {}", refused.text);
    }
    let right = [("email", ADA), ("first-name", "Ada"), ("new", PASSWORD), ("repeat", PASSWORD)];
    assert_eq!(ada.send(&path, &right).await.header("location"), "/console/sign-in");
    assert_eq!(ada.get(&path).await.status, 404);
    assert_eq!(ada.sign_in(ADA, PASSWORD).await.status, 303);
    assert!(ada.get("/console").await.text.contains("Ada"));
    assert_eq!(
        Browser::new(&acme).get(&host_link(&acme, ADA).replace("link", "set-up")).await.status,
        404,
        "of another purpose"
    );
}

#[tokio::test]
async fn a_link_signs_in_once_also_where_many_open_it_at_the_same_time() {
    let acme = TestRollcall::new();
    let path = host_link(&acme, ADA);
    let opens: Vec<_> = (0..6)
        .map(|_| {
            let (mut browser, path) = (Browser::new(&acme), path.clone());
            tokio::spawn(async move { browser.send(&path, &[]).await.status.as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for open in opens {
        statuses.push(open.await.expect("an answer"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404, 404, 404, 404, 404]);
}

#[tokio::test]
async fn whoever_reads_german_reads_german() {
    let acme = with_password().await;
    let mut ada = Browser::new(&acme).with_caller(|caller| caller.with_header("accept-language", "de-CH"));
    let door = ada.get("/console/sign-in").await;
    assert!(door.text.contains("<html lang=\"de\">") && door.text.contains("Passwort vergessen?"), "{}", door.text);
}

#[tokio::test]
async fn where_the_browser_will_not_keep_the_cookie_the_page_says_so() {
    let acme = TestRollcall::new();
    let plain = |url: &str| Site { public_url: url.into(), ..Site::default() };
    let browser = |url: &str, host: &'static str, fetch: Option<&'static str>| {
        let visitor = acme.visitor().at(plain(url)).with_header("host", host);
        let caller = fetch.map_or(visitor.clone(), |site| visitor.with_header("sec-fetch-site", site));
        Browser::new(&acme).with_caller(|_| caller.clone())
    };
    let table = [
        (browser("http://rc.test", "rc.test", None), true),
        (browser("http://rc.test", "rc.test:8080", None), true),
        (browser("http://127.0.0.1:8080", "192.0.2.1:8080", None), true),
        (browser("http://rc.test", "rc.test", Some("none")), false),
        (browser("https://rc.test", "rc.test", None), false),
        (browser("http://127.0.0.1:8080", "127.0.0.1:8080", None), false),
        (browser("http://127.0.0.1:8080", "localhost", None), false),
        (browser("http://127.0.0.1:8080", "[::1]:8080", None), false),
        (browser("http://127.0.0.1:8080", "[::1]", None), false),
    ];
    for (index, (mut browser, expected)) in table.into_iter().enumerate() {
        let page = browser.get("/console/sign-in").await;
        assert_eq!(page.text.contains("will not keep you signed in"), expected, "{index}");
    }
}

#[tokio::test]
async fn whoever_may_not_be_there_any_more_is_out_at_the_next_request_on_another_replica() {
    let acme = with_password().await;
    let (replica, _) = acme.replica();
    let replica = std::sync::Arc::new(replica);
    let state = |users| sync::State { name: "Acme".into(), users, ..sync::State::default() };
    for shut in [Status::Suspended, Status::Locked] {
        let mut ada = by_link(&acme, ADA).await;
        assert_eq!(ada.on(std::sync::Arc::clone(&replica)).get("/console/me").await.status, 200);
        acme.apply(state(vec![user(ADA, shut)])).expect("Bo is there");
        assert_eq!(ada.on(std::sync::Arc::clone(&replica)).get("/console/me").await.status, 303, "{shut}");
        assert_eq!(ada.get("/console/me").await.status, 303);
    }
    // The role is taken away, then the user.
    for users in [
        vec![user("bo@acme.test", Status::Active), user(ADA, Status::Active)],
        vec![user("bo@acme.test", Status::Active)],
    ] {
        let mut ada = by_link(&acme, ADA).await;
        let given = sync::AssignmentState {
            role: "admin".into(),
            bot: None,
            users: vec!["bo@acme.test".into()],
            groups: Vec::new(),
            expires: None,
        };
        let wanted = sync::State { assignments: vec![given], ..state(users) };
        acme.rollcall().apply(acme.host(), wanted, true, rollcall_core::op::Mode::Real).wait().expect("Bo is there");
        assert_eq!(ada.on(std::sync::Arc::clone(&replica)).get("/console/me").await.status, 303);
        assert_eq!(ada.get("/console/me").await.status, 303);
    }
}

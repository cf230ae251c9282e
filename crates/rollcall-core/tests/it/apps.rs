//! Client apps: what their page tells, and what a change of them does to tokens that are out. Why a token is refused:
//! `tokens`.

use rollcall_core::Code;
use rollcall_core::apps::token::{self, Refusal};
use rollcall_core::apps::{self, Algorithm, AppInfo, NewApp, SettingsChange, usage};
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::sync::State;
use rollcall_testkit::{START, TestRollcall};
use serde_json::json;

use crate::setting::{HOUR, client_id, export, prune, sign, traces};
use crate::tokens::{SECRET, ask, furnished, refusal, with_claims};

fn scopes_changed(add: &[Scope], remove: &[Scope]) -> SettingsChange {
    SettingsChange { add: add.to_vec(), remove: remove.to_vec(), ..SettingsChange::default() }
}

fn show(acme: &TestRollcall) -> AppInfo {
    acme.read(|view| apps::show(view, "ci")).unwrap()
}

#[test]
fn a_changed_scope_is_felt_at_the_next_request() {
    let acme = furnished(Algorithm::Hs256);
    let token = with_claims(&acme, &json!({}));
    let may = || {
        let actor = ask(&acme, token.clone()).unwrap();
        let can = |permission| acme.rollcall().read(actor.clone(), permission, |_| Ok(())).wait().map_err(|e| e.code());
        (can(Permission::ViewUsers), can(Permission::ViewGroups))
    };
    assert_eq!(may(), (Ok(()), Err(Code::Forbidden)));
    let change = |add: Scope, remove: Scope| {
        acme.write(move |op| apps::change(op, "CI", &scopes_changed(&[add, add], &[remove]))).unwrap()
    };
    let scopes = change(Scope::RoleManagement, Scope::UserManagement).scopes;
    assert_eq!((scopes, may()), (vec![Scope::RoleManagement], (Err(Code::Forbidden), Ok(()))));
    let events = acme.sealed_events();
    change(Scope::RoleManagement, Scope::UserManagement);
    assert_eq!(acme.sealed_events(), events, "a change that changes nothing leaves no event");
}

#[test]
fn an_apps_page_tells_when_it_was_used_and_why_it_was_refused() {
    let acme = furnished(Algorithm::Hs256);
    let good = with_claims(&acme, &json!({}));
    let flush = || acme.write(usage::flush).unwrap();
    let bad = sign(&json!({ "appId": client_id(&acme, "ci") }), "some other secret");
    assert!(!flush(), "nothing was seen yet");
    refusal(&acme, good);
    refusal(&acme, bad.clone());
    assert_eq!((show(&acme).last_used, show(&acme).refusals.len()), (None, 0), "nothing is written by a request");
    let events = acme.sealed_events();
    assert!(flush());
    acme.clock.advance(HOUR);
    (0..2).for_each(|_| assert_eq!(refusal(&acme, bad.clone()), Some(Refusal::BadSignature)));
    refusal(&acme, with_claims(&acme, &json!({ "exp": 0 })));
    refusal(&acme, sign(&json!({ "appId": "cs-unknown" }), SECRET));
    assert!(flush() && !flush());
    let (app, later) = (show(&acme), START.plus_millis(HOUR));
    assert_eq!(app.last_used, Some(START));
    assert_eq!(app.refusals, [("bad signature".to_owned(), 3, later), ("expired".to_owned(), 1, later)]);
    assert_eq!(acme.sealed_events(), events, "of bookkeeping the audit log does not tell");
}

#[test]
fn a_removed_app_is_unknown_from_the_next_request_on() {
    let acme = furnished(Algorithm::Hs256);
    let token = with_claims(&acme, &json!({}));
    assert_eq!(refusal(&acme, token.clone()), None);
    let everything_but_apps = State { apps: Vec::new(), ..export(&acme) };
    prune(&acme, everything_but_apps).unwrap();
    assert_eq!(refusal(&acme, token), Some(Refusal::UnknownApp));
}

#[test]
fn a_minted_token_is_good_for_as_long_as_was_asked() {
    let acme = furnished(Algorithm::Hs512);
    let mint = |life| acme.read(move |view| token::mint(view, "ci", life, true)).unwrap().expose().to_owned();
    let (hour, once) = (mint(Some(3600)), mint(None));
    assert_ne!(mint(None), once, "each has a jti of its own");
    assert_eq!((refusal(&acme, once.clone()), refusal(&acme, once)), (None, Some(Refusal::Replayed)));
    let for_ever = acme.read(|view| token::mint(view, "ci", None, false)).unwrap().expose().to_owned();
    acme.clock.advance(2 * HOUR);
    assert_eq!((refusal(&acme, hour), refusal(&acme, for_ever)), (Some(Refusal::Expired), None));
    let unknown = acme.read(|view| token::mint(view, "robot", None, false)).unwrap_err();
    assert_eq!(unknown.to_string(), "no app has the client id or the name \"robot\"; `rollcall app list` shows them");
}

#[test]
fn a_secret_stands_nowhere_in_clear() {
    let acme = furnished(Algorithm::Hs256);
    let new = |name: &str| NewApp { name: name.into(), ..NewApp::default() };
    let (app, secret) = acme.write(move |op| apps::create(op, new("robot"))).unwrap();
    let secret = secret.unwrap();
    assert!(!traces(&acme, app.client_id.as_str()).is_empty(), "what is in clear is found");
    for hidden in [secret.expose(), SECRET] {
        assert_eq!(traces(&acme, hidden), [""; 0]);
    }
    assert_eq!(acme.read(|view| apps::secret(view, "robot")).unwrap().expose(), secret.expose());
    assert_eq!(format!("{secret:?}"), "***");
    let taken = acme.write(move |op| apps::create(op, new(" ROBOT "))).unwrap_err();
    assert_eq!(taken.code(), Code::Conflict);
}

//! Client apps and their tokens: whose a token is, and every reason why it is nobody's.

use std::net::IpAddr;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rollcall_core::actor::Actor;
use rollcall_core::apps::token::{self, Refusal};
use rollcall_core::apps::{self, Algorithm, AppInfo, NewApp, usage};
use rollcall_core::chance::Secret;
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::sync::{AppState, State};
use rollcall_core::{Code, users};
use rollcall_testkit::{START, TestRollcall};
use serde_json::{Value, json};

use crate::setting::{HOUR, app_state, client_id, file, prune, sign, state, traces};

const SECRET: &str = "a secret of at least thirty-two characters";

/// "Acme" with an app "ci" of the known secret.
fn furnished(algorithm: Algorithm) -> TestRollcall {
    let acme = TestRollcall::new();
    acme.admin("ada");
    acme.apply(State { apps: vec![ci(algorithm)], ..state() }).unwrap();
    acme
}

fn ci(algorithm: Algorithm) -> AppState {
    let client_secret = Some(Secret::new(SECRET));
    AppState { client_secret, algorithm: Some(algorithm), ..app_state("ci", &[Scope::UserManagement]) }
}

fn ask(acme: &TestRollcall, token: impl Into<String>) -> Result<Actor, Refusal> {
    acme.rollcall().authenticate(token.into(), None).wait().unwrap()
}

/// Why the token is refused; none where it is taken.
fn refusal(acme: &TestRollcall, token: impl Into<String>) -> Option<Refusal> {
    ask(acme, token).err()
}

/// A token of exactly this text, with a good HS256 signature.
fn raw(header: &str, claims: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let text = format!("{}.{}", part(header), part(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn with_claims(acme: &TestRollcall, more: &Value) -> String {
    let mut claims = json!({ "appId": client_id(acme, "ci") });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    sign(&claims, SECRET)
}

fn show(acme: &TestRollcall) -> AppInfo {
    acme.read(|view| apps::show(view, "ci")).unwrap()
}

#[test]
fn a_good_token_gives_the_app_with_its_scopes_and_where_it_came_from() {
    let acme = furnished(Algorithm::Hs256);
    let ip: IpAddr = "192.0.2.7".parse().unwrap();
    let token = format!("  {}\n", with_claims(&acme, &json!({ "sub": "x", "aud": "anybody", "exp": null })));
    let actor = acme.rollcall().authenticate(token, Some(ip)).wait().unwrap().unwrap();
    let Actor::App(app) = &actor else { panic!("{actor:?}") };
    assert_eq!((app.name(), app.client_id().as_str()), ("ci", client_id(&acme, "ci").as_str()));
    assert!(app.has(Scope::UserManagement) && !app.has(Scope::RoleManagement));
    let new = users::NewUser::with_email("bo@acme.test");
    crate::setting::create(acme.rollcall(), &actor, rollcall_core::op::Mode::Real, &[new]).unwrap();
    let sql = "select concat_ws('|', actor_kind, actor_id, actor_name, ip) from audit_events order by id desc limit 1";
    let signed: String = file(&acme).query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(signed, format!("app|{}|ci|192.0.2.7", app.client_id()));
}

#[test]
fn a_token_without_a_proper_form_is_malformed() {
    let acme = furnished(Algorithm::Hs256);
    let id = client_id(&acme, "ci");
    let good = with_claims(&acme, &json!({}));
    let (text, tag) = good.rsplit_once('.').unwrap();
    let header = r#"{"alg":"HS256"}"#;
    let claims = format!(r#"{{"appId":"{id}"}}"#);
    assert_eq!(refusal(&acme, raw(header, &claims)), None, "what the malformed ones are made from is good");
    for token in ["", " \n "] {
        assert_eq!(refusal(&acme, token), Some(Refusal::Missing));
    }
    for token in [
        text.to_owned(),
        format!("{good}.a.b"),
        "a.b.c".into(),
        format!("{text}=.{tag}"),
        format!("Bearer {good}"),
        raw(r#"{"alg":"HS256","crit":["exp"]}"#, &claims),
        raw(r#"{"typ":"JWT"}"#, &claims),
        raw("[]", &claims),
        raw(header, &format!(r#"{{"appId":"{id}","appId":"{id}"}}"#)),
        raw(header, &format!(r#"{{"appId":"{id}","exp":1e999}}"#)),
        raw(header, r#"{"sub":"nobody"}"#),
        raw(header, r#"{"appId":7,"iss":"cs-1"}"#),
        with_claims(&acme, &json!({ "exp": "2099-01-01" })),
        with_claims(&acme, &json!({ "exp": START.seconds().to_string() })),
        with_claims(&acme, &json!({ "nbf": [0] })),
        with_claims(&acme, &json!({ "padding": "x".repeat(8 * 1024) })),
    ] {
        assert_eq!(refusal(&acme, token.clone()), Some(Refusal::Malformed), "{token}");
    }
    let long = with_claims(&acme, &json!({ "padding": "x".repeat(5 * 1024) }));
    assert_eq!(refusal(&acme, long), None, "as long as that is still read");
}

#[test]
fn the_app_is_named_by_app_id_then_kore_iss_then_iss() {
    let acme = furnished(Algorithm::Hs256);
    let id = client_id(&acme, "ci");
    let named = |claims: Value| refusal(&acme, sign(&claims, SECRET));
    assert_eq!(named(json!({ "appId": id, "iss": "cs-other", "kore_iss": "cs-other" })), None);
    assert_eq!(named(json!({ "appId": "cs-other", "iss": id, "kore_iss": id })), Some(Refusal::UnknownApp));
    assert_eq!(named(json!({ "kore_iss": id, "iss": "cs-other" })), None);
    assert_eq!(named(json!({ "kore_iss": "cs-other", "iss": id })), Some(Refusal::UnknownApp));
    assert_eq!(named(json!({ "iss": id })), None);
    assert_eq!(named(json!({ "appid": id })), Some(Refusal::Malformed), "exactly that spelling");
}

#[test]
fn the_algorithm_is_the_apps_and_never_the_tokens() {
    for (algorithm, other) in [(Algorithm::Hs256, Algorithm::Hs512), (Algorithm::Hs512, Algorithm::Hs256)] {
        let acme = furnished(algorithm);
        let claims = json!({ "appId": client_id(&acme, "ci") });
        let by = |algorithm: Algorithm| {
            let header = jsonwebtoken::Header::new(algorithm.name().parse().unwrap());
            let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
            jsonwebtoken::encode(&header, &claims, &key).unwrap()
        };
        assert_eq!(refusal(&acme, by(algorithm)), None);
        assert_eq!(refusal(&acme, by(other)), Some(Refusal::WrongAlgorithm));
        for header in [r#"{"alg":"none"}"#, r#"{"alg":"RS256"}"#, r#"{"alg":"hs256"}"#, r#"{"alg":""}"#] {
            let token = raw(header, &claims.to_string());
            assert_eq!(refusal(&acme, token.clone()), Some(Refusal::WrongAlgorithm), "{header}");
            let (unsigned, _) = token.rsplit_once('.').unwrap();
            assert_eq!(refusal(&acme, format!("{unsigned}.")), Some(Refusal::WrongAlgorithm), "{header}, unsigned");
        }
    }
}

#[test]
fn only_the_apps_own_secret_signs_for_it() {
    let acme = furnished(Algorithm::Hs256);
    let claims = json!({ "appId": client_id(&acme, "ci") });
    assert_eq!(refusal(&acme, sign(&claims, "another secret, of forty characters or so")), Some(Refusal::BadSignature));
    let good = sign(&claims, SECRET);
    let (text, tag) = good.rsplit_once('.').unwrap();
    let (head, _) = text.split_once('.').unwrap();
    let forged = format!(
        "{head}.{}.{tag}",
        URL_SAFE_NO_PAD.encode(json!({ "appId": client_id(&acme, "ci"), "sub": "x" }).to_string())
    );
    assert_eq!(refusal(&acme, forged), Some(Refusal::BadSignature));
    assert_eq!(refusal(&acme, format!("{text}.")), Some(Refusal::BadSignature));
    acme.apply(State {
        apps: vec![AppState { client_secret: Some(Secret::new("n".repeat(40))), ..ci(Algorithm::Hs256) }],
        ..state()
    })
    .unwrap();
    assert_eq!(refusal(&acme, good), Some(Refusal::BadSignature), "a replaced secret is good for nothing");
    assert_eq!(refusal(&acme, sign(&claims, &"n".repeat(40))), None);
}

#[test]
fn times_are_kept_to_with_a_minutes_leeway() {
    let acme = furnished(Algorithm::Hs256);
    let now = START.seconds();
    let table = [
        (json!({ "exp": now + 3600, "nbf": now - 3600 }), None),
        (json!({ "exp": now - 59 }), None),
        (json!({ "exp": now - 60 }), Some(Refusal::Expired)),
        (json!({ "exp": now - 59, "nbf": now + 60 }), None),
        (json!({ "nbf": now + 61 }), Some(Refusal::NotYetValid)),
        (json!({ "exp": 0 }), Some(Refusal::Expired)),
        (json!({ "exp": -1 }), Some(Refusal::Expired)),
        (json!({ "exp": 1e300 }), None),
        (json!({ "exp": now as f64 - 59.5 }), None),
        (json!({ "iat": now + 9_999 }), None),
    ];
    for (claims, expected) in table {
        assert_eq!(refusal(&acme, with_claims(&acme, &claims)), expected, "{claims}");
    }
    let token = with_claims(&acme, &json!({ "exp": now }));
    acme.clock.advance(59_999);
    assert_eq!(refusal(&acme, token.clone()), None);
    acme.clock.advance(1);
    assert_eq!(refusal(&acme, token), Some(Refusal::Expired));
}

#[test]
fn a_removed_app_is_unknown_from_the_next_request_on() {
    let acme = furnished(Algorithm::Hs256);
    let token = with_claims(&acme, &json!({}));
    assert_eq!(refusal(&acme, token.clone()), None);
    let everything_but_apps = State { apps: Vec::new(), ..crate::setting::export(&acme) };
    prune(&acme, everything_but_apps).unwrap();
    assert_eq!(refusal(&acme, token), Some(Refusal::UnknownApp));
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
        acme.write(move |op| apps::change_scopes(op, "CI", &[add, add], &[remove])).unwrap()
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
fn every_refusal_has_a_reason_of_its_own() {
    let reasons: std::collections::BTreeSet<&str> = Refusal::ALL.iter().map(|r| r.reason()).collect();
    assert_eq!(reasons.len(), Refusal::ALL.len());
}

#[test]
fn a_minted_token_is_good_for_as_long_as_was_asked() {
    let acme = furnished(Algorithm::Hs512);
    let mint = |life| acme.read(move |view| token::mint(view, "ci", life, true)).unwrap().expose().to_owned();
    let (hour, for_ever) = (mint(Some(3600)), mint(None));
    assert_ne!(mint(None), for_ever, "each has a jti of its own");
    acme.clock.advance(2 * HOUR);
    assert_eq!((refusal(&acme, hour), refusal(&acme, for_ever)), (Some(Refusal::Expired), None));
    let unknown = acme.read(|view| token::mint(view, "robot", None, false)).unwrap_err();
    assert_eq!(unknown.to_string(), "no app has the client id or the name \"robot\"; `rollcall app list` shows them");
}

#[test]
fn a_secret_stands_nowhere_in_clear() {
    let acme = furnished(Algorithm::Hs256);
    let new = |name: &str| NewApp {
        name: name.into(),
        scopes: vec![],
        algorithm: Algorithm::Hs256,
        client_id: None,
        secret: None,
    };
    let (app, secret) = acme.write(move |op| apps::create(op, new("robot"))).unwrap();
    assert!(!traces(&acme, app.client_id.as_str()).is_empty(), "what is in clear is found");
    for hidden in [secret.expose(), SECRET] {
        assert_eq!(traces(&acme, hidden), [""; 0]);
    }
    assert_eq!(acme.read(|view| apps::secret(view, "robot")).unwrap().expose(), secret.expose());
    assert_eq!(format!("{secret:?}"), "***");
    let taken = acme.write(move |op| apps::create(op, new(" ROBOT "))).unwrap_err();
    assert_eq!(taken.code(), Code::Conflict);
}

//! Tokens: whose a token is, and every reason why it is nobody's. What else there is to apps: `apps`.

use std::net::IpAddr;
use std::sync::Barrier;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rollcall_core::actor::Actor;
use rollcall_core::apps::Algorithm;
use rollcall_core::apps::token::Refusal;
use rollcall_core::chance::Secret;
use rollcall_core::policy::Scope;
use rollcall_core::sync::{AppState, State};
use rollcall_core::users;
use rollcall_testkit::{START, TestRollcall};
use serde_json::{Value, json};

use crate::setting::{app_state, client_id, column, sign, state};

pub(crate) const SECRET: &str = "a secret of at least thirty-two characters";
const OTHER: &str = "another secret of at least thirty-two characters";

/// "Acme" with an app "ci" of the known secret.
pub(crate) fn furnished(algorithm: Algorithm) -> TestRollcall {
    let acme = TestRollcall::new();
    acme.admin("ada");
    acme.apply(State { apps: vec![ci(algorithm)], ..state() }).unwrap();
    acme
}

fn ci(algorithm: Algorithm) -> AppState {
    let client_secret = Some(Secret::new(SECRET));
    AppState { client_secret, algorithm: Some(algorithm), ..app_state("ci", &[Scope::UserManagement]) }
}

pub(crate) fn ask(acme: &TestRollcall, token: impl Into<String>) -> Result<Actor, Refusal> {
    acme.rollcall().authenticate(token.into(), None).wait().unwrap()
}

/// Why the token is refused; none where it is taken.
pub(crate) fn refusal(acme: &TestRollcall, token: impl Into<String>) -> Option<Refusal> {
    ask(acme, token).err()
}

/// A token of exactly this text, with a good HS256 signature.
fn raw(header: &str, claims: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let text = format!("{}.{}", part(header), part(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
}

pub(crate) fn with_claims(acme: &TestRollcall, more: &Value) -> String {
    let mut claims = json!({ "appId": client_id(acme, "ci") });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    sign(&claims, SECRET)
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
    let signed = column(&acme, sql).remove(0);
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
        format!("{good}.a"),
        format!("{good}.a.b.c"),
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
fn every_refusal_has_a_reason_of_its_own() {
    let reasons: std::collections::BTreeSet<&str> = Refusal::ALL.iter().map(|r| r.reason()).collect();
    assert_eq!(reasons.len(), Refusal::ALL.len());
}

#[test]
fn of_many_tokens_at_once_each_has_its_own_answer() {
    let acme = furnished(Algorithm::Hs256);
    let good = with_claims(&acme, &json!({}));
    let other = AppState { client_secret: Some(Secret::new(OTHER)), ..app_state("other", &[Scope::RoleManagement]) };
    acme.apply(State { apps: vec![ci(Algorithm::Hs256), other], ..state() }).unwrap();
    let others = sign(&json!({ "appId": client_id(&acme, "other") }), OTHER);
    let unknown = sign(&json!({ "appId": "cs-00000000-0000-0000-0000-000000000000" }), SECRET);
    let asked = [
        (good, Ok("ci")),
        (others, Ok("other")),
        (unknown, Err(Refusal::UnknownApp)),
        ("nonsense".to_owned(), Err(Refusal::Malformed)),
        (sign(&json!({ "appId": client_id(&acme, "other") }), SECRET), Err(Refusal::BadSignature)),
    ];
    let barrier = Barrier::new(24);
    std::thread::scope(|scope| {
        for n in 0..24 {
            let (acme, asked, barrier) = (&acme, &asked, &barrier);
            scope.spawn(move || {
                let (token, expected) = &asked[n % asked.len()];
                let ip: IpAddr = format!("192.0.2.{}", 100 + n).parse().unwrap();
                barrier.wait();
                for _ in 0..50 {
                    let answer = acme.rollcall().authenticate(token.clone(), Some(ip)).wait().unwrap();
                    match &answer {
                        Ok(Actor::App(app)) => assert_eq!(Ok(app.name()), *expected),
                        Ok(actor) => panic!("{actor:?}"),
                        Err(refusal) => assert_eq!(Err(*refusal), *expected),
                    }
                    let told = format!("{answer:?}");
                    assert!(answer.is_err() || told.contains(&ip.to_string()), "{told} came from {ip}");
                }
            });
        }
    });
}

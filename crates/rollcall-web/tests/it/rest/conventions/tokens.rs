//! Who asks: one opaque answer to every bad token, and a helpful one to a good token without the scope.

use std::collections::BTreeMap;

use aws_lc_rs::hmac::{self, HMAC_SHA256, HMAC_SHA512};
use axum::body::Body;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use insta::assert_json_snapshot;
use rollcall_core::apps::{self, Algorithm, NewApp, SettingsChange};
use rollcall_core::policy::Scope;
use rollcall_testkit::{Caller, START, TestRollcall};
use serde_json::{Value, json};

const SCOPE: [Scope; 1] = [Scope::RoleManagement];

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// A token of these two parts, signed with a key under the algorithm of that length.
fn signed(header: &Value, claims: &Value, length: hmac::Algorithm, key: &[u8]) -> String {
    let text = format!("{}.{}", encoded(header), encoded(claims));
    let signature = hmac::sign(&hmac::Key::new(length, key), text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// All that a client sees of an answer, but for the request's id.
async fn seen(caller: &Caller) -> (u16, String, BTreeMap<String, String>) {
    let reply = caller.get("groups").await;
    let header = |(name, value): (&_, &axum::http::HeaderValue)| {
        let name = axum::http::HeaderName::to_string(name);
        (name != "x-request-id").then(|| (name, value.to_str().expect("text").to_owned()))
    };
    (reply.status.as_u16(), reply.text, reply.headers.iter().filter_map(header).collect())
}

#[tokio::test]
async fn every_bad_token_gets_one_answer_byte_for_byte() {
    let acme = TestRollcall::new();
    let app = acme.app(&SCOPE);
    let (id, secret, now) = (app.client_id().as_str(), app.secret().expose().as_bytes(), START.seconds());
    let hs256 = json!({"alg": "HS256", "typ": "JWT"});
    let by = |header: &Value, claims: Value| app.with_token(signed(header, &claims, HMAC_SHA256, secret));
    let good = signed(&hs256, &json!({"appId": id}), HMAC_SHA256, secret);
    let parts: Vec<&str> = good.split('.').collect();
    let other = acme.app(&[Scope::UserManagement]);
    let raw = STANDARD.decode(secret).expect("a secret is base64 text");
    let table = [
        ("no token", acme.visitor()),
        ("an empty token", app.with_token("")),
        ("a blank token", app.with_token("  ")),
        ("no JWT", app.with_token("nonsense")),
        ("a scheme word", app.with_token(format!("Bearer {good}"))),
        ("two parts", app.with_token(format!("{}.{}", parts[0], parts[1]))),
        ("four parts", app.with_token(format!("{good}.x"))),
        ("five parts, as a JWE has", app.with_token(format!("{good}.x.y"))),
        ("no signature", app.with_token(format!("{}.{}.", parts[0], parts[1]))),
        ("a longer signature", app.with_token(format!("{good}12345"))),
        ("padding", app.with_token(format!("{good}="))),
        (
            "other claims under the signature",
            app.with_token(format!("{}.{}.{}", parts[0], encoded(&json!({"appId": id, "x": 1})), parts[2])),
        ),
        ("a megabyte", app.with_token("x".repeat(1_000_000))),
        ("two tokens", app.with_header("auth", good.as_str())),
        (
            "another app's secret",
            app.with_token(signed(&hs256, &json!({"appId": id}), HMAC_SHA256, other.secret().expose().as_bytes())),
        ),
        (
            "the secret's bytes instead of its text",
            app.with_token(signed(&hs256, &json!({"appId": id}), HMAC_SHA256, &raw)),
        ),
        ("an empty secret", app.with_token(signed(&hs256, &json!({"appId": id}), HMAC_SHA256, b""))),
        ("an unknown app", by(&hs256, json!({"appId": "cs-00000000-0000-5000-8000-000000000000"}))),
        ("no app", by(&hs256, json!({"sub": "1234567890"}))),
        ("an app that is no text", by(&hs256, json!({"appId": 5}))),
        ("appid in another spelling", by(&hs256, json!({"appid": id, "App ID": id}))),
        ("an unknown appId beside a good iss", by(&hs256, json!({"appId": "cs-1", "iss": id}))),
        ("expired", by(&hs256, json!({"appId": id, "exp": now - 60}))),
        ("not yet valid", by(&hs256, json!({"appId": id, "nbf": now + 61}))),
        ("an exp that is no number", by(&hs256, json!({"appId": id, "exp": "tomorrow"}))),
        ("claims that are a list", by(&hs256, json!([id]))),
        ("alg none", app.with_token(format!("{}.{}.", encoded(&json!({"alg": "none"})), parts[1]))),
        ("alg none, signed", by(&json!({"alg": "none"}), json!({"appId": id}))),
        (
            "alg HS512, signed so",
            app.with_token(signed(&json!({"alg": "HS512"}), &json!({"appId": id}), HMAC_SHA512, secret)),
        ),
        ("alg HS512, signed as HS256", by(&json!({"alg": "HS512"}), json!({"appId": id}))),
        ("alg RS256, signed as HS256", by(&json!({"alg": "RS256"}), json!({"appId": id}))),
        ("alg hs256", by(&json!({"alg": "hs256"}), json!({"appId": id}))),
        ("no alg", by(&json!({"typ": "JWT"}), json!({"appId": id}))),
        ("a critical extension", by(&json!({"alg": "HS256", "crit": ["b64"]}), json!({"appId": id}))),
    ];
    let expected = seen(&acme.visitor()).await;
    assert_eq!(
        (expected.0, expected.1.as_str()),
        (401, r#"{"errors":[{"msg":"Invalid SDK credentials","code":4002}]}"#)
    );
    for (what, caller) in table {
        assert_eq!(seen(&caller).await, expected, "{what}");
    }
    assert_eq!(seen(&app.with_token(good)).await.0, 200, "the token that the bad ones were made from is good");
}

#[tokio::test]
async fn these_tokens_are_good() {
    let acme = TestRollcall::new();
    let app = acme.app(&SCOPE);
    let (id, now) = (app.client_id().as_str(), START.seconds());
    for claims in [
        json!({"appId": id}),
        json!({"appId": id, "sub": "x", "aud": "https://elsewhere.test", "iss": "cs-other", "isAnonymous": false}),
        json!({"iss": id}),
        json!({"kore_iss": id, "iss": "cs-other"}),
        json!({"appId": null, "iss": id}),
        json!({"appId": id, "exp": now - 59, "nbf": now + 60}),
        json!({"appId": id, "exp": now as f64 + 0.5, "iat": now + 10_000}),
        json!({"appId": id, "exp": null}),
    ] {
        assert_eq!(app.with_claims(&claims).get("groups").await.status, 200, "{claims}");
    }
    acme.clock.advance(60_000);
    assert_eq!(app.with_claims(&json!({"appId": id, "exp": now + 1})).get("groups").await.status, 200);
    assert_eq!(app.with_claims(&json!({"appId": id, "exp": now})).get("groups").await.status, 401);
}

#[tokio::test]
async fn an_app_of_hs512_is_held_to_hs512() {
    let acme = TestRollcall::new();
    let new = NewApp { name: "long".into(), scopes: SCOPE.to_vec(), algorithm: Algorithm::Hs512, ..NewApp::default() };
    let (app, secret) = acme.write(move |op| apps::create(op, new.clone())).expect("an app");
    let claims = json!({"appId": app.client_id.as_str()});
    let table = [
        ("HS512", HMAC_SHA512, 200),
        ("HS256", HMAC_SHA256, 401),
        ("HS512", HMAC_SHA256, 401),
        ("HS256", HMAC_SHA512, 401),
    ];
    for (alg, length, status) in table {
        let token =
            signed(&json!({ "alg": alg }), &claims, length, secret.as_ref().expect("a secret").expose().as_bytes());
        assert_eq!(acme.visitor().with_token(token).get("groups").await.status, status, "{alg} {length:?}");
    }
}

#[tokio::test]
async fn a_token_without_the_scope_is_told_which_and_whose_before_its_body_is_looked_at() {
    let acme = TestRollcall::new();
    let nearly = acme.app(&[Scope::UserManagement, Scope::MasterAdmin]);
    let path = "adminroles/assignments?dryRun=maybe&x=1&x=2";
    let reply = nearly.with_header("idempotency-key", "").ask(Method::POST, path, Body::from("not JSON")).await;
    assert_json_snapshot!(reply.told(), @r#"
    {
      "status": 403,
      "body": {
        "errors": [
          {
            "msg": "The app \"app user-management master-admin\" (cs-c20803a6-12dc-5327-aad3-3dc98d44995d) lacks the scope role-management (\"Profile Management > Role Management\"). Add it with: rollcall app scopes cs-c20803a6-12dc-5327-aad3-3dc98d44995d --add role-management",
            "code": 403
          }
        ]
      }
    }
    "#);
    let large = nearly.with_header("content-length", "99999999999").ask(Method::POST, path, Body::empty()).await;
    assert_eq!((large.status.as_u16(), large.text), (403, reply.text));
}

#[tokio::test]
async fn taking_a_scope_away_is_felt_at_the_next_request() {
    let acme = TestRollcall::new();
    let app = acme.app(&SCOPE);
    assert_eq!(app.get("groups").await.status, 200);
    let id = app.client_id().to_string();
    acme.write(move |op| {
        apps::change(op, &id, &SettingsChange { remove: SCOPE.to_vec(), ..SettingsChange::default() })
    })
    .expect("the scope is taken away");
    assert_eq!(app.get("groups").await.status, 403);
}

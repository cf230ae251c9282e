//! Whatever is sent, by whomever: no answer is a fault of ours, and what is not answered 200 has changed nothing.

mod bodies;

use axum::body::Body;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseResult};
use rollcall_testkit::{Caller, TestRollcall};
use rollcall_web::rest::{ROUTES, Route};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::acme::{BOTH, acme, everything, invited};
use bodies::{nearly, text, value};

/// An installation that all cases of one property share, and somebody to ask it.
struct Asked {
    acme: TestRollcall,
    app: Caller,
    runtime: Runtime,
}

impl Asked {
    fn new() -> Self {
        let acme = acme();
        let app = acme.app(&BOTH);
        Self { acme, app, runtime: Builder::new_current_thread().enable_time().build().expect("a runtime") }
    }

    /// Sends the body to every route; where a path has parameters, they stay as they are written, the ids of nothing.
    fn ask_everywhere(&self, caller: &Caller, body: &[u8], query: &str) -> TestCaseResult {
        let mut before = everything(&self.acme);
        for route in ROUTES {
            let path = format!("{}{query}", route.path.replace(['{', '}'], "-"));
            let reply = self.runtime.block_on(caller.ask(route.method.clone(), &path, Body::from(body.to_vec())));
            prop_assert!(!reply.status.is_server_error(), "{path}: {} {}", reply.status, reply.text);
            let is_json = serde_json::from_str::<Value>(&reply.text).is_ok();
            prop_assert!(is_json, "{path}: {} {:?}", reply.status, reply.text);
            let after = everything(&self.acme);
            let may_differ = route.mutates && reply.status == 200;
            prop_assert!(may_differ || after == before, "{path}: {} {} changed something", reply.status, reply.text);
            before = after;
        }
        Ok(())
    }
}

fn cases(count: u32) -> Config {
    Config { cases: count, failure_persistence: None, ..Config::default() }
}

#[test]
fn any_bytes_are_answered() {
    let asked = Asked::new();
    proptest!(cases(100), |(body: Vec<u8>)| asked.ask_everywhere(&asked.app, &body, "")?);
}

#[test]
fn any_json_is_answered() {
    let asked = Asked::new();
    proptest!(cases(150), |(body in value())| asked.ask_everywhere(&asked.app, body.to_string().as_bytes(), "")?);
}

#[test]
fn any_body_of_nearly_the_right_form_is_answered() {
    let asked = Asked::new();
    proptest!(cases(150), |(body in nearly())| asked.ask_everywhere(&asked.app, body.to_string().as_bytes(), "")?);
}

#[test]
fn a_rehearsal_of_anything_changes_nothing_and_answers_as_the_real_call() {
    let asked = Asked::new();
    let ask = |route: &Route, query: &str, body: &Value| {
        let path = format!("{}{query}", route.path.replace(['{', '}'], "-"));
        asked.runtime.block_on(asked.app.ask(route.method.clone(), &path, body.to_string()))
    };
    proptest!(cases(150), |(body in nearly())| {
        for route in ROUTES.iter().filter(|route| route.mutates) {
            let before = everything(&asked.acme);
            let rehearsed = ask(route, "?dryRun=true", &body);
            prop_assert_eq!(everything(&asked.acme), before, "{}: {}", route.path, rehearsed.text);
            let real = ask(route, "", &body);
            prop_assert_eq!((rehearsed.status, rehearsed.text), (real.status, real.text), "{}", route.path);
        }
    });
    assert!(!invited(&asked.acme).is_empty(), "some of these calls create users");
}

#[test]
fn any_query_is_answered() {
    let asked = Asked::new();
    let queries = prop_oneof![
        r"\?(offset|limit|dryRun|roleType|fullImport)=[0-9truefals%-]{0,25}",
        r"\?[!$%&'()*+,./0-9:;=?@A-Z_a-z~-]{0,40}"
    ];
    proptest!(cases(100), |(query in queries)| asked.ask_everywhere(&asked.app, b"{}", &query)?);
}

#[test]
fn any_token_is_answered_and_none_is_let_in() {
    let asked = Asked::new();
    let good = asked.app.with_claims(&json!({"appId": asked.app.client_id().as_str(), "n": 1}));
    let own = asked.app.client_id().to_string();
    let part = || prop_oneof!["[A-Za-z0-9_-]{0,40}", "[ -~]{0,40}", Just("eyJhbGciOiJIUzI1NiJ9".to_owned())];
    let tokens = prop_oneof![
        "[ -~]{0,200}",
        (part(), part(), part()).prop_map(|(a, b, c)| format!("{a}.{b}.{c}")),
        value().prop_map(move |claims| unsigned(&claims)),
        text().prop_map(move |app| unsigned(&json!({"appId": if app.is_empty() { own.clone() } else { app }}))),
    ];
    proptest!(cases(300), |(token in tokens)| {
        let caller = good.with_token(token);
        let reply = asked.runtime.block_on(caller.get("groups"));
        prop_assert_eq!((reply.status.as_u16(), reply.text.as_str()), (401, r#"{"errors":[{"msg":"Invalid SDK credentials","code":4002}]}"#));
    });
    assert_eq!(asked.runtime.block_on(good.get("groups")).status, 200);
}

/// A token of these claims with a signature of nobody.
fn unsigned(claims: &Value) -> String {
    use base64::Engine as _;
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", encode(r#"{"alg":"HS256"}"#), encode(&claims.to_string()), encode(&"x".repeat(32)))
}

//! Token ids: each passes once, whoever asks at the same time and on whichever replica, until no clock would take it.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use rollcall_core::apps::replay;
use rollcall_core::apps::token::Refusal;
use rollcall_core::policy::Permission;
use rollcall_testkit::START;
use serde_json::{Value, json};

use super::{Cell, fresh, matrix};
use crate::tokens::refusal;

fn with(cell: &Cell, more: &Value) -> String {
    let mut claims = json!({ "appId": cell.id });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    cell.signer().token(cell.algorithm, &claims)
}

#[test]
fn a_token_id_passes_once_for_its_app_and_is_forgotten_when_nobody_would_take_it() {
    let (acme, cells, _) = matrix();
    let now = START.seconds();
    let (cell, other) = (&cells[0], &cells[4]);
    let token = with(cell, &json!({ "jti": "a", "exp": now + 600 }));
    assert_eq!(refusal(&acme, token.clone()), None);
    assert_eq!(refusal(&acme, token.clone()), Some(Refusal::Replayed));
    let again = with(cell, &json!({ "jti": "a", "exp": now + 900, "sub": "another token" }));
    assert_eq!(refusal(&acme, again), Some(Refusal::Replayed), "the id counts, not the token");
    assert_eq!(refusal(&acme, with(cell, &json!({ "kore_jti": "a", "exp": now + 600 }))), Some(Refusal::Replayed));
    assert_eq!(
        refusal(&acme, with(other, &json!({ "jti": "a", "exp": now + 600 }))),
        None,
        "other apps have ids of their own"
    );
    // As long as the token could be taken anywhere, whatever is forgotten meanwhile.
    let forget = || acme.write(replay::forget_expired).unwrap();
    acme.clock.advance(659_999);
    assert_eq!((forget(), refusal(&acme, token.clone())), (0, Some(Refusal::Replayed)));
    acme.clock.advance(1);
    assert_eq!((forget(), refusal(&acme, token.clone())), (0, Some(Refusal::Expired)));
    acme.clock.advance(60_000);
    assert_eq!((forget(), forget(), refusal(&acme, token)), (2, 0, Some(Refusal::Expired)));
    assert_eq!(acme.database().number("select count(*) from token_ids"), 0);
}

#[test]
fn a_token_with_an_id_lives_an_hour_at_most() {
    let (acme, cells, _) = matrix();
    let now = START.seconds();
    for cell in cells.iter().filter(|cell| !cell.enforce_jwe) {
        let table = [
            (json!({ "exp": now + 3_660 }), None),
            (json!({ "exp": now + 3_661 }), Some(Refusal::LivesTooLong)),
            (json!({}), Some(Refusal::LivesTooLong)),
            (json!({ "exp": null }), Some(Refusal::LivesTooLong)),
            (json!({ "exp": 1e300 }), Some(Refusal::LivesTooLong)),
            (json!({ "exp": now + 1_800, "iat": now - 1_860 }), None),
            (json!({ "exp": now + 1_800, "iat": now - 1_861 }), Some(Refusal::LivesTooLong)),
            (json!({ "exp": now + 1_800, "iat": "long ago" }), None),
            (json!({ "exp": now - 60 }), Some(Refusal::Expired)),
        ];
        for (claims, expected) in table {
            let mut claims = claims;
            claims["jti"] = json!(fresh());
            assert_eq!(refusal(&acme, with(cell, &claims)), expected, "{} {claims}", cell.name());
            // What was refused has used up nothing.
            if expected.is_some() {
                claims["exp"] = json!(now + 60);
                claims["iat"] = json!(now);
                assert_eq!(refusal(&acme, with(cell, &claims)), None, "{} {claims}", cell.name());
            }
        }
        for bad in [json!(""), json!([]), json!(true), json!({})] {
            let claims = json!({ "jti": bad, "exp": now + 60 });
            assert_eq!(refusal(&acme, with(cell, &claims)), Some(Refusal::Malformed), "{} {claims}", cell.name());
        }
        assert_eq!(refusal(&acme, with(cell, &json!({ "jti": 7, "exp": now + 60 }))), None);
        assert_eq!(refusal(&acme, with(cell, &json!({ "jti": "7", "exp": now + 60 }))), Some(Refusal::Replayed));
        let long = "x".repeat(4_000);
        assert_eq!(refusal(&acme, with(cell, &json!({ "jti": long, "exp": now + 60 }))), None);
        assert_eq!(refusal(&acme, with(cell, &json!({ "jti": long, "exp": now + 60 }))), Some(Refusal::Replayed));
    }
}

#[test]
fn of_many_at_once_on_two_replicas_one_passes() {
    const CALLERS: usize = 32;
    const TOKENS: usize = 25;
    let (acme, cells, _) = matrix();
    let (replica, _host) = acme.replica();
    let cell = cells.iter().find(|cell| cell.enforce_jti && !cell.enforce_jwe).unwrap();
    let tokens: Vec<String> = (0..TOKENS).map(|_| cell.token(true)).collect();
    let passed: Vec<AtomicUsize> = (0..TOKENS).map(|_| AtomicUsize::new(0)).collect();
    let barrier = Barrier::new(CALLERS);
    std::thread::scope(|scope| {
        for caller in 0..CALLERS {
            let rollcall = if caller % 2 == 0 { acme.rollcall().as_ref() } else { &replica };
            let (tokens, passed, barrier) = (&tokens, &passed, &barrier);
            scope.spawn(move || {
                barrier.wait();
                for n in 0..TOKENS {
                    // By remembered records, as requests do it, and by those of the moment.
                    let asked = rollcall.authenticate(tokens[n].clone(), None);
                    let asked = if caller % 4 < 2 { asked.needing(Permission::ViewUsers) } else { asked };
                    match asked.wait().unwrap() {
                        Ok(_) => drop(passed[n].fetch_add(1, Ordering::SeqCst)),
                        Err(refusal) => assert_eq!(refusal, Refusal::Replayed),
                    }
                }
            });
        }
    });
    let passed: Vec<usize> = passed.iter().map(|n| n.load(Ordering::SeqCst)).collect();
    assert_eq!(passed, [1; TOKENS]);
}

#[test]
fn recognising_costs_no_statement_and_one_with_an_id() {
    let (acme, cells, to) = matrix();
    for cell in &cells {
        let asked =
            |token: String| acme.rollcall().authenticate(token, None).needing(Permission::ViewUsers).wait().unwrap();
        asked(cell.good(&to)).unwrap();
        let token = cell.good(&to);
        let before = acme.rollcall().statements();
        asked(token).unwrap();
        let spent = acme.rollcall().statements() - before;
        assert_eq!(spent, u64::from(cell.enforce_jti), "{}", cell.name());
    }
}

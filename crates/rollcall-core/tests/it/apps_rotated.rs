//! Secrets that follow one another: how long each is good, what is known of it, what cannot be done to it.

use rollcall_core::apps::token::Refusal;
use rollcall_core::apps::{self, Algorithm, AppInfo, Rotation, SecretInfo, SettingsChange, usage};
use rollcall_core::change::Change;
use rollcall_core::{Code, Error};
use rollcall_testkit::{START, TestRollcall};
use serde_json::json;

use crate::setting::{DAY, HOUR, MINUTE, audit_texts, client_id, column, sign};
use crate::tokens::{SECRET, furnished, refusal};

fn try_rotate(acme: &TestRollcall, overlap: i64) -> Result<(AppInfo, String), Error> {
    let rotation = Rotation { overlap, ..Rotation::default() };
    let (app, secret) = acme.write(move |op| apps::rotate(op, "ci", &rotation))?;
    Ok((app, secret.unwrap().expose().to_owned()))
}

/// Gives the new secret.
fn rotate(acme: &TestRollcall, overlap: i64) -> String {
    try_rotate(acme, overlap).unwrap().1
}

fn token(acme: &TestRollcall, secret: &str) -> String {
    sign(&json!({ "appId": client_id(acme, "ci") }), secret)
}

fn secrets(acme: &TestRollcall) -> Vec<SecretInfo> {
    acme.read(|view| apps::show(view, "ci")).unwrap().secrets
}

fn revoke(acme: &TestRollcall, secret: &str) -> Result<AppInfo, Error> {
    let secret = secret.to_owned();
    acme.write(move |op| apps::revoke_secret(op, "ci", &secret))
}

#[test]
fn both_secrets_are_good_until_the_overlap_ends_to_the_millisecond() {
    let acme = furnished(Algorithm::Hs256);
    let new = token(&acme, &rotate(&acme, HOUR));
    let old = token(&acme, SECRET);
    let told = || (refusal(&acme, old.clone()), refusal(&acme, new.clone()));
    assert_eq!(told(), (None, None));
    acme.clock.advance(HOUR - 1);
    assert_eq!(told(), (None, None));
    acme.clock.advance(1);
    assert_eq!(told(), (Some(Refusal::SecretExpired), None));
    assert_eq!(secrets(&acme).iter().map(|s| s.is_live).collect::<Vec<_>>(), [true, false]);
    // It is told from nobody's for 30 days.
    let forget = || acme.write(apps::forget_expired_secrets).unwrap();
    acme.clock.advance(30 * DAY - 1);
    assert_eq!((forget(), told()), (0, (Some(Refusal::SecretExpired), None)));
    acme.clock.advance(1);
    assert_eq!((forget(), told()), (1, (Some(Refusal::BadSignature), None)));
    assert_eq!((forget(), secrets(&acme).len()), (0, 1), "the last one stays");
}

#[test]
fn without_an_overlap_the_old_secret_is_over_at_once() {
    let acme = furnished(Algorithm::Hs512);
    let by = |secret: &str| {
        let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS512);
        let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
        jsonwebtoken::encode(&header, &json!({ "appId": client_id(&acme, "ci") }), &key).unwrap()
    };
    assert_eq!(refusal(&acme, by(SECRET)), None);
    let new = rotate(&acme, 0);
    assert_eq!((refusal(&acme, by(SECRET)), refusal(&acme, by(&new))), (Some(Refusal::SecretExpired), None));
}

#[test]
fn no_third_secret_comes_while_two_are_live() {
    let acme = furnished(Algorithm::Hs256);
    rotate(&acme, HOUR);
    let before = (acme.snapshot(), acme.sealed_events());
    let error = try_rotate(&acme, HOUR).unwrap_err();
    assert_eq!(error.code(), Code::Conflict);
    let oldest = secrets(&acme)[1].id.clone();
    assert!(error.to_string().contains(&format!("--secret {oldest}")), "{error}");
    assert_eq!((acme.snapshot(), acme.sealed_events()), before);
    acme.clock.advance(HOUR);
    rotate(&acme, HOUR);
    // Both at once, for those in a hurry.
    let last = rotate(&acme, 0);
    assert_eq!(secrets(&acme).iter().filter(|s| s.is_live).count(), 1);
    assert_eq!(refusal(&acme, token(&acme, &last)), None);
}

#[test]
fn a_secret_can_be_revoked_but_for_the_last_that_is_live() {
    let acme = furnished(Algorithm::Hs256);
    let only = secrets(&acme)[0].id.clone();
    assert_eq!(revoke(&acme, &only).unwrap_err().code(), Code::Conflict);
    let new = rotate(&acme, HOUR);
    let unknown = revoke(&acme, &new).unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    assert!(!unknown.to_string().contains(&new), "a secret that is taken for its id is not shown: {unknown}");
    revoke(&acme, &only).unwrap();
    assert_eq!(refusal(&acme, token(&acme, SECRET)), Some(Refusal::BadSignature));
    assert_eq!(refusal(&acme, token(&acme, &new)), None);
    // One that is over is none that is live.
    rotate(&acme, MINUTE);
    acme.clock.advance(MINUTE);
    let newest = secrets(&acme)[0].id.clone();
    assert_eq!(revoke(&acme, &newest).unwrap_err().code(), Code::Conflict);
}

#[test]
fn the_last_use_is_of_each_secret_and_one_that_nobody_uses_is_told() {
    let acme = furnished(Algorithm::Hs256);
    let (old, new) = (token(&acme, SECRET), token(&acme, &rotate(&acme, DAY)));
    let used = |token: &str| {
        assert_eq!(refusal(&acme, token), None);
        acme.write(usage::flush).unwrap();
    };
    let at = |hours: i64| Some(START.plus_millis(hours * HOUR));
    let told = || secrets(&acme).iter().map(|s| (s.last_used, s.is_idle)).collect::<Vec<_>>();
    assert_eq!(told(), [(None, false), (None, false)], "nobody has the new one yet");
    acme.clock.advance(HOUR);
    used(&old);
    assert_eq!(told(), [(None, false), (at(1), false)]);
    acme.clock.advance(2 * HOUR);
    assert_eq!(told(), [(None, false), (at(1), false)], "the new one is in nobody's use");
    used(&new);
    assert_eq!(told(), [(at(3), false), (at(1), true)]);
    used(&old);
    assert_eq!(told(), [(at(3), false), (at(3), false)], "somebody has it still");
    acme.clock.advance(HOUR);
    assert_eq!(told(), [(at(3), false), (at(3), true)]);
    acme.clock.advance(DAY);
    assert!(!told()[1].1, "what is over need not be removed");
}

#[test]
fn a_newest_secret_that_is_over_makes_no_other_safe_to_remove() {
    let acme = furnished(Algorithm::Hs256);
    let rotation = Rotation { overlap: DAY, expires: Some(START.plus_millis(HOUR)), ..Rotation::default() };
    let (_, new) = acme.write(move |op| apps::rotate(op, "ci", &rotation)).unwrap();
    let new = token(&acme, new.unwrap().expose());
    assert_eq!(refusal(&acme, new.clone()), None);
    acme.write(usage::flush).unwrap();
    acme.clock.advance(2 * HOUR);
    assert_eq!(refusal(&acme, new), Some(Refusal::SecretExpired));
    assert_eq!(
        secrets(&acme).iter().map(|s| (s.is_live, s.is_idle)).collect::<Vec<_>>(),
        [(false, false), (true, false)]
    );
}

#[test]
fn an_app_ends_to_the_millisecond_and_can_be_brought_back() {
    let acme = furnished(Algorithm::Hs256);
    let token = token(&acme, SECRET);
    let set = |expires: Change<_>| {
        let change = SettingsChange { expires, ..SettingsChange::default() };
        acme.write(move |op| apps::change(op, "ci", &change)).unwrap()
    };
    set(Change::Set(START.plus_millis(MINUTE)));
    acme.clock.advance(MINUTE - 1);
    assert_eq!(refusal(&acme, token.clone()), None);
    acme.clock.advance(1);
    assert_eq!(refusal(&acme, token.clone()), Some(Refusal::AppExpired));
    assert_eq!(set(Change::Clear).expires, None);
    assert_eq!(refusal(&acme, token), None);
}

#[test]
fn each_change_is_told_with_before_and_after_and_without_secrets() {
    let acme = furnished(Algorithm::Hs256);
    let (_, new) = try_rotate(&acme, HOUR).unwrap();
    let ids: Vec<String> = secrets(&acme).iter().map(|secret| secret.id.clone()).collect();
    revoke(&acme, &ids[1]).unwrap();
    let expires = Change::Set(START.plus_millis(HOUR));
    let change =
        SettingsChange { enforce_jti: Some(true), enforce_jwe: Some(true), expires, ..SettingsChange::default() };
    acme.write(move |op| apps::change(op, "ci", &change)).unwrap();
    acme.write(|op| apps::revoke(op, "ci")).unwrap();
    let sql = "select concat_ws(' ', name, state_before, state_after) from audit_events where category = 'API Scopes' order by id";
    let told: Vec<String> =
        column(&acme, sql).iter().map(|line| line.replace(&ids[0], "NEW").replace(&ids[1], "OLD")).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    App Created {"algorithm":"HS256","scopes":["user-management"],"name":"ci"}
    App Secret Rotated {"secrets":[{"secret":"OLD","expires":null}]} {"secrets":[{"secret":"OLD","expires":"2026-01-05T10:00:00.000Z"},{"secret":"NEW","expires":null}]}
    App Secret Revoked {"secrets":[{"secret":"OLD","expires":"2026-01-05T10:00:00.000Z"},{"secret":"NEW","expires":null}]} {"secrets":[{"secret":"NEW","expires":null}]}
    App Modified {"algorithm":"HS256"} {"algorithm":"HS256","expires":"2026-01-05T10:00:00.000Z","enforceJti":true,"enforceJwe":true}
    App Deleted {"algorithm":"HS256","scopes":["user-management"],"enforceJti":true,"enforceJwe":true,"expires":"2026-01-05T10:00:00.000Z","name":"ci"}
    "#);
    for secret in [SECRET, &new] {
        assert!(!audit_texts(&acme).contains(secret));
    }
}

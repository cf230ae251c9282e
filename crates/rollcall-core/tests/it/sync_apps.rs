//! Descriptions of client apps: what they prove themselves by, while it is being exchanged, too.

use rollcall_core::apps::{self, Algorithm, Rotation};
use rollcall_core::chance::Secret;
use rollcall_core::change::Change;
use rollcall_core::op::Mode;
use rollcall_core::policy::Scope;
use rollcall_core::sync::{self, AppState, CredentialState, State};
use rollcall_testkit::{START, TestRollcall};
use serde_json::json;

use crate::apps_keys::pair;
use crate::setting::{DAY, HOUR, app_state, client_id, export, sign, state};
use crate::tokens::{SECRET, furnished, refusal};

const NEW: &str = "a new secret of at least thirty-two characters";

/// "Acme" whose app "ci" has two live secrets, one of which ends in an hour.
fn in_rotation() -> TestRollcall {
    let acme = furnished(Algorithm::Hs256);
    let credential = Some(apps::Credential::Secret(Secret::new(NEW)));
    let rotation = Rotation { overlap: HOUR, credential, expires: Some(START.plus_millis(DAY)) };
    acme.write(move |op| apps::rotate(op, "ci", &rotation)).unwrap();
    acme
}

/// How many things an apply changes.
fn changes(acme: &TestRollcall, state: State) -> usize {
    acme.rollcall().apply(acme.host(), state, false, Mode::Real).wait().unwrap().changes.len()
}

fn refused(acme: &TestRollcall, app: AppState) -> Vec<String> {
    let error = acme.apply(State { apps: vec![app], ..state() }).unwrap_err();
    error.each_fault().iter().map(|fault| format!("{}: {}", fault.place, fault.message)).collect()
}

fn secret(secret: &str, hours: Option<i64>) -> CredentialState {
    let expires = hours.map(|hours| START.plus_millis(hours * HOUR));
    CredentialState { client_secret: Some(Secret::new(secret)), expires, ..CredentialState::default() }
}

fn ci(credentials: Vec<CredentialState>) -> AppState {
    AppState { credentials: Some(credentials), ..AppState { name: "ci".into(), ..AppState::default() } }
}

#[test]
fn an_export_during_a_rotation_gives_both_secrets_and_their_ends_elsewhere() {
    let acme = in_rotation();
    let copy = TestRollcall::new();
    copy.apply(export(&acme)).unwrap();
    assert_eq!(copy.snapshot(), acme.snapshot());
    assert_eq!((changes(&acme, export(&acme)), changes(&copy, export(&acme))), (0, 0));
    let told = |secret: &str| {
        [&acme, &copy].map(|acme| refusal(acme, sign(&json!({ "appId": client_id(acme, "ci") }), secret)).is_none())
    };
    assert_eq!((told(SECRET), told(NEW)), ([true, true], [true, true]));
    copy.clock.advance(HOUR);
    acme.clock.advance(HOUR);
    assert_eq!((told(SECRET), told(NEW)), ([false, false], [true, true]));
    // What ended meanwhile is in no later export, and an earlier one brings nothing back.
    assert_eq!(changes(&acme, export(&copy)), 0);
    acme.clock.advance(DAY);
    assert!(!told(NEW)[0]);
    let late = TestRollcall::new();
    late.clock.advance(2 * DAY);
    late.apply(export(&acme)).unwrap();
    assert_eq!(late.snapshot(), acme.snapshot(), "an app that is over is still an app");
}

#[test]
fn a_file_with_the_newest_secret_alone_leaves_a_rotation_as_it_is() {
    let acme = in_rotation();
    let before = acme.snapshot();
    let with = |secret: &str| {
        let app = AppState { client_secret: Some(Secret::new(secret)), ..app_state("ci", &[Scope::UserManagement]) };
        State { apps: vec![app], ..state() }
    };
    assert_eq!((changes(&acme, with(NEW)), acme.snapshot()), (0, before));
    // The one that goes is the one that is meant, then: the other goes at once.
    assert_eq!(changes(&acme, with(SECRET)), 1);
    let told = |secret: &str| refusal(&acme, sign(&json!({ "appId": client_id(&acme, "ci") }), secret)).is_none();
    assert_eq!((told(SECRET), told(NEW)), (true, false));
    acme.clock.advance(2 * DAY);
    assert!(told(SECRET), "and has no end any more");
}

#[test]
fn a_list_of_credentials_is_whole() {
    let acme = in_rotation();
    let apply = |list: Vec<CredentialState>| changes(&acme, State { apps: vec![ci(list)], ..state() });
    let told = |secret: &str| refusal(&acme, sign(&json!({ "appId": client_id(&acme, "ci") }), secret)).is_none();
    assert_eq!(apply(vec![secret(SECRET, Some(1)), secret(NEW, Some(24))]), 0);
    assert_eq!(apply(vec![secret(SECRET, Some(2)), secret(NEW, None)]), 1, "other ends");
    acme.clock.advance(HOUR);
    assert!(told(SECRET) && told(NEW));
    let third = "a third secret of at least thirty-two characters";
    assert_eq!(apply(vec![secret(NEW, Some(3)), secret(third, None)]), 1);
    assert_eq!([SECRET, NEW, third].map(told), [false, true, true]);
    assert_eq!(apply(vec![secret(third, None)]), 1);
    assert_eq!([SECRET, NEW, third].map(told), [false, false, true]);
}

#[test]
fn public_keys_are_no_secrets_and_go_both_ways() {
    let acme = TestRollcall::new();
    let ((_, old), (_, new)) = (pair(), pair());
    let key = |key: &apps::PublicKey, expires| CredentialState {
        public_key: Some(key.clone()),
        expires,
        ..CredentialState::default()
    };
    let end = Some(START.plus_millis(HOUR));
    let signer = AppState {
        algorithm: Some(Algorithm::Rs512),
        enforce_jti: Some(true),
        enforce_jwe: Some(true),
        expires: Change::Set(START.plus_millis(DAY)),
        ..ci(vec![key(&old, end), key(&new, None)])
    };
    acme.apply(State { apps: vec![signer], ..state() }).unwrap();
    let bare = acme.read(|view| sync::export(view, false)).unwrap();
    assert_eq!(format!("{:?}", bare.apps), format!("{:?}", export(&acme).apps), "no secret is left out");
    let copy = TestRollcall::new();
    copy.apply(bare).unwrap();
    assert_eq!(copy.snapshot(), acme.snapshot());
    // Null clears the end, and another family takes another credential.
    let app = AppState { expires: Change::Clear, enforce_jwe: Some(false), ..ci(vec![key(&new, None)]) };
    assert_eq!(changes(&acme, State { apps: vec![app], ..state() }), 1);
    let has = export(&acme).apps.remove(0);
    assert_eq!((has.expires, has.enforce_jti, has.enforce_jwe), (Change::Clear, Some(true), Some(false)));
    assert_eq!((has.public_key, has.credentials.is_none()), (Some(new), true));
    let app = AppState { algorithm: Some(Algorithm::Hs256), ..ci(vec![secret(NEW, None)]) };
    assert_eq!(changes(&acme, State { apps: vec![app], ..state() }), 1);
    assert_eq!(
        refusal(&acme, sign(&json!({ "appId": client_id(&acme, "ci"), "jti": "1", "exp": START.seconds() }), NEW)),
        None
    );
}

#[test]
fn an_export_without_secrets_holds_none() {
    let acme = in_rotation();
    let bare = acme.read(|view| sync::export(view, false)).unwrap();
    assert!(bare.apps[0].client_secret.is_none() && bare.apps[0].credentials.is_none());
    assert_eq!(changes(&acme, bare), 0);
}

#[test]
fn credentials_that_are_of_no_use_are_refused_where_they_stand() {
    let acme = furnished(Algorithm::Hs256);
    let (_, public) = pair();
    let key = CredentialState { public_key: Some(public.clone()), ..CredentialState::default() };
    let both = CredentialState { public_key: Some(public.clone()), ..secret(NEW, None) };
    let other = |app: AppState| AppState { name: "other".into(), ..app };
    let table = [
        (
            AppState { client_secret: Some(Secret::new(NEW)), public_key: Some(public), ..ci(vec![]) }.without(),
            "apps[0].publicKey: stands beside a clientSecret",
        ),
        (
            AppState { client_secret: Some(Secret::new(NEW)), ..ci(vec![secret(NEW, None)]) },
            "apps[0].clientSecret: stands beside credentials",
        ),
        (ci(vec![]), "apps[0].credentials: is empty"),
        (
            ci(vec![secret(NEW, None), secret(SECRET, None), secret(&"x".repeat(32), None)]),
            "apps[0].credentials: has 3 entries",
        ),
        (ci(vec![CredentialState::default()]), "apps[0].credentials[0]: needs either"),
        (ci(vec![both]), "apps[0].credentials[0]: needs either"),
        (ci(vec![key]), "apps[0].credentials[0].publicKey: HS256 needs a client secret"),
        (ci(vec![secret("short", None)]), "apps[0].credentials[0].clientSecret: the client secret has 5 characters"),
        (
            ci(vec![secret(NEW, Some(1)), secret(NEW, None)]),
            "apps[0].credentials[1].clientSecret: stands in this list twice",
        ),
        (
            other(AppState { algorithm: Some(Algorithm::Rs256), ..AppState::default() }),
            "apps[0].algorithm: RS256 needs a publicKey",
        ),
        (
            AppState { algorithm: Some(Algorithm::Rs256), ..ci(vec![]) }.without(),
            "apps[0].algorithm: RS256 needs a publicKey",
        ),
        (
            other(AppState { algorithm: Some(Algorithm::Rs256), ..ci(vec![secret(NEW, None)]) }),
            "apps[0].credentials[0].clientSecret: RS256 needs the public key",
        ),
    ];
    let before = acme.snapshot();
    for (app, expected) in table {
        let told = refused(&acme, app);
        assert!(told.iter().any(|told| told.starts_with(expected)), "{expected}\n{told:?}");
        assert!(!told.join("").contains(NEW), "{told:?}");
    }
    assert_eq!(acme.snapshot(), before);
}

/// Without a list.
trait Without {
    fn without(self) -> Self;
}

impl Without for AppState {
    fn without(self) -> Self {
        Self { credentials: None, ..self }
    }
}

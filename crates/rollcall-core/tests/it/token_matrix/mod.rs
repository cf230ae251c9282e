//! The token matrix: every algorithm with every setting of an app and every form of token, and what becomes of each that
//! was tampered with. Who is refused for what in the usual ways: `tokens`.

mod make;
mod mutants;
mod replay;
mod told;

use std::sync::{LazyLock, Mutex, PoisonError};

use rollcall_core::apps::token::Refusal;
use rollcall_core::apps::{self, Algorithm, Credential, NewApp};
use rollcall_core::chance::Secret;
use rollcall_core::keys::Purpose;
use rollcall_core::policy::Scope;
use rollcall_testkit::{START, TestRollcall};
use serde_json::{Value, json};

use crate::tokens::refusal;
use make::{Recipient, Signer, WAYS};

/// Pairs are dear to make: one for the apps, and one for somebody else.
static OURS: LazyLock<Signer> = LazyLock::new(Signer::pair);
static THEIRS: LazyLock<Signer> = LazyLock::new(Signer::pair);

/// An app of the matrix.
struct Cell {
    algorithm: Algorithm,
    enforce_jti: bool,
    enforce_jwe: bool,
    id: String,
    /// Where it has one.
    secret: Option<Signer>,
}

impl Cell {
    fn signer(&self) -> &Signer {
        self.secret.as_ref().unwrap_or(&OURS)
    }

    /// Claims that are good for it, with an id of their own where that is wanted.
    fn claims(&self, has_id: bool) -> Value {
        let mut claims = json!({ "appId": self.id, "sub": "1" });
        if has_id {
            claims["jti"] = json!(fresh());
            claims["exp"] = json!(START.seconds() + 600);
        }
        claims
    }

    fn token(&self, has_id: bool) -> String {
        self.signer().token(self.algorithm, &self.claims(has_id))
    }

    /// A token that it takes.
    fn good(&self, to: &Recipient) -> String {
        let token = self.token(self.enforce_jti);
        if self.enforce_jwe { to.seal(WAYS[4], &token) } else { token }
    }

    fn name(&self) -> String {
        format!("{} jti {} jwe {}", self.algorithm.name(), self.enforce_jti, self.enforce_jwe)
    }
}

/// An id that no token had.
fn fresh() -> String {
    static LAST: Mutex<u64> = Mutex::new(0);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    *last += 1;
    format!("id-{last}")
}

/// "Acme" with an app for each algorithm and setting, and the key that tokens are encrypted to.
fn matrix() -> (TestRollcall, Vec<Cell>, Recipient) {
    let acme = TestRollcall::new();
    let mut cells = Vec::new();
    for algorithm in Algorithm::ALL {
        for (enforce_jti, enforce_jwe) in [(false, false), (true, false), (false, true), (true, true)] {
            let n = cells.len();
            let secret = algorithm.is_hmac().then(|| format!("the secret of app number {n:02}, which is long"));
            let credential = match &secret {
                Some(secret) => Credential::Secret(Secret::new(secret.clone())),
                None => Credential::PublicKey(OURS.public_key()),
            };
            let new = NewApp {
                name: format!("app {n}"),
                scopes: vec![Scope::UserManagement],
                algorithm,
                credential: Some(credential),
                enforce_jti,
                enforce_jwe,
                ..NewApp::default()
            };
            let (app, _) = acme.write(move |op| apps::create(op, new.clone())).unwrap();
            let (id, secret) = (app.client_id.to_string(), secret.map(Signer::Secret));
            cells.push(Cell { algorithm, enforce_jti, enforce_jwe, id, secret });
        }
    }
    let to = recipient(&acme);
    (acme, cells, to)
}

/// The newest key that tokens are encrypted to.
fn recipient(acme: &TestRollcall) -> Recipient {
    acme.rollcall().make_encryption_key().wait().unwrap();
    let keys = acme.rollcall().server_keys().wait().unwrap();
    let key = keys.iter().find(|key| key.purpose == Purpose::Encryption).unwrap();
    Recipient::of(&key.kid, &key.numbers[0], &key.numbers[1])
}

#[test]
fn every_algorithm_setting_and_form_is_answered_as_the_contract_has_it() {
    let (acme, cells, to) = matrix();
    for cell in &cells {
        for has_id in [false, true] {
            let forms = std::iter::once(None).chain(WAYS.map(Some));
            for way in forms {
                let token = cell.token(has_id);
                let token = way.map_or_else(|| token.clone(), |way| to.seal(way, &token));
                let expected = match (way.is_some(), has_id) {
                    (false, _) if cell.enforce_jwe => Some(Refusal::NotEncrypted),
                    (_, false) if cell.enforce_jti => Some(Refusal::NoTokenId),
                    _ => None,
                };
                assert_eq!(refusal(&acme, token), expected, "{} {way:?} id {has_id}", cell.name());
            }
        }
    }
}

#[test]
fn an_app_takes_no_other_algorithm_than_its_own_whoever_signs() {
    let (acme, cells, _) = matrix();
    let plain: Vec<&Cell> = cells.iter().filter(|cell| !cell.enforce_jti && !cell.enforce_jwe).collect();
    for cell in &plain {
        for other in Algorithm::ALL {
            let claims = cell.claims(false);
            let theirs =
                if other.is_hmac() { &Signer::Secret("somebody else's secret of some length".into()) } else { &THEIRS };
            let expected = if other == cell.algorithm { Refusal::BadSignature } else { Refusal::WrongAlgorithm };
            assert_eq!(refusal(&acme, theirs.token(other, &claims)), Some(expected), "{} {other:?}", cell.name());
            // The app's own key, used otherwise.
            if other.is_hmac() == cell.algorithm.is_hmac() && other != cell.algorithm {
                let token = cell.signer().token(other, &claims);
                assert_eq!(refusal(&acme, token), Some(Refusal::WrongAlgorithm), "{} {other:?}", cell.name());
            }
        }
        // What one app signs for another.
        for other in plain.iter().filter(|other| other.id != cell.id && other.algorithm == cell.algorithm) {
            let token = other.signer().token(cell.algorithm, &cell.claims(false));
            assert!(refusal(&acme, token).is_some() || !cell.algorithm.is_hmac(), "{}", cell.name());
        }
        let is_known = refusal(&acme, cell.token(false));
        assert_eq!(is_known, None, "{}", cell.name());
    }
}

#[test]
fn a_renewed_key_is_taken_at_once_and_the_one_before_until_its_time() {
    let (acme, cells, old) = matrix();
    let cell = cells.iter().find(|cell| cell.enforce_jwe && !cell.enforce_jti).unwrap();
    let sealed = |to: &Recipient| to.seal(WAYS[5], &cell.token(false));
    assert_eq!(refusal(&acme, sealed(&old)), None);
    // Another process renews it; this one finds it when it is asked for.
    let (replica, host) = acme.replica();
    replica.renew_encryption_key(&host, 60_000).unwrap();
    let new = recipient(&acme);
    assert_ne!(old.kid, new.kid);
    assert_eq!((refusal(&acme, sealed(&new)), refusal(&acme, sealed(&old))), (None, None));
    let without_a_name = new.raw(WAYS[5], r#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#, &cell.token(false));
    assert_eq!(refusal(&acme, without_a_name), None, "all are tried");
    acme.clock.advance(59_999);
    assert_eq!(refusal(&acme, sealed(&old)), None);
    acme.clock.advance(1);
    assert_eq!(refusal(&acme, sealed(&old)), Some(Refusal::Undecipherable));
    assert_eq!(refusal(&acme, sealed(&new)), None);
    assert_eq!(acme.rollcall().server_keys().wait().unwrap().len(), 1, "and it is told to nobody any more");
}

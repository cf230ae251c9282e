//! From a token to an actor (API contract §1, Authentication). The key and the algorithm come from the app's record,
//! never from the token; what a token says before it is verified is used for one thing only, to find that record.

use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Algorithm, App};
use crate::actor::{self, Actor};
use crate::chance::{self, Secret};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::op::View;
use crate::policy::Permission;
use crate::rollcall::Shared;
use crate::store::{self, Tx};

/// What seals client secrets.
pub(crate) const SECRET_SEAL: &str = "app secret";
/// How far a client's clock may be off, in seconds (API contract §1).
const LEEWAY: f64 = 60.0;
/// Longer tokens are not even looked at.
const MAX_TOKEN: usize = 8 * 1024;

/// Why a token was refused. Outsiders never see it; the log and the app's record do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// There is no token.
    Missing,
    /// It is not a signed JWT with the claims that are needed, in the form that they need.
    Malformed,
    /// The app that it names is unknown.
    UnknownApp,
    /// Its header names another algorithm than the app's record.
    WrongAlgorithm,
    /// None of the app's live secrets made this signature.
    BadSignature,
    /// Its `exp` is past.
    Expired,
    /// Its `nbf` is to come.
    NotYetValid,
}

impl Refusal {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::Missing,
        Self::Malformed,
        Self::UnknownApp,
        Self::WrongAlgorithm,
        Self::BadSignature,
        Self::Expired,
        Self::NotYetValid,
    ];

    /// The reason in words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::UnknownApp => "unknown app",
            Self::WrongAlgorithm => "wrong algorithm",
            Self::BadSignature => "bad signature",
            Self::Expired => "expired",
            Self::NotYetValid => "not yet valid",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

/// The claims that count. Unknown ones are ignored; one of these given twice makes the token malformed.
#[derive(Deserialize)]
struct Claims {
    #[serde(rename = "appId")]
    app_id: Option<String>,
    kore_iss: Option<Value>,
    iss: Option<Value>,
    exp: Option<Value>,
    nbf: Option<Value>,
}

/// What a token says of itself, proved by nothing.
struct Unverified<'t> {
    token: &'t str,
    algorithm: String,
    app_id: String,
}

impl<'t> Unverified<'t> {
    fn read(token: &'t str) -> Result<Self, Refusal> {
        let token = token.trim();
        if token.is_empty() {
            return Err(Refusal::Missing);
        }
        let mut parts = token.split('.');
        let (Some(header), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::Malformed);
        };
        let header: Map<String, Value> = part(token, header)?;
        // RFC 7515 §4.1.11: extensions that must be understood and are not make the token invalid.
        if header.contains_key("crit") {
            return Err(Refusal::Malformed);
        }
        let Claims { app_id, kore_iss, iss, .. } = part(token, claims)?;
        let text = |claim: Option<Value>| claim.as_ref().and_then(Value::as_str).map(str::to_owned);
        let app_id = app_id.or_else(|| text(kore_iss)).or_else(|| text(iss)).ok_or(Refusal::Malformed)?;
        let algorithm = header.get("alg").and_then(Value::as_str).ok_or(Refusal::Malformed)?.to_owned();
        Ok(Self { token, algorithm, app_id })
    }

    /// Proves it with the app's own key and algorithm.
    fn verify(&self, algorithm: Algorithm, secret: &Secret) -> Result<Verified, Refusal> {
        if self.algorithm != algorithm.name() {
            return Err(Refusal::WrongAlgorithm);
        }
        let mut validation = Validation::new(wire(algorithm));
        validation.required_spec_claims.clear();
        validation.validate_aud = false;
        // Times are checked below, by the installation's own clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let key = DecodingKey::from_secret(secret.expose().as_bytes());
        match jsonwebtoken::decode::<Claims>(self.token, &key, &validation) {
            Ok(data) => Ok(Verified(data.claims)),
            Err(error) => Err(match error.kind() {
                ErrorKind::InvalidSignature => Refusal::BadSignature,
                ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => Refusal::WrongAlgorithm,
                _ => Refusal::Malformed,
            }),
        }
    }
}

/// Claims behind a signature that was checked: the only way to an [`Actor::App`].
struct Verified(Claims);

impl Verified {
    fn is_live_at(&self, now: Time) -> Result<(), Refusal> {
        let seconds = now.0 as f64 / 1000.0;
        let date = |claim: &Option<Value>| match claim {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_f64().filter(|n| n.is_finite()).map(Some).ok_or(Refusal::Malformed),
        };
        if date(&self.0.exp)?.is_some_and(|exp| exp + LEEWAY <= seconds) {
            return Err(Refusal::Expired);
        }
        if date(&self.0.nbf)?.is_some_and(|nbf| nbf - LEEWAY > seconds) {
            return Err(Refusal::NotYetValid);
        }
        Ok(())
    }

    fn actor(&self, app: &App, ip: Option<IpAddr>) -> Actor {
        let App { account, key, client_id, name, scopes, .. } = app.clone();
        Actor::App(actor::App { account, key, client_id, name, scopes, ip })
    }
}

fn part<T: serde::de::DeserializeOwned>(token: &str, part: &str) -> Result<T, Refusal> {
    if token.len() > MAX_TOKEN {
        return Err(Refusal::Malformed);
    }
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Refusal::Malformed)
}

fn wire(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::Hs256 => jsonwebtoken::Algorithm::HS256,
        Algorithm::Hs512 => jsonwebtoken::Algorithm::HS512,
    }
}

/// A token as it was presented, and from where.
pub(crate) struct Presented {
    pub(crate) token: String,
    pub(crate) ip: Option<IpAddr>,
}

/// Whose tokens these are, in their order. One statement for all; what cannot be told of one is no trouble of the others.
pub(crate) fn authenticate_many(
    tx: &Tx<'_>,
    shared: &Shared,
    presented: &[&Presented],
) -> Result<Vec<Result<Result<Actor, Refusal>>>> {
    let now = shared.clock.now();
    let read: Vec<_> = presented.iter().map(|p| Unverified::read(&p.token)).collect();
    let ids: HashSet<&str> = read.iter().flatten().map(|unverified| unverified.app_id.as_str()).collect();
    let apps = store::apps::find_by_client_ids(tx, &ids.into_iter().collect::<Vec<_>>(), now)?;
    let whose = |(unverified, ip): (Result<Unverified<'_>, Refusal>, Option<IpAddr>)| match unverified {
        Ok(unverified) => authenticate(shared, &unverified, apps.get(&unverified.app_id), now, ip),
        Err(refusal) => Ok(Err(refusal)),
    };
    Ok(read.into_iter().zip(presented.iter().map(|p| p.ip)).map(whose).collect())
}

/// Whose token this is, if it is that of the app that it names. An unknown app costs the same work as a wrong secret.
fn authenticate(
    shared: &Shared,
    unverified: &Unverified<'_>,
    app: Option<&App>,
    now: Time,
    ip: Option<IpAddr>,
) -> Result<Result<Actor, Refusal>> {
    let Some(app) = app else {
        let secret = shared.key.open_text(SECRET_SEAL, &shared.decoy)?;
        // Whatever comes out, nobody can have signed with this one.
        let _ = unverified.verify(Algorithm::Hs256, &secret);
        return Ok(Err(Refusal::UnknownApp));
    };
    let mut outcome = Err(Refusal::BadSignature);
    for sealed in &app.secrets {
        outcome = unverified.verify(app.algorithm, &shared.key.open_text(SECRET_SEAL, sealed)?);
        if outcome.is_ok() {
            break;
        }
    }
    let outcome = outcome.and_then(|verified| verified.is_live_at(now).map(|()| verified));
    match &outcome {
        Ok(_) => shared.usage.used(app.account, app.key, now),
        Err(refusal) => shared.usage.refused(app.account, app.key, *refusal, now),
    }
    Ok(outcome.map(|verified| verified.actor(app, ip)))
}

/// Makes a token signed with the app's secret, good for `life` seconds (for ever where none), with a random `jti` where
/// wanted: for trying things out.
///
/// # Errors
/// [`crate::Code::NotFound`] for an unknown app.
pub fn mint(view: &View<'_>, id_or_name: &str, life: Option<i64>, jti: bool) -> Result<Secret> {
    view.expect(Permission::AdministerAccount)?;
    let app = super::find(view, id_or_name)?;
    let secret = super::unseal(view, &app)?;
    let mut claims = json!({ "sub": app.name, "appId": app.client_id.as_str(), "iat": view.now.seconds() });
    if let Some(life) = life {
        claims["exp"] = json!(view.now.seconds().saturating_add(life));
    }
    if jti {
        claims["jti"] = json!(URL_SAFE_NO_PAD.encode(chance::bytes::<16>()));
    }
    let key = EncodingKey::from_secret(secret.expose().as_bytes());
    jsonwebtoken::encode(&Header::new(wire(app.algorithm)), &claims, &key).map(Secret::new).map_err(Error::internal)
}

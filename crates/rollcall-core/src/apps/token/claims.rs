//! The claims of a token that count, and the rules of time and of token ids (API contract §1, Authentication and JTI).

use serde::Deserialize;
use serde_json::Value;

use super::Refusal;
use crate::apps::App;
use crate::clock::Time;
use crate::seal::sha256;

/// How far a client's clock may be off, in seconds (API contract §1).
const LEEWAY: f64 = 60.0;
/// How long a token with an id may live, in seconds.
const LIFE: f64 = 3_600.0;

/// The claims that count. Unknown ones are ignored; one of these given twice makes the token malformed.
#[derive(Deserialize)]
pub(crate) struct Claims {
    #[serde(rename = "appId")]
    app_id: Option<String>,
    kore_iss: Option<Value>,
    iss: Option<Value>,
    exp: Option<Value>,
    nbf: Option<Value>,
    iat: Option<Value>,
    jti: Option<Value>,
    kore_jti: Option<Value>,
}

/// The id of a token that may pass once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenId {
    /// SHA-256 of the id: ids of any length are kept in 32 bytes.
    pub(crate) hash: [u8; 32],
    /// Until when it must be remembered: from then on no clock of a replica takes the token any more.
    pub(crate) until: Time,
}

impl Claims {
    /// The app that the token names.
    pub(super) fn app_id(&self) -> Option<String> {
        let text = |claim: &Option<Value>| claim.as_ref().and_then(Value::as_str).map(str::to_owned);
        self.app_id.clone().or_else(|| text(&self.kore_iss)).or_else(|| text(&self.iss))
    }

    /// Whether the token is good at this moment.
    pub(super) fn are_live_at(&self, now: Time) -> Result<(), Refusal> {
        let now = seconds(now);
        if date(&self.exp)?.is_some_and(|exp| exp + LEEWAY <= now) {
            return Err(Refusal::Expired);
        }
        if date(&self.nbf)?.is_some_and(|nbf| nbf - LEEWAY > now) {
            return Err(Refusal::NotYetValid);
        }
        Ok(())
    }

    /// The token's id, where it has one or its app must have one.
    pub(super) fn token_id(&self, app: &App, now: Time) -> Result<Option<TokenId>, Refusal> {
        let given = [&self.jti, &self.kore_jti].into_iter().flatten().find(|claim| !claim.is_null());
        let id = match given {
            None if app.enforce_jti => return Err(Refusal::NoTokenId),
            None => return Ok(None),
            Some(Value::String(text)) if !text.is_empty() => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => return Err(Refusal::Malformed),
        };
        let exp = date(&self.exp)?.ok_or(Refusal::LivesTooLong)?;
        // What says when it was made must not have been good for longer; a clock that is off is forgiven as elsewhere.
        let made = self.iat.as_ref().and_then(Value::as_f64).filter(|iat| iat.is_finite());
        if exp - seconds(now) > LIFE + LEEWAY || made.is_some_and(|iat| exp - iat > LIFE + LEEWAY) {
            return Err(Refusal::LivesTooLong);
        }
        // Taken until `exp` and the leeway; once more as much for replicas whose clocks differ.
        let until = Time(((exp + 2.0 * LEEWAY) * 1_000.0).ceil() as i64);
        Ok(Some(TokenId { hash: sha256(id.as_bytes()), until }))
    }
}

fn seconds(time: Time) -> f64 {
    time.0 as f64 / 1_000.0
}

/// A NumericDate (RFC 7519 §2); null is as good as absent.
fn date(claim: &Option<Value>) -> Result<Option<f64>, Refusal> {
    match claim {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_f64().filter(|n| n.is_finite()).map(Some).ok_or(Refusal::Malformed),
    }
}

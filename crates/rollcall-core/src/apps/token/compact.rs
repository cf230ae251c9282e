//! The compact form of a signed token (RFC 7515 §7.1): what it says of itself, proved by nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Refusal;
use super::claims::Claims;
use crate::apps::Algorithm;

/// Longer tokens are not even looked at.
pub(super) const MAX_TOKEN: usize = 8 * 1024;

/// The header parameters that count (RFC 7515 §4.1). Unknown ones are ignored; one of these given twice makes the token
/// malformed (§4). `kid`, `jku`, `jwk`, `x5u` and `x5c` are ignored on purpose: the key is the app's.
#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Extensions that must be understood and are not make the token invalid (§4.1.11).
    crit: Option<Value>,
    /// RFC 7797: an unencoded payload, which is never ours.
    b64: Option<Value>,
    /// Compression is for encrypted tokens (RFC 7516 §4.1.3).
    zip: Option<Value>,
}

/// What a token says of itself, proved by nothing.
pub(crate) struct Unverified<'t> {
    /// What is signed: header and claims as they came.
    pub(super) signed: &'t str,
    pub(super) signature: Vec<u8>,
    /// None where it names one that no app has, such as `none`.
    pub(super) algorithm: Option<Algorithm>,
    pub(super) claims: Claims,
    pub(crate) app_id: String,
}

impl<'t> Unverified<'t> {
    /// Takes the token apart.
    pub(crate) fn read(token: &'t str) -> Result<Self, Refusal> {
        let token = token.trim();
        if token.is_empty() {
            return Err(Refusal::Missing);
        }
        if token.len() > MAX_TOKEN {
            return Err(Refusal::Malformed);
        }
        let mut parts = token.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::Malformed);
        };
        let signed = &token[..header.len() + 1 + claims.len()];
        let header: Header = json(header)?;
        if header.crit.is_some() || header.b64.is_some() || header.zip.is_some() {
            return Err(Refusal::Malformed);
        }
        let claims: Claims = json(claims)?;
        let app_id = claims.app_id().ok_or(Refusal::Malformed)?;
        let signature = decoded(signature)?;
        let algorithm = Algorithm::parse(&header.alg).ok();
        Ok(Self { signed, signature, algorithm, claims, app_id })
    }
}

impl Unverified<'_> {
    /// The algorithm whose check the token is made to cost.
    pub(super) fn family(&self) -> Algorithm {
        self.algorithm.unwrap_or_default()
    }
}

/// Base64url without padding, in its one spelling (RFC 7515 §2).
pub(super) fn decoded(part: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed)
}

/// A part of a token as what it says, proved by nothing.
pub(crate) fn read_object(part: &str) -> Result<Map<String, Value>, Refusal> {
    if part.len() > MAX_TOKEN { Err(Refusal::Malformed) } else { json(part) }
}

/// A JSON object in base64url.
pub(super) fn json<T: DeserializeOwned>(part: &str) -> Result<T, Refusal> {
    let bytes = decoded(part)?;
    // A list would do for a struct, too, to the library.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(Refusal::Malformed);
    }
    serde_json::from_slice(&bytes).map_err(|_| Refusal::Malformed)
}

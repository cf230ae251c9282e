//! `/.well-known/jwks.json`: the public halves of the server's key pairs (RFC 7517): those for encryption, that tokens may
//! be encrypted to, and those by which the audit log is signed. Everybody may have them.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rollcall_core::keys::{PublicServerKey, Purpose};
use rollcall_core::{Result, Rollcall};
use serde_json::{Value, json};

use crate::Served;
use crate::rest::error::Failure;

/// The route.
pub(crate) fn routes() -> Router<Served> {
    Router::new().route("/.well-known/jwks.json", get(answer))
}

async fn answer(State(rollcall): State<Arc<Rollcall>>) -> Response {
    match keys(rollcall).await {
        Ok(keys) => {
            let body = json!({ "keys": keys.iter().map(jwk).collect::<Vec<_>>() }).to_string();
            ([(header::CONTENT_TYPE, "application/jwk-set+json")], body).into_response()
        }
        Err(error) => Failure::from(error).into_response(),
    }
}

async fn keys(rollcall: Arc<Rollcall>) -> Result<Vec<PublicServerKey>> {
    let keys = rollcall.server_keys().await?;
    if keys.iter().any(|key| key.purpose == Purpose::Encryption) {
        return Ok(keys);
    }
    // Before the first start has made one: it takes a moment, on a thread of its own.
    let maker = Arc::clone(&rollcall);
    let made = tokio::task::spawn_blocking(move || maker.make_encryption_key().wait()).await;
    made.unwrap_or_else(|panic| Err(rollcall_core::Error::internal(panic)))?;
    rollcall.server_keys().await
}

/// A key as a JWK (RFC 7518 §6.3.1, RFC 8037 §2). `alg` is not said of those for encryption: two are taken.
pub fn jwk(key: &PublicServerKey) -> Value {
    let number = |n: usize| key.numbers.get(n).map(|number| URL_SAFE_NO_PAD.encode(number)).unwrap_or_default();
    match key.purpose {
        Purpose::Encryption => json!({ "kty": "RSA", "use": "enc", "kid": key.kid, "n": number(0), "e": number(1) }),
        Purpose::Audit => {
            json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key.kid, "x": number(0) })
        }
    }
}

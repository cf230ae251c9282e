//! `/.well-known/jwks.json`: the public halves of the server's key pairs (RFC 7517): those for encryption, that tokens may
//! be encrypted to, and those by which the audit log is signed. Everybody may have them.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rollcall_core::keys::{PublicServerKey, Purpose};
use rollcall_core::{Error, Result, Rollcall};
use serde_json::json;
use tokio::sync::Mutex;

use crate::Served;
use crate::rest::error::Failure;

/// The route.
pub(crate) fn routes() -> Router<Served> {
    Router::new().route("/.well-known/jwks.json", get(answer))
}

async fn answer(State(rollcall): State<Arc<Rollcall>>) -> Response {
    match keys(rollcall).await {
        Ok(keys) => {
            let body = json!({ "keys": keys.iter().map(PublicServerKey::jwk).collect::<Vec<_>>() }).to_string();
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
    // Before the first start has made one: it takes a moment, on a thread of its own, and one at a time.
    static MAKING: Mutex<()> = Mutex::const_new(());
    let Ok(_alone) = MAKING.try_lock() else {
        return Err(Error::busy("the key pair is being made"));
    };
    let maker = Arc::clone(&rollcall);
    let made = tokio::task::spawn_blocking(move || maker.make_encryption_key().wait()).await;
    made.unwrap_or_else(|panic| Err(Error::internal(panic)))?;
    rollcall.server_keys().await
}

//! `/healthz`: the process answers. `/readyz`: the database does, too, and its secrets can be read.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rollcall_core::Rollcall;

use crate::Served;

/// The two routes.
pub(crate) fn routes() -> Router<Served> {
    Router::new().route("/healthz", get(async || answer(StatusCode::OK, "ok"))).route("/readyz", get(ready))
}

async fn ready(State(rollcall): State<Arc<Rollcall>>) -> Response {
    match rollcall.ping().await {
        Ok(()) => answer(StatusCode::OK, "ready"),
        Err(error) => {
            tracing::error!(%error, cause = error.cause(), "not ready");
            let word = if rollcall.lacks_key() {
                "the installation key was rotated; start this server again with the new one"
            } else {
                "the database does not answer"
            };
            answer(StatusCode::SERVICE_UNAVAILABLE, word)
        }
    }
}

fn answer(status: StatusCode, word: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{{\"status\":\"{word}\"}}")).into_response()
}

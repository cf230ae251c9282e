//! The HTTP faces of Rollcall over one core: the vendor-compatible API, health, activation pages. No SQL, no rules.

pub mod console;
pub mod http;
pub mod rest;

use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};
use rollcall_core::Rollcall;
use tower_http::catch_panic::CatchPanicLayer;

/// Everything that Rollcall answers over HTTP. What no face knows is 404 in the API's form.
pub fn router(rollcall: Arc<Rollcall>) -> Router {
    Router::new()
        .merge(http::health::routes())
        .merge(console::routes())
        .fallback(rest::answer)
        .with_state(rollcall)
        .layer(axum::middleware::from_fn(http::trace::observe))
        .layer(CatchPanicLayer::custom(panicked))
}

/// A panic is a fault of ours: its own line is in the log, the client gets a plain 500.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request panicked");
    rest::error::Failure::internal().into_response()
}

//! The HTTP faces of Rollcall over one core: the vendor-compatible API, health, activation pages. No SQL, no rules.

pub mod console;
pub mod http;
pub mod rest;

use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::replies::Replies;
use http::trace::IsHttps;
use rollcall_core::Rollcall;
use tower_http::catch_panic::CatchPanicLayer;

/// Where clients and browsers find this installation.
#[derive(Debug, Clone)]
pub struct Site {
    /// What its addresses begin with, without a slash at the end.
    pub public_url: String,
    /// How many bytes of rendered replies are remembered; none where it is 0.
    pub remembered: u64,
}

impl Default for Site {
    /// Where the program listens when nobody says otherwise.
    fn default() -> Self {
        Self { public_url: "http://127.0.0.1:8080".into(), remembered: http::replies::DEFAULT_BYTES }
    }
}

/// What the faces answer from.
#[derive(Clone)]
struct Served {
    rollcall: Arc<Rollcall>,
    site: Arc<Site>,
    replies: Arc<Replies>,
}

impl FromRef<Served> for Arc<Rollcall> {
    fn from_ref(served: &Served) -> Self {
        Self::clone(&served.rollcall)
    }
}

/// Everything that Rollcall answers over HTTP. What no face knows is 404 in the API's form.
pub fn router(rollcall: Arc<Rollcall>, site: Site) -> Router {
    assemble(rollcall, site, Router::new())
}

/// As [`router`], with `/metrics` in the text that `render` gives: for scrapers on the same machine.
pub fn router_with_metrics(
    rollcall: Arc<Rollcall>,
    site: Site,
    render: impl Fn() -> String + Clone + Send + Sync + 'static,
) -> Router {
    let scrape = async move |request: Request| match http::metrics::is_local(&request) {
        true => http::metrics::page(render()),
        false => rest::error::Failure::not_found().into_response(),
    };
    assemble(rollcall, site, Router::new().route("/metrics", get(scrape)))
}

fn assemble(rollcall: Arc<Rollcall>, site: Site, more: Router<Served>) -> Router {
    let is_https = IsHttps(site.public_url.starts_with("https://"));
    more.merge(http::health::routes())
        .merge(http::jwks::routes())
        .merge(console::routes())
        .merge(rest::openapi::routes())
        .fallback(rest::answer)
        .with_state(Served { rollcall, replies: Arc::new(Replies::new(site.remembered)), site: Arc::new(site) })
        .layer(axum::middleware::from_fn(limit_target))
        .layer(CatchPanicLayer::custom(panicked))
        // The outermost: also the answer to a panic has a request id and its line in the log.
        .layer(axum::middleware::from_fn_with_state(is_https, http::trace::observe))
}

/// The longest path with its query, in bytes: no call needs a tenth of it.
const MAX_TARGET: usize = 16 * 1024;

async fn limit_target(request: Request, next: Next) -> Response {
    let uri = request.uri();
    if uri.path().len() + uri.query().map_or(0, str::len) > MAX_TARGET {
        return rest::error::Failure::target_too_long(MAX_TARGET).into_response();
    }
    next.run(request).await
}

/// A panic is a fault of ours: its own line is in the log, the client gets a plain 500.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request panicked");
    rest::error::Failure::internal().into_response()
}

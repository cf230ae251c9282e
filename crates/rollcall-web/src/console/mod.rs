//! Pages for people. For now one: taking up an invitation. It uses no script.

mod activate;

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use rollcall_core::Rollcall;

const STYLE: &str = include_str!("../../static/page.css");

/// The routes.
pub fn routes() -> Router<Arc<Rollcall>> {
    Router::new()
        .route("/activate/{token}", get(activate::show).post(activate::accept))
        .route("/static/page.css", get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)))
}

//! Pages for people. For now one: taking up an invitation. It uses no script.

mod activate;

use axum::Router;
use axum::http::header;
use axum::routing::get;

use crate::Served;

const STYLE: &str = include_str!("../../static/page.css");

/// The routes.
pub(crate) fn routes() -> Router<Served> {
    Router::new()
        .route("/activate/{token}", get(activate::show).post(activate::accept))
        .route("/static/page.css", get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)))
}

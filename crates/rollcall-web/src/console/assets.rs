//! Our own style and script, by addresses that change with what is in them, so that browsers keep them for ever.

use std::sync::LazyLock;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::Served;
use crate::http::{hex, sha256};

const STYLE: &str = include_str!("../../static/console.css");
const SCRIPT: &str = include_str!("../../static/console.js");

static STYLE_ADDRESS: LazyLock<String> = LazyLock::new(|| address(STYLE, "css"));
static SCRIPT_ADDRESS: LazyLock<String> = LazyLock::new(|| address(SCRIPT, "js"));

fn address(text: &str, kind: &str) -> String {
    format!("/static/console-{}.{kind}", &hex(&sha256(text.as_bytes()))[..16])
}

/// Where the style is.
pub(super) fn style() -> &'static str {
    &STYLE_ADDRESS
}

/// Where the script is.
pub(super) fn script() -> &'static str {
    &SCRIPT_ADDRESS
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, text).into_response()
}

pub(super) fn routes() -> Router<Served> {
    Router::new()
        .route(style(), get(async || asset("text/css; charset=utf-8", STYLE)))
        .route(script(), get(async || asset("text/javascript; charset=utf-8", SCRIPT)))
}

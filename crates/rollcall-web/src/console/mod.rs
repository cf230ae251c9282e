//! The console: pages for administrators, complete without script. The table of routes is the console; whoever is not let
//! in by it does not get as far as a handler.

mod activate;
mod apps;
mod assets;
mod audit;
mod bots;
mod confirm;
mod cookie;
mod csv;
mod dashboard;
mod failure;
mod faults;
mod find;
mod form;
mod groups;
mod layout;
mod listing;
mod me;
mod reach;
mod roles;
mod route;
mod settings;
mod sign_in;
mod users;
mod visit;
mod words;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use rollcall_core::policy::Permission;

use crate::Served;
pub use route::{Needs, Route};
use route::{route, row};

const STYLE: &str = include_str!("../../static/page.css");

/// The first page.
const FIRST: &[Route] = &[
    row!("GET", "/console", Needs::Permission(Permission::UseConsole), dashboard::show),
    row!("GET", "/console/find", Needs::Permission(Permission::UseConsole), find::find),
];

/// Every route of the console, by noun.
const TABLES: [&[Route]; 10] = [
    FIRST,
    sign_in::ROUTES,
    me::ROUTES,
    users::ROUTES,
    groups::ROUTES,
    roles::ROUTES,
    bots::ROUTES,
    apps::ROUTES,
    audit::ROUTES,
    settings::ROUTES,
];

/// Every route of the console: method, path, whom it is for.
pub fn all_routes() -> impl Iterator<Item = &'static Route> {
    TABLES.into_iter().flatten()
}

/// The routes.
pub(crate) fn routes() -> Router<Served> {
    let pages = Router::new()
        .route("/activate/{token}", get(activate::show).post(activate::accept))
        .route("/static/page.css", get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)))
        .merge(assets::routes());
    all_routes().fold(pages, route)
}

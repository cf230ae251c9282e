//! A row of the table, and the one way that every request to it goes: who it is, whether they may, whether the form is one
//! of our own pages'; then the handler.

use std::future::Future;
use std::pin::Pin;

use axum::Router;
use axum::extract::{RawPathParams, Request, State};
use axum::http::Method;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, on};
use rollcall_core::policy::Permission;

use super::all_routes;
use super::failure::Failure;
use super::visit::Visit;
use crate::Served;

/// Whom a route is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing is needed: what leads to signing in.
    Nothing,
    /// A session of an administrator who has this permission.
    Permission(Permission),
}

pub(super) type Answering = Pin<Box<dyn Future<Output = Result<Response, Failure>> + Send>>;

/// A page or an action of the console.
pub struct Route {
    /// `GET` shows and changes nothing; `POST` does something.
    pub method: &'static str,
    /// The path, with `{name}` for what is given.
    pub path: &'static str,
    /// Whom it is for.
    pub needs: Needs,
    pub(super) handler: fn(Visit) -> Answering,
}

/// A row of the table.
macro_rules! row {
    ($method:literal, $path:literal, $needs:expr, $handler:path) => {
        $crate::console::route::Route {
            method: $method,
            path: $path,
            needs: $needs,
            handler: |visit| Box::pin($handler(visit)),
        }
    };
}
pub(super) use row;

/// Adds a row to the router.
pub(super) fn route(router: Router<Served>, row: &'static Route) -> Router<Served> {
    let filter = if row.method == "POST" { MethodFilter::POST } else { MethodFilter::GET };
    let answer = async move |State(served): State<Served>, parameters: RawPathParams, request: Request| {
        let parameters = parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        answer(row, served, parameters, request).await
    };
    router.route(row.path, on(filter, answer))
}

/// The page that a path is of: itself, or else the nearest above it. Forms are sent to paths below that of the page they are on.
/// Browsers are asked not to say on which page (`Referrer-Policy`), so that this is asked of nobody.
pub(super) fn page_of(path: &str) -> &str {
    let fits = |row: &str| {
        let (parts, of) = (row.split('/'), path.split('/'));
        parts.clone().count() == of.clone().count()
            && parts.zip(of).all(|(part, of)| part.starts_with('{') || part == of)
    };
    let is_page = |row: &Route| row.method == "GET" && matches!(row.needs, Needs::Permission(_)) && fits(row.path);
    match path.rsplit_once('/') {
        _ if all_routes().any(is_page) => path,
        Some((above, _)) if !above.is_empty() => page_of(above),
        _ => "/console",
    }
}

async fn answer(row: &'static Route, served: Served, parameters: Vec<(String, String)>, request: Request) -> Response {
    let is_post = request.method() == Method::POST;
    let mut visit = Visit::begin(served, parameters, &request);
    let answered = async {
        visit.recognise().await?;
        visit.let_in(row.needs)?;
        if is_post {
            visit.take_form(request).await?;
        }
        (row.handler)(visit.clone()).await
    };
    match answered.await {
        Ok(response) => response,
        Err(failure) => failure.page(&visit).into_response(),
    }
}

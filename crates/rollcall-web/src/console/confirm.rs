//! The page before anybody gains an admin right: who gains what, and the same form once more.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use rollcall_core::admins::gains::Gains;
use rollcall_core::roles::rights::AdminRight;

use super::form::CONFIRMED;
use super::layout::Layout;
use super::visit::Visit;

#[derive(Template)]
#[template(path = "console/confirm.html")]
struct Page<'v> {
    l: Layout<'v>,
    /// Who, and what.
    rows: Vec<(&'v str, Vec<&'static str>)>,
    others: u64,
    action: &'v str,
    fields: Vec<(&'v str, &'v str)>,
    confirmed: (&'static str, &'v str),
}

pub(super) fn ask(visit: &Visit, gains: &Gains) -> Response {
    let rows = gains.named.iter();
    let page = Page {
        l: Layout::of(visit, visit.words.t("confirm-title")),
        rows: rows.map(|gain| (gain.email.as_str(), gain.rights.iter().map(AdminRight::key).collect())).collect(),
        others: gains.others as u64,
        action: &visit.target,
        fields: visit.form().fields().collect(),
        confirmed: (CONFIRMED, gains.digest()),
    };
    visit.page_of(StatusCode::CONFLICT, &page).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

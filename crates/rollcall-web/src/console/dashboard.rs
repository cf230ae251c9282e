//! The first page: what there is, what has happened, what wants looking after.

use askama::Template;
use axum::response::Response;

use super::failure::Failure;
use super::layout::Layout;
use super::visit::Visit;

#[derive(Template)]
#[template(path = "console/dashboard.html")]
struct Page<'v> {
    l: Layout<'v>,
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    visit.page(&Page { l: Layout::of(&visit, visit.words.t("nav-dashboard")) })
}

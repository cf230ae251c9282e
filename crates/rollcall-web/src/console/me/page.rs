//! How one signs in, on one page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use rollcall_core::admins::own::{self, Own};
use rollcall_core::policy::Permission;

use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::sign_in::new_password;
use crate::console::visit::Visit;

#[derive(Template)]
#[template(path = "console/me/page.html")]
struct Page<'v> {
    l: Layout<'v>,
    email: &'v str,
    own: Own,
    hint: String,
    wrong: Wrong,
    has_others: bool,
}

/// What was wrong with a form of the page, beside its field.
#[derive(Default)]
pub(super) struct Wrong {
    /// With the present password, where a new one was to be set.
    pub(super) present: Option<String>,
    /// With the new password.
    pub(super) new: Vec<String>,
    /// With the password by which the second factor was to be changed.
    pub(super) factor: Option<String>,
}

pub(super) async fn page(visit: &Visit, status: StatusCode, wrong: Wrong) -> Result<Response, Failure> {
    let own = visit.read(Permission::UseConsole, own::show).await?;
    let page = Page {
        l: Layout::of(visit, visit.words.t("me-title")),
        email: visit.admin().map_or("", |admin| admin.email()),
        hint: new_password::hint(visit),
        has_others: own.sessions.iter().any(|session| !session.is_this),
        own,
        wrong,
    };
    visit.page_of(status, &page)
}

/// The page, with what was wrong.
pub(super) async fn refused(visit: &Visit, wrong: Wrong) -> Result<Response, Failure> {
    page(visit, StatusCode::UNPROCESSABLE_ENTITY, wrong).await
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    page(&visit, StatusCode::OK, Wrong::default()).await
}

//! A new password that has to be set before one comes in, because the time of the present one is over.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use rollcall_core::admins::session::Lack;
use rollcall_core::admins::sign_in;
use rollcall_core::op::Mode;
use rollcall_core::policy::Permission;

use super::code::lacking;
use super::next::checked;
use super::{come_in, new_password};
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::Visit;

/// The page on which nothing but a new password is asked for; that of a link as well.
#[derive(Template)]
#[template(path = "console/sign_in/new_password.html")]
pub(super) struct Page<'v> {
    pub(super) l: Layout<'v>,
    pub(super) text: String,
    pub(super) email: &'v str,
    pub(super) next: &'v str,
    pub(super) hint: String,
    pub(super) faults: Vec<String>,
}

fn page(visit: &Visit, status: StatusCode, next: &str, faults: Vec<String>) -> Result<Response, Failure> {
    let page = Page {
        l: Layout::of(visit, visit.words.t("due-title")),
        text: visit.words.t("due-text"),
        email: "",
        next: checked(next),
        hint: new_password::hint(visit),
        faults,
    };
    visit.page_of(status, &page)
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    lacking(&visit, Lack::Password)?;
    page(&visit, StatusCode::OK, visit.query("next"), Vec::new())
}

pub(super) async fn take(visit: Visit) -> Result<Response, Failure> {
    let half = lacking(&visit, Lack::Password)?.clone();
    let (actor, of) = (half.actor.clone(), half.clone());
    let record =
        visit.rollcall().read(actor.clone(), Permission::SignIn, move |view| sign_in::record(view, &of)).await?;
    let next = visit.form().get("next");
    let new = match new_password::taken(&visit, record).await? {
        Ok(new) => new,
        Err(faults) => return page(&visit, StatusCode::UNPROCESSABLE_ENTITY, next, faults),
    };
    let set = visit
        .rollcall()
        .write(actor, Permission::SignIn, Mode::Real, move |op| sign_in::renew_password(op, &half, &new));
    Ok(come_in(&visit, &set.await?, next))
}

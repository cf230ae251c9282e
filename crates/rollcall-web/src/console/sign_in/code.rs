//! The second step: a code of the second factor, or one that stands in for it.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use rollcall_core::admins::second;
use rollcall_core::admins::session::{Half, Lack};
use rollcall_core::admins::sign_in::Entered;
use rollcall_core::op::Mode;
use rollcall_core::policy::Permission;

use super::come_in;
use super::next::checked;
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::Visit;

#[derive(Template)]
#[template(path = "console/sign_in/code.html")]
struct Page<'v> {
    l: Layout<'v>,
    next: &'v str,
    is_refused: bool,
}

/// The session, if this is what it lacks; else the way to the door.
pub(super) fn lacking(visit: &Visit, lacks: Lack) -> Result<&Half, Failure> {
    visit.half().filter(|half| half.lacks == lacks).ok_or(Failure::NotSignedIn)
}

fn page(visit: &Visit, status: StatusCode, next: &str, is_refused: bool) -> Result<Response, Failure> {
    let l = Layout::of(visit, visit.words.t("code-title"));
    visit.page_of(status, &Page { l, next: checked(next), is_refused })
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    lacking(&visit, Lack::Code)?;
    page(&visit, StatusCode::OK, visit.query("next"), false)
}

pub(super) async fn take(visit: Visit) -> Result<Response, Failure> {
    let half = lacking(&visit, Lack::Code)?.clone();
    let code = visit.form().get("code").to_owned();
    let shown = visit
        .rollcall()
        .write(half.actor.clone(), Permission::SignIn, Mode::Real, move |op| second::show_code(op, &half, &code))
        .await?;
    let next = visit.form().get("next");
    match shown {
        Entered::In(begun) => Ok(come_in(&visit, &begun, next)),
        Entered::Refused => page(&visit, StatusCode::UNPROCESSABLE_ENTITY, next, true),
    }
}

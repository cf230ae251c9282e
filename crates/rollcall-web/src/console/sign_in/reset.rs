//! A new password by a link from a letter. Opening it changes nothing (mail scanners open links); its button does.

use axum::http::{StatusCode, header};
use axum::response::Response;
use rollcall_core::admins::link::{self, Purpose, Recognised};
use rollcall_core::admins::reset;
use rollcall_core::op::Mode;
use rollcall_core::policy::Permission;

use super::due::Page;
use super::{FIRST, new_password};
use crate::console::cookie;
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::{Flash, Visit};

/// Whom the link of the path is for, if it is one of this purpose.
pub(super) async fn recognise(visit: &Visit, purpose: Purpose) -> Result<Recognised, Failure> {
    let token = visit.parameter("token").to_owned();
    let found = visit.rollcall().recognise_link(token, visit.device().ip).await?;
    Ok(found.filter(|link| link.purpose == purpose).ok_or_else(link::gone)?)
}

fn page(visit: &Visit, status: StatusCode, email: &str, faults: Vec<String>) -> Result<Response, Failure> {
    let page = Page {
        l: Layout::of(visit, visit.words.t("reset-title")),
        text: visit.words.t("reset-text"),
        email,
        next: FIRST,
        hint: new_password::hint(visit),
        faults,
    };
    visit.page_of(status, &page)
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    let email = recognise(&visit, Purpose::Reset).await?.email.unwrap_or_default();
    page(&visit, StatusCode::OK, &email, Vec::new())
}

pub(super) async fn take(visit: Visit) -> Result<Response, Failure> {
    let Recognised { actor, email, .. } = recognise(&visit, Purpose::Reset).await?;
    let token = visit.parameter("token").to_owned();
    let of = token.clone();
    let record = visit.rollcall().read(actor.clone(), Permission::SignIn, move |view| reset::record(view, &of)).await?;
    let new = match new_password::taken(&visit, record).await? {
        Ok(new) => new,
        Err(faults) => {
            return page(&visit, StatusCode::UNPROCESSABLE_ENTITY, &email.unwrap_or_default(), faults);
        }
    };
    visit.rollcall().write(actor, Permission::SignIn, Mode::Real, move |op| reset::take(op, &token, &new)).await?;
    let mut response = visit.go("/console/sign-in", Some(&Flash::done("done-password-set", &[])));
    response.headers_mut().append(header::SET_COOKIE, cookie::drop_session());
    Ok(response)
}

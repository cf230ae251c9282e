//! A link of one use into the console. Opening it changes nothing (mail scanners open links); its button does.

use askama::Template;
use axum::response::Response;
use rollcall_core::admins::link::{self, Purpose};
use rollcall_core::op::Mode;
use rollcall_core::policy::Permission;

use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::Visit;

use super::{FIRST, come_in};

#[derive(Template)]
#[template(path = "console/link.html")]
struct Page<'v> {
    l: Layout<'v>,
    email: String,
    keeps_cookies: bool,
}

async fn recognise(visit: &Visit) -> Result<link::Recognised, Failure> {
    let token = visit.parameter("token").to_owned();
    let found = visit.rollcall().recognise_link(token, visit.device().ip).await?;
    Ok(found.filter(|link| link.purpose == Purpose::SignIn).ok_or_else(link::gone)?)
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    let email = recognise(&visit).await?.email.unwrap_or_default();
    let keeps_cookies = visit.keeps_cookies();
    visit.page(&Page { l: Layout::of(&visit, visit.words.t("link-title")), email, keeps_cookies })
}

pub(super) async fn sign_in(visit: Visit) -> Result<Response, Failure> {
    let actor = recognise(&visit).await?.actor;
    let (token, device) = (visit.parameter("token").to_owned(), visit.device().clone());
    let begun = visit
        .rollcall()
        .write(actor, Permission::SignIn, Mode::Real, move |op| link::sign_in(op, &token, &device))
        .await?;
    Ok(come_in(&visit, &begun, FIRST))
}

//! The door: address and password. Whoever is not let in is told the same, whatever the reason.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use rollcall_core::admins::sign_in::Entered;

use super::next::checked;
use super::{apart, come_in, secret};
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::Visit;

#[derive(Template)]
#[template(path = "console/sign_in/password.html")]
struct Page<'v> {
    l: Layout<'v>,
    email: &'v str,
    account: &'v str,
    asks_for_account: bool,
    next: &'v str,
    is_refused: bool,
    keeps_cookies: bool,
}

async fn page(visit: &Visit, status: StatusCode, is_refused: bool) -> Result<Response, Failure> {
    let asks_for_account = visit.rollcall().asks_for_account().await?;
    let form = visit.form();
    let next = if is_refused { form.get("next") } else { visit.query("next") };
    let page = Page {
        l: Layout::of(visit, visit.words.t("sign-in-title")),
        email: form.get("email"),
        account: form.get("account"),
        asks_for_account,
        next: checked(next),
        is_refused,
        keeps_cookies: visit.keeps_cookies(),
    };
    visit.page_of(status, &page)
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    if visit.admin().is_some() {
        return Ok(visit.go(checked(visit.query("next")), None));
    }
    page(&visit, StatusCode::OK, false).await
}

pub(super) async fn sign_in(visit: Visit) -> Result<Response, Failure> {
    let field = |name: &str| visit.form().get(name).to_owned();
    let knock = visit.rollcall().knock(field("email"), field("account"), visit.device().ip).await?;
    let password = secret(&visit, "password");
    let tried = apart(move || knock.try_password(&password)).await?;
    match visit.rollcall().enter(tried, visit.device().clone()).await? {
        Entered::In(begun) => Ok(come_in(&visit, &begun, visit.form().get("next"))),
        Entered::Refused => page(&visit, StatusCode::UNPROCESSABLE_ENTITY, true).await,
    }
}

//! Asking for a letter by which one sets a new password. What is answered is the same for every address.

use askama::Template;
use axum::response::Response;

use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::Visit;

#[derive(Template)]
#[template(path = "console/sign_in/forgotten.html")]
struct Page<'v> {
    l: Layout<'v>,
    asks_for_account: bool,
    is_asked: bool,
}

async fn page(visit: &Visit, is_asked: bool) -> Result<Response, Failure> {
    let asks_for_account = visit.rollcall().asks_for_account().await?;
    visit.page(&Page { l: Layout::of(visit, visit.words.t("forgotten-title")), asks_for_account, is_asked })
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    page(&visit, false).await
}

pub(super) async fn ask(visit: Visit) -> Result<Response, Failure> {
    let field = |name: &str| visit.form().get(name).to_owned();
    let knock = visit.rollcall().knock(field("email"), field("account"), visit.device().ip).await?;
    visit.rollcall().ask_for_reset(knock).await?;
    page(&visit, true).await
}

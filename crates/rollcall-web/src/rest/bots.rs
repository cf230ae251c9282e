//! `GET /bots` (contract §3).

use rollcall_core::bots::list;

use super::answer::Answer;
use super::call::Call;
use super::error::Failure;
use super::wire;

pub(super) async fn list(call: Call) -> Result<Answer, Failure> {
    let page = call.page()?;
    call.listing(
        move |view| Ok(format!("b1-{}-{}-{}", view.mark()?, page.skipped(), page.limit())),
        move |view| list::page(view, page),
        wire::bots::page,
    )
    .await
}

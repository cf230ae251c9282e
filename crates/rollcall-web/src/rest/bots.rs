//! `GET /bots` (contract §3).

use rollcall_core::bots::list;

use super::call::{Answer, Call};
use super::error::Failure;
use super::wire;

pub(super) async fn list(call: Call) -> Result<Answer, Failure> {
    let page = call.page()?;
    call.reading_anew(
        move |view| Ok(format!("b1-{}-{}-{}", view.mark()?, page.skipped(), page.limit())),
        move |view| list::page(view, page),
        wire::bots::page,
    )
    .await
}

//! `GET /groups` (contract §2).

use rollcall_core::groups;

use super::call::{Answer, Call};
use super::error::Failure;
use super::wire;

pub(super) async fn list(call: Call) -> Result<Answer, Failure> {
    let page = call.page()?;
    call.reading_anew(
        move |view| Ok(format!("g1-{}-{}-{}", view.mark()?, page.skipped(), page.limit())),
        move |view| groups::page(view, page),
        |(org, groups)| wire::groups::page(org, groups),
    )
    .await
}

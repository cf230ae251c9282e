//! `GET /bots` (contract §3).

use rollcall_core::bots::list;

use super::call::{Answer, Call};
use super::error::Failure;
use super::wire;

pub(super) async fn list(call: Call) -> Result<Answer, Failure> {
    let (page, known) = (call.page()?, call.known_tags());
    let (tag, found) = call
        .reading(move |view| {
            let tag = format!("\"b1-{}-{}-{}\"", view.mark()?, page.skipped(), page.limit());
            let found = if known.contain(&tag) { None } else { Some(list::page(view, page)?) };
            Ok((tag, found))
        })
        .await?;
    Ok(match found {
        None => Answer::not_modified(tag),
        Some(bots) => Answer::ok(wire::bots::page(&bots), tag),
    })
}

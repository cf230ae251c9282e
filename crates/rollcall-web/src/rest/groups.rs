//! `GET /groups` (contract §2).

use rollcall_core::groups;

use super::call::{Answer, Call};
use super::error::Failure;
use super::wire;

pub(super) async fn list(call: Call) -> Result<Answer, Failure> {
    let page = call.page()?;
    let known = call.known_tags();
    let (tag, found) = call
        .reading(move |view| {
            let tag = format!("\"g1-{}-{}-{}\"", view.mark()?, page.skipped(), page.limit());
            // The client has it already: the account is as it was, so nothing is read.
            let found = if known.contain(&tag) { None } else { Some(groups::page(view, page)?) };
            Ok((tag, found))
        })
        .await?;
    Ok(match found {
        None => Answer::not_modified(tag),
        Some((org, groups)) => Answer::ok(wire::groups::page(&org, &groups), tag),
    })
}

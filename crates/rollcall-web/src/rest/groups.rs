//! `GET /groups` (contract §2).

use axum::body::Bytes;
use rollcall_core::groups::{self, MarkedGroup};
use rollcall_core::op::View;
use rollcall_core::page::Page;

use super::answer::Answer;
use super::call::Call;
use super::error::Failure;
use super::wire;
use crate::http::replies::Replies;

pub(super) async fn list(call: Call) -> Result<Answer, Failure> {
    let page = call.page()?;
    call.listing_of(
        move |view| Ok(format!("g1-{}-{}-{}", view.mark()?, page.skipped(), page.limit())),
        move |view, replies| render(view, replies, page),
    )
    .await
}

/// A page of groups, of which only those are read and rendered anew that have changed since that was done last.
fn render(view: &View<'_>, replies: &Replies, page: Page) -> rollcall_core::Result<Bytes> {
    let (org, groups) = groups::marked_page(view, page)?;
    let scope = view.scope();
    let name = |group: &MarkedGroup| format!("group {scope} {} {} {}", org.as_str(), group.id, group.mark);
    let names: Vec<String> = groups.items.iter().map(name).collect();
    let mut entries: Vec<Bytes> = names.iter().map(|name| replies.get(name).unwrap_or_default()).collect();
    let is_missing = |entry: &Bytes| entry.is_empty();
    let missing = groups.items.iter().zip(&entries).filter(|(_, entry)| is_missing(entry));
    let read = groups::entries(view, missing.map(|(group, _)| group.clone()).collect())?;
    let places = entries.iter_mut().zip(&names).filter(|(entry, _)| is_missing(entry));
    for ((place, name), group) in places.zip(read) {
        *place = wire::groups::entry(&org, &group).into();
        replies.insert(name, place);
    }
    Ok(wire::groups::page(groups.total, groups.more, &entries).into())
}

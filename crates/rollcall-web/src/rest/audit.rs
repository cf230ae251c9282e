//! `GET /auditlogs` (contract §3).

use rollcall_core::audit;

use super::answer::Answer;
use super::call::{Call, paged};
use super::error::Failure;
use super::wire;

/// How many events are served where nothing is said (contract §1, Paging).
const DEFAULT_SIZE: u64 = 50;

pub(super) async fn find(call: Call) -> Result<Answer, Failure> {
    let mut faults = Vec::new();
    let [offset, size] = call.numbers(&mut faults, [("offset", 0, 0), ("size", DEFAULT_SIZE, 1)]);
    let page = paged("size", rollcall_core::page::Page::of(offset, size, audit::MAX_SIZE));
    let times = wire::audit::times(call.query("fromDate"), call.query("toDate"), &mut faults);
    let after = wire::audit::after(call.query("fetchAfter"), &mut faults);
    if !faults.is_empty() {
        return Err(faults.into());
    }
    let wanted = audit::Wanted { after, from: times.0, to: times.1, page: page? };
    call.sealing().await?;
    call.listing(
        move |view| Ok(format!("a1-{}-{}", audit::mark(view)?, wire::audit::words(&wanted))),
        move |view| audit::find(view, &wanted),
        wire::audit::page,
    )
    .await
}

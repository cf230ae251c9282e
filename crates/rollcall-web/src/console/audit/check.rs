//! Whether the log is as it was written: its newest part, checked now.

use askama::Template;
use axum::response::Response;
use rollcall_core::audit::{self, Chain, Newest};
use rollcall_core::policy::Permission;

use super::list::seal;
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::Visit;

/// What is said of the first event that is not whole: its number, and what is wrong.
struct Fault {
    number: u64,
    what: String,
}

#[derive(Template)]
#[template(path = "console/audit/check.html")]
struct Page<'v> {
    l: Layout<'v>,
    chain: Chain,
    newest: Newest,
    fault: Option<Fault>,
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    seal(&visit).await?;
    let look = |view: &rollcall_core::op::View<'_>| {
        Ok((audit::chain(view)?, audit::check_newest(view, audit::CHECKED_AT_ONCE)?))
    };
    let (chain, newest) = visit.read(Permission::ViewAuditLog, look).await?;
    let fault = newest.broken.as_ref().map(|broken| Fault {
        number: broken.seq.unsigned_abs(),
        what: format!("{}: {}.", broken.kind.name(), broken.why),
    });
    visit.page(&Page { l: Layout::of(&visit, visit.words.t("audit-check")), chain, newest, fault })
}

impl Page<'_> {
    fn is_whole(&self) -> bool {
        self.newest.first <= 1
    }

    fn has_events(&self) -> bool {
        self.chain.sealed > 0
    }
}

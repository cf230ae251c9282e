//! One event: what was there before, and after.

use askama::Template;
use axum::response::Response;
use rollcall_core::audit::{self, Found};
use rollcall_core::policy::Permission;
use serde_json::Value;

use super::list::seal;
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::Visit;

#[derive(Template)]
#[template(path = "console/audit/one.html")]
struct Page<'v> {
    l: Layout<'v>,
    event: Found,
    before: Option<String>,
    after: Option<String>,
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    seal(&visit).await?;
    let number: i64 = visit.parameter("number").parse().map_err(|_| Failure::not_found())?;
    let event = visit.read(Permission::ViewAuditLog, move |view| audit::one(view, number)).await?;
    let event = event.ok_or_else(Failure::not_found)?;
    let pretty = |text: &Option<String>| {
        let text = text.as_deref()?;
        serde_json::from_str::<Value>(text).and_then(|value| serde_json::to_string_pretty(&value)).ok()
    };
    let (before, after) = (pretty(&event.before), pretty(&event.after));
    visit.page(&Page { l: Layout::of(&visit, format!("{} · {number}", event.name)), event, before, after })
}

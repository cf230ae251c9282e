//! Removing a group, which cannot be undone: asked for first, with what goes with it.

use askama::Template;
use axum::response::Response;
use rollcall_core::groups::{self, GroupRow, MemberFilter, manage};
use rollcall_core::policy::Permission;

use super::address;
use crate::console::failure::Failure;
use crate::console::faults::Faults;
use crate::console::layout::Layout;
use crate::console::listing;
use crate::console::visit::{Flash, Visit};

#[derive(Template)]
#[template(path = "console/groups/remove.html")]
struct Page<'v> {
    l: Layout<'v>,
    group: GroupRow,
    back: String,
    faults: Faults,
}

async fn page(visit: &Visit, faults: Faults) -> Result<Response, Failure> {
    let id = visit.parameter("id").to_owned();
    let look = move |view: &rollcall_core::op::View<'_>| groups::around(view, &id, &MemberFilter::default(), 1);
    let group = visit.read(Permission::ViewGroups, look).await?.group;
    let l = Layout::of(visit, visit.words.t1("groups-remove-title", "group", group.name.as_str()));
    let page = Page { l, back: address(group.id.as_str()), group, faults };
    visit.page_of(page.faults.status(), &page)
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    page(&visit, Faults::default()).await
}

pub(super) async fn remove(visit: Visit) -> Result<Response, Failure> {
    let id = visit.parameter("id").to_owned();
    match visit.change(Permission::ManageGroups, move |op| manage::remove(op, &id)).await {
        Ok(group) => {
            let flash = Flash::done("groups-done-removed", &[("group", &group.name)]);
            Ok(visit.go("/console/groups", Some(&flash)))
        }
        Err(failure) => page(&visit, Faults::of(failure)?).await,
    }
}

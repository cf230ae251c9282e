//! Removing a role, which cannot be undone: asked for first, with who loses it.

use askama::Template;
use axum::response::Response;
use rollcall_core::policy::Permission;
use rollcall_core::roles::{self, manage};

use super::address;
use crate::console::failure::Failure;
use crate::console::faults::Faults;
use crate::console::layout::Layout;
use crate::console::visit::{Flash, Visit};

#[derive(Template)]
#[template(path = "console/roles/remove.html")]
struct Page<'v> {
    l: Layout<'v>,
    name: String,
    users: u64,
    groups: u64,
    back: String,
    faults: Faults,
}

async fn page(visit: &Visit, faults: Faults) -> Result<Response, Failure> {
    let id = visit.parameter("id").to_owned();
    let (role, (users, groups)) = visit.read(Permission::ViewRoles, move |view| roles::counted(view, &id)).await?;
    let l = Layout::of(visit, visit.words.t1("roles-remove-title", "role", role.name.as_str()));
    let page = Page { l, back: address(role.id.as_str()), name: role.name, users, groups, faults };
    visit.page_of(page.faults.status(), &page)
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    page(&visit, Faults::default()).await
}

pub(super) async fn remove(visit: Visit) -> Result<Response, Failure> {
    let id = visit.parameter("id").to_owned();
    match visit.change(Permission::ManageRoles, move |op| manage::remove(op, &id)).await {
        Ok(role) => {
            let flash = Flash::done("roles-done-removed", &[("role", &role.name)]);
            Ok(visit.go("/console/roles", Some(&flash)))
        }
        Err(failure) => page(&visit, Faults::of(failure)?).await,
    }
}

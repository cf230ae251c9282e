//! The list of roles: search, filters, order, pages, and the same as a file.

use askama::Template;
use axum::response::Response;
use rollcall_core::op::View;
use rollcall_core::policy::Permission;
use rollcall_core::roles::{self, RoleFilter, RoleKind, RoleOrder, RoleRow, rights};

use crate::console::csv::{self, Portion};
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::listing::{self, Pager, counted};
use crate::console::visit::Visit;

const PATH: &str = "/console/roles";

#[derive(Template)]
#[template(path = "console/roles/list.html")]
struct Page<'v> {
    l: Layout<'v>,
    text: &'v str,
    kind: &'v str,
    is_custom: bool,
    order: &'v str,
    rows: Vec<RoleRow>,
    pager: Pager,
    file: String,
    may_manage: bool,
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    let (text, kind, order) = (visit.query("q"), visit.query("kind"), visit.query("sort"));
    let is_custom = visit.query("custom") == "1";
    let filter = RoleFilter {
        text: text.to_owned(),
        kind: RoleKind::parse(kind).ok(),
        is_custom,
        order: if order == "-name" { RoleOrder::NameDown } else { RoleOrder::Name },
        after: visit.query("after").to_owned(),
    };
    if listing::is_file(&visit) {
        let head = ["id", "name", "kind", "built in", "description", "rights", "given", "changed"];
        let read = move |after: Option<(String, String)>| {
            let (visit, mut filter) = (visit.clone(), filter.clone());
            filter.after = after.as_ref().map(|(id, _)| id.clone()).unwrap_or_default();
            async move {
                let look = move |view: &View<'_>| {
                    roles::can_go_on(view, after.as_ref())?;
                    roles::find(view, &filter, csv::AT_ONCE)
                };
                let rows = visit.read(Permission::ViewRoles, look).await?;
                Ok(Portion::of(rows, |row| (row.id.to_string(), row.name.clone()), line))
            }
        };
        return csv::file("roles", &head, read).await;
    }
    let mut rows = visit.read(Permission::ViewRoles, move |view| roles::find(view, &filter, listing::LIMIT)).await?;
    let pager = listing::pager(&visit, PATH, "after", &mut rows, |row| row.id.to_string());
    visit.page(&Page {
        l: Layout::of(&visit, visit.words.t("nav-roles")),
        text,
        kind,
        is_custom,
        order,
        rows,
        pager,
        file: listing::file_address(&visit, PATH, "after"),
        may_manage: visit.can(Permission::ManageRoles),
    })
}

fn line(row: RoleRow) -> Vec<String> {
    let rights: Vec<&str> = row.rights.iter().map(rights::AdminRight::key).collect();
    let (rights, given) = (rights.join(", "), counted(&row.given));
    let RoleRow { id, kind, name, description, built_in, updated, .. } = row;
    let built_in = if built_in { "yes" } else { "no" };
    vec![id.to_string(), name, kind.to_string(), built_in.into(), description, rights, given, updated.to_string()]
}

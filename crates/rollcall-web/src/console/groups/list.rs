//! The list of groups: search, filters, order, pages, and the same as a file.

use askama::Template;
use axum::response::Response;
use rollcall_core::groups::{self, GroupFilter, GroupOrder, GroupRow, Source};
use rollcall_core::op::View;
use rollcall_core::policy::Permission;

use crate::console::csv::{self, Portion};
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::listing::{self, Pager, counted};
use crate::console::visit::Visit;

const PATH: &str = "/console/groups";

#[derive(Template)]
#[template(path = "console/groups/list.html")]
struct Page<'v> {
    l: Layout<'v>,
    text: &'v str,
    source: &'v str,
    is_empty: bool,
    order: &'v str,
    is_filtered: bool,
    rows: Vec<GroupRow>,
    pager: Pager,
    file: String,
    may_manage: bool,
}

fn order(word: &str) -> GroupOrder {
    match word {
        "-name" => GroupOrder::NameDown,
        "-created" => GroupOrder::Newest,
        _ => GroupOrder::Name,
    }
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    let (text, source, order_word) = (visit.query("q"), visit.query("source"), visit.query("sort"));
    let is_empty = visit.query("empty") == "1";
    let filter = GroupFilter {
        text: text.to_owned(),
        source: Source::parse(source),
        is_empty,
        order: order(order_word),
        after: visit.query("after").to_owned(),
    };
    if listing::is_file(&visit) {
        let head = ["id", "name", "description", "source", "members", "groups", "in groups", "roles", "created"];
        let read = move |after: Option<String>| {
            let (visit, mut filter) = (visit.clone(), filter.clone());
            filter.after = after.unwrap_or_default();
            async move {
                let look = move |view: &View<'_>| groups::find(view, &filter, csv::AT_ONCE);
                let rows = visit.read(Permission::ViewGroups, look).await?;
                Ok(Portion::of(rows, |row| row.cursor.clone(), line))
            }
        };
        return csv::file("groups", &head, read).await;
    }
    let mut rows = visit.read(Permission::ViewGroups, move |view| groups::find(view, &filter, listing::LIMIT)).await?;
    let pager = listing::pager(&visit, PATH, "after", &mut rows, |row| row.cursor.clone());
    visit.page(&Page {
        l: Layout::of(&visit, visit.words.t("nav-groups")),
        text,
        source,
        is_empty,
        order: order_word,
        is_filtered: !text.is_empty() || !source.is_empty() || is_empty || !visit.query("after").is_empty(),
        rows,
        pager,
        file: listing::file_address(&visit, PATH, "after"),
        may_manage: visit.can(Permission::ManageGroups),
    })
}

fn line(row: GroupRow) -> Vec<String> {
    let (members, children) = (counted(&row.members), counted(&row.children));
    let (parents, roles) = (counted(&row.parents), counted(&row.roles));
    let GroupRow { id, name, description, source, created, .. } = row;
    let (source, created) = (source.word().to_owned(), created.to_string());
    vec![id.to_string(), name, description, source, members, children, parents, roles, created]
}

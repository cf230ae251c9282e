//! The list of bots: search, filters, order, pages, and the same as a file.

use askama::Template;
use axum::response::Response;
use rollcall_core::bots::{self, Audience, BotFilter, BotRow};
use rollcall_core::op::View;
use rollcall_core::policy::Permission;

use crate::console::csv::{self, Portion};
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::listing::{self, Pager, counted};
use crate::console::visit::Visit;

const PATH: &str = "/console/bots";

#[derive(Template)]
#[template(path = "console/bots/list.html")]
struct Page<'v> {
    l: Layout<'v>,
    text: &'v str,
    audience: &'v str,
    published: &'v str,
    order: &'v str,
    is_filtered: bool,
    rows: Vec<BotRow>,
    pager: Pager,
    file: String,
    may_view_users: bool,
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    let (text, audience) = (visit.query("q"), visit.query("audience"));
    let (published, order) = (visit.query("published"), visit.query("sort"));
    let filter = BotFilter {
        text: text.to_owned(),
        audience: Audience::parse(audience).ok(),
        is_published: match published {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        },
        is_down: order == "-name",
        after: visit.query("after").to_owned(),
    };
    if listing::is_file(&visit) {
        let head = ["id", "name", "description", "owner", "published", "audience", "tasks", "roles given", "created"];
        let read = move |after: Option<String>| {
            let (visit, mut filter) = (visit.clone(), filter.clone());
            filter.after = after.unwrap_or_default();
            async move {
                let look = move |view: &View<'_>| bots::find(view, &filter, csv::AT_ONCE);
                let rows = visit.read(Permission::ViewBots, look).await?;
                Ok(Portion::of(rows, |row| row.cursor.clone(), line))
            }
        };
        return csv::file("bots", &head, read).await;
    }
    let mut rows = visit.read(Permission::ViewBots, move |view| bots::find(view, &filter, listing::LIMIT)).await?;
    let pager = listing::pager(&visit, PATH, "after", &mut rows, |row| row.cursor.clone());
    let after = visit.query("after");
    visit.page(&Page {
        l: Layout::of(&visit, visit.words.t("nav-bots")),
        text,
        audience,
        published,
        order,
        is_filtered: [text, audience, published, after].iter().any(|value| !value.is_empty()),
        rows,
        pager,
        file: listing::file_address(&visit, PATH, "after"),
        may_view_users: visit.can(Permission::ViewUsers),
    })
}

fn line(row: BotRow) -> Vec<String> {
    let (tasks, given) = (counted(&row.dialogs), counted(&row.given));
    let BotRow { id, name, description, owner, published, audience, created, .. } = row;
    let owner = owner.map(|(_, email)| email).unwrap_or_default();
    let (published, audience) = (if published { "yes" } else { "no" }, audience.word());
    vec![id.to_string(), name, description, owner, published.into(), audience.into(), tasks, given, created.to_string()]
}

//! All client apps. There are dozens, not thousands: one page has them all.

use askama::Template;
use axum::response::Response;
use rollcall_core::apps::{self, AppInfo};
use rollcall_core::policy::Permission;

use crate::console::csv::{self, Portion};
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::Visit;

#[derive(Template)]
#[template(path = "console/apps/list.html")]
struct Page<'v> {
    l: Layout<'v>,
    apps: Vec<AppInfo>,
    text: &'v str,
    has_any: bool,
    csv: String,
}

pub(super) async fn list(visit: Visit) -> Result<Response, Failure> {
    let mut apps = visit.read(Permission::ManageApps, apps::list_with_refusals).await?;
    let has_any = !apps.is_empty();
    let wanted = rollcall_core::text::key(visit.query("q"));
    apps.retain(|app| {
        rollcall_core::text::key(&app.name).contains(&wanted) || app.client_id.as_str().contains(&wanted)
    });
    if visit.query("format") == "csv" {
        let head = ["clientId", "name", "algorithm", "scopes", "created", "lastUsed", "expires"];
        let rows: Vec<Vec<String>> = apps
            .iter()
            .map(|app| {
                let time =
                    |time: Option<rollcall_core::clock::Time>| time.map_or_else(String::new, |time| time.to_string());
                let scopes = app.scopes.iter().map(|scope| scope.id()).collect::<Vec<_>>().join(" ");
                let (id, name) = (app.client_id.to_string(), app.name.clone());
                let algorithm = app.algorithm.name().to_owned();
                vec![id, name, algorithm, scopes, app.created.to_string(), time(app.last_used), time(app.expires)]
            })
            .collect();
        let read = move |_: Option<()>| std::future::ready(Ok(Portion::new(rows.clone().into_iter(), None)));
        return csv::file("client-apps", &head, read).await;
    }
    let csv = visit.address_with("/console/apps", &[("format", "csv")]);
    visit.page(&Page { l: Layout::of(&visit, visit.words.t("nav-apps")), apps, text: visit.query("q"), has_any, csv })
}

//! One bot: who holds which role on it, who may use its tasks, and giving a role on it.

use askama::Template;
use axum::response::Response;
use rollcall_core::access::explain::Of;
use rollcall_core::bots::{self, Audience, BotAround};
use rollcall_core::op::View;
use rollcall_core::policy::Permission;
use rollcall_core::roles::{Holder, HolderFilter};

use super::address;
use crate::console::csv::{self, Portion};
use crate::console::failure::Failure;
use crate::console::faults::Faults;
use crate::console::layout::Layout;
use crate::console::listing::{self, Pager};
use crate::console::reach::{self, Reach};
use crate::console::roles::give::{self, Place, Typed};
use crate::console::roles::show::{HEAD, line};
use crate::console::visit::Visit;

#[derive(Template)]
#[template(path = "console/bots/show.html")]
struct Page<'v> {
    l: Layout<'v>,
    here: String,
    text: &'v str,
    task_text: &'v str,
    around: BotAround,
    pager: Pager,
    reach: Option<Reach>,
    task_pager: Pager,
    file: String,
    now: rollcall_core::clock::Time,
    may_manage: bool,
    faults: Faults,
    typed: Typed,
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    page(&visit, Faults::default(), Typed::default()).await
}

async fn page(visit: &Visit, faults: Faults, typed: Typed) -> Result<Response, Failure> {
    let id = visit.parameter("id").to_owned();
    if reach::is_file(visit) {
        return reach::file(visit, Permission::ViewRoles, Of::Bot(id)).await;
    }
    let of = Of::Bot(id.clone());
    let filter = |text: &str, after: &str| HolderFilter {
        text: visit.query(text).to_owned(),
        after: visit.query(after).parse().unwrap_or(0),
    };
    let (given, users) = (filter("q", "after"), filter("user", "users-after"));
    if listing::is_file(visit) {
        return file(visit.clone(), id, given).await;
    }
    let look = move |view: &View<'_>| bots::around(view, &id, &given, &users, listing::LIMIT);
    let mut around = visit.read(Permission::ViewBots, look).await?;
    let here = address(around.bot.id.as_str());
    let (mut no_roles, mut nobody) = (Vec::new(), Vec::new());
    let given = around.given.as_mut().unwrap_or(&mut no_roles);
    let pager = listing::pager(visit, &here, "after", given, |holding| holding.place.to_string());
    let users = around.users.as_mut().unwrap_or(&mut nobody);
    let task_pager = listing::pager(visit, &here, "users-after", users, |user| user.place.to_string());
    let reach = match visit.can(Permission::ViewRoles) {
        true => Some(Reach::of(visit, Permission::ViewRoles, of, &here).await?),
        false => None,
    };
    let page = Page {
        l: Layout::of(visit, around.bot.name.clone()),
        file: listing::file_address(visit, &here, "after"),
        here,
        text: visit.query("q"),
        task_text: visit.query("user"),
        pager,
        reach,
        task_pager,
        now: visit.now(),
        may_manage: visit.can(Permission::ManageRoles),
        around,
        typed,
        faults,
    };
    visit.page_of(page.faults.status(), &page)
}

/// All roles that were given on it, as a file.
async fn file(visit: Visit, id: String, filter: HolderFilter) -> Result<Response, Failure> {
    let read = move |after: Option<i64>| {
        let (visit, id) = (visit.clone(), id.clone());
        let filter = HolderFilter { after: after.unwrap_or(0), ..filter.clone() };
        async move {
            let nobody = HolderFilter::default();
            let look = move |view: &View<'_>| bots::around(view, &id, &filter, &nobody, csv::AT_ONCE);
            let BotAround { given, who, .. } = visit.read(Permission::ViewBots, look).await?;
            let given = given.unwrap_or_default();
            Ok(Portion::of(given, |holding| holding.place, |holding| line(holding, &who)))
        }
    };
    csv::file("roles", &HEAD, read).await
}

pub(super) async fn give(visit: Visit) -> Result<Response, Failure> {
    let id = visit.parameter("id").to_owned();
    let place = Place { path: address(&id), role: None, bot: Some(&id) };
    if visit.form().get("role").is_empty() {
        let faults = Faults::one("role", visit.words.t("bots-no-role-chosen"));
        return page(&visit, faults, Typed::of(&visit)).await;
    }
    match give::give(&visit, &place).await? {
        Ok(flash) => Ok(visit.go(&place.path, Some(&flash))),
        Err(faults) => page(&visit, faults, Typed::of(&visit)).await,
    }
}

pub(super) async fn take(visit: Visit) -> Result<Response, Failure> {
    let id = visit.parameter("id").to_owned();
    let place = Place { path: address(&id), role: None, bot: Some(&id) };
    match give::take(&visit, &place).await? {
        Ok(flash) => Ok(visit.go(&place.path, Some(&flash))),
        Err(faults) => page(&visit, faults, Typed::default()).await,
    }
}

//! One role: what it permits, who holds it, and giving it to somebody.

use askama::Template;
use axum::response::Response;
use rollcall_core::access::explain::Of;
use rollcall_core::groups::COUNTED;
use rollcall_core::op::View;
use rollcall_core::policy::Permission;
use rollcall_core::roles::{self, Holder, HolderFilter, Holding, RoleAround, RoleKind};
use rollcall_core::who::Named;

use super::give::{self, Place, Typed};
use super::{address, matrix::Matrix};
use crate::console::csv::{self, Portion};
use crate::console::failure::Failure;
use crate::console::faults::Faults;
use crate::console::layout::Layout;
use crate::console::listing::{self, Pager};
use crate::console::reach::{self, Reach};
use crate::console::visit::Visit;

#[derive(Template)]
#[template(path = "console/roles/show.html")]
struct Page<'v> {
    l: Layout<'v>,
    here: String,
    text: &'v str,
    around: RoleAround,
    matrix: Matrix,
    pager: Pager,
    reach: Reach,
    file: String,
    now: rollcall_core::clock::Time,
    may_manage: bool,
    may_view_bots: bool,
    faults: Faults,
    typed: Typed,
}

impl Page<'_> {
    fn is_bot_role(&self) -> bool {
        self.around.role.kind == RoleKind::Bot
    }

    fn has_more_than_counted(&self) -> bool {
        self.around.counts.0 + self.around.counts.1 > COUNTED
    }

    fn is_master(&self) -> bool {
        self.around.role.built_in && self.around.role.kind == RoleKind::Admin
    }
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    page(&visit, Faults::default(), Typed::default()).await
}

async fn page(visit: &Visit, faults: Faults, typed: Typed) -> Result<Response, Failure> {
    let id = visit.parameter("id").to_owned();
    if reach::is_file(visit) {
        return reach::file(visit, Permission::ViewRoles, Of::Role(id)).await;
    }
    let of = Of::Role(id.clone());
    let after = visit.query("after").parse().unwrap_or(0);
    let filter = HolderFilter { text: visit.query("q").to_owned(), after };
    if listing::is_file(visit) {
        return file(visit.clone(), id, filter).await;
    }
    let look = move |view: &View<'_>| roles::around(view, &id, &filter, listing::LIMIT);
    let mut around = visit.read(Permission::ViewRoles, look).await?;
    let here = address(around.role.id.as_str());
    let pager = listing::pager(visit, &here, "after", &mut around.holders, |holding| holding.place.to_string());
    let reach = Reach::of(visit, Permission::ViewRoles, of, &here).await?;
    let page = Page {
        l: Layout::of(visit, around.role.name.clone()),
        file: listing::file_address(visit, &here, "after"),
        here,
        text: visit.query("q"),
        matrix: Matrix::of(around.role.kind, &around.role.permissions),
        pager,
        reach,
        now: visit.now(),
        may_manage: visit.can(Permission::ManageRoles),
        may_view_bots: visit.can(Permission::ViewBots),
        around,
        typed,
        faults,
    };
    visit.page_of(page.faults.status(), &page)
}

/// All holders as a file.
async fn file(visit: Visit, id: String, filter: HolderFilter) -> Result<Response, Failure> {
    let read = move |after: Option<i64>| {
        let (visit, id) = (visit.clone(), id.clone());
        let filter = HolderFilter { after: after.unwrap_or(0), ..filter.clone() };
        async move {
            let look = move |view: &View<'_>| roles::around(view, &id, &filter, csv::AT_ONCE);
            let RoleAround { holders, who, .. } = visit.read(Permission::ViewRoles, look).await?;
            Ok(Portion::of(holders, |holding| holding.place, |holding| line(holding, &who)))
        }
    };
    csv::file("holders", &HEAD, read).await
}

/// The columns of [`line`].
pub(in crate::console) const HEAD: [&str; 8] =
    ["role", "bot", "holder", "holder id", "since", "until", "given by", "via"];

/// That somebody was given a role, as a row of a file.
pub(in crate::console) fn line(holding: Holding, who: &Named) -> Vec<String> {
    let by = who.name(&holding.by).to_owned();
    let (name, id) = match holding.holder {
        Holder::User { id, email, .. } => (email, id.to_string()),
        Holder::Group { id, name } => (name, id.to_string()),
    };
    let bot = holding.bot.map(|(_, name)| name).unwrap_or_default();
    let until = holding.until.map(|until| until.to_string()).unwrap_or_default();
    vec![holding.role_name, bot, name, id, holding.since.to_string(), until, by, holding.via]
}

pub(super) async fn give(visit: Visit) -> Result<Response, Failure> {
    let id = visit.parameter("id").to_owned();
    let place = Place { path: address(&id), role: Some(&id), bot: None };
    match give::give(&visit, &place).await? {
        Ok(flash) => Ok(visit.go(&place.path, Some(&flash))),
        Err(faults) => page(&visit, faults, Typed::of(&visit)).await,
    }
}

pub(super) async fn take(visit: Visit) -> Result<Response, Failure> {
    let id = visit.parameter("id").to_owned();
    let place = Place { path: address(&id), role: Some(&id), bot: None };
    match give::take(&visit, &place).await? {
        Ok(flash) => Ok(visit.go(&place.path, Some(&flash))),
        Err(faults) => page(&visit, faults, Typed::default()).await,
    }
}

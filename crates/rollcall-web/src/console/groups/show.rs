//! One group: who is in it, which groups it is in and which are in it, and which roles it hands on.

use askama::Template;
use axum::response::Response;
use rollcall_core::access::explain::Of;
use rollcall_core::groups::{self, GroupAround, GroupMember, MemberFilter, Source};
use rollcall_core::op::View;
use rollcall_core::policy::Permission;
use rollcall_core::users::Status;
use rollcall_core::users::search;

use super::address;
use crate::console::csv::{self, Portion};
use crate::console::failure::Failure;
use crate::console::faults::Faults;
use crate::console::layout::Layout;
use crate::console::listing::{self, Pager};
use crate::console::reach::{self, Reach};
use crate::console::visit::Visit;

#[derive(Template)]
#[template(path = "console/groups/show.html")]
struct Page<'v> {
    l: Layout<'v>,
    here: String,
    text: &'v str,
    around: GroupAround,
    pager: Pager,
    reach: Reach,
    file: String,
    may_manage: bool,
    may_view_users: bool,
    faults: Faults,
    /// What was typed into the forms of this page.
    typed: Typed<'v>,
}

/// What was typed, where it could not be done.
#[derive(Default)]
pub(super) struct Typed<'v> {
    pub(super) members: &'v str,
    pub(super) child: &'v str,
    pub(super) parent: &'v str,
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    page(&visit, Faults::default(), Typed::default()).await
}

/// The page, with what is wrong with a form of it that was sent.
pub(super) async fn page(visit: &Visit, faults: Faults, typed: Typed<'_>) -> Result<Response, Failure> {
    let id = visit.parameter("id").to_owned();
    if reach::is_file(visit) {
        return reach::file(visit, Permission::ViewGroups, Of::Group(id)).await;
    }
    let of = Of::Group(id.clone());
    let filter = MemberFilter { text: visit.query("q").to_owned(), after: visit.query("after").to_owned() };
    if listing::is_file(visit) {
        return file(visit.clone(), id, filter).await;
    }
    let look = move |view: &View<'_>| groups::around(view, &id, &filter, listing::LIMIT);
    let mut around = visit.read(Permission::ViewGroups, look).await?;
    let here = address(around.group.id.as_str());
    let pager = listing::pager(visit, &here, "after", &mut around.members, |member| member.id.to_string());
    let reach = Reach::of(visit, Permission::ViewGroups, of, &here).await?;
    let page = Page {
        l: Layout::of(visit, around.group.name.clone()),
        file: listing::file_address(visit, &here, "after"),
        here,
        text: visit.query("q"),
        pager,
        reach,
        may_manage: visit.can(Permission::ManageGroups),
        may_view_users: visit.can(Permission::ViewUsers),
        around,
        typed,
        faults,
    };
    visit.page_of(page.faults.status(), &page)
}

/// All members as a file.
async fn file(visit: Visit, id: String, filter: MemberFilter) -> Result<Response, Failure> {
    let head = ["id", "email", "name", "status", "since", "added by", "via"];
    let read = move |after: Option<String>| {
        let (visit, id) = (visit.clone(), id.clone());
        let filter = MemberFilter { after: after.clone().unwrap_or_default(), ..filter.clone() };
        async move {
            let look = move |view: &View<'_>| {
                search::can_go_on(view, after.as_deref())?;
                groups::around(view, &id, &filter, csv::AT_ONCE)
            };
            let GroupAround { members, who, .. } = visit.read(Permission::ViewGroups, look).await?;
            Ok(Portion::of(members, |member| member.id.to_string(), |member| line(member, &who)))
        }
    };
    csv::file("members", &head, read).await
}

fn line(member: GroupMember, who: &rollcall_core::who::Named) -> Vec<String> {
    let by = who.name(&member.by).to_owned();
    let GroupMember { id, email, name, status, since, via, .. } = member;
    vec![id.to_string(), email, name, status.label().to_owned(), since.to_string(), by, via]
}

impl Page<'_> {
    fn is_from_directory(&self) -> bool {
        self.around.group.source == Source::Directory
    }
}

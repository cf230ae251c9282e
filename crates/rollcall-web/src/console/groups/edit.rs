//! Making a group, and calling one something else.

use askama::Template;
use axum::response::Response;
use rollcall_core::groups::{self, MemberFilter, manage};
use rollcall_core::policy::Permission;

use super::address;
use crate::console::failure::Failure;
use crate::console::faults::Faults;
use crate::console::layout::Layout;
use crate::console::visit::{Flash, Visit};

#[derive(Template)]
#[template(path = "console/groups/form.html")]
struct Page<'v> {
    l: Layout<'v>,
    /// Where one goes back to.
    back: String,
    name: String,
    description: String,
    faults: Faults,
}

fn page(visit: &Visit, title: &str, back: String, texts: [String; 2], faults: Faults) -> Result<Response, Failure> {
    let [name, description] = texts;
    let l = Layout::of(visit, visit.words.t(title));
    let page = Page { l, back, name, description, faults };
    visit.page_of(page.faults.status(), &page)
}

fn sent(visit: &Visit) -> [String; 2] {
    ["name", "description"].map(|field| visit.form().get(field).to_owned())
}

pub(super) async fn new(visit: Visit) -> Result<Response, Failure> {
    page(&visit, "groups-new", "/console/groups".into(), Default::default(), Faults::default())
}

pub(super) async fn create(visit: Visit) -> Result<Response, Failure> {
    let texts = sent(&visit);
    let [name, description] = texts.clone();
    let made = visit.change(Permission::ManageGroups, move |op| manage::create(op, &name, &description)).await;
    match made {
        Ok(group) => {
            let flash = Flash::done("groups-done-made", &[("group", &group.name)]);
            Ok(visit.go(&address(group.id.as_str()), Some(&flash)))
        }
        Err(failure) => page(&visit, "groups-new", "/console/groups".into(), texts, Faults::of(failure)?),
    }
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    let id = visit.parameter("id").to_owned();
    let look = move |view: &rollcall_core::op::View<'_>| groups::around(view, &id, &MemberFilter::default(), 1);
    let group = visit.read(Permission::ViewGroups, look).await?.group;
    let texts = [group.name, group.description];
    page(&visit, "groups-edit", address(group.id.as_str()), texts, Faults::default())
}

pub(super) async fn change(visit: Visit) -> Result<Response, Failure> {
    let (id, texts) = (visit.parameter("id").to_owned(), sent(&visit));
    let ([name, description], of) = (texts.clone(), id.clone());
    let changed = visit.change(Permission::ManageGroups, move |op| manage::change(op, &of, &name, &description)).await;
    match changed {
        Ok(()) => {
            let flash = Flash::done("groups-done-changed", &[("group", texts[0].trim())]);
            Ok(visit.go(&address(&id), Some(&flash)))
        }
        Err(failure) => page(&visit, "groups-edit", address(&id), texts, Faults::of(failure)?),
    }
}

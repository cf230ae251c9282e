//! Making a role, and saying what one permits.

use askama::Template;
use axum::response::Response;
use rollcall_core::policy::Permission;
use rollcall_core::roles::manage::{self, RoleText};
use rollcall_core::roles::{self, RoleDetails, RoleKind};

use super::address;
use super::matrix::{self, Matrix};
use crate::console::failure::Failure;
use crate::console::faults::Faults;
use crate::console::layout::Layout;
use crate::console::visit::{Flash, Visit};

#[derive(Template)]
#[template(path = "console/roles/form.html")]
struct Page<'v> {
    l: Layout<'v>,
    /// Where one goes back to.
    back: String,
    kind: RoleKind,
    name: String,
    description: String,
    matrix: Matrix,
    /// How many hold it, users and groups; none for a new one.
    counts: Option<(u64, u64)>,
    faults: Faults,
}

impl Page<'_> {
    fn is_admin(&self) -> bool {
        self.kind == RoleKind::Admin
    }
}

fn kind(visit: &Visit) -> RoleKind {
    RoleKind::parse(visit.query("kind")).unwrap_or(RoleKind::Admin)
}

fn sent(visit: &Visit) -> RoleText {
    let field = |name: &str| visit.form().get(name).to_owned();
    RoleText { name: field("name"), description: field("description"), words: matrix::sent(visit.form()) }
}

fn new_page(visit: &Visit, said: RoleText, faults: Faults) -> Result<Response, Failure> {
    let kind = kind(visit);
    let key = if kind == RoleKind::Admin { "roles-new-admin" } else { "roles-new-bot" };
    let page = Page {
        l: Layout::of(visit, visit.words.t(key)),
        back: "/console/roles".into(),
        kind,
        matrix: Matrix::new(kind).with(&said.words),
        name: said.name,
        description: said.description,
        counts: None,
        faults,
    };
    visit.page_of(page.faults.status(), &page)
}

pub(super) async fn new(visit: Visit) -> Result<Response, Failure> {
    new_page(&visit, RoleText::default(), Faults::default())
}

pub(super) async fn create(visit: Visit) -> Result<Response, Failure> {
    let (kind, said) = (kind(&visit), sent(&visit));
    let made = said.clone();
    match visit.change(Permission::ManageRoles, move |op| manage::create(op, kind, &made)).await {
        Ok(role) => {
            let flash = Flash::done("roles-done-made", &[("role", &role.name)]);
            Ok(visit.go(&address(role.id.as_str()), Some(&flash)))
        }
        Err(failure) => new_page(&visit, said, Faults::of(failure)?),
    }
}

async fn role(visit: &Visit) -> Result<(RoleDetails, (u64, u64)), Failure> {
    let id = visit.parameter("id").to_owned();
    visit.read(Permission::ViewRoles, move |view| roles::counted(view, &id)).await
}

async fn page(visit: &Visit, said: Option<RoleText>, faults: Faults) -> Result<Response, Failure> {
    let (role, counts) = role(visit).await?;
    let said = said.unwrap_or_else(|| RoleText {
        name: role.name.clone(),
        description: role.description.clone(),
        words: Vec::new(),
    });
    let page = Page {
        l: Layout::of(visit, visit.words.t1("roles-edit", "role", role.name.as_str())),
        back: address(role.id.as_str()),
        kind: role.kind,
        matrix: Matrix::of(role.kind, &role.permissions).with(&said.words),
        name: said.name,
        description: said.description,
        counts: Some(counts),
        faults,
    };
    visit.page_of(page.faults.status(), &page)
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    page(&visit, None, Faults::default()).await
}

pub(super) async fn change(visit: Visit) -> Result<Response, Failure> {
    let (id, said) = (visit.parameter("id").to_owned(), sent(&visit));
    let (of, new) = (id.clone(), said.clone());
    match visit.change(Permission::ManageRoles, move |op| manage::change(op, &of, &new)).await {
        Ok(()) => {
            let flash = Flash::done("roles-done-changed", &[("role", said.name.trim())]);
            Ok(visit.go(&address(&id), Some(&flash)))
        }
        Err(failure) => page(&visit, Some(said), Faults::of(failure)?).await,
    }
}

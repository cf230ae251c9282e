//! Changing what is known of a user, and what they may use.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use rollcall_core::change::Change;
use rollcall_core::policy::Permission;
use rollcall_core::users::one::{self, One};
use rollcall_core::users::{self, AccessRefusal, Flags, Lookup, ProfileField, UserUpdate};
use rollcall_core::{Code, Error};

use super::field_text;
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::{Flash, Visit};

/// A field of the form.
struct Field {
    name: &'static str,
    text: String,
    value: String,
}

#[derive(Template)]
#[template(path = "console/users/edit.html")]
struct Page<'v> {
    l: Layout<'v>,
    id: &'v str,
    email: String,
    fields: Vec<Field>,
    is_developer: bool,
    can_create_bot: bool,
    faults: Vec<String>,
}

async fn read(visit: &Visit) -> Result<One, Failure> {
    let id = visit.parameter("id").to_owned();
    visit.read(Permission::ViewUsers, move |view| one::one(view, &id)).await
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    let one = read(&visit).await?;
    let value = |field: ProfileField| one.profile.get(field).unwrap_or_default().to_owned();
    let flags = (one.user.is_developer, one.user.can_create_bot);
    page(&visit, &one, value, flags, Vec::new())
}

fn page(
    visit: &Visit,
    one: &One,
    value: impl Fn(ProfileField) -> String,
    (is_developer, can_create_bot): (bool, bool),
    faults: Vec<String>,
) -> Result<Response, Failure> {
    let field =
        |field: ProfileField| Field { name: field.column(), text: field_text(visit.words, field), value: value(field) };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        l: Layout::of(visit, visit.words.t("users-edit-title")),
        id: visit.parameter("id"),
        email: one.user.email.clone(),
        fields: ProfileField::ALL.map(field).into(),
        is_developer,
        can_create_bot,
        faults,
    };
    visit.page_of(status, &page)
}

pub(super) async fn save(visit: Visit) -> Result<Response, Failure> {
    let one = read(&visit).await?;
    let form = visit.form();
    let value = |field: ProfileField| form.get(field.column()).trim().to_owned();
    let change = |field: ProfileField| {
        let text = value(field);
        (field, if text.is_empty() { Change::Clear } else { Change::Set(text) })
    };
    let flags = (form.has("is-developer"), form.has("can-create-bot"));
    let has = (one.user.is_developer, one.user.can_create_bot);
    let asked = UserUpdate {
        profile: ProfileField::ALL.map(change).into(),
        // Of what stays as it is nothing is asked: whoever may not give it can change the rest.
        is_developer: (flags.0 != has.0).then_some(flags.0),
        can_create_bot: (flags.1 != has.1).then_some(flags.1),
        ..UserUpdate::of(Lookup::Email(one.user.email.clone()))
    };
    let outcomes =
        visit.change(Permission::ManageUsers, move |op| users::update(op, std::slice::from_ref(&asked))).await?;
    match outcomes.into_iter().next() {
        Some(Err(faults)) => page(&visit, &one, value, flags, faults.iter().map(ToString::to_string).collect()),
        _ => {
            let flash = Flash::done("users-done-saved", &[("name", &one.user.email)]);
            Ok(visit.go(&format!("/console/users/{}", one.user.id), Some(&flash)))
        }
    }
}

/// Lets them use data tables, or not any more.
pub(super) async fn data_tables(visit: Visit) -> Result<Response, Failure> {
    let one = read(&visit).await?;
    let is_given = visit.form().get("data-tables") == "yes";
    let (emails, flags) = (vec![one.user.email.clone()], Flags { data_tables: Some(is_given), ..Flags::default() });
    let set = visit.change(Permission::ManageAccess, move |op| users::set_access(op, &emails, flags)).await?;
    match set {
        Ok(()) => {
            let page = format!("/console/users/{}", one.user.id);
            let flash = Flash::done("users-done-saved", &[("name", &one.user.email)]);
            let other = if is_given { "no" } else { "yes" };
            let flash = flash.undone_by(format!("{page}/data-tables"), &[("data-tables", other)]);
            Ok(visit.go(&page, Some(&flash)))
        }
        Err(AccessRefusal::Unknown(_) | AccessRefusal::Nobody) => Err(Failure::not_found()),
        Err(AccessRefusal::Contradiction | AccessRefusal::ContradictsUsers(_)) => {
            let why = "Who may create bots must be a developer too.";
            Err(Failure::Core(Error::new(Code::Conflict, why)))
        }
    }
}

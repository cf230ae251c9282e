//! A new user, with an invitation where one is wanted.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use rollcall_core::policy::Permission;
use rollcall_core::users::{self, NewUser, Outcome, Profile, ProfileField, UserFault};

use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::{Flash, Visit};

#[derive(Template)]
#[template(path = "console/users/new.html")]
struct Page<'v> {
    l: Layout<'v>,
    asked: NewUser,
    email_faults: Vec<String>,
    org_faults: Vec<String>,
    faults: Vec<String>,
}

impl Page<'_> {
    fn first_name(&self) -> &str {
        self.asked.profile.get(ProfileField::FirstName).unwrap_or_default()
    }

    fn last_name(&self) -> &str {
        self.asked.profile.get(ProfileField::LastName).unwrap_or_default()
    }

    fn org_user_id(&self) -> &str {
        self.asked.org_user_id.as_deref().unwrap_or_default()
    }
}

fn page(visit: &Visit, asked: NewUser, faults: &[UserFault]) -> Result<Response, Failure> {
    let (mut email_faults, mut org_faults, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for fault in faults {
        let list = match fault {
            UserFault::InvalidEmail(_) | UserFault::Exists(_) => &mut email_faults,
            UserFault::OrgUserIdTaken(_) => &mut org_faults,
            _ => &mut others,
        };
        list.push(fault.to_string());
    }
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let l = Layout::of(visit, visit.words.t("users-new-title"));
    visit.page_of(status, &Page { l, asked, email_faults, org_faults, faults: others })
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    let asked = NewUser { can_create_bot: false, is_developer: false, ..NewUser::with_email("") };
    page(&visit, asked, &[])
}

pub(super) async fn create(visit: Visit) -> Result<Response, Failure> {
    let form = visit.form();
    let text = |name: &str| Some(form.get(name).trim().to_owned()).filter(|text| !text.is_empty());
    let mut profile = Profile::default();
    profile.set(ProfileField::FirstName, text("first-name"));
    profile.set(ProfileField::LastName, text("last-name"));
    let asked = NewUser {
        email: form.get("email").trim().to_owned(),
        org_user_id: text("org-user-id"),
        profile,
        is_developer: form.has("is-developer"),
        can_create_bot: form.has("can-create-bot"),
        invite: form.has("invite"),
        ..NewUser::default()
    };
    let wanted = asked.clone();
    let outcomes =
        visit.change(Permission::ManageUsers, move |op| users::create_many(op, vec![wanted.clone()])).await?;
    match outcomes.first() {
        Some(Outcome::Created(id)) => {
            let key = if asked.invite {
                Flash::done("users-done-invited", &[("name", &asked.email)])
            } else {
                Flash::done("users-done-created", &[("name", &asked.email)])
            };
            Ok(visit.go(&format!("/console/users/{id}"), Some(&key)))
        }
        Some(Outcome::Refused(faults)) => page(&visit, asked, faults),
        None => Err(Failure::not_found()),
    }
}

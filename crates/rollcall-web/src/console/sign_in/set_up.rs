//! The first administrator of an account, by the link that the host has printed.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use rollcall_core::admins::link::Purpose;
use rollcall_core::admins::password::Record;
use rollcall_core::admins::set_up::First;
use rollcall_core::text::{self, Email};

use super::new_password;
use super::reset::recognise;
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::{Flash, Visit};

/// The longest name, in characters: as in a profile.
const MAX_NAME: usize = 200;

#[derive(Template)]
#[template(path = "console/sign_in/set_up.html")]
struct Page<'v> {
    l: Layout<'v>,
    email: &'v str,
    first_name: &'v str,
    last_name: &'v str,
    hint: String,
    email_fault: Option<String>,
    name_fault: Option<String>,
    faults: Vec<String>,
    keeps_cookies: bool,
}

#[derive(Default)]
struct Wrong {
    email: Option<String>,
    name: Option<String>,
    password: Vec<String>,
}

fn page(visit: &Visit, status: StatusCode, wrong: Wrong) -> Result<Response, Failure> {
    let form = visit.form();
    let page = Page {
        l: Layout::of(visit, visit.words.t("set-up-title")),
        email: form.get("email"),
        first_name: form.get("first-name"),
        last_name: form.get("last-name"),
        hint: new_password::hint(visit),
        email_fault: wrong.email,
        name_fault: wrong.name,
        faults: wrong.password,
        keeps_cookies: visit.keeps_cookies(),
    };
    visit.page_of(status, &page)
}

pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    recognise(&visit, Purpose::SetUp).await?;
    page(&visit, StatusCode::OK, Wrong::default())
}

pub(super) async fn take(visit: Visit) -> Result<Response, Failure> {
    let visitor = recognise(&visit, Purpose::SetUp).await?.actor;
    let form = visit.form();
    let email = Email::parse(form.get("email")).map_err(|_| visit.words.t("set-up-email-wrong"));
    let name = |field: &str| text::clean("the name", form.get(field), MAX_NAME);
    let names = name("first-name").and_then(|first| Ok((first, name("last-name")?)));
    let new = new_password::taken(&visit, Record::default()).await?;
    match (email, names, new) {
        (Ok(email), Ok((first_name, last_name)), Ok(new)) => {
            let first = First { email, first_name, last_name };
            let token = visit.parameter("token").to_owned();
            visit.rollcall().set_up_by_link(token, &visitor, first, new).await?;
            Ok(visit.go("/console/sign-in", Some(&Flash::done("done-set-up", &[]))))
        }
        (email, names, new) => {
            let wrong = Wrong {
                email: email.err(),
                name: names.err().map(|_| visit.words.t("set-up-name-wrong")),
                password: new.err().unwrap_or_default(),
            };
            page(&visit, StatusCode::UNPROCESSABLE_ENTITY, wrong)
        }
    }
}

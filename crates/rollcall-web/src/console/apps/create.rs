//! Making a client app: its secret is shown once, with the commands that use it.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use rollcall_core::Error;
use rollcall_core::apps::{self, Algorithm, Credential, NewApp, PublicKey};
use rollcall_core::op::Mode;
use rollcall_core::policy::{Permission, Scope};

use super::one::Shown;
use super::{ScopeBox, boxes, ticked};
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::Visit;
use crate::http::status::status;

#[derive(Template)]
#[template(path = "console/apps/new.html")]
struct Page<'v> {
    l: Layout<'v>,
    name: &'v str,
    /// The names of algorithms, and which of them is chosen.
    algorithms: [(&'static str, bool); 4],
    scopes: Vec<ScopeBox>,
    public_key: &'v str,
    enforce_jti: bool,
    enforce_jwe: bool,
    fault: Option<String>,
}

pub(super) async fn form(visit: Visit) -> Result<Response, Failure> {
    page(&visit, StatusCode::OK, &[Scope::UserManagement], None)
}

fn page(visit: &Visit, status: StatusCode, scopes: &[Scope], fault: Option<String>) -> Result<Response, Failure> {
    let form = visit.form();
    let chosen = Algorithm::parse(form.get("algorithm")).unwrap_or_default();
    let page = Page {
        l: Layout::of(visit, visit.words.t("apps-new")),
        name: form.get("name"),
        algorithms: Algorithm::ALL.map(|algorithm| (algorithm.name(), algorithm == chosen)),
        scopes: boxes(scopes),
        public_key: form.get("public-key"),
        enforce_jti: form.has("enforce-jti"),
        enforce_jwe: form.has("enforce-jwe"),
        fault,
    };
    visit.page_of(status, &page)
}

/// What the form says.
fn read(visit: &Visit) -> Result<NewApp, Error> {
    let form = visit.form();
    let algorithm = Algorithm::parse(form.get("algorithm")).map_err(Error::invalid)?;
    let key = form.get("public-key").trim();
    let credential = match key {
        "" => None,
        _ if algorithm.is_hmac() => {
            return Err(Error::invalid(visit.words.t1("apps-key-unused", "algorithm", algorithm.name())));
        }
        pem => Some(Credential::PublicKey(PublicKey::parse(pem).map_err(Error::invalid)?)),
    };
    Ok(NewApp {
        name: form.get("name").to_owned(),
        scopes: ticked(visit),
        algorithm,
        credential,
        enforce_jti: form.has("enforce-jti"),
        enforce_jwe: form.has("enforce-jwe"),
        ..NewApp::default()
    })
}

pub(super) async fn create(visit: Visit) -> Result<Response, Failure> {
    let made = match read(&visit) {
        Err(error) => Err(Failure::Core(error)),
        Ok(new) => visit.write(Permission::ManageApps, Mode::Real, move |op| apps::create(op, new.clone())).await,
    };
    match made {
        Ok((app, secret)) => Shown::just_made(app, secret).page(&visit).await,
        Err(Failure::Core(error)) if error.cause().is_none() => {
            page(&visit, status(error.code()), &ticked(&visit), Some(error.to_string()))
        }
        Err(failure) => Err(failure),
    }
}

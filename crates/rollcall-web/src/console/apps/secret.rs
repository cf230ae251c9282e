//! A new secret for an app, and the end of one.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use rollcall_core::Error;
use rollcall_core::apps::{self, AppInfo, Credential, PublicKey, Rotation};
use rollcall_core::op::Mode;
use rollcall_core::policy::Permission;

use super::address;
use super::one::{Shown, find};
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::{Flash, Visit};
use crate::http::status::status;

/// For how long the secret that goes is good still: hours, and the words for them.
const OVERLAPS: [(i64, &str); 4] =
    [(24, "overlap-day"), (1, "overlap-hour"), (7 * 24, "overlap-week"), (0, "overlap-none")];

#[derive(Template)]
#[template(path = "console/apps/rotate.html")]
struct Page<'v> {
    l: Layout<'v>,
    app: AppInfo,
    overlaps: Vec<(i64, String)>,
    public_key: &'v str,
    fault: Option<String>,
}

pub(super) async fn form(visit: Visit) -> Result<Response, Failure> {
    let app = find(&visit).await?;
    page(&visit, app, StatusCode::OK, None)
}

fn page(visit: &Visit, app: AppInfo, status: StatusCode, fault: Option<String>) -> Result<Response, Failure> {
    let overlaps = OVERLAPS.iter().map(|(hours, key)| (*hours, visit.words.t(key))).collect();
    let l = Layout::of(visit, visit.words.t1("apps-rotate-title", "name", app.name.as_str()));
    visit.page_of(status, &Page { l, app, overlaps, public_key: visit.form().get("public-key"), fault })
}

fn rotation(visit: &Visit) -> Result<Rotation, Error> {
    let hours: i64 = visit.form().get("overlap").parse().unwrap_or(-1);
    if !OVERLAPS.iter().any(|(known, _)| *known == hours) {
        return Err(Error::invalid(visit.words.t("overlap-unknown")));
    }
    let credential = match visit.form().get("public-key").trim() {
        "" => None,
        pem => Some(Credential::PublicKey(PublicKey::parse(pem).map_err(Error::invalid)?)),
    };
    Ok(Rotation { overlap: hours * 3_600 * 1_000, credential, expires: None })
}

pub(super) async fn rotate(visit: Visit) -> Result<Response, Failure> {
    let app = find(&visit).await?;
    let id = app.client_id.to_string();
    let done = match rotation(&visit) {
        Err(error) => Err(Failure::Core(error)),
        Ok(rotation) => {
            visit.write(Permission::ManageApps, Mode::Real, move |op| apps::rotate(op, &id, &rotation)).await
        }
    };
    match done {
        Ok((app, secret)) => Shown::just_made(app, secret).page(&visit).await,
        Err(Failure::Core(error)) if error.cause().is_none() => {
            page(&visit, app, status(error.code()), Some(error.to_string()))
        }
        Err(failure) => Err(failure),
    }
}

pub(super) async fn revoke(visit: Visit) -> Result<Response, Failure> {
    let app = find(&visit).await?;
    let (id, secret) = (app.client_id.to_string(), visit.parameter("secret").to_owned());
    let told = secret.clone();
    let revoke = move |op: &mut rollcall_core::op::Op<'_>| apps::revoke_secret(op, &id, &secret);
    match visit.write(Permission::ManageApps, Mode::Real, revoke).await {
        Ok(app) => Ok(visit.go(&address(&app), Some(&Flash::done("done-secret-revoked", &[("secret", &told)])))),
        Err(Failure::Core(error)) if error.cause().is_none() => {
            Shown::with_fault(app, status(error.code()), error.to_string()).page(&visit).await
        }
        Err(failure) => Err(failure),
    }
}

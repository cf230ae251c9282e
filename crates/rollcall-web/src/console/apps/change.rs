//! What is set of an app, and removing it.

use askama::Template;
use axum::response::Response;
use rollcall_core::apps::{self, AppInfo, SettingsChange};
use rollcall_core::op::Mode;
use rollcall_core::policy::{Permission, Scope};

use super::one::{Shown, find};
use super::{address, ticked};
use crate::console::failure::Failure;
use crate::console::layout::Layout;
use crate::console::visit::{Flash, Visit};
use crate::http::status::status;

pub(super) async fn change(visit: Visit) -> Result<Response, Failure> {
    let app = find(&visit).await?;
    let wanted = ticked(&visit);
    let has = |list: &[Scope], scope: &Scope| list.contains(scope);
    let change = SettingsChange {
        add: wanted.iter().filter(|scope| !has(&app.scopes, scope)).copied().collect(),
        remove: app.scopes.iter().filter(|scope| !has(&wanted, scope)).copied().collect(),
        enforce_jti: Some(visit.form().has("enforce-jti")),
        enforce_jwe: Some(visit.form().has("enforce-jwe")),
        ..SettingsChange::default()
    };
    let id = app.client_id.to_string();
    match visit.write(Permission::ManageApps, Mode::Real, move |op| apps::change(op, &id, &change)).await {
        Ok(app) => Ok(visit.go(&address(&app), Some(&Flash::done("done-app-changed", &[("name", &app.name)])))),
        Err(Failure::Core(error)) if error.cause().is_none() => {
            Shown::with_fault(app, status(error.code()), error.to_string()).page(&visit).await
        }
        Err(failure) => Err(failure),
    }
}

#[derive(Template)]
#[template(path = "console/apps/remove.html")]
struct Page<'v> {
    l: Layout<'v>,
    app: AppInfo,
}

pub(super) async fn ask_remove(visit: Visit) -> Result<Response, Failure> {
    let app = find(&visit).await?;
    let l = Layout::of(&visit, visit.words.t1("apps-remove-title", "name", app.name.as_str()));
    visit.page(&Page { l, app })
}

pub(super) async fn remove(visit: Visit) -> Result<Response, Failure> {
    let id = visit.parameter("id").to_owned();
    let name = visit.write(Permission::ManageApps, Mode::Real, move |op| apps::revoke(op, &id)).await?;
    Ok(visit.go("/console/apps", Some(&Flash::done("done-app-removed", &[("name", &name)]))))
}

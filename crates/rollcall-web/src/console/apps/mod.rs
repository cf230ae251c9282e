//! Client apps: making them, their secrets, why their tokens were refused, and how to call the API as one.

mod change;
mod create;
mod list;
mod one;
mod secret;
mod snippets;
mod tester;

use rollcall_core::apps::AppInfo;
use rollcall_core::policy::{Permission, Scope};

use super::route::{Needs, Route, row};
use super::visit::Visit;

const APPS: Needs = Needs::Permission(Permission::ManageApps);

/// The routes of this noun.
pub(super) const ROUTES: &[Route] = &[
    row!("GET", "/console/apps", APPS, list::list),
    row!("GET", "/console/apps/new", APPS, create::form),
    row!("POST", "/console/apps/new", APPS, create::create),
    row!("GET", "/console/apps/tester", APPS, tester::form),
    row!("POST", "/console/apps/tester", APPS, tester::explain),
    row!("GET", "/console/apps/{id}", APPS, one::show),
    row!("POST", "/console/apps/{id}/token", APPS, one::make_token),
    row!("POST", "/console/apps/{id}/settings", APPS, change::change),
    row!("GET", "/console/apps/{id}/rotate", APPS, secret::form),
    row!("POST", "/console/apps/{id}/rotate", APPS, secret::rotate),
    row!("POST", "/console/apps/{id}/secrets/{secret}/revoke", APPS, secret::revoke),
    row!("GET", "/console/apps/{id}/remove", APPS, change::ask_remove),
    row!("POST", "/console/apps/{id}/remove", APPS, change::remove),
];

/// A scope as a box to tick.
struct ScopeBox {
    id: &'static str,
    label: &'static str,
    is_ticked: bool,
}

fn boxes(ticked: &[Scope]) -> Vec<ScopeBox> {
    let scope = |scope: Scope| ScopeBox { id: scope.id(), label: scope.label(), is_ticked: ticked.contains(&scope) };
    Scope::ALL.into_iter().map(scope).collect()
}

/// The scopes that were ticked.
fn ticked(visit: &Visit) -> Vec<Scope> {
    visit.form().all("scope").filter_map(|id| Scope::parse(id).ok()).collect()
}

/// Where an app's page is.
fn address(app: &AppInfo) -> String {
    format!("/console/apps/{}", app.client_id)
}

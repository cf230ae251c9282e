//! Roles: the list, what one permits and who holds it, and everything that is done with them.

mod edit;
pub(super) mod give;
mod list;
mod matrix;
mod remove;
pub(super) mod show;

use rollcall_core::policy::Permission;

use super::route::{Needs, Route, row};

const VIEW: Needs = Needs::Permission(Permission::ViewRoles);
const MANAGE: Needs = Needs::Permission(Permission::ManageRoles);

/// The routes of this noun.
pub(super) const ROUTES: &[Route] = &[
    row!("GET", "/console/roles", VIEW, list::show),
    row!("GET", "/console/roles/new", MANAGE, edit::new),
    row!("POST", "/console/roles/new", MANAGE, edit::create),
    row!("GET", "/console/roles/{id}", VIEW, show::show),
    row!("GET", "/console/roles/{id}/edit", MANAGE, edit::show),
    row!("POST", "/console/roles/{id}/edit", MANAGE, edit::change),
    row!("GET", "/console/roles/{id}/remove", MANAGE, remove::show),
    row!("POST", "/console/roles/{id}/remove", MANAGE, remove::remove),
    row!("POST", "/console/roles/{id}/give", MANAGE, show::give),
    row!("POST", "/console/roles/{id}/take", MANAGE, show::take),
];

/// The page of a role.
fn address(id: &str) -> String {
    format!("/console/roles/{id}")
}

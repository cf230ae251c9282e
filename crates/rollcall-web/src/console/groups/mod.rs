//! Groups: the list, who is in one and where it is used, and everything that is done with them.

mod edit;
mod list;
mod members;
mod nest;
mod remove;
mod show;

use rollcall_core::policy::Permission;

use super::route::{Needs, Route, row};

const VIEW: Needs = Needs::Permission(Permission::ViewGroups);
const MANAGE: Needs = Needs::Permission(Permission::ManageGroups);

/// The routes of this noun.
pub(super) const ROUTES: &[Route] = &[
    row!("GET", "/console/groups", VIEW, list::show),
    row!("GET", "/console/groups/new", MANAGE, edit::new),
    row!("POST", "/console/groups/new", MANAGE, edit::create),
    row!("GET", "/console/groups/{id}", VIEW, show::show),
    row!("GET", "/console/groups/{id}/edit", MANAGE, edit::show),
    row!("POST", "/console/groups/{id}/edit", MANAGE, edit::change),
    row!("GET", "/console/groups/{id}/remove", MANAGE, remove::show),
    row!("POST", "/console/groups/{id}/remove", MANAGE, remove::remove),
    row!("POST", "/console/groups/{id}/members", MANAGE, members::add),
    row!("POST", "/console/groups/{id}/members/remove", MANAGE, members::remove),
    row!("POST", "/console/groups/{id}/nest", MANAGE, nest::nest),
    row!("POST", "/console/groups/{id}/unnest", MANAGE, nest::unnest),
];

/// The page of a group.
fn address(id: &str) -> String {
    format!("/console/groups/{id}")
}

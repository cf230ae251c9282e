//! Bots: the list, and who may do what with one.

mod list;
mod show;

use rollcall_core::policy::Permission;

use super::route::{Needs, Route, row};

const VIEW: Needs = Needs::Permission(Permission::ViewBots);
const MANAGE: Needs = Needs::Permission(Permission::ManageRoles);

/// The routes of this noun.
pub(super) const ROUTES: &[Route] = &[
    row!("GET", "/console/bots", VIEW, list::show),
    row!("GET", "/console/bots/{id}", VIEW, show::show),
    row!("POST", "/console/bots/{id}/give", MANAGE, show::give),
    row!("POST", "/console/bots/{id}/take", MANAGE, show::take),
];

/// The page of a bot.
fn address(id: &str) -> String {
    format!("/console/bots/{id}")
}

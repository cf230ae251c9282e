//! The audit log: what has happened, by whom, and whether its chain is whole.

mod check;
mod list;
mod one;

use rollcall_core::policy::Permission;

use super::route::{Needs, Route, row};

const AUDIT: Needs = Needs::Permission(Permission::ViewAuditLog);

/// The routes of this noun.
pub(super) const ROUTES: &[Route] = &[
    row!("GET", "/console/audit", AUDIT, list::list),
    row!("GET", "/console/audit/check", AUDIT, check::show),
    row!("GET", "/console/audit/{number}", AUDIT, one::show),
];

//! Reading roles with what they permit: a page of them, or all of a kind.

use super::{RoleDetails, RoleKind};
use crate::error::Result;
use crate::op::View;
use crate::page::{Page, Paged};
use crate::policy::Permission;
use crate::store;

/// A page of the roles of a kind, oldest first, and so built-ins first. Three statements at any depth.
///
/// # Errors
/// When the database fails.
pub fn page(view: &View<'_>, kind: RoleKind, page: Page) -> Result<Paged<RoleDetails>> {
    view.expect(Permission::ViewRoles)?;
    store::roles::page(view.tx, view.account, kind, page)
}

/// All roles of a kind, oldest first.
///
/// # Errors
/// When the database fails.
pub fn all(view: &View<'_>, kind: RoleKind) -> Result<Vec<RoleDetails>> {
    view.expect(Permission::ViewRoles)?;
    store::roles::of_kind(view.tx, view.account, kind)
}

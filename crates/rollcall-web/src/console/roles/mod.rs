//! Roles: built-in and custom ones, what they permit, who holds them and by which ways.

use super::route::Route;

/// The routes of this noun.
pub(super) const ROUTES: &[Route] = &[];

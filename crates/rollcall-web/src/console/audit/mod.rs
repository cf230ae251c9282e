//! The audit log: what has happened, by whom, and whether its chain is whole.

use super::route::Route;

/// The routes of this noun.
pub(super) const ROUTES: &[Route] = &[];

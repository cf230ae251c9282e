//! Users: the list, a user's page, what they may do and why, and everything that is done with them.

use super::route::Route;

/// The routes of this noun.
pub(super) const ROUTES: &[Route] = &[];
